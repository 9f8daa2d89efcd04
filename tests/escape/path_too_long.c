// SPDX-License-Identifier: Apache-2.0
/*
 * The forbidden file lies so deep that its path fits no buffer, and is opened by its last part. A
 * check that sees a part of the path, or none, may allow it.
 * technique: A path of more than 4095 bytes
 * stopped by: `file_open`: no path, no access
 * expect: operation=open reason=path_too_long
 */
#include "escape.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DEPTH 40 /* directories of 200 bytes: past the longest path twice over */
#define STEP 200

static int descend(const char *start, bool make)
{
	char name[STEP + 1];

	memset(name, 'd', STEP);
	name[STEP] = '\0';
	if (chdir(start))
		return -errno;
	for (int i = 0; i < DEPTH; i++)
		if ((make && mkdir(name, 0755)) || chdir(name))
			return -errno;
	return 0;
}

int escape_prepare(const char *box, const char *secret)
{
	int err = descend(secret, true);

	(void)box;
	return err ? err : escape_write("key", "key");
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	if (descend(secret, false))
		return escape_error(secret);
	return escape_if(escape_holds("key", "key"));
}
