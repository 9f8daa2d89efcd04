/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See spawn.h. clone3(CLONE_INTO_CGROUP) and not fork and move: there is no moment at which the
 * child is outside, and nothing of the agent's runs before exec.
 */
#include "cli/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"

static void handled_signals(sigset_t *ret_set)
{
	static const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD};

	(void)sigemptyset(ret_set);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		(void)sigaddset(ret_set, signals[i]);
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* fails for SIGKILL and SIGSTOP: as it should */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* The child: waits for one byte, then executes. Closing the pipe instead ends it. */
static void __attribute__((noreturn))
become(int go, int error, char *const *command, char *const *env)
{
	char byte;
	int err;

	if (read(go, &byte, 1) != 1)
		_exit(127);
	reset_signals();
	/* all from 3 on close in exec; the error pipe must live until then */
	(void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
	if (env)
		environ = (char **)env; /* execvp(3) reads PATH from it, too */
	(void)execvp(command[0], command);
	err = errno;
	(void)!write(error, &err, sizeof(err));
	_exit(127);
}

static pid_t clone_into(int cgroup_fd)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup_fd,
	};

	return (pid_t)syscall(SYS_clone3, &args, sizeof(args));
}

int writ_spawn_start(int cgroup_fd, char *const *command, char *const *env, struct writ_child *ret)
{
	int go[2], error[2];
	sigset_t set;
	pid_t pid;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	_cleanup_close_ int go_out = go[0], go_in = go[1];

	if (pipe2(error, O_CLOEXEC))
		return -errno;
	_cleanup_close_ int error_out = error[0], error_in = error[1];

	handled_signals(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGCHLD, SIG_DFL); /* ignored, it would take the child's status away */
	pid = clone_into(cgroup_fd);
	if (pid < 0)
		return -errno;
	if (!pid) {
		(void)close(go_in); /* or the parent's death would not end the wait */
		become(go_out, error_in, command, env);
	}
	*ret = (struct writ_child){.pid = pid, .go = take_fd(&go_in), .error = take_fd(&error_out)};
	return 0;
}

static void close_pipe(int *fd)
{
	if (*fd > 0)
		(void)close(*fd);
	*fd = -1;
}

static int reap(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int writ_spawn_release(struct writ_child *child)
{
	int err = 0;
	ssize_t len;

	(void)!write(child->go, "g", 1);
	close_pipe(&child->go);
	do
		len = read(child->error, &err, sizeof(err));
	while (len < 0 && errno == EINTR);
	close_pipe(&child->error);
	if (len != (ssize_t)sizeof(err))
		return 0;
	(void)reap(child->pid);
	child->pid = 0;
	return -err;
}

int writ_spawn_wait(struct writ_child *child)
{
	siginfo_t info;
	sigset_t set;
	int status = 0;

	handled_signals(&set);
	while (!waitpid(child->pid, &status, WNOHANG)) {
		if (sigwaitinfo(&set, &info) < 0)
			continue;
		if (info.si_signo != SIGCHLD && info.si_code <= 0)
			(void)kill(child->pid, info.si_signo);
	}
	child->pid = 0;
	return status;
}

void writ_spawn_kill(struct writ_child *child)
{
	close_pipe(&child->go);
	close_pipe(&child->error);
	if (child->pid <= 0)
		return;
	(void)kill(child->pid, SIGKILL);
	(void)reap(child->pid);
	child->pid = 0;
}
