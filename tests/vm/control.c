// SPDX-License-Identifier: Apache-2.0
/*
 * A client of the control socket that behaves as it should not, or as an agent would.
 *   control ask           a status request; prints the code and the error of the answer
 *   control short         a request that is cut
 *   control version       one of another version
 *   control unterminated  an agent's name without its NUL
 *   control unknown       a verb that there is not
 *   control deaf          asks and asks and never reads, then waits to be killed
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "writ/control.h"

static int reach(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = WRIT_CONTROL_SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (fd >= 0 && !connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fd;
	printf("%s\n", strerrorname_np(errno));
	return -1;
}

static int answer(int fd)
{
	static struct writ_reply reply;

	while (recv(fd, &reply, sizeof(reply), 0) == (ssize_t)sizeof(reply)) {
		if (reply.type != WRIT_REPLY_END)
			continue;
		printf("%s %.*s\n", reply.code ? strerrorname_np(-reply.code) : "ok",
		       (int)sizeof(reply.error), reply.error);
		return 0;
	}
	printf("closed\n");
	return 0;
}

static void __attribute__((noreturn)) deaf(int fd, const struct writ_request *request)
{
	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	while (send(fd, request, sizeof(*request), MSG_NOSIGNAL) > 0)
		;
	printf("%s\n", strerrorname_np(errno));
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	static struct writ_request request = {
		.version = WRIT_CONTROL_VERSION,
		.verb = WRIT_VERB_STATUS,
	};
	const char *how = argc > 1 ? argv[1] : "ask";
	size_t size = sizeof(request);
	int fd = reach();

	if (fd < 0)
		return 0;
	if (!strcmp(how, "deaf"))
		deaf(fd, &request);
	if (!strcmp(how, "short"))
		size = 16;
	if (!strcmp(how, "version"))
		request.version++;
	if (!strcmp(how, "unknown"))
		request.verb = 1000;
	if (!strcmp(how, "unterminated"))
		memset(request.agent, 'a', sizeof(request.agent));
	if (send(fd, &request, size, MSG_NOSIGNAL) != (ssize_t)size) {
		printf("%s\n", strerrorname_np(errno));
		return 0;
	}
	return answer(fd);
}
