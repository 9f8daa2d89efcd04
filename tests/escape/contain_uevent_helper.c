// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel is told to run the agent's script for each device event, and one is asked for.
 * technique: uevent_helper: a device event starts a program of the agent's outside
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule object=/sys/kernel/uevent_helper
 * needs: CONFIG_UEVENT_HELPER
 */
#include "escape.h"

#include <unistd.h>

#define HELPER "/sys/kernel/uevent_helper"

int escape_prepare(const char *box, const char *secret)
{
	return escape_handler(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	char handler[ESCAPE_PATH_SIZE];
	bool handled;

	(void)secret;
	if (access(HELPER, F_OK))
		return escape_skip("this kernel has no uevent_helper");
	escape_path(handler, box, "handler");
	(void)escape_write(HELPER, handler);
	(void)escape_write("/sys/class/mem/null/uevent", "change");
	handled = escape_handled(box);
	(void)escape_write(HELPER, "");
	return escape_if(handled);
}
