// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside renames directories above a forbidden file without a pause, while the agent
 * opens it: the walk up to the root must not end with another path, and not give up into an allow.
 * technique: Rename storm above a file while it is opened
 * stopped by: the walk is only taken when `rename_lock` stood still, else deny `path_error`
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIES 1500

struct storm {
	char here[ESCAPE_PATH_SIZE];
	char there[ESCAPE_PATH_SIZE];
};

static void rename_for_ever(const void *context)
{
	const struct storm *storm = context;

	for (;;) { /* until it is ended by its alarm */
		(void)rename(storm->here, storm->there);
		(void)rename(storm->there, storm->here);
	}
}

int escape_prepare(const char *box, const char *secret)
{
	static struct storm storm;
	char path[ESCAPE_PATH_SIZE + 16];

	(void)box;
	escape_path(storm.here, secret, "here");
	escape_path(storm.there, secret, "there");
	(void)snprintf(path, sizeof(path), "%s/deep", storm.here);
	if (mkdir(storm.here, 0755) || mkdir(path, 0755))
		return -errno;
	(void)snprintf(path, sizeof(path), "%s/deep/key", storm.here);
	return escape_write(path, "key") ? -EIO : escape_daemon(rename_for_ever, &storm);
}

int escape_attempt(const char *box, const char *secret)
{
	char here[ESCAPE_PATH_SIZE], there[ESCAPE_PATH_SIZE];
	int read = 0;

	(void)box;
	escape_path(here, secret, "here/deep/key");
	escape_path(there, secret, "there/deep/key");
	for (int i = 0; i < TRIES && !read; i++)
		read = escape_holds(i % 2 ? here : there, "key");
	return escape_if(read);
}
