/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes on a socket -> http.c, the routes and their handlers, a ledger, and a core that refuses all
 * but to say who calls. The first byte chooses socket and caller, and into how many pieces the rest
 * is cut. Whatever the bytes are: no crash, no leak, the connection ends by its deadline, and what
 * comes back is HTTP.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/flow.h"
#include "broker/gather.h"
#include "broker/validate.h"
#include "lib/log.h"

#define RUNS_MAX 2000 /* after which a connection that does not end is one that never would */
#define RUNS_IDLE 20  /* after which time passes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct writ_broker broker;
static struct sockaddr_un addresses[2];
static int core_fd;
static char directory[64] = "/tmp/writ-fuzz-XXXXXX";
static atomic_uint caller; /* 0: nobody, 1: operator, else an agent */

static void say_who(struct writ_attest_row *who)
{
	unsigned int kind = atomic_load(&caller);

	who->uid = 1000;
	who->is_operator = kind == 1;
	if (kind < 2)
		return;
	who->agent_index = kind;
	(void)strcpy(who->agent, "billing-bot");
	(void)strcpy(who->role, "web-operator");
}

static void close_passed(struct msghdr *message)
{
	int fd;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
		(void)close(fd);
	}
}

static void *serve_core(void *argument)
{
	static struct writ_request request;
	char control[CMSG_SPACE(sizeof(int))];

	while (true) {
		struct iovec iov = {.iov_base = &request, .iov_len = sizeof(request)};
		struct msghdr message = {.msg_iov = &iov,
					 .msg_iovlen = 1,
					 .msg_control = control,
					 .msg_controllen = sizeof(control)};
		struct writ_reply row = {.version = WRIT_CONTROL_VERSION,
					 .type = WRIT_REPLY_ATTEST};
		struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};

		if (recvmsg(core_fd, &message, MSG_CMSG_CLOEXEC) <= 0)
			return argument;
		close_passed(&message);
		if (request.verb == WRIT_VERB_ATTEST) {
			say_who(&row.attest);
			(void)send(core_fd, &row, sizeof(row), MSG_NOSIGNAL);
		} else {
			end.code = -EACCES;
			(void)strcpy(end.error, "no");
		}
		(void)send(core_fd, &end, sizeof(end), MSG_NOSIGNAL);
	}
}

static int listen_on(struct sockaddr_un *address)
{
	socklen_t len = sizeof(*address);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	address->sun_family = AF_UNIX;
	if (fd < 0 || bind(fd, (const struct sockaddr *)address, sizeof(sa_family_t)) ||
	    listen(fd, 64) || getsockname(fd, (struct sockaddr *)address, &len))
		abort();
	return fd;
}

static void remove_ledger(void)
{
	static const char *const names[] = {"ledger.db", "ledger.db-wal", "ledger.db-shm"};
	char path[96];

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(directory);
}

static void set_up(void)
{
	struct writ_diagnostics diags = {0};
	const char *policy = "policy";
	char ledger[96];
	pthread_t thread;
	int pair[2];
	int agents = listen_on(&addresses[0]);
	int operators = listen_on(&addresses[1]);

	writ_log_open("fuzz", WRIT_LOG_ERROR);
	if (!mkdtemp(directory) || atexit(remove_ledger))
		abort();
	(void)snprintf(ledger, sizeof(ledger), "%s/ledger.db", directory);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    writ_core_open(pair[0], &broker.core) ||
	    writ_ledger_open(ledger, "fuzz", &broker.ledger) ||
	    writ_policy_load(&policy, 1, &diags, &broker.policy) ||
	    writ_validate_open(writ_flow_validated, &broker, &broker.validations) ||
	    writ_http_open(&broker, agents, operators, &broker.http))
		abort();
	core_fd = pair[1];
	if (pthread_create(&thread, NULL, serve_core, NULL) || pthread_detach(thread))
		abort();
}

static int dial(const struct sockaddr_un *address)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	socklen_t len = (socklen_t)(sizeof(sa_family_t) + 6); /* the kernel's own abstract names */

	if (fd < 0 || connect(fd, (const struct sockaddr *)address, len))
		abort();
	return fd;
}

/* A turn of the broker's loop. */
static void serve(void)
{
	writ_http_accept(broker.http);
	writ_http_admit(broker.http);
	writ_http_run(broker.http);
	(void)writ_gather_begin(&broker);
	(void)writ_gather_finish(&broker);
}

static void send_pieces(int fd, const uint8_t *data, size_t size, size_t pieces)
{
	size_t each = size / pieces + 1;

	for (size_t done = 0; done < size; done += each) {
		size_t n = size - done < each ? size - done : each;

		(void)send(fd, data + done, n, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (pieces > 1)
			serve();
	}
	(void)shutdown(fd, SHUT_WR);
}

/* What is not whole now never will be. */
static void let_time_pass(void)
{
	for (struct writ_connection *each = broker.http->connections; each; each = each->next)
		each->deadline = each->deadline ? 1 : 0;
	writ_http_due(broker.http, 1);
}

/* What a connection waits for that does not end. */
static void say_open(void)
{
	const struct writ_http *http = broker.http;

	(void)fprintf(stderr, "%zu connections, paused until %llu, due at %llu, kick %d\n",
		      http->n_connections, (unsigned long long)http->paused,
		      (unsigned long long)http->due, http->kick);
	for (const struct writ_connection *each = http->connections; each; each = each->next)
		(void)fprintf(stderr, "fd %d: deadline %llu, exchange %d, waits until %llu\n",
			      each->fd, (unsigned long long)each->deadline, each->exchange != NULL,
			      each->exchange
				      ? (unsigned long long)writ_exchange_waits(each->exchange)
				      : 0);
}

/* Everything that comes; the first bytes of it in @head. */
static size_t receive_all(int fd, char *head, size_t size)
{
	char bytes[4096];
	size_t total = 0;

	for (int run = 0; run < RUNS_MAX; run++) {
		ssize_t len = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (!len || (len < 0 && errno != EAGAIN))
			return total;
		if (len > 0 && total < size)
			memcpy(head + total, bytes,
			       (size_t)len < size - total ? (size_t)len : size - total);
		total += len > 0 ? (size_t)len : 0;
		if (run >= RUNS_IDLE && len < 0)
			let_time_pass();
		serve();
	}
	say_open();
	abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned int count;
	char head[9] = "";
	int fd;

	if (!broker.http)
		set_up();
	if (!size)
		return 0;
	/* Many agents, or the limit in a second would be what is tested. */
	atomic_store(&caller, (*data >> 1 & 3) > 1 ? 2 + count++ % 1000 : *data >> 1 & 3);
	fd = dial(&addresses[*data & 1]);
	serve();
	send_pieces(fd, data + 1, size - 1, 1 + (*data >> 4));
	if (receive_all(fd, head, sizeof(head) - 1) && memcmp(head, "HTTP/1.", 7))
		abort();
	(void)close(fd);
	return 0;
}
