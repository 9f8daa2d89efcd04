// SPDX-License-Identifier: Apache-2.0
/*
 * A symbolic link is turned to and fro between a program of the agent's and a forbidden one, while
 * it is executed.
 * technique: Symbolic link swapped while it is executed
 * stopped by: `bprm_check_security` and `file_open` judge the file that was opened
 * expect: operation=open_exec reason=no_rule
 */
#include "escape.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define TRIES 200
#define SECONDS 12     /* for them: less than an attempt may take, where an exec is slow */
#define PATIENCE 20000 /* tries: on a busy host one thread may run for all of the first ones */
#define EXIT_REFUSED 77
#define OWN "/usr/bin/dash" /* by any argv[0] no `touch`, which a busybox would be */

struct links {
	char link[ESCAPE_PATH_SIZE];
	char next[ESCAPE_PATH_SIZE];
	char forbidden[ESCAPE_PATH_SIZE];
};

static atomic_int over;

static void *swap(void *context)
{
	const struct links *links = context;

	for (unsigned int turns = 0; !over; turns++) {
		(void)unlink(links->next);
		(void)symlink(turns % 2 ? OWN : links->forbidden, links->next);
		(void)rename(links->next, links->link);
		(void)usleep(500); /* each turn is three records, and the other one's turn */
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
	time_t until;
	static bool refused; /* static: vfork() leaves it alone */

	escape_path(links.link, box, "link");
	escape_path(links.next, box, "next");
	escape_path(links.forbidden, secret, "touch");
	escape_path(file, box, "touched");
	if (pthread_create(&thread, NULL, swap, &links))
		return escape_error("thread");
	until = time(NULL) + SECONDS;
	for (int i = 0; access(file, F_OK) && i < PATIENCE; i++) {
		pid_t child = vfork();

		if (!child) {
			(void)execv(links.link, arguments);
			_exit(errno == EPERM ? EXIT_REFUSED : 0);
		}
		if (escape_wait(child) == EXIT_REFUSED)
			refused = true;
		if (refused && (i >= TRIES || time(NULL) >= until))
			break;
	}
	over = 1;
	(void)pthread_join(thread, NULL);
	return escape_if(!access(file, F_OK));
}
