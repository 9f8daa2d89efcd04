// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside sends an O_PATH descriptor of the forbidden directory, which stands for no
 * right yet; the agent opens the file below it.
 * technique: openat() below a received O_PATH descriptor
 * stopped by: `file_open`: the whole path is judged
 * expect: operation=open reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct job {
	char what[ESCAPE_PATH_SIZE];
	char socket[100];
	int flags;
};

/* Outside: sends @what to the agent's socket, as soon as it is there. */
static void serve(const void *context)
{
	const struct job *job = context;
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec byte = {"x", 1};
	struct msghdr message = {.msg_name = &to,
				 .msg_namelen = sizeof(to),
				 .msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	int fd = open(job->what, job->flags), out = socket(AF_UNIX, SOCK_DGRAM, 0);

	memcpy(to.sun_path, job->socket, strlen(job->socket) + 1);
	memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	while (fd >= 0 && sendmsg(out, &message, 0) < 0)
		(void)usleep(10000);
}

/* The descriptor that came in, -1 if none did. */
static int receive(int socket)
{
	char space[CMSG_SPACE(sizeof(int))], byte;
	struct iovec vector = {&byte, 1};
	struct msghdr message = {.msg_iov = &vector,
				 .msg_iovlen = 1,
				 .msg_control = space,
				 .msg_controllen = sizeof(space)};
	int fd = -1;

	if (recvmsg(socket, &message, 0) > 0 && CMSG_FIRSTHDR(&message))
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(fd));
	return fd;
}

static int inbox(const char *box)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%.80s/inbox", box);
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -1 : fd;
}

int escape_prepare(const char *box, const char *secret)
{
	struct job job = {.flags = O_PATH | O_DIRECTORY};
	char key[ESCAPE_PATH_SIZE];
	int err;

	escape_path(job.what, secret, ".");
	escape_path(key, secret, "key");
	(void)snprintf(job.socket, sizeof(job.socket), "%.80s/inbox", box);
	err = escape_write(key, "key");
	return err ? err : escape_daemon(serve, &job);
}

int escape_attempt(const char *box, const char *secret)
{
	int socket = inbox(box), directory;

	(void)secret;
	if (socket < 0)
		return escape_error(box);
	directory = receive(socket);
	if (directory < 0)
		return escape_error("no descriptor came");
	return escape_if(escape_reads(openat(directory, "key", O_RDONLY | O_CLOEXEC), "key"));
}
