/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as what the broker sends by its channel, and as what a person's process sends to core.sock
 * -> the core: packets, descriptors, verbs, proposals. The kernel is a table (fake_kernel.h);
 * policy, log and sockets are real. Input: packets, each of two bytes and fields. The first byte
 * has flags of how it is sent, the second is the verb; what is not given is zero, and a packet may
 * be cut.
 *
 * Whatever comes: no crash, no descriptor left open, no reply that is not whole; to the broker no
 * grant but of the agent behind the connection, by a playbook of its role, within its longest time,
 * with its approvals, by a request that has a row; and on record no request but under the name of
 * who made it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../unit/fake_kernel.h"
#include "../unit/fake_runs.h"
#include "compile/policy.h"
#include "daemon/answer.h"
#include "daemon/daemon.h"
#include "daemon/packet.h"
#include "daemon/switches.h"
#include "lib/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

enum how {
	HOW_OPERATOR = 1, /* else the broker */
	HOW_PASS = 2,	  /* with a descriptor */
	HOW_PASS_TWO = 4,
	HOW_NOBODY = 8,		  /* the connection that is handed over has no mark */
	HOW_OPERATOR_BEHIND = 16, /* a person is behind it, not the agent */
	HOW_CUT = 32,		  /* the packet is as short as the input */
	HOW_OLD = 64,		  /* another version */
};

#define PACKETS_MAX 16
#define PARTS_MAX 4
#define TTL_MAX_NS UINT64_C(600000000000)
#define POLICY                                                                                   \
	"{apiVersion: writ/v1, kind: Role, name: r, playbooks: [fix, asked]}\n---\n"             \
	"{apiVersion: writ/v1, kind: Playbook, name: fix, ttl: {default: 3m, max: 10m},\n"       \
	" parameters: {service: {pattern: '[a-z]+'}},\n"                                         \
	" files: [{path: '/srv/{service}', allow: [read]}]}\n---\n"                              \
	"{apiVersion: writ/v1, kind: Playbook, name: asked, approvals: {count: 1},\n"            \
	" ttl: {default: 3m, max: 10m}, files: [{path: /opt/a, allow: [read]}]}\n---\n"          \
	"{apiVersion: writ/v1, kind: Playbook, name: theirs, ttl: {default: 3m, max: 10m},\n"    \
	" files: [{path: /etc/a, allow: [read]}]}\n---\n"                                        \
	"{apiVersion: writ/v1, kind: Agent, name: bot, role: r, match: {cgroup: /a/bot}}\n---\n" \
	"{apiVersion: writ/v1, kind: Agent, name: cat, role: r, match: {cgroup: /a/cat}}\n"

static struct writ_kernel kernel;
static struct writ_daemon daemon_;
static uint32_t indices[2];
static int null_fd;
static char state[] = "/dev/shm/writ-fuzz-XXXXXX"; /* memory: each switch is synced */

static void hold(bool holds)
{
	if (!holds)
		abort();
}

static struct writ_policy *load_policy(void)
{
	char path[] = "/tmp/writ-fuzz-XXXXXX";
	const char *paths[] = {path};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	int fd = mkstemp(path);

	hold(fd >= 0 && write(fd, POLICY, strlen(POLICY)) == (ssize_t)strlen(POLICY));
	hold(!writ_policy_load(paths, 1, &diags, &policy));
	writ_diagnostics_free(&diags);
	(void)close(fd);
	(void)unlink(path);
	return policy;
}

static void remove_state(void)
{
	char path[sizeof(state) + 16];

	(void)snprintf(path, sizeof(path), "%s/" WRIT_SWITCHES_FILE, state);
	(void)unlink(path);
	(void)rmdir(state);
}

/* A line of a refused request: the agent behind the connection, or a person by name. */
static void check_record(const void *record, size_t len)
{
	const struct writ_note *note = record;
	const struct writ_note_request *request = &note->request;

	hold(len >= sizeof(note->event));
	if (note->event.type != WRIT_EVENT_REQUEST)
		return;
	hold(note->event.operation < WRIT_REQUEST_EVENT_COUNT);
	if (note->event.operation == WRIT_REQUEST_EVENT_COUNTED)
		return;
	hold(request->refusal < WRIT_REFUSAL_COUNT);
	hold(memchr(request->playbook, '\0', sizeof(request->playbook)) != NULL);
	hold(memchr(request->reason, '\0', sizeof(request->reason)) != NULL);
	hold(!request->agent[0] || writ_agents_find(&kernel, request->agent));
	hold(request->requester[0] || !strcmp(request->agent, "bot"));
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	writ_log_open("fuzz", WRIT_LOG_ERROR);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	kernel.agents = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.agents));
	kernel.grants = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.grants));
	kernel.node = calloc(1, sizeof(*kernel.node));
	writ_agents_publish_canary(&kernel);
	hold(!writ_agents_open(&kernel, &kernel.names));
	hold(!writ_agents_reserve(&kernel, "bot", &indices[0]));
	hold(!writ_agents_reserve(&kernel, "cat", &indices[1]));
	daemon_ = (struct writ_daemon){
		.kernel = &kernel,
		.policy = load_policy(),
		.agent_index = indices,
		.broker = {.agents = -1, .operators = -1},
		.forward = WRIT_FORWARD_NONE,
		.epoll = epoll_create1(EPOLL_CLOEXEC),
		.listener = -1,
	};
	hold(mkdtemp(state) != NULL);
	(void)atexit(remove_state);
	return 0;
}

/* --- what is sent --- */

struct input {
	const uint8_t *at;
	size_t left;
};

static uint8_t take_byte(struct input *input)
{
	uint8_t byte = input->left ? *input->at : 0;

	if (input->left) {
		input->at++;
		input->left--;
	}
	return byte;
}

/* A field's text: its length in a byte, then so many bytes; it may fill the field to its end. */
static void take_text(struct input *input, char *text, size_t size)
{
	size_t n = take_byte(input);

	n = n < size ? n : size;
	for (size_t i = 0; i < n; i++)
		text[i] = (char)take_byte(input);
}

static uint64_t take_number(struct input *input)
{
	uint64_t number = 0;
	uint8_t n = take_byte(input) % 9;

	while (n--)
		number = number << 8 | take_byte(input);
	return number;
}

static void take_request(struct input *input, uint8_t how, struct writ_request *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->version = WRIT_CONTROL_VERSION - (how & HOW_OLD ? 1 : 0);
	ret->verb = take_byte(input);
	if (ret->verb == WRIT_VERB_STATUS) /* looks at links and the ring, which are not here */
		ret->verb = WRIT_VERB_GRANTS;
	ret->flags = (uint32_t)take_number(input);
	ret->grant = take_number(input);
	ret->proposal = take_number(input);
	ret->ledger = take_number(input);
	ret->ttl_ns = take_number(input);
	ret->delay_ns = take_number(input);
	take_text(input, ret->agent, sizeof(ret->agent));
	take_text(input, ret->playbook, sizeof(ret->playbook));
	ret->n_parameters = (uint32_t)take_number(input);
	take_text(input, ret->parameters[0].name, sizeof(ret->parameters[0].name));
	take_text(input, ret->parameters[0].value, sizeof(ret->parameters[0].value));
	take_text(input, ret->ticket, sizeof(ret->ticket));
	take_text(input, ret->sponsor, sizeof(ret->sponsor));
	take_text(input, ret->reason, sizeof(ret->reason));
	take_text(input, ret->context.session, sizeof(ret->context.session));
	if (ret->verb == WRIT_VERB_RECORD)
		ret->refusal = (uint32_t)take_number(input);
}

static void send_packet(int fd, const void *bytes, size_t len, size_t n_fds)
{
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	const int fds[2] = {null_fd, null_fd};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (n_fds) {
		message.msg_control = &control;
		message.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(&control.header), fds, n_fds * sizeof(int));
	}
	(void)sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* --- what comes back --- */

#define ENDS(field) hold(memchr(field, '\0', sizeof(field)) != NULL)

static void check_reply(const struct writ_reply *reply)
{
	hold(reply->version == WRIT_CONTROL_VERSION);
	hold(reply->type >= WRIT_REPLY_END && reply->type <= WRIT_REPLY_SINK);
	if (reply->type == WRIT_REPLY_END) {
		hold(reply->code <= 0 && reply->code > -4096);
		ENDS(reply->error);
	}
	if (reply->type == WRIT_REPLY_GRANT) {
		ENDS(reply->grant.info.agent_name);
		ENDS(reply->grant.info.parameters);
	}
}

static bool is_there(const struct writ_client *client)
{
	return daemon_.clients == client;
}

/* All that waits on @fd; a long answer comes in parts, as they are taken. */
static void drain(int fd, struct writ_client *client)
{
	static struct writ_reply packet[WRIT_REPLIES_PER_PACKET + 1];
	ssize_t n;

	for (int turn = 0; turn < PARTS_MAX && is_there(client); turn++) {
		writ_serve_event(&daemon_, client, EPOLLOUT);
		while ((n = recv(fd, packet, sizeof(packet), MSG_DONTWAIT)) > 0) {
			hold(n % (ssize_t)sizeof(packet[0]) == 0 &&
			     n <= (ssize_t)(WRIT_REPLIES_PER_PACKET * sizeof(packet[0])));
			for (size_t i = 0; i < (size_t)n / sizeof(packet[0]); i++)
				check_reply(&packet[i]);
		}
	}
}

/* What the broker has got since there were @from is what policy gives. */
static void check_grants(size_t from)
{
	for (size_t i = from; i < fake.n_grants; i++) {
		const struct writ_grant_info *info = &fake.grants[i];
		const char *agent = info->agent_name;

		hold(!strcmp(agent, "bot") || !strcmp(agent, "cat"));
		hold(writ_agents_find(&kernel, agent) == info->agent);
		hold(!strcmp(info->playbook, "fix") || !strcmp(info->playbook, "asked"));
		hold(info->expires - info->not_before <= TTL_MAX_NS);
		hold(info->ledger);
		hold(strcmp(info->playbook, "asked") || *info->approvers);
		hold(info->operator_name[0] || !strcmp(agent, "bot"));
	}
}

/* --- one input --- */

static void begin(int pair[2], struct writ_client **ret_client)
{
	hold(!socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair));
	hold(!writ_serve_channel(&daemon_, pair[0], ret_client));
	daemon_.broker.channel = *ret_client;
}

/* One packet of the broker's, as the core's loop takes it. */
static bool by_channel(int fd, struct writ_client *client, const void *bytes, size_t len,
		       size_t n_fds)
{
	send_packet(fd, bytes, len, n_fds);
	writ_serve_event(&daemon_, client, EPOLLIN);
	if (!is_there(client))
		return false; /* it was ended for it */
	drain(fd, client);
	return is_there(client);
}

/* The same request of an operator's: what stands before the verbs is unit/test_control.c's. */
static void by_operator(struct writ_client *client, int fd, const struct writ_request *request)
{
	const struct writ_peer peer = {.uid = 0, .caller = WRIT_CALLER_ROOT, .passed = -1};
	char error[WRIT_ERROR_SIZE] = "";
	int err;

	/* not those that load and unload */
	if (request->verb == WRIT_VERB_APPLY || request->verb == WRIT_VERB_UNLOAD ||
	    writ_packet_check(request, error))
		return;
	err = writ_answer(&daemon_, &peer, request, client, error);
	hold(err <= 0 && memchr(error, '\0', sizeof(error)));
	drain(fd, client);
}

static void run(struct input *input, int fd, struct writ_client *client)
{
	for (int i = 0; i < PACKETS_MAX && input->left; i++) {
		uint8_t how = take_byte(input);
		struct writ_request request;
		size_t grants = fake.n_grants, before = input->left,
		       n_fds = how & HOW_PASS_TWO ? 2
			       : how & HOW_PASS	  ? 1
						  : 0;

		fake.has_mark = !(how & HOW_NOBODY);
		fake.mark = (struct writ_peer_mark){
			.agent = how & HOW_OPERATOR_BEHIND ? 0 : indices[0], .pid = 12};
		take_request(input, how, &request);
		if (how & HOW_OPERATOR) {
			by_operator(client, fd, &request);
			continue;
		}
		if (!by_channel(fd, client, &request,
				how & HOW_CUT ? before % sizeof(request) : sizeof(request), n_fds))
			return;
		check_grants(grants);
	}
}

/* Descriptors that are open: none may be left by what was sent. */
static int lowest_free(void)
{
	int fd = dup(null_fd);

	(void)close(fd);
	return fd;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {data, size};
	int pair[2], lowest = lowest_free();
	struct writ_client *client;

	memset(fake.told, 0, sizeof(fake.told));
	fake.n_grants = 0;
	fake.note = check_record;
	daemon_.switches.directory = state;
	daemon_.requests = writ_requests_new(); /* one input's askers are not the next one's */
	begin(pair, &client);
	run(&input, pair[1], client);
	writ_serve_close(&daemon_);
	daemon_.broker.channel = NULL;
	writ_proposals_clear(&daemon_.proposals);
	writ_requests_tell(&daemon_, UINT64_MAX);
	writ_requests_free(daemon_.requests);
	writ_switches_close(&daemon_.switches);
	(void)close(pair[1]);
	hold(lowest_free() == lowest);
	return 0;
}
