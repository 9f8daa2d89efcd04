/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core as its callers find it: a broker on its channel, which may have been taken over, and
 * people. The kernel is a table (fake_kernel.h); sockets, log and state are real.
 */
#ifndef TESTS_UNIT_DAEMON_HELPER_H
#define TESTS_UNIT_DAEMON_HELPER_H

#include "policy_helper.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include "daemon/answer.h"
#include "daemon/ids.h"
#include "audit/stream.h"
#include "fake_kernel.h"
#include "fake_runs.h"

#define POLICY                                                                                 \
	"apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [fix, open]\n---\n"              \
	"apiVersion: writ/v1\nkind: Playbook\nname: fix\nttl: {default: 3m, max: 10m}\n"       \
	"files:\n  - {path: /srv/a, allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Playbook\nname: open\nttl: {default: 3m, max: 10m}\n"      \
	"files:\n  - {path: /opt/a, allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Playbook\nname: theirs\nttl: {default: 3m, max: 10m}\n"    \
	"files:\n  - {path: /etc/a, allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\nmatch: {cgroup: /a/bot}\n---\n" \
	"apiVersion: writ/v1\nkind: Agent\nname: cat\nrole: r\nmatch: {cgroup: /a/cat}\n"
#define ROWS_MAX 8192

static struct writ_kernel kernel;
static struct writ_daemon daemon_;
static char directory[64], log_path[96], key_path[96], state_path[96];
static uint32_t indices[2];
static int broker = -1; /* its end of the channel */
static char error[WRIT_ERROR_SIZE];
static uint64_t last_row; /* of the ledger */

/* What came by the channel since it was asked last. */
static struct {
	struct writ_reply *rows;
	size_t n_rows;
	size_t n_notices;
	struct writ_notice_row notice; /* the last one */
	bool ended;
	struct writ_reply end;
} got;

static inline const struct writ_agent *no_agent(void *context, uint32_t agent)
{
	(void)context;
	(void)agent;
	return NULL;
}

static const struct writ_resolver resolver = {.environment = "", .agent = no_agent};
static struct writ_stream *stream; /* writ-audit's part */

static inline void take_note(const void *record, size_t len)
{
	assert_int_equal(writ_stream_record(stream, record, len), 0);
}

static inline struct writ_policy *load(void)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *loaded = NULL;

	assert_int_equal(load_text(POLICY, strlen(POLICY), &diags, &loaded), 0);
	writ_diagnostics_free(&diags);
	return loaded;
}

static inline struct writ_policy_playbook *book(const char *name)
{
	return (struct writ_policy_playbook *)(uintptr_t)writ_policy_playbook(daemon_.policy, name);
}

static inline void open_channel(void)
{
	int pair[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	broker = pair[1];
	assert_int_equal(writ_serve_channel(&daemon_, pair[0], &daemon_.broker.channel), 0);
}

static inline int set_up(void **state)
{
	(void)state;
	last_row = 40;
	memset(&fake, 0, sizeof(fake));
	memset(&fake_runs, 0, sizeof(fake_runs));
	memset(&got, 0, sizeof(got));
	got.rows = calloc(ROWS_MAX, sizeof(*got.rows));
	(void)strcpy(directory, "/tmp/writ-daemon-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(log_path, sizeof(log_path), "%s/audit.jsonl", directory);
	(void)snprintf(key_path, sizeof(key_path), "%s/audit.key", directory);
	(void)snprintf(state_path, sizeof(state_path), "%s/state", directory);
	kernel = (struct writ_kernel){0};
	kernel.agents = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.agents));
	kernel.grants = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.grants));
	kernel.node = calloc(1, sizeof(*kernel.node));
	writ_agents_publish_canary(&kernel);
	assert_int_equal(writ_agents_open(&kernel, &kernel.names), 0);
	assert_int_equal(writ_agents_reserve(&kernel, "bot", &indices[0]), 0);
	assert_int_equal(writ_agents_reserve(&kernel, "cat", &indices[1]), 0);
	kernel.agents[indices[0]].state = WRIT_AGENT_ACTIVE;
	kernel.agents[indices[1]].state = WRIT_AGENT_ACTIVE;
	daemon_ = (struct writ_daemon){
		.options = {.state = state_path},
		.kernel = &kernel,
		.policy = load(),
		.agent_index = indices,
		.broker = WRIT_BROKER_NONE,
		.audit = WRIT_AUDIT_NONE,
		.forward = WRIT_FORWARD_NONE,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.listener = -1,
	};
	assert_int_equal(writ_switches_open(&daemon_.switches, state_path, error), 0);
	writ_ids_open(&daemon_);
	daemon_.requests = writ_requests_new();
	assert_int_equal(writ_stream_open(&(struct writ_trail_settings){
						  .log = log_path,
						  .key = key_path,
						  .checkpoint_ns = UINT64_MAX,
						  .rotate_bytes = UINT64_MAX,
						  .rotate_ns = UINT64_MAX,
					  },
					  &resolver, NULL, &stream),
			 0);
	fake.note = take_note;
	fake.mark = (struct writ_peer_mark){.agent = indices[0], .pid = 12};
	fake.has_mark = 1;
	open_channel();
	return 0;
}

static inline int tear_down(void **state)
{
	char command[96];

	(void)state;
	writ_serve_close(&daemon_);
	writ_stream_close(stream);
	writ_notes_clear(&daemon_.notes);
	writ_proposals_clear(&daemon_.proposals);
	writ_limits_close(&daemon_.limits);
	writ_requests_free(daemon_.requests);
	writ_switches_close(&daemon_.switches);
	writ_policy_free(daemon_.policy);
	writ_agents_close(kernel.names);
	free(kernel.agents);
	free(kernel.grants);
	free(kernel.node);
	free(got.rows);
	(void)close(daemon_.epoll);
	(void)close(broker);
	(void)snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command);
}

static inline void take(const struct writ_reply *reply)
{
	if (reply->type == WRIT_REPLY_NOTICE) {
		got.notice = reply->notice;
		got.n_notices++;
	} else if (reply->type == WRIT_REPLY_END) {
		got.end = *reply;
		got.ended = true;
	} else {
		assert_true(got.n_rows < ROWS_MAX);
		got.rows[got.n_rows++] = *reply;
	}
}

/* One turn of the loop. False: nothing to do. */
static inline bool turn(void)
{
	struct epoll_event event;

	if (epoll_wait(daemon_.epoll, &event, 1, 0) != 1)
		return false;
	writ_serve_event(&daemon_, event.data.ptr, event.events);
	return true;
}

/* Serves until all is said, and takes what the broker is sent. */
static inline void pump(void)
{
	static struct writ_reply packet[WRIT_REPLIES_PER_PACKET + 1]; /* one more would be seen */
	bool more = true;
	ssize_t len;

	while (more) {
		more = turn();
		while ((len = recv(broker, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
			size_t rows = (size_t)len / sizeof(packet[0]);

			assert_int_equal(len % (ssize_t)sizeof(packet[0]), 0);
			assert_in_range(rows, 1, WRIT_REPLIES_PER_PACKET);
			for (size_t i = 0; i < rows; i++)
				take(&packet[i]);
			more = true;
		}
	}
}

static inline void forget(void)
{
	got.n_rows = got.n_notices = 0;
	got.ended = false;
}

/* The broker sends @request, with a connection if @pass. */
static inline void send_request(const struct writ_request *request, bool pass)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {{0}};
	struct iovec part = {.iov_base = (void *)(uintptr_t)request, .iov_len = sizeof(*request)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (pass) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &broker, sizeof(int));
	}
	assert_int_equal(sendmsg(broker, &message, 0), sizeof(*request));
}

static inline int ask_broker(struct writ_request request, bool pass)
{
	request.version = WRIT_CONTROL_VERSION;
	forget();
	send_request(&request, pass);
	pump();
	assert_true(got.ended);
	return got.end.code;
}

/* The same by an operator, on a connection of his own. */
static inline int ask_person(struct writ_request request, uint32_t caller, uint32_t uid)
{
	const struct writ_peer peer = {.uid = uid, .caller = caller, .passed = -1};
	int err;

	request.version = WRIT_CONTROL_VERSION;
	forget();
	error[0] = '\0';
	err = writ_answer(&daemon_, &peer, &request, daemon_.broker.channel, error);
	writ_serve_event(&daemon_, daemon_.broker.channel, 0); /* his rows, by the one channel */
	pump();
	return err;
}

/* One that nobody has proposed. */
static inline uint64_t new_row(void)
{
	return ++last_row;
}

static inline struct writ_request propose(const char *playbook, uint64_t ledger, uint32_t flags)
{
	struct writ_request request = {.verb = WRIT_VERB_PROPOSE, .flags = flags, .ledger = ledger};

	(void)strcpy(request.agent, "bot");
	(void)strcpy(request.playbook, playbook);
	return request;
}

static inline struct writ_request verb(uint32_t which, uint64_t proposal)
{
	return (struct writ_request){.verb = which, .proposal = proposal};
}

static inline uint64_t pending(void)
{
	book("fix")->approvals = 1;
	assert_int_equal(ask_broker(propose("fix", new_row(), WRIT_PROPOSE_ISSUE), true), 0);
	assert_int_equal(got.n_rows, 1);
	assert_int_equal(got.rows[0].type, WRIT_REPLY_PROPOSAL);
	assert_int_equal(got.rows[0].proposal.state, WRIT_PROPOSAL_PENDING);
	assert_int_equal(fake.n_grants, 0);
	return got.rows[0].proposal.proposal;
}

static inline void assert_said(const char *part)
{
	if (!strstr(got.end.error, part))
		fail_msg("expected: %s\nfound: %s", part, got.end.error);
}

static inline void assert_logged(const char *part)
{
	static char text[1 << 20];
	FILE *file;
	size_t len;

	assert_int_equal(writ_stream_commit(stream), 0);
	file = fopen(log_path, "re");
	assert_non_null(file);
	len = fread(text, 1, sizeof(text) - 1, file);
	text[len] = '\0';
	(void)fclose(file);
	if (!strstr(text, part))
		fail_msg("expected: %s\nfound: %s", part, text);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
