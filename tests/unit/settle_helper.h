/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger, and a core whose grants and proposals the test makes up: what is brought together. */
#ifndef TESTS_UNIT_SETTLE_HELPER_H
#define TESTS_UNIT_SETTLE_HELPER_H
/*
 * Ledger and core brought together after each place where a broker can end, and what notices do to
 * the ledger: the real ledger in a file, the real channel, and a core that is a table.
 */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "broker/broker.h"
#include "broker/inbox.h"
#include "broker/settle.h"
#include "lib/log.h"
#include "lib/time.h"

const struct writ_route writ_routes[] = {{0}};

#define ROWS_MAX 100

static struct {
	int fd;
	pthread_t thread;
	struct writ_reply grants[ROWS_MAX];
	size_t n_grants;
	struct writ_reply proposals[ROWS_MAX];
	size_t n_proposals;
	uint64_t issued;    /* proposal that ISSUE was asked of */
	uint64_t withdrawn; /* likewise WITHDRAW */
	struct writ_request recorded; /* the last RECORD */
	struct writ_reply gone;	      /* a grant that is known by its number alone */
	unsigned int n_asked;	      /* grants by their number */
	int issue_code;
	bool deaf;    /* gone at the first ISSUE */
	bool mute;    /* has no state to tell */
	uint64_t row; /* the highest that was proposed */
} core;

static struct writ_broker broker;
static char directory[64];
static char file[96];

static inline void send_rows(const struct writ_reply *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)send(core.fd, &rows[i], sizeof(*rows), MSG_NOSIGNAL);
}

static inline struct writ_reply grant_row(uint64_t id, uint64_t ledger)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_GRANT};
	struct writ_grant_info *info = &row.grant.info;

	info->id = id;
	info->ledger = ledger;
	info->issued = writ_time_boot();
	info->not_before = info->issued;
	info->expires = info->issued + 60 * WRIT_NS_PER_SECOND;
	row.grant.state = WRIT_GRANT_STATE_ACTIVE;
	(void)strcpy(info->agent_name, "bot");
	(void)strcpy(info->playbook, "rotate");
	(void)strcpy(info->approvers, "alice");
	return row;
}

static inline int answer_issue(const struct writ_request *request)
{
	const struct writ_reply row = grant_row(70 + request->proposal, request->ledger);

	core.issued = request->proposal;
	if (!core.issue_code)
		send_rows(&row, 1);
	return core.issue_code;
}

/* Of WRIT_PROPOSE_ISSUE: it is in force from then on. */
static inline void answer_propose(const struct writ_request *request)
{
	struct writ_reply rows[] = {
		{.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_PROPOSAL},
		grant_row(90 + core.n_grants, request->ledger),
	};

	rows[0].proposal.proposal = 1;
	rows[0].proposal.ledger = request->ledger;
	rows[0].proposal.state = WRIT_PROPOSAL_READY;
	core.grants[core.n_grants++] = rows[1];
	send_rows(rows, 2);
}

/* One that has no slot any more. */
static inline int answer_grant(uint64_t id)
{
	core.n_asked++;
	if (core.gone.grant.info.id != id)
		return -ENOENT;
	send_rows(&core.gone, 1);
	return 0;
}

static inline void send_status(void)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_STATUS};

	row.status.row = core.row;
	if (!core.mute)
		send_rows(&row, 1);
}

static inline void *serve(void *argument)
{
	static struct writ_request request;

	while (recv(core.fd, &request, sizeof(request), 0) > 0) {
		struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};

		if (request.verb == WRIT_VERB_STATUS)
			send_status();
		else if (request.verb == WRIT_VERB_GRANTS && request.grant)
			end.code = answer_grant(request.grant);
		else if (request.verb == WRIT_VERB_GRANTS)
			send_rows(core.grants, core.n_grants);
		else if (request.verb == WRIT_VERB_PROPOSALS)
			send_rows(core.proposals, core.n_proposals);
		else if (request.verb == WRIT_VERB_PROPOSE)
			answer_propose(&request);
		else if (request.verb == WRIT_VERB_WITHDRAW)
			core.withdrawn = request.proposal;
		else if (request.verb == WRIT_VERB_RECORD)
			core.recorded = request;
		else if (request.verb == WRIT_VERB_ISSUE && core.deaf)
			break;
		else if (request.verb == WRIT_VERB_ISSUE)
			end.code = answer_issue(&request);
		if (end.code)
			(void)strcpy(end.error, "the agent is suspended");
		send_rows(&end, 1);
	}
	(void)shutdown(core.fd, SHUT_RDWR);
	return argument;
}

static inline int listener(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (const struct sockaddr *)&address, sizeof(sa_family_t)) || listen(fd, 4))
		abort();
	return fd;
}

static inline int set_up(void **state)
{
	int pair[2];

	(void)state;
	memset(&core, 0, sizeof(core));
	broker = (struct writ_broker){.policy_path = directory};
	(void)strcpy(directory, "/tmp/writ-settle-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/ledger.db", directory);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) ||
	    writ_core_open(pair[0], &broker.core) ||
	    writ_ledger_open(file, "boot-1", &broker.ledger) ||
	    writ_http_open(&broker, listener(), listener(), &broker.http))
		return -1;
	core.fd = pair[1];
	return pthread_create(&core.thread, NULL, serve, NULL);
}

static inline int tear_down(void **state)
{
	char command[128];

	(void)state;
	writ_http_closep(&broker.http);
	writ_core_closep(&broker.core);
	writ_ledger_closep(&broker.ledger);
	writ_policy_free(broker.policy);
	(void)pthread_join(core.thread, NULL);
	(void)close(core.fd);
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static inline uint64_t ask(void)
{
	const struct writ_ledger_request row = {
		.asked_at = 1,
		.agent = "bot",
		.role = "operator",
		.environment = "production",
		.playbook = "rotate",
		.parameters = "{\"service\":\"billing\"}",
		.ticket = "CHG-1",
		.sponsor = "",
		.reason = "",
		.requester = "",
		.message = "",
		.remedy = "",
	};
	uint64_t id = 0;

	assert_int_equal(writ_ledger_ask(broker.ledger, &row, &id), 0);
	return id;
}

static inline uint64_t ask_issuing(void)
{
	uint64_t id = ask();

	assert_int_equal(writ_ledger_issue(broker.ledger, id, 2), 0);
	return id;
}

static inline uint64_t ask_pending(uint64_t proposal)
{
	uint64_t id = ask();

	assert_int_equal(writ_ledger_pend(broker.ledger, id, proposal), 0);
	return id;
}

/* What the ledger says, kept. */
static struct {
	uint32_t state;
	uint32_t refusal;
	uint64_t grant;
	char message[256];
} request;
static struct {
	uint32_t end;
	uint32_t cut_files;
	uint32_t cut_sockets;
	char ended_by[64];
	char parameters[64];
	char environment[64];
	char approvers[64];
} grant;

static inline void keep_request(void *context, const struct writ_ledger_request *row)
{
	(void)context;
	request.state = row->state;
	request.refusal = row->refusal;
	request.grant = row->grant;
	(void)snprintf(request.message, sizeof(request.message), "%s", row->message);
}

static inline void keep_grant(void *context, const struct writ_ledger_grant *row)
{
	if (row->id != *(const uint64_t *)context)
		return;
	grant.end = row->end;
	grant.cut_files = row->cut_files;
	grant.cut_sockets = row->cut_sockets;
	(void)snprintf(grant.ended_by, sizeof(grant.ended_by), "%s", row->ended_by);
	(void)snprintf(grant.parameters, sizeof(grant.parameters), "%s", row->parameters);
	(void)snprintf(grant.environment, sizeof(grant.environment), "%s", row->environment);
	(void)snprintf(grant.approvers, sizeof(grant.approvers), "%s", row->approvers);
}

static inline uint32_t state_of(uint64_t id)
{
	assert_int_equal(writ_ledger_request(broker.ledger, id, keep_request, NULL), 0);
	return request.state;
}

static inline uint32_t end_of(uint64_t id)
{
	const struct writ_ledger_filter all = {0};

	grant.end = UINT32_MAX;
	assert_int_equal(writ_ledger_grants(broker.ledger, &all, keep_grant, &id), 0);
	return grant.end;
}

static inline struct writ_reply *proposal_row(uint64_t proposal, uint64_t ledger, uint32_t state)
{
	struct writ_reply *row = &core.proposals[core.n_proposals++];

	row->version = WRIT_CONTROL_VERSION;
	row->type = WRIT_REPLY_PROPOSAL;
	row->proposal.proposal = proposal;
	row->proposal.ledger = ledger;
	row->proposal.state = state;
	(void)strcpy(row->proposal.agent, "bot");
	(void)strcpy(row->proposal.playbook, "rotate");
	(void)strcpy(row->proposal.approvers, "alice,carol");
	return row;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
