// SPDX-License-Identifier: Apache-2.0
/*
 * A message to a process outside carries credentials that the sender writes himself: pid 1's.
 * technique: Forged SCM_CREDENTIALS
 * stopped by: `capable`: CAP_SYS_ADMIN, which another's pid needs, is not the role's
 * expect: operation=capability reason=no_rule
 */
#include "escape.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

union credentials {
	char bytes[CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr header;
};

static socklen_t name_of(struct sockaddr_un *name, const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "socket");
	memset(name, 0, sizeof(*name));
	name->sun_family = AF_UNIX;
	(void)snprintf(name->sun_path, sizeof(name->sun_path), "%.107s", path);
	return sizeof(*name);
}

/* Keeps the pid that the kernel vouched for in box/seen. */
static void listen_once(const char *box)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), on = 1;
	union credentials control;
	struct sockaddr_un name;
	struct iovec data = {.iov_base = &on, .iov_len = 1};
	struct msghdr message = {.msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	char path[ESCAPE_PATH_SIZE];

	if (bind(fd, (void *)&name, name_of(&name, box)) ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) ||
	    recvmsg(fd, &message, 0) < 0 || !CMSG_FIRSTHDR(&message))
		return;
	escape_path(path, box, "seen");
	(void)escape_write_number(path, ((struct ucred *)CMSG_DATA(&control.header))->pid);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_victim(box, listen_once);

	(void)secret;
	escape_path(path, box, "socket");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	struct ucred forged = {.pid = 1, .uid = 0, .gid = 0};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	union credentials control = {0};
	struct sockaddr_un name;
	struct iovec data = {.iov_base = "x", .iov_len = 1};
	struct msghdr message = {.msg_name = &name,
				 .msg_namelen = name_of(&name, box),
				 .msg_iov = &data,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	char path[ESCAPE_PATH_SIZE];

	(void)secret;
	control.header.cmsg_len = CMSG_LEN(sizeof(forged));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_CREDENTIALS;
	memcpy(CMSG_DATA(&control.header), &forged, sizeof(forged));
	if (sendmsg(fd, &message, 0) != 1)
		return ESCAPE_REFUSED;
	escape_path(path, box, "seen");
	return escape_if(escape_await(path, 2) && escape_number(path) == 1);
}
