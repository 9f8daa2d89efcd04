// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside sends the agent a descriptor of a file that the agent may not open
 * (SCM_RIGHTS): no open takes place.
 * technique: A descriptor received over a socket
 * stopped by: `file_receive`
 * expect: operation=receive reason=no_rule
 */
#include <fcntl.h>

#include "pass.h"

static int open_key(const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -1 : open(path, O_RDONLY);
}

int escape_prepare(const char *box, const char *secret)
{
	return pass_prepare(box, secret, open_key);
}

int escape_attempt(const char *box, const char *secret)
{
	int fd = pass_receive(box);

	(void)secret;
	if (fd == -2)
		return escape_error(box);
	return escape_if(escape_reads(fd, "key"));
}
