// SPDX-License-Identifier: Apache-2.0
/*
 * A process opens a file, is then enrolled, and reads from the descriptor that it has.
 * technique: Descriptor opened before enrolment
 * stopped by: nothing
 * expect: nothing recorded, because no hook runs on the read of a descriptor that was open
 * instead: start agents with `writ run`, from a process that holds nothing an agent must not have
 */
#include "late.h"

#include <fcntl.h>
#include <unistd.h>

static int victim(const struct escape_late *late)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	escape_path(path, late->secret, "key");
	fd = open(path, O_RDONLY);
	if (fd < 0 || !escape_late_wait(late))
		return ESCAPE_ERROR;
	return escape_if(escape_reads(fd, "key"));
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
