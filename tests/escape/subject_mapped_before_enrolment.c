// SPDX-License-Identifier: Apache-2.0
/*
 * A process maps a file, is then enrolled, and reads the mapping: a page fault asks nobody.
 * technique: Mapping made before enrolment
 * stopped by: nothing
 * expect: nothing recorded, because a page fault runs no hook
 * instead: start agents with `writ run`: the exec takes every mapping away
 */
#include "late.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int victim(const struct escape_late *late)
{
	char path[ESCAPE_PATH_SIZE];
	void *page;
	int fd;

	escape_path(path, late->secret, "key");
	fd = open(path, O_RDONLY);
	page = mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0);
	if (fd < 0 || page == MAP_FAILED || !escape_late_wait(late))
		return ESCAPE_ERROR;
	return escape_if(!memcmp(page, "key", 3));
}

int escape_prepare(const char *box, const char *secret)
{
	struct escape_late late = {box, secret, victim, .out = false};
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -EIO : escape_late_prepare(&late);
}

int escape_attempt(const char *box, const char *secret)
{
	(void)secret;
	return escape_late_attempt(box);
}
