/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: crowd
 *
 * In the guest, as root: processes that take what memory the kernel's allocators have left here and
 * there, each of another user, whose account takes the smallest pieces (memory for each CPU). They
 * come before a system is loaded and the last of them leave before it is measured, so that what an
 * exec allocates then lies where it would have lain without that system. Out: "come" once all are
 * there. At SIGUSR1 the last quarter leaves: "left". At SIGTERM, or when it dies, all do.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CROWD 1000
#define LEAVE (CROWD / 4) /* more than a measurement has room for at one time */
#define USER_FIRST 100000
#define SETTLE_S 1 /* RCU frees what they leave */

static pid_t crowd[CROWD];

static __attribute__((noreturn)) void stay(uid_t user)
{
	/* in this order: another user would be free of it again */
	if (setuid(user) || prctl(PR_SET_PDEATHSIG, SIGKILL))
		_exit(1);
	for (;;)
		(void)pause();
}

static int come(void)
{
	for (int i = 0; i < CROWD; i++) {
		crowd[i] = fork();
		if (crowd[i] < 0)
			return -errno;
		if (crowd[i] == 0)
			stay((uid_t)(USER_FIRST + i));
	}
	return 0;
}

/* 0, or -ECHILD: one of them was not there. */
static int leave(int first)
{
	int status;

	for (int i = first; i < CROWD; i++)
		if (kill(crowd[i], SIGKILL) || waitpid(crowd[i], &status, 0) != crowd[i] ||
		    !WIFSIGNALED(status))
			return -ECHILD;
	return 0;
}

static void say(const char *word)
{
	(void)sleep(SETTLE_S);
	(void)puts(word);
	(void)fflush(stdout);
}

int main(void)
{
	sigset_t asked;
	int number, err;

	(void)sigemptyset(&asked);
	(void)sigaddset(&asked, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &asked, NULL);
	err = come();
	if (!err) {
		say("come");
		(void)sigwait(&asked, &number);
		err = leave(CROWD - LEAVE);
	}
	if (err) {
		(void)fprintf(stderr, "crowd: %s\n", strerror(-err));
		return 1;
	}
	say("left");
	for (;;)
		(void)pause();
}
