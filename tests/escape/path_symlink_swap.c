// SPDX-License-Identifier: Apache-2.0
/*
 * One thread turns a symbolic link in the agent's own directory to and fro between an own file and
 * a forbidden one, another opens the link.
 * technique: Symbolic link swapped while it is opened
 * stopped by: `file_open` judges the file that was opened, not the name that was given
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#define TRIES 1500
#define PATIENCE 400000 /* tries: on a busy host one thread may run for all of the first ones */

struct links {
	char link[ESCAPE_PATH_SIZE];
	char own[ESCAPE_PATH_SIZE]; /* links that are renamed over `link` in turn */
	char key[ESCAPE_PATH_SIZE];
	char next[ESCAPE_PATH_SIZE];
};

static atomic_int over;

static void *swap(void *context)
{
	const struct links *links = context;

	for (unsigned int turns = 0; !over; turns++) {
		(void)unlink(links->next);
		(void)symlink(turns % 2 ? links->own : links->key, links->next);
		(void)rename(links->next, links->link);
		(void)usleep(50); /* each turn is three records, and the other one's turn */
	}
	return NULL;
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	escape_path(path, box, "own");
	err = escape_write(path, "own");
	escape_path(path, secret, "key");
	return err ? err : escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	static struct links links;
	pthread_t thread;
	bool read = false, refused = false;

	escape_path(links.link, box, "link");
	escape_path(links.next, box, "next");
	escape_path(links.own, box, "own");
	escape_path(links.key, secret, "key");
	if (pthread_create(&thread, NULL, swap, &links))
		return escape_error("thread");
	for (int i = 0; !read && (i < TRIES || (!refused && i < PATIENCE)); i++) {
		int fd = open(links.link, O_RDONLY | O_CLOEXEC);

		if (fd < 0) {
			refused = refused || errno == EPERM;
			continue;
		}
		read = escape_reads(fd, "key");
		(void)close(fd);
	}
	over = 1;
	(void)pthread_join(thread, NULL);
	return escape_if(read);
}
