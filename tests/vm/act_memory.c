// SPDX-License-Identifier: Apache-2.0
/* act: what the hooks remember of a pid or a directory, and when it must hold no more. */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS_MAX 256L

/* 0 or the error of opening it for reading. */
static int error_of(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

/* So many children, one after another, open the path; how many of them were denied it. */
static int children(struct act *act)
{
	int denied = 0, status;

	for (long i = strtol(act->next[1], NULL, 10); i > 0; i--) {
		pid_t child = fork();

		if (child < 0)
			return -errno;
		if (!child)
			_exit(error_of(act->next[2]) == EPERM);
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
			return -EIO;
		denied += WEXITSTATUS(status);
	}
	return denied;
}

static void wait_for(const char *path)
{
	while (access(path, F_OK))
		(void)usleep(10000);
}

static struct {
	const char *path;
	const char *go;
	pthread_barrier_t opened;
	atomic_int failed; /* of the first opens */
	atomic_int denied; /* of the second */
} crowd;

static void *crowd_member(void *context)
{
	crowd.failed += error_of(crowd.path) != 0;
	(void)pthread_barrier_wait(&crowd.opened);
	wait_for(crowd.go);
	crowd.denied += error_of(crowd.path) == EPERM;
	return context;
}

/* So many threads open the path, say ok, and do so again when GO is there: how many are denied. */
static int threads(struct act *act)
{
	long count = strtol(act->next[1], NULL, 10);
	pthread_t members[THREADS_MAX];

	if (count > THREADS_MAX)
		return -E2BIG;
	crowd.path = act->next[2];
	crowd.go = act->next[3];
	(void)pthread_barrier_init(&crowd.opened, NULL, (unsigned int)count + 1);
	for (long i = 0; i < count; i++)
		if (pthread_create(&members[i], NULL, crowd_member, NULL))
			return -EAGAIN;
	(void)pthread_barrier_wait(&crowd.opened);
	act_say(crowd.failed ? -EPROTO : 0);
	for (long i = 0; i < count; i++)
		(void)pthread_join(members[i], NULL);
	return crowd.denied;
}

static struct {
	struct act *act;
	int threads_file;
	atomic_int moved;
	atomic_int opened;
} pair;

static void *move_and_execute(void *context)
{
	int result = write(pair.threads_file, "0", 1) == 1 ? 0 : -errno;

	act_say(result);
	if (result)
		_exit(1);
	act_say(-error_of(pair.act->next[2]));
	pair.moved = 1;
	while (!pair.opened)
		(void)usleep(1000);
	(void)execv(pair.act->next[3], pair.act->next + 4);
	act_say(-errno);
	_exit(1);
	return context;
}

/*
 * threadexec FILE PATH PROGRAM ARGV...: a thread moves itself by the cgroup.threads file and opens
 * the path; then its leader does so; then the thread executes the program.
 */
static int thread_executes(struct act *act)
{
	pthread_t thread;

	pair.act = act;
	pair.threads_file = open(act->next[1], O_WRONLY | O_CLOEXEC);
	if (pair.threads_file < 0)
		return -errno;
	if (pthread_create(&thread, NULL, move_and_execute, NULL))
		return -EAGAIN;
	while (!pair.moved)
		(void)usleep(1000);
	act_say(-error_of(act->next[2]));
	pair.opened = 1;
	(void)pthread_join(thread, NULL); /* never: the exec ends this thread */
	return -EIO;
}

/* In @directory: @name, a directory with a file that is opened twice. What was not as expected. */
static int make_open_remove(const char *directory, const char *name, int expected)
{
	char below[256], file[300];
	int wrong = 0, fd;

	(void)snprintf(below, sizeof(below), "%s/%s", directory, name);
	(void)snprintf(file, sizeof(file), "%s/f", below);
	if (mkdir(below, 0755))
		return 1;
	fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	wrong += fd < 0;
	(void)close(fd);
	wrong += error_of(file) != expected;
	wrong += error_of(file) != expected;
	return wrong + (unlink(file) != 0) + (rmdir(below) != 0);
}

/*
 * remade N READABLE HIDDEN: so many times a directory with a file in each, of names in turn; how
 * many acts had another result than that only what is in HIDDEN can't be read.
 */
static int remade(struct act *act)
{
	static const char *const names[] = {"x", "another"};
	int wrong = 0;

	for (long i = strtol(act->next[1], NULL, 10); i > 0; i--) {
		wrong += make_open_remove(act->next[2], names[i & 1], 0);
		wrong += make_open_remove(act->next[3], names[i >> 1 & 1], EPERM);
	}
	return wrong;
}

const struct act_operation act_memory_operations[] = {
	{"children", 2, children}, {"threads", 3, threads}, {"threadexec", -1, thread_executes},
	{"remade", 3, remade},	   {NULL, 0, NULL},
};
