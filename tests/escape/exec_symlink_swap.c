// SPDX-License-Identifier: Apache-2.0
/*
 * A symbolic link is turned to and fro between a program of the agent's and a forbidden one, while
 * it is executed.
 * technique: Symbolic link swapped while it is executed
 * stopped by: `bprm_check_security` and `file_open` judge the file that was opened
 * expect: operation=open_exec reason=no_rule
 */
#include "escape.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#define TRIES 200
#define TURNS 200 /* a busy host may give the other thread no time during all tries */
#define OWN "/usr/bin/dash" /* by any argv[0] no `touch`, which a busybox would be */

struct links {
	char link[ESCAPE_PATH_SIZE];
	char next[ESCAPE_PATH_SIZE];
	char forbidden[ESCAPE_PATH_SIZE];
};

static atomic_int over;
static atomic_uint turns;

static void *swap(void *context)
{
	const struct links *links = context;

	for (; !over; turns++) {
		(void)unlink(links->next);
		(void)symlink(turns % 2 ? OWN : links->forbidden, links->next);
		(void)rename(links->next, links->link);
	}
	return NULL;
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "touch");
	return escape_copy("/usr/bin/busybox", path);
}

int escape_attempt(const char *box, const char *secret)
{
	static struct links links;
	char file[ESCAPE_PATH_SIZE];
	char *arguments[] = {"touch", file, NULL};
	pthread_t thread;

	escape_path(links.link, box, "link");
	escape_path(links.next, box, "next");
	escape_path(links.forbidden, secret, "touch");
	escape_path(file, box, "touched");
	if (pthread_create(&thread, NULL, swap, &links))
		return escape_error("thread");
	for (int i = 0; (i < TRIES || turns < TURNS) && access(file, F_OK); i++) {
		pid_t child = vfork();

		if (!child)
			_exit(execv(links.link, arguments));
		(void)escape_wait(child);
	}
	over = 1;
	(void)pthread_join(thread, NULL);
	return escape_if(!access(file, F_OK));
}
