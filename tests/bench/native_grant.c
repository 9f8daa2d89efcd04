/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A grant as an operator gets it: the request over the control socket to a process that serves it
 * with writd's own rooms, until its answer is here: checked, compiled, published, read back. Beside
 * it, as a floor, packets of the same sizes to a process that answers at once.
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
#define LOG "build/bench/grants.jsonl"

static struct harness harness;

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
		(void)send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
		(void)send(fd, &reply, sizeof(reply), MSG_NOSIGNAL);
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

/* Milliseconds from the request to its last reply; @ret_row: the one before. */
static double ask(int fd, const struct writ_request *request, struct writ_reply *ret_row)
{
	struct writ_reply end;
	double start = bench_now();

	assert_int_equal(send(fd, request, sizeof(*request), 0), sizeof(*request));
	assert_int_equal(recv(fd, ret_row, sizeof(*ret_row), 0), sizeof(*ret_row));
	if (ret_row->type == WRIT_REPLY_END)
		fail_msg("%s", ret_row->error);
	assert_int_equal(recv(fd, &end, sizeof(end), 0), sizeof(end));
	return (bench_now() - start) * 1e3;
}

static double grant_once(int fd)
{
	struct writ_request request = {
		.version = WRIT_CONTROL_VERSION, .verb = WRIT_VERB_GRANT, .n_parameters = 1};
	struct writ_reply row, revoked;
	double ms;

	(void)strcpy(request.agent, "a");
	(void)strcpy(request.playbook, "p");
	(void)strcpy(request.ticket, "CHG-1");
	(void)strcpy(request.parameters[0].name, "service");
	(void)strcpy(request.parameters[0].value, "billing");
	ms = ask(fd, &request, &row);
	assert_int_equal(row.type, WRIT_REPLY_GRANT);
	assert_int_equal(row.grant.state, WRIT_GRANT_STATE_ACTIVE);
	request.verb = WRIT_VERB_REVOKE; /* or the agent's slots are full after eight */
	request.grant = row.grant.info.id;
	(void)ask(fd, &request, &revoked);
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
		ms[i] = ask(ends[0], &request, &reply);
	(void)close(ends[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	bench_report(&(struct bench_figure){"native.floor.socket_ms", "ms",
					    bench_median(ms, GRANTS), NULL, GRANTS});
}

static void bench_grants(void)
{
	double ms[GRANTS];
	_cleanup_close_ int fd = connect_server();

	for (int i = 0; i < GRANTS; i++)
		ms[i] = grant_once(fd);
	bench_report(&(struct bench_figure){"native.grant_ms.p50", "ms", bench_median(ms, GRANTS),
					    "native.floor.socket_ms", GRANTS});
	bench_report(&(struct bench_figure){"native.grant_ms.p99", "ms", ms[GRANTS * 99 / 100],
					    "native.floor.socket_ms", GRANTS}); /* sorted now */
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
	writ_resolve_init(&daemon);
	assert_int_equal(writ_stream_open(LOG, &daemon.resolver, NULL, &daemon.stream), 0);
	server = start_server(&daemon);
	bench_grants();
	assert_int_equal(kill(server, SIGKILL), 0);
	assert_int_equal(waitpid(server, NULL, 0), server);
	writ_serve_close(&daemon);
	(void)close(daemon.epoll);
	writ_stream_close(daemon.stream);
	(void)unlink(LOG);
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
