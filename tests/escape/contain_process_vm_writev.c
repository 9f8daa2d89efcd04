// SPDX-License-Identifier: Apache-2.0
/*
 * The memory of a process outside is written without tracing it.
 * technique: process_vm_writev(2) into a process outside
 * stopped by: `ptrace_access_check`
 * expect: operation=ptrace reason=guardrail
 */
#include "escape.h"

#include <sys/uio.h>
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
	int value = 7;
	struct iovec from = {&value, sizeof(value)}, to = {NULL, sizeof(value)};

	(void)secret;
	escape_path(path, box, "address");
	to.iov_base = (void *)escape_number(path);
	if (process_vm_writev(escape_victim_pid(box), &from, 1, &to, 1, 0) != sizeof(value))
		return ESCAPE_REFUSED;
	escape_path(path, box, "changed");
	return escape_if(escape_await(path, 2));
}
