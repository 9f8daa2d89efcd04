/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See core.h. An answer carries no number of its question. So after a question that was not
 * answered whole nothing on the channel can be told apart any more: it is given up, and every
 * later call gives -EPIPE.
 */
#include "broker/core.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "broker/core_row.h"
#include "lib/cleanup.h"
#include "lib/time.h"

struct writ_core {
	int fd;
	bool gone;
	bool asking; /* a visitor runs: no question within a question */
	bool lost;   /* notices found no room: RESYNC is what is left of them */
	unsigned int ahead; /* questions that are put, and not answered yet */
	void (*finish)(void *context); /* takes their answers; NULL: nobody leaves any */
	void *finish_context;
	size_t first;
	size_t count;
	struct writ_notice_row notices[WRIT_CORE_NOTICES_MAX];
	struct writ_reply packet[WRIT_REPLIES_PER_PACKET]; /* the last that came */
	size_t rows;					   /* in it */
	size_t taken;
};

int writ_core_open(int fd, struct writ_core **ret_core)
{
	struct writ_core *core = calloc(1, sizeof(*core));

	if (!core) {
		writ_closep(&fd);
		return -ENOMEM;
	}
	core->fd = fd;
	*ret_core = core;
	return 0;
}

void writ_core_closep(struct writ_core **core)
{
	if (!*core)
		return;
	writ_closep(&(*core)->fd);
	free(*core);
	*core = NULL;
}

int writ_core_fd(const struct writ_core *core)
{
	return core->fd;
}

int writ_core_check(const struct writ_core *core)
{
	return core->gone ? -EPIPE : 0;
}

/* Errors that leave the channel in an unknown state, or closed. */
static int give_up(struct writ_core *core, int err)
{
	core->gone = true;
	return err;
}

static int wait_for(const struct writ_core *core, short events, uint64_t deadline)
{
	struct pollfd poll_fd = {.fd = core->fd, .events = events};
	uint64_t now = writ_time_boot();

	if (now >= deadline)
		return -ETIMEDOUT;
	if (poll(&poll_fd, 1, (int)((deadline - now) / 1000000 + 1)) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static uint64_t deadline_from_now(void)
{
	return writ_time_boot() + WRIT_CORE_SECONDS * WRIT_NS_PER_SECOND;
}

static int send_request(struct writ_core *core, const struct writ_request *request, int pass)
{
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = {0};
	struct iovec iov = {.iov_base = (void *)request, .iov_len = sizeof(*request)};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};
	uint64_t deadline = deadline_from_now();
	int err = 0;

	if (pass >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &pass, sizeof(pass));
	}
	while (!err && sendmsg(core->fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
		if (errno == EINTR)
			continue;
		if (errno == EPIPE || errno == ECONNRESET)
			return -EPIPE;
		err = errno == EAGAIN ? wait_for(core, POLLOUT, deadline) : -errno;
	}
	return err;
}

/* Descriptors that come with it are dropped by the kernel: there is no room for them. */
static int receive_packet(struct writ_core *core)
{
	const size_t row = sizeof(core->packet[0]);
	ssize_t len;

	do
		len = recv(core->fd, core->packet, sizeof(core->packet), MSG_DONTWAIT | MSG_TRUNC);
	while (len < 0 && errno == EINTR);
	if (len < 0)
		return errno == ECONNRESET ? -EPIPE : -errno;
	if (len == 0)
		return -EPIPE;
	if ((size_t)len % row || (size_t)len > sizeof(core->packet))
		return -EPROTO;
	core->rows = (size_t)len / row;
	core->taken = 0;
	return 0;
}

/* The next row, which is valid until the one after it. */
static int receive_now(struct writ_core *core, const struct writ_reply **ret)
{
	int err = core->taken < core->rows ? 0 : receive_packet(core);

	if (err)
		return err;
	*ret = &core->packet[core->taken++];
	return (*ret)->version == WRIT_CONTROL_VERSION ? 0 : -EPROTO;
}

static int receive(struct writ_core *core, const struct writ_reply **ret)
{
	uint64_t deadline = deadline_from_now();
	int err;

	while (true) {
		err = receive_now(core, ret);
		if (err != -EAGAIN)
			return err;
		err = wait_for(core, POLLIN, deadline);
		if (err)
			return err;
	}
}

/* No room: all that waits becomes one RESYNC, which asks for everything anyway. */
static void keep(struct writ_core *core, const struct writ_notice_row *notice)
{
	if (core->count == WRIT_CORE_NOTICES_MAX) {
		core->lost = true;
		core->count = 0;
	}
	if (!core->lost)
		core->notices[(core->first + core->count++) % WRIT_CORE_NOTICES_MAX] = *notice;
}

static int collect(struct writ_core *core, __u32 verb, writ_core_visitor *visitor, void *context,
		   char ret_error[WRIT_ERROR_SIZE])
{
	const struct writ_reply *reply;
	int err;

	while (true) {
		err = receive(core, &reply);
		if (!err && !writ_core_row_is_sound(reply))
			err = -EPROTO;
		if (err)
			return give_up(core, err);
		if (reply->type == WRIT_REPLY_NOTICE) {
			keep(core, &reply->notice);
		} else if (reply->type == WRIT_REPLY_END) {
			(void)strcpy(ret_error, reply->code ? reply->error : "");
			return reply->code;
		} else if (!writ_core_row_answers(reply, verb)) {
			return give_up(core, -EPROTO);
		} else if (visitor) {
			visitor(context, reply);
		}
	}
}

static void explain(int err, char ret_error[WRIT_ERROR_SIZE])
{
	if (err == -ETIMEDOUT)
		(void)snprintf(ret_error, WRIT_ERROR_SIZE, "the core gave no answer for %d s",
			       WRIT_CORE_SECONDS);
	else if (err == -EPROTO)
		(void)strcpy(ret_error, "the core sent what is no answer: writd and writ-broker "
					"are of different versions");
	else if (err == -EPIPE)
		(void)strcpy(ret_error, "the core is gone");
	else
		(void)snprintf(ret_error, WRIT_ERROR_SIZE, "the core can't be asked: %s",
			       strerror(-err));
}

int writ_core_put(struct writ_core *core, const struct writ_request *request, int pass,
		  char ret_error[WRIT_ERROR_SIZE])
{
	struct writ_request versioned = *request;
	int err = core->gone ? -EPIPE : 0;

	assert(!core->asking && core->ahead < WRIT_CORE_AHEAD);
	versioned.version = WRIT_CONTROL_VERSION;
	*ret_error = '\0';
	if (!err) {
		err = send_request(core, &versioned, pass);
		/* A bad descriptor of the caller's is refused before anything is sent. */
		if (err && err != -EBADF)
			(void)give_up(core, err);
	}
	if (err)
		explain(err, ret_error);
	else
		core->ahead++;
	return err;
}

int writ_core_take(struct writ_core *core, enum writ_verb verb, writ_core_visitor *visitor,
		   void *context, char ret_error[WRIT_ERROR_SIZE])
{
	int err = core->gone ? -EPIPE : 0;

	assert(!core->asking && core->ahead);
	core->ahead--;
	*ret_error = '\0';
	if (!err) {
		core->asking = true;
		err = collect(core, verb, visitor, context, ret_error);
		core->asking = false;
	}
	if (err && !*ret_error)
		explain(err, ret_error);
	return err;
}

void writ_core_finish_by(struct writ_core *core, void (*finish)(void *context), void *context)
{
	core->finish = finish;
	core->finish_context = context;
}

int writ_core_ask(struct writ_core *core, const struct writ_request *request, int pass,
		  writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE])
{
	int err;

	if (core->ahead && core->finish)
		core->finish(core->finish_context);
	assert(!core->ahead);
	err = writ_core_put(core, request, pass, ret_error);
	return err ? err : writ_core_take(core, request->verb, visitor, context, ret_error);
}

/* One more that is kept, where none is. */
static int receive_notice(struct writ_core *core)
{
	const struct writ_reply *reply;
	int err;

	if (core->gone)
		return -EPIPE;
	assert(!core->ahead);
	err = receive_now(core, &reply);
	if (!err && (reply->type != WRIT_REPLY_NOTICE || !writ_core_row_is_sound(reply)))
		err = -EPROTO;
	if (err && err != -EAGAIN)
		return give_up(core, err);
	if (!err)
		keep(core, &reply->notice);
	return err;
}

static int take_kept(struct writ_core *core, uint32_t kinds, struct writ_notice_row *ret_notice)
{
	const struct writ_notice_row *first = &core->notices[core->first];

	if (!(kinds & 1u << first->notice))
		return -EAGAIN;
	*ret_notice = *first;
	core->first = (core->first + 1) % WRIT_CORE_NOTICES_MAX;
	core->count--;
	return 0;
}

int writ_core_notice(struct writ_core *core, uint32_t kinds, struct writ_notice_row *ret_notice)
{
	int err = core->lost || core->count ? 0 : receive_notice(core);

	if (err)
		return err;
	if (!core->lost)
		return take_kept(core, kinds, ret_notice);
	if (!(kinds & 1u << WRIT_NOTICE_RESYNC))
		return -EAGAIN;
	core->lost = false;
	*ret_notice = (struct writ_notice_row){.notice = WRIT_NOTICE_RESYNC};
	return 0;
}
