/* SPDX-License-Identifier: Apache-2.0 */
/* See packet.h. */
#include "daemon/packet.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "lib/cleanup.h"

/* Room for more than one, so that more can be seen and closed; past that the kernel drops them. */
#define DESCRIPTORS_MAX 4

/* Keeps the only descriptor, closes all if there are others. */
static int take_descriptors(const struct cmsghdr *header, int *passed)
{
	int fds[DESCRIPTORS_MAX];
	size_t n = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);

	n = n < DESCRIPTORS_MAX ? n : DESCRIPTORS_MAX;
	memcpy(fds, CMSG_DATA(header), n * sizeof(int));
	if (n == 1 && *passed < 0) {
		*passed = fds[0];
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		writ_closep(&fds[i]);
	return -EBADMSG;
}

static int take_control(struct msghdr *message, int *passed)
{
	int err = message->msg_flags & MSG_CTRUNC ? -EBADMSG : 0;

	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at; at = CMSG_NXTHDR(message, at))
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS) {
			int bad = take_descriptors(at, passed);

			err = bad ? bad : err;
		}
	return err;
}

int writ_packet_receive(int fd, struct writ_request *ret_request, int *ret_passed)
{
	union {
		struct cmsghdr header; /* for its alignment */
		char bytes[CMSG_SPACE(DESCRIPTORS_MAX * sizeof(int))];
	} control;
	struct iovec part = {.iov_base = ret_request, .iov_len = sizeof(*ret_request)};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	_cleanup_close_ int passed = -1;
	ssize_t len;
	int err;

	memset(ret_request, 0, sizeof(*ret_request));
	len = recvmsg(fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (len < 0)
		return -errno;
	err = take_control(&message, &passed);
	if (!len && !err && passed < 0)
		return -ECONNRESET;
	if (len != (ssize_t)sizeof(*ret_request) || message.msg_flags & MSG_TRUNC ||
	    ret_request->version != WRIT_CONTROL_VERSION)
		return -EPROTO;
	if (!err)
		*ret_passed = take_fd(&passed);
	return err;
}

static bool terminated(const char *text, size_t size)
{
	return memchr(text, '\0', size) != NULL;
}

#define FIELD(request, field) terminated((request)->field, sizeof((request)->field))

static bool is_sound(const struct writ_request *request)
{
	if (request->n_parameters > WRIT_PARAMETERS_MAX || !FIELD(request, agent) ||
	    !FIELD(request, playbook) || !FIELD(request, ticket) || !FIELD(request, sponsor) ||
	    !FIELD(request, reason) || !FIELD(request, context.session) ||
	    !FIELD(request, context.prompt) || !FIELD(request, context.tool_call) ||
	    !FIELD(request, context.parent))
		return false;
	for (uint32_t i = 0; i < request->n_parameters; i++)
		if (!FIELD(request, parameters[i].name) || !FIELD(request, parameters[i].value))
			return false;
	return true;
}

int writ_packet_check(const struct writ_request *request, char error[WRIT_ERROR_SIZE])
{
	if (is_sound(request))
		return 0;
	(void)snprintf(error, WRIT_ERROR_SIZE, "malformed request");
	return -EBADMSG;
}
