/* SPDX-License-Identifier: Apache-2.0 */
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

#include "broker/broker.h"
#include "broker/inbox.h"
#include "broker/settle.h"
#include "lib/log.h"
#include "lib/time.h"

const struct writ_route writ_routes[] = {{0}};

#define ROWS_MAX 8

static struct {
	int fd;
	pthread_t thread;
	struct writ_reply grants[ROWS_MAX];
	size_t n_grants;
	struct writ_reply proposals[ROWS_MAX];
	size_t n_proposals;
	uint64_t issued;    /* proposal that ISSUE was asked of */
	uint64_t withdrawn; /* likewise WITHDRAW */
	int issue_code;
	bool deaf; /* gone at the first ISSUE */
} core;

static struct writ_broker broker;
static char directory[64];
static char file[96];

static void send_rows(const struct writ_reply *rows, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)send(core.fd, &rows[i], sizeof(*rows), MSG_NOSIGNAL);
}

static struct writ_reply grant_row(uint64_t id, uint64_t ledger)
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

static int answer_issue(const struct writ_request *request)
{
	const struct writ_reply row = grant_row(70 + request->proposal, request->ledger);

	core.issued = request->proposal;
	if (!core.issue_code)
		send_rows(&row, 1);
	return core.issue_code;
}

static void *serve(void *argument)
{
	static struct writ_request request;

	while (recv(core.fd, &request, sizeof(request), 0) > 0) {
		struct writ_reply end = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_END};

		if (request.verb == WRIT_VERB_GRANTS)
			send_rows(core.grants, core.n_grants);
		else if (request.verb == WRIT_VERB_PROPOSALS)
			send_rows(core.proposals, core.n_proposals);
		else if (request.verb == WRIT_VERB_WITHDRAW)
			core.withdrawn = request.proposal;
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

static int listener(void)
{
	const struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(fd, (const struct sockaddr *)&address, sizeof(sa_family_t)) || listen(fd, 4))
		abort();
	return fd;
}

static int set_up(void **state)
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

static int tear_down(void **state)
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

static uint64_t ask(void)
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

static uint64_t ask_issuing(void)
{
	uint64_t id = ask();

	assert_int_equal(writ_ledger_issue(broker.ledger, id, 2), 0);
	return id;
}

static uint64_t ask_pending(uint64_t proposal)
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
	char ended_by[64];
	char parameters[64];
	char environment[64];
	char approvers[64];
} grant;

static void keep_request(void *context, const struct writ_ledger_request *row)
{
	(void)context;
	request.state = row->state;
	request.refusal = row->refusal;
	request.grant = row->grant;
	(void)snprintf(request.message, sizeof(request.message), "%s", row->message);
}

static void keep_grant(void *context, const struct writ_ledger_grant *row)
{
	if (row->id != *(const uint64_t *)context)
		return;
	grant.end = row->end;
	grant.cut_files = row->cut_files;
	(void)snprintf(grant.ended_by, sizeof(grant.ended_by), "%s", row->ended_by);
	(void)snprintf(grant.parameters, sizeof(grant.parameters), "%s", row->parameters);
	(void)snprintf(grant.environment, sizeof(grant.environment), "%s", row->environment);
	(void)snprintf(grant.approvers, sizeof(grant.approvers), "%s", row->approvers);
}

static uint32_t state_of(uint64_t id)
{
	assert_int_equal(writ_ledger_request(broker.ledger, id, keep_request, NULL), 0);
	return request.state;
}

static uint32_t end_of(uint64_t id)
{
	const struct writ_ledger_filter all = {0};

	grant.end = UINT32_MAX;
	assert_int_equal(writ_ledger_grants(broker.ledger, &all, keep_grant, &id), 0);
	return grant.end;
}

static struct writ_reply *proposal_row(uint64_t proposal, uint64_t ledger, uint32_t state)
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

static void issued_and_not_written_is_written(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(9, 0); /* root's own */
	core.grants[core.n_grants++] = grant_row(5, id);
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(request.grant, 5);
	assert_int_equal(end_of(5), WRIT_END_NONE);
	assert_string_equal(grant.parameters, "{\"service\":\"billing\"}");
	assert_string_equal(grant.environment, "production");
	assert_string_equal(grant.approvers, "alice");
	assert_int_equal(end_of(9), UINT32_MAX);       /* no row */
	assert_int_equal(writ_settle_all(&broker), 0); /* again */
	assert_int_equal(end_of(5), WRIT_END_NONE);
}

static void issued_and_over_is_written_with_its_end(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants] = grant_row(5, id);
	core.grants[core.n_grants++].grant.info.end = WRIT_END_REVOKED;
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
}

static void not_issued_is_refused(void **state)
{
	uint64_t id = ask_pending(12);

	(void)state;
	assert_int_equal(writ_ledger_issue(broker.ledger, id, 2), 0);
	core.grants[core.n_grants] =
		grant_row(5, id); /* a row of another ledger with that number */
	(void)strcpy(core.grants[core.n_grants++].grant.info.agent_name, "other");
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_CORE);
	assert_int_equal(core.withdrawn, 12); /* or it could be issued later, unknown to anyone */
	assert_int_equal(end_of(5), UINT32_MAX);
}

static void what_ended_meanwhile_ends(void **state)
{
	uint64_t first = ask_issuing();
	uint64_t second = ask_issuing();
	uint64_t third = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, first);
	core.grants[core.n_grants++] = grant_row(6, second);
	core.grants[core.n_grants++] = grant_row(7, third);
	assert_int_equal(writ_settle_all(&broker), 0);
	core.grants[0].grant.state = WRIT_GRANT_STATE_USED_UP;
	core.n_grants = 2; /* and of 7 there is no word any more */
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(end_of(5), WRIT_END_USED_UP);
	assert_int_equal(end_of(6), WRIT_END_NONE);
	assert_int_equal(end_of(7), WRIT_END_REVOKED);
}

/* What settling says on stderr. */
static void settle_aloud(char ret_text[4096])
{
	int kept = dup(STDERR_FILENO), pair[2];
	ssize_t n;

	assert_int_equal(pipe(pair), 0);
	assert_int_equal(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
	(void)close(pair[1]);
	assert_int_equal(writ_settle_all(&broker), 0);
	(void)dup2(kept, STDERR_FILENO); /* the pipe's last writer */
	(void)close(kept);
	n = read(pair[0], ret_text, 4095);
	(void)close(pair[0]);
	ret_text[n > 0 ? n : 0] = '\0';
}

static void a_grant_without_a_row_is_told(void **state)
{
	char said[4096];
	uint64_t first = ask_issuing();
	uint64_t second = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, first);
	core.grants[core.n_grants++] = grant_row(6, second);
	core.grants[core.n_grants++] = grant_row(7, 0); /* root's own, which is no request */
	settle_aloud(said);
	assert_string_equal(said, "");
	settle_aloud(said); /* written by now */
	assert_string_equal(said, "");
	core.grants[core.n_grants++] = grant_row(8, 900);
	core.grants[core.n_grants++] = grant_row(9, first); /* which has another one */
	core.grants[core.n_grants] = grant_row(10, 901);
	core.grants[core.n_grants++].grant.state = WRIT_GRANT_STATE_EXPIRED;
	settle_aloud(said);
	assert_non_null(strstr(said, "grant 8 is in force, and the ledger has no row of it"));
	assert_non_null(strstr(said, "grant 9 is in force, and the ledger has no row of it"));
	assert_null(strstr(said, "grant 5"));
	assert_null(strstr(said, "grant 6"));
	assert_null(strstr(said, "grant 7"));
	assert_null(strstr(said, "grant 10"));
}

static void decided_meanwhile_goes_on(void **state)
{
	uint64_t ready = ask_pending(1);
	uint64_t waiting = ask_pending(2);
	uint64_t refused = ask_pending(3);
	uint64_t forgotten = ask_pending(4);
	uint64_t others = ask_pending(5);

	(void)state;
	(void)proposal_row(1, ready, WRIT_PROPOSAL_READY);
	(void)proposal_row(2, waiting, WRIT_PROPOSAL_PENDING);
	(void)strcpy(proposal_row(3, refused, WRIT_PROPOSAL_REFUSED)->proposal.answer, "not today");
	(void)proposal_row(99, others, WRIT_PROPOSAL_READY); /* another core's */
	assert_int_equal(writ_settle_all(&broker), 0);
	assert_int_equal(state_of(ready), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(core.issued, 1);
	assert_int_equal(end_of(71), WRIT_END_NONE);
	assert_int_equal(state_of(waiting), WRIT_REQUEST_STATE_PENDING);
	assert_int_equal(state_of(refused), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_DENIED);
	assert_string_equal(request.message, "alice,carol refused it: not today");
	assert_int_equal(state_of(forgotten), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_NOT_APPROVED);
	assert_int_equal(state_of(others), WRIT_REQUEST_STATE_PENDING);
}

/* More than a page of either. */
static void many_are_settled(void **state)
{
	const struct writ_ledger_filter live = {.live = true, .limit = 5000};
	uint64_t last = 0;

	(void)state;
	for (size_t i = 0; i < 2100; i++) {
		const struct writ_ledger_grant row = {
			.id = i + 1,
			.request = ask_issuing(),
			.boot = "",
			.issued_at = 1,
			.begins_at = 1,
			.expires_at = 5,
			.agent = "bot",
			.role = "",
			.environment = "",
			.playbook = "rotate",
			.parameters = "{}",
		};

		assert_int_equal(writ_ledger_grant(broker.ledger, &row), 0);
		last = ask_pending(1000 + i);
	}
	assert_int_equal(writ_settle_all(&broker), 0);
	grant.end = UINT32_MAX;
	assert_int_equal(writ_ledger_grants(broker.ledger, &live, keep_grant, &(uint64_t){1}), 0);
	assert_int_equal(grant.end, UINT32_MAX); /* none lives */
	assert_int_equal(end_of(2100), WRIT_END_EXPIRED);
	assert_int_equal(state_of(last), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(state_of(2), WRIT_REQUEST_STATE_REFUSED);
}

static void tell(enum writ_notice what, uint64_t id, const struct writ_reply *proposal)
{
	struct writ_reply row = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_NOTICE};

	row.notice.notice = what;
	row.notice.grant = id;
	row.notice.end = WRIT_END_REVOKED;
	row.notice.cut_files = 3;
	row.notice.time_ns = writ_time_boot();
	(void)strcpy(row.notice.by, "alice");
	if (proposal)
		row.notice.proposal = proposal->proposal;
	send_rows(&row, 1);
}

static void an_end_is_written_once(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, id);
	assert_int_equal(writ_settle_all(&broker), 0);
	tell(WRIT_NOTICE_GRANT, 5, NULL);
	tell(WRIT_NOTICE_GRANT, 5, NULL);
	tell(WRIT_NOTICE_GRANT, 77, NULL); /* root's own */
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(end_of(5), WRIT_END_REVOKED);
	assert_int_equal(grant.cut_files, 3);
	assert_string_equal(grant.ended_by, "alice");
	assert_int_equal(broker.unsettled, 0);
}

static void an_approved_request_is_issued(void **state)
{
	uint64_t id = ask_pending(8);

	(void)state;
	tell(WRIT_NOTICE_PROPOSAL, 0, proposal_row(8, id, WRIT_PROPOSAL_READY));
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
	assert_int_equal(request.grant, 78);
	core.issued = 0;
	tell(WRIT_NOTICE_PROPOSAL, 0, &core.proposals[0]); /* replayed */
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(core.issued, 0);
}

static void what_the_core_refuses_is_refused(void **state)
{
	uint64_t id = ask_pending(8);

	(void)state;
	core.issue_code = -EPERM;
	tell(WRIT_NOTICE_PROPOSAL, 0, proposal_row(8, id, WRIT_PROPOSAL_READY));
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_CORE);
	assert_string_equal(request.message, "the agent is suspended");
}

static void a_proposal_that_is_gone_is_refused(void **state)
{
	uint64_t old = ask_pending(8);
	uint64_t changed = ask_pending(9);
	struct writ_reply *row = proposal_row(8, old, WRIT_PROPOSAL_GONE);

	(void)state;
	row->proposal.until_ns = 1;
	(void)strcpy(row->proposal.answer, "it is too old");
	tell(WRIT_NOTICE_PROPOSAL, 0, row);
	(void)strcpy(proposal_row(9, changed, WRIT_PROPOSAL_GONE)->proposal.answer,
		     "the policy has it no more");
	tell(WRIT_NOTICE_PROPOSAL, 0, &core.proposals[1]);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(state_of(old), WRIT_REQUEST_STATE_REFUSED);
	assert_int_equal(request.refusal, WRIT_REFUSAL_NOT_APPROVED);
	assert_int_equal(state_of(changed), WRIT_REQUEST_STATE_REFUSED);
	assert_string_equal(request.message, "the policy has it no more");
}

static void a_core_that_ends_in_an_issue_leaves_it_issuing(void **state)
{
	uint64_t id = ask_pending(8);

	(void)state;
	core.deaf = true;
	tell(WRIT_NOTICE_PROPOSAL, 0, proposal_row(8, id, WRIT_PROPOSAL_READY));
	assert_int_equal(writ_inbox_take(&broker), -EPIPE);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_ISSUING);
}

static void lost_notices_bring_all_together(void **state)
{
	uint64_t id = ask_issuing();

	(void)state;
	core.grants[core.n_grants++] = grant_row(5, id);
	tell(WRIT_NOTICE_RESYNC, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_not_equal(broker.unsettled, 0);
	assert_int_equal(writ_inbox_retry(&broker), 0);
	assert_int_equal(broker.unsettled, 0);
	assert_int_equal(state_of(id), WRIT_REQUEST_STATE_GRANTED);
}

static uint32_t denials(void)
{
	struct writ_history history;

	assert_int_equal(writ_ledger_history(broker.ledger, "bot", "rotate", 0, &history), 0);
	return history.denials;
}

static void who_is_resumed_is_forgiven(void **state)
{
	struct writ_reply row = {0};

	(void)state;
	assert_int_equal(writ_ledger_refuse(broker.ledger, ask(), WRIT_REFUSAL_ROLE, "", "", 0, 5),
			 0);
	assert_int_equal(denials(), 1);
	tell(WRIT_NOTICE_SWITCH, 0, NULL); /* another switch */
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(denials(), 1);
	(void)strcpy(row.proposal.agent, "bot");
	tell(WRIT_NOTICE_SWITCH, 0, &row);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_int_equal(denials(), 0);
}

static void write_policy(const char *text)
{
	char path[96];
	FILE *stream;

	(void)snprintf(path, sizeof(path), "%s/policy.yaml", directory);
	stream = fopen(path, "we");
	assert_non_null(stream);
	(void)fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
}

static void another_policy_is_read(void **state)
{
	(void)state;
	write_policy("apiVersion: writ/v1\nkind: Role\nname: a\n");
	tell(WRIT_NOTICE_POLICY, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_non_null(broker.policy);
	assert_non_null(writ_policy_role(broker.policy, "a"));
	write_policy("kind: Rubbish\n");
	tell(WRIT_NOTICE_POLICY, 0, NULL);
	assert_int_equal(writ_inbox_take(&broker), 0);
	assert_null(broker.policy); /* not the old one: nobody knows what is in force */
	assert_false(broker.stopping);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(issued_and_not_written_is_written),
		CASE(issued_and_over_is_written_with_its_end),
		CASE(not_issued_is_refused),
		CASE(what_ended_meanwhile_ends),
		CASE(a_grant_without_a_row_is_told),
		CASE(decided_meanwhile_goes_on),
		CASE(many_are_settled),
		CASE(an_end_is_written_once),
		CASE(an_approved_request_is_issued),
		CASE(what_the_core_refuses_is_refused),
		CASE(a_proposal_that_is_gone_is_refused),
		CASE(a_core_that_ends_in_an_issue_leaves_it_issuing),
		CASE(lost_notices_bring_all_together),
		CASE(who_is_resumed_is_forgiven),
		CASE(another_policy_is_read),
	};

	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
