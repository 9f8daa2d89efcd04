// SPDX-License-Identifier: Apache-2.0
/*
 * The owner of a socket, who gets its signals, is named by ioctl(FIOSETOWN) and not by fcntl: the
 * kernel then sends that process the SIGKILL that F_SETSIG asked for.
 * technique: SIGKILL by a socket's owner (FIOSETOWN, F_SETSIG)
 * stopped by: `file_ioctl`
 * expect: operation=owner reason=guardrail object=FIOSETOWN
 */
#include "escape.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <asm/sockios.h>

static void pause_for_ever(const char *box)
{
	(void)box;
	for (;;)
		pause();
}

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return escape_victim(box, pause_for_ever);
}

int escape_attempt(const char *box, const char *secret)
{
	pid_t victim = escape_victim_pid(box);
	int ends[2];

	(void)secret;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends))
		return escape_error("socketpair");
	if (ioctl(ends[0], FIOSETOWN, &victim) || fcntl(ends[0], F_SETSIG, SIGKILL) ||
	    fcntl(ends[0], F_SETFL, O_ASYNC) || write(ends[1], "x", 1) != 1)
		return ESCAPE_REFUSED;
	for (int i = 0; i < 100 && !kill(victim, 0); i++)
		escape_sleep_ms(5);
	return escape_if(kill(victim, 0) && errno == ESRCH);
}
