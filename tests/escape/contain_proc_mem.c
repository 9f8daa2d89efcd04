// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of a process outside is a file in /proc.
 * technique: Writing to /proc/PID/mem of a process outside
 * stopped by: `file_open`: no rule; with one, `ptrace_access_check`
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static volatile int word;

/* Says where its word is; leaves box/changed when somebody has changed it. */
static void watch_word(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "address");
	if (escape_write_number(path, (long)&word))
		return;
	while (!word)
		escape_sleep_ms(5);
	escape_path(path, box, "changed");
	(void)escape_write_number(path, word);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_victim(box, watch_word);

	(void)secret;
	escape_path(path, box, "address");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int value = 7, fd;
	long address;

	(void)secret;
	escape_path(path, box, "address");
	address = escape_number(path);
	(void)snprintf(path, sizeof(path), "/proc/%d/mem", escape_victim_pid(box));
	fd = open(path, O_RDWR);
	if (fd < 0 || pwrite(fd, &value, sizeof(value), address) != sizeof(value))
		return ESCAPE_REFUSED;
	escape_path(path, box, "changed");
	return escape_if(escape_await(path, 2));
}
