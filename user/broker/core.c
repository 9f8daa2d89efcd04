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

#include "lib/cleanup.h"
#include "lib/time.h"

struct writ_core {
	int fd;
	bool gone;
	bool asking; /* a visitor runs: no question within a question */
	bool lost;   /* notices found no room: RESYNC is what is left of them */
	unsigned int ahead; /* questions that are put, and not answered yet */
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

#define ENDS(field) (!!memchr(field, '\0', sizeof(field)))

static bool proposal_is_sound(const struct writ_proposal_row *row)
{
	return row->state <= WRIT_PROPOSAL_GONE && row->clip < WRIT_CLIP_COUNT &&
	       ENDS(row->agent) && ENDS(row->role) && ENDS(row->playbook) && ENDS(row->ticket) &&
	       ENDS(row->sponsor) && ENDS(row->requester) && ENDS(row->reason) &&
	       ENDS(row->parameters) && ENDS(row->approvers) && ENDS(row->answer);
}

static bool grant_is_sound(const struct writ_grant_row *row)
{
	const struct writ_grant_info *info = &row->info;
	const struct writ_context *context = &info->context;

	return info->end < WRIT_END_COUNT && info->scope < WRIT_SCOPE_COUNT &&
	       row->clip < WRIT_CLIP_COUNT && ENDS(info->agent_name) && ENDS(info->role_name) &&
	       ENDS(info->playbook) && ENDS(info->ticket) && ENDS(info->operator_name) &&
	       ENDS(info->sponsor) && ENDS(info->approvers) && ENDS(info->parameters) &&
	       ENDS(context->session) && ENDS(context->prompt) && ENDS(context->tool_call) &&
	       ENDS(context->parent);
}

static bool notice_is_sound(const struct writ_notice_row *row)
{
	return row->notice >= WRIT_NOTICE_GRANT && row->notice <= WRIT_NOTICE_RESYNC &&
	       row->end < WRIT_END_COUNT && ENDS(row->by) && proposal_is_sound(&row->proposal);
}

static bool decisions_are_sound(const struct writ_decisions_row *row)
{
	if (row->n > WRIT_DECISIONS_PER_ROW)
		return false;
	for (uint32_t i = 0; i < row->n; i++)
		if (row->counts[i].verdict >= WRIT_VERDICT_COUNT ||
		    row->counts[i].operation >= WRIT_OP_COUNT ||
		    row->counts[i].reason >= WRIT_REASON_COUNT)
			return false;
	return true;
}

static bool programs_are_sound(const struct writ_programs_row *row)
{
	if (row->n > WRIT_PROGRAMS_PER_ROW)
		return false;
	for (uint32_t i = 0; i < row->n; i++)
		if (!ENDS(row->programs[i].name))
			return false;
	return true;
}

/* Its strings end, its words are words. */
static bool is_sound(const struct writ_reply *reply)
{
	switch (reply->type) {
	case WRIT_REPLY_END:
		return ENDS(reply->error) && reply->code <= 0 && reply->code > -4096;
	case WRIT_REPLY_STATUS:
		return ENDS(reply->status.environment) && ENDS(reply->status.version) &&
		       ENDS(reply->status.policy) && ENDS(reply->status.audit_log) &&
		       ENDS(reply->status.not_attached) && ENDS(reply->status.lsm);
	case WRIT_REPLY_AGENT:
		return ENDS(reply->agent.name) && ENDS(reply->agent.role) &&
		       ENDS(reply->agent.environment) && ENDS(reply->agent.cgroup);
	case WRIT_REPLY_GRANT:
		return grant_is_sound(&reply->grant);
	case WRIT_REPLY_EXEC:
		return reply->exec.env_size <= sizeof(reply->exec.env) && ENDS(reply->exec.agent) &&
		       ENDS(reply->exec.cgroup);
	case WRIT_REPLY_ATTEST:
		return ENDS(reply->attest.agent) && ENDS(reply->attest.role) &&
		       ENDS(reply->attest.environment) &&
		       reply->attest.agent_index < WRIT_AGENTS_MAX;
	case WRIT_REPLY_PROPOSAL:
		return proposal_is_sound(&reply->proposal);
	case WRIT_REPLY_DENIAL:
		return ENDS(reply->denial.comm) && ENDS(reply->denial.object);
	case WRIT_REPLY_NOTICE:
		return notice_is_sound(&reply->notice);
	case WRIT_REPLY_METRICS:
		return true;
	case WRIT_REPLY_DECISIONS:
		return decisions_are_sound(&reply->decisions);
	case WRIT_REPLY_PROGRAMS:
		return programs_are_sound(&reply->programs);
	}
	return false;
}

/* May a row of @type answer @verb? */
static bool answers(__u32 verb, __u32 type)
{
	switch (verb) {
	case WRIT_VERB_STATUS:
		return type == WRIT_REPLY_STATUS;
	case WRIT_VERB_AGENTS:
		return type == WRIT_REPLY_AGENT;
	case WRIT_VERB_ATTEST:
		return type == WRIT_REPLY_ATTEST;
	case WRIT_VERB_PROPOSE:
		return type == WRIT_REPLY_PROPOSAL || type == WRIT_REPLY_GRANT;
	case WRIT_VERB_PROPOSALS:
		return type == WRIT_REPLY_PROPOSAL;
	case WRIT_VERB_GRANTS:
	case WRIT_VERB_ISSUE:
	case WRIT_VERB_DONE:
		return type == WRIT_REPLY_GRANT;
	case WRIT_VERB_ENTER:
		return type == WRIT_REPLY_EXEC;
	case WRIT_VERB_DENIALS:
		return type == WRIT_REPLY_DENIAL;
	case WRIT_VERB_METRICS:
		return type == WRIT_REPLY_METRICS || type == WRIT_REPLY_DECISIONS ||
		       type == WRIT_REPLY_PROGRAMS;
	}
	return false;
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
		if (!err && !is_sound(reply))
			err = -EPROTO;
		if (err)
			return give_up(core, err);
		if (reply->type == WRIT_REPLY_NOTICE) {
			keep(core, &reply->notice);
		} else if (reply->type == WRIT_REPLY_END) {
			(void)strcpy(ret_error, reply->code ? reply->error : "");
			return reply->code;
		} else if (!answers(verb, reply->type)) {
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

int writ_core_ask(struct writ_core *core, const struct writ_request *request, int pass,
		  writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE])
{
	int err;

	assert(!core->ahead);
	err = writ_core_put(core, request, pass, ret_error);
	return err ? err : writ_core_take(core, request->verb, visitor, context, ret_error);
}

int writ_core_notice(struct writ_core *core, struct writ_notice_row *ret_notice)
{
	const struct writ_reply *reply;
	int err;

	if (core->lost) {
		core->lost = false;
		*ret_notice = (struct writ_notice_row){.notice = WRIT_NOTICE_RESYNC};
		return 0;
	}
	if (core->count) {
		*ret_notice = core->notices[core->first];
		core->first = (core->first + 1) % WRIT_CORE_NOTICES_MAX;
		core->count--;
		return 0;
	}
	if (core->gone)
		return -EPIPE;
	err = receive_now(core, &reply);
	if (!err && (reply->type != WRIT_REPLY_NOTICE || !is_sound(reply)))
		err = -EPROTO;
	if (err && err != -EAGAIN)
		return give_up(core, err);
	if (!err)
		*ret_notice = reply->notice;
	return err;
}
