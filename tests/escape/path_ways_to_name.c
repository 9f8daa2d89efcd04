// SPDX-License-Identifier: Apache-2.0
/*
 * The same forbidden file by names that do not begin at the root: relative to it after chdir, by
 * an O_PATH descriptor of its directory, by one of its own, by /proc/self/cwd and /proc/self/root.
 * technique: Relative names, O_PATH descriptors, /proc/self/{cwd,root,fd}
 * stopped by: `file_open` walks from the file up to the root, whatever name led there
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "key");
}

/* Closes nothing: the process ends. */
static bool reads_at(int directory, const char *name)
{
	int fd = openat(directory, name, O_RDONLY);

	return fd >= 0 && escape_reads(fd, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], link[ESCAPE_PATH_SIZE];
	int by_path, by_directory, ways = 0;

	(void)box;
	escape_path(path, secret, "key");
	by_path = open(path, O_PATH);
	by_directory = open(secret, O_PATH | O_DIRECTORY);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", by_path);
	ways += reads_at(AT_FDCWD, link);
	ways += reads_at(by_directory, "key");
	(void)snprintf(link, sizeof(link), "/proc/self/root%.4000s", path);
	ways += reads_at(AT_FDCWD, link);
	if (chdir(secret))
		return ESCAPE_REFUSED;
	ways += reads_at(AT_FDCWD, "key");
	ways += reads_at(AT_FDCWD, "../../../../../../proc/self/cwd/key");
	return escape_if(ways);
}
