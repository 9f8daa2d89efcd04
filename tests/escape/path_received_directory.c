// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside sends an O_PATH descriptor of the forbidden directory, which stands for no
 * right yet; the agent opens the file below it.
 * technique: openat() below a received O_PATH descriptor
 * stopped by: `file_open`: the whole path is judged
 * expect: operation=open reason=no_rule
 */
#include <fcntl.h>

#include "pass.h"

static int open_directory(const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -1 : open(secret, O_PATH | O_DIRECTORY);
}

int escape_prepare(const char *box, const char *secret)
{
	return pass_prepare(box, secret, open_directory);
}

int escape_attempt(const char *box, const char *secret)
{
	int directory = pass_receive(box);

	(void)secret;
	if (directory < 0)
		return escape_error("no descriptor came");
	return escape_if(escape_reads(openat(directory, "key", O_RDONLY | O_CLOEXEC), "key"));
}
