// SPDX-License-Identifier: Apache-2.0
/*
 * TIOCSTI puts bytes into the input of an operator's terminal, as if they had been typed there.
 * technique: TIOCSTI into an operator's terminal
 * stopped by: `file_open`: the terminal is a file
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define TYPED "ls\n"

/* The operator: names his terminal in box/terminal and keeps what he reads there in box/typing. */
static void operate(const char *box)
{
	char path[ESCAPE_PATH_SIZE], line[16] = "";
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave;

	if (master < 0 || grantpt(master) || unlockpt(master))
		return;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	escape_path(path, box, "terminal");
	if (slave < 0 || escape_write_number(path, strtol(ptsname(master) + 9, NULL, 10)))
		return;
	if (read(slave, line, sizeof(line) - 1) <= 0)
		return;
	escape_path(path, box, "typing");
	(void)escape_tell(path, line);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_victim(box, operate);

	(void)secret;
	escape_path(path, box, "terminal");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], terminal[64];
	int fd;

	(void)secret;
	escape_path(path, box, "terminal");
	(void)snprintf(terminal, sizeof(terminal), "/dev/pts/%ld", escape_number(path));
	fd = open(terminal, O_RDWR | O_NOCTTY);
	if (fd < 0)
		return ESCAPE_REFUSED;
	for (const char *byte = TYPED; *byte; byte++)
		if (ioctl(fd, TIOCSTI, byte))
			return ESCAPE_REFUSED;
	escape_path(path, box, "typing");
	return escape_if(escape_await(path, 2) && escape_holds(path, TYPED));
}
