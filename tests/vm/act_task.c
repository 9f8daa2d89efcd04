// SPDX-License-Identifier: Apache-2.0
/*
 * act: operations on tasks and cgroups. After `fork`, `thread` and `clone` the new task does what
 * is left, and the old one waits for it and ends.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY_MAX 4096L

/* The parent of a child that does the rest: ends as it did. */
static void __attribute__((noreturn)) end_as(pid_t child)
{
	int status = 0;

	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static int do_fork(struct act *act)
{
	pid_t child = fork();

	(void)act;
	if (child < 0)
		return -errno;
	if (child)
		end_as(child);
	return 0;
}

static void *run_rest(void *context)
{
	struct act *act = context;
	static int status;

	act_say(0);
	act->next++;
	status = act_run(act);
	return &status;
}

static int do_thread(struct act *act)
{
	pthread_t thread;
	void *status = NULL;
	int err = pthread_create(&thread, NULL, run_rest, act);

	if (err)
		return -err;
	(void)pthread_join(thread, &status);
	(void)putchar('\n');
	(void)fflush(stdout);
	_exit(*(int *)status);
}

/* clone3 into the cgroup of the directory, which is named by an O_PATH descriptor. */
static int clone_into(struct act *act)
{
	int cgroup = open(act->next[1], O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)cgroup,
	};
	long child;

	if (cgroup < 0)
		return -errno;
	child = syscall(SYS_clone3, &args, sizeof(args));
	if (child < 0)
		return -errno;
	if (child)
		end_as((pid_t)child);
	return 0;
}

static int open_procs(struct act *act)
{
	act->procs = open(act->next[1], O_WRONLY | O_CLOEXEC);
	return act->procs < 0 ? -errno : 0;
}

/* Moves this process into the cgroup of the file that `procs` opened. */
static int join(struct act *act)
{
	return write(act->procs, "0", 1) == 1 ? 0 : -errno;
}

static int do_exec(struct act *act)
{
	(void)fflush(stdout);
	(void)execv(act->next[1], act->next + 2);
	return -errno;
}

static int exec_held(struct act *act)
{
	static char *const environment[] = {NULL};

	(void)fflush(stdout);
	(void)syscall(SYS_execveat, act->held, "", act->next + 1, environment, AT_EMPTY_PATH);
	return -errno;
}

/* execv with one argument more: so many times the letter a. */
static int exec_long(struct act *act)
{
	size_t size = strtoul(act->next[1], NULL, 10);
	char *argv[] = {act->next[3], calloc(1, size + 1), NULL};

	if (!argv[1])
		return -ENOMEM;
	memset(argv[1], 'a', size);
	(void)fflush(stdout);
	(void)execv(act->next[2], argv);
	return -errno;
}

/* A child whose child opens the path: 1 if that was denied. */
static int denied_below(const char *path)
{
	int status = 0;
	pid_t child = fork();

	if (child < 0)
		return 0;
	if (!child)
		_exit(open(path, O_RDONLY | O_CLOEXEC) < 0 && errno == EPERM);
	(void)waitpid(child, &status, 0);
	return WIFEXITED(status) && WEXITSTATUS(status) == 1;
}

/* Forks so many children at once, each with a child; how many of them were denied the path. */
static int bomb(struct act *act)
{
	long count = strtol(act->next[1], NULL, 10);
	int denied = 0, status;

	if (count > MANY_MAX)
		return -E2BIG;
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			return -errno;
		if (!child)
			_exit(denied_below(act->next[2]));
	}
	while (wait(&status) > 0)
		denied += WIFEXITED(status) && WEXITSTATUS(status) == 1;
	return denied;
}

static int do_sleep(struct act *act)
{
	(void)usleep((useconds_t)strtoul(act->next[1], NULL, 10) * 1000);
	return 0;
}

static int user(struct act *act)
{
	uid_t uid = (uid_t)strtoul(act->next[1], NULL, 10);

	return setresuid(uid, uid, uid) ? -errno : 0;
}

/* person UID GID: as this user, of this group and no other. */
static int person(struct act *act)
{
	gid_t gid = (gid_t)strtoul(act->next[2], NULL, 10);

	if (setgroups(1, &gid) || setresgid(gid, gid, gid))
		return -errno;
	return user(act);
}

const struct act_operation act_task_operations[] = {
	{"fork", 0, do_fork},	   {"thread", 0, do_thread},   {"clone", 1, clone_into},
	{"procs", 1, open_procs},  {"join", 0, join},	       {"exec", -1, do_exec},
	{"execfd", -1, exec_held}, {"execlong", 3, exec_long}, {"bomb", 2, bomb},
	{"sleep", 1, do_sleep},	   {"user", 1, user},	       {"person", 2, person},
	{NULL, 0, NULL},
};
