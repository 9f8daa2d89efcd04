/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A grant as the broker gets it for an operator: the proposal over its channel to a process that
 * serves it with writd's own rooms, until its answer is here: attested, checked, compiled,
 * published, read back. Beside it, as a floor, packets of the same sizes to a process that answers
 * at once.
 */
#include "native.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "bench.h"
#include "daemon/daemon.h"
#include "daemon/publish.h"
#include "harness.h"
#include "lib/cleanup.h"

#define GRANTS 1001 /* odd: the median is one that was measured */
#define RULES 1000u
#define GRANT_RULES 20u
#define SOCKET "build/bench/core.sock"

static struct harness harness;
static int channel[2];		/* the core's end, the broker's */
static int operator_connection; /* marked as one that root has made */
static uint64_t last_row;

/* writd's loop without its clock: what serving a request takes is the same. */
static void __attribute__((noreturn)) serve(struct writ_daemon *daemon)
{
	while (true) {
		struct epoll_event event;

		if (epoll_wait(daemon->epoll, &event, 1, -1) != 1)
			continue;
		if (event.data.ptr == &daemon->listener)
			writ_serve_accept(daemon);
		else
			writ_serve_event(daemon, event.data.ptr, event.events);
	}
}

static pid_t start_server(struct writ_daemon *daemon)
{
	pid_t child;

	daemon->epoll = epoll_create1(EPOLL_CLOEXEC);
	assert_true(daemon->epoll >= 0);
	assert_int_equal(writ_serve_open(daemon), 0);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, channel), 0);
	assert_int_equal(writ_serve_channel(daemon, channel[0], &daemon->broker.channel), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		serve(daemon);
	return child;
}

static void __attribute__((noreturn)) echo(int fd)
{
	static struct writ_request request;
	static struct writ_reply reply;

	while (recv(fd, &request, sizeof(request), 0) > 0) {
		for (int i = 0; i < 3; i++) {
			reply.type = i < 2 ? WRIT_REPLY_GRANT : WRIT_REPLY_END;
			(void)send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
		}
	}
	_exit(0);
}

static int connect_server(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* A connection with the mark that the hook gives to one of root's, outside of every agent. */
static void mark_operator(int fds[2])
{
	const struct writ_peer_mark mark = {.pid = 1};

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	assert_int_equal(bpf_map_update_elem(harness.kernel.map_fds[WRIT_MAP_peers], &fds[0], &mark,
					     BPF_ANY),
			 0);
	operator_connection = fds[0];
}

static void send_request(int fd, const struct writ_request *request, int passed)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec part = {(void *)(uintptr_t)request, sizeof(*request)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	struct cmsghdr *header;

	if (passed >= 0) {
		message.msg_control = control;
		message.msg_controllen = sizeof(control);
		header = CMSG_FIRSTHDR(&message);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(header), &passed, sizeof(int));
	}
	assert_int_equal(sendmsg(fd, &message, 0), sizeof(*request));
}

/* The next one that was asked for. */
static void receive(int fd, struct writ_reply *ret_reply)
{
	do
		assert_int_equal(recv(fd, ret_reply, sizeof(*ret_reply), 0), sizeof(*ret_reply));
	while (ret_reply->type == WRIT_REPLY_NOTICE);
}

/* Milliseconds from the request to its last reply; @ret_row: the one before. */
static double ask(int fd, const struct writ_request *request, int passed,
		  struct writ_reply *ret_row)
{
	double start = bench_now();
	struct writ_reply reply;

	send_request(fd, request, passed);
	receive(fd, &reply);
	if (reply.type == WRIT_REPLY_END)
		fail_msg("%s", reply.error);
	for (; reply.type != WRIT_REPLY_END; receive(fd, &reply))
		*ret_row = reply;
	if (reply.code)
		fail_msg("%s", reply.error);
	return (bench_now() - start) * 1e3;
}

static double grant_once(int fd)
{
	struct writ_request request = {.version = WRIT_CONTROL_VERSION,
				       .verb = WRIT_VERB_PROPOSE,
				       .flags = WRIT_PROPOSE_ISSUE,
				       .ledger = ++last_row,
				       .n_parameters = 1};
	struct writ_reply row, revoked;
	double ms;

	(void)strcpy(request.agent, "a");
	(void)strcpy(request.playbook, "p");
	(void)strcpy(request.ticket, "CHG-1");
	(void)strcpy(request.parameters[0].name, "service");
	(void)strcpy(request.parameters[0].value, "billing");
	ms = ask(channel[1], &request, operator_connection, &row);
	assert_int_equal(row.type, WRIT_REPLY_GRANT);
	assert_int_equal(row.grant.state, WRIT_GRANT_STATE_ACTIVE);
	request.verb = WRIT_VERB_REVOKE; /* or the agent's slots are full after eight */
	request.flags = 0;
	request.grant = row.grant.info.id;
	(void)ask(fd, &request, -1, &revoked);
	assert_int_equal(revoked.grant.state, WRIT_GRANT_STATE_REVOKED);
	return ms;
}

static void bench_echo(void)
{
	static const struct writ_request request;
	struct writ_reply reply;
	double ms[GRANTS];
	int ends[2];
	pid_t child;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		(void)close(ends[0]);
		echo(ends[1]);
	}
	(void)close(ends[1]);
	for (int i = 0; i < GRANTS; i++)
		ms[i] = ask(ends[0], &request, -1, &reply);
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	bench_report(&(struct bench_figure){"native.floor.socket_ms", "ms",
					    bench_median(ms, GRANTS), NULL, GRANTS});
}

static void bench_grants(void)
{
	double ms[GRANTS];
	int connection[2];
	_cleanup_close_ int fd = connect_server();

	mark_operator(connection);

	for (int i = 0; i < GRANTS; i++)
		ms[i] = grant_once(fd);
	bench_report(&(struct bench_figure){"native.grant_ms.p50", "ms", bench_median(ms, GRANTS),
					    "native.floor.socket_ms", GRANTS});
	bench_report(&(struct bench_figure){"native.grant_ms.p99", "ms", ms[GRANTS * 99 / 100],
					    "native.floor.socket_ms", GRANTS}); /* sorted now */
	(void)close(connection[0]);
	(void)close(connection[1]);
}

static void measure(void)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_free_ char *yaml = bench_policy_rules(RULES, GRANT_RULES);
	_cleanup_(writ_publish_free) struct writ_publication publication = {
		.kernel = &harness.kernel};
	struct writ_daemon daemon = {
		.kernel = &harness.kernel, .listener = -1, .options.socket = SOCKET};
	pid_t server;

	harness_policy(&harness, yaml);
	publication.policy = daemon.policy = harness.policy;
	assert_int_equal(writ_publish_prepare(&publication, &diags), 0);
	assert_int_equal(writ_publish_commit(&publication), 0);
	daemon.agent_index = publication.agent_index;
	server = start_server(&daemon);
	bench_grants();
	assert_int_equal(kill(server, SIGKILL), 0);
	assert_int_equal(waitpid(server, NULL, 0), server);
	writ_serve_close(&daemon);
	(void)close(channel[1]);
	(void)close(daemon.epoll);
}

void bench_requests(const char *why)
{
	if (why) {
		bench_missing("native.floor.socket_ms", "ms", why);
		bench_missing("native.grant_ms.p50", "ms", why);
		bench_missing("native.grant_ms.p99", "ms", why);
		return;
	}
	harness_open(&harness, 0);
	bench_echo();
	measure();
	harness_close(&harness);
}
