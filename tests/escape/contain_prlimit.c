// SPDX-License-Identifier: Apache-2.0
/*
 * prlimit(2) takes a process outside its right to open files: no capability is needed among
 * processes of the same user.
 * technique: prlimit(2) of a process outside
 * stopped by: `task_setrlimit`: only of processes of the same agent
 * expect: operation=control reason=guardrail
 */
#include "escape.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* Works as long as it can open files; leaves box/starved when it no longer can. */
static void open_for_ever(const char *box)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	do {
		escape_sleep_ms(10);
		fd = open("/dev/null", O_RDONLY);
		(void)close(fd);
	} while (fd >= 0);
	escape_path(path, box, "starved");
	(void)mkfifo(path, 0644);
}

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return escape_victim(box, open_for_ever);
}

int escape_attempt(const char *box, const char *secret)
{
	struct rlimit none = {0, 0};
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	if (prlimit(escape_victim_pid(box), RLIMIT_NOFILE, &none, NULL))
		return ESCAPE_REFUSED;
	escape_path(path, box, "starved");
	return escape_if(escape_await(path, 2));
}
