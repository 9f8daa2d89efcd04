/* SPDX-License-Identifier: Apache-2.0 */
/* Requests by the broker's channel, and what people decide of them. */
#include "daemon_helper.h"

static void test_issued_at_once(void **state)
{
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);

	(void)state;
	(void)strcpy(request.context.tool_call, "call-7");
	(void)strcpy(request.sponsor, "carol");
	(void)strcpy(request.reason, "it is down");
	book("open")->scope = WRIT_SCOPE_AGENT;
	book("open")->max_uses = 3;
	book("open")->on_end = WRIT_ON_END_KILL;
	assert_int_equal(ask_broker(request, true), 0);
	assert_int_equal(got.n_rows, 2);
	assert_int_equal(got.rows[0].type, WRIT_REPLY_PROPOSAL);
	assert_int_equal(got.rows[0].proposal.proposal, 0); /* nothing is kept of it */
	assert_int_equal(got.rows[1].type, WRIT_REPLY_GRANT);
	assert_int_equal(got.rows[1].grant.info.id, 1);
	assert_int_equal(fake.grants[0].ledger, 41);
	assert_int_equal(fake.grants[0].scope, WRIT_SCOPE_AGENT);
	assert_int_equal(fake.grants[0].on_end, WRIT_ON_END_KILL);
	assert_int_equal(fake.grants[0].uses_max, 3);
	assert_string_equal(fake.grants[0].sponsor, "carol");
	assert_string_equal(fake.grants[0].context.tool_call, "call-7");
	assert_string_equal(fake.grants[0].operator_name, "");
	assert_int_equal(daemon_.proposals.count, 0);
	assert_logged("\"event\":\"issued\"");
	assert_logged("\"tool_call\":\"call-7\"");
	assert_logged("\"why\":\"it is down\"");
}

/* Whoever asks for what by it, and whatever has become of the grant. */
static void test_once_for_a_request(void **state)
{
	struct writ_request request = propose("open", 41, WRIT_PROPOSE_ISSUE);
	struct writ_grant_info info;

	(void)state;
	assert_int_equal(ask_broker(request, true), 0);
	assert_int_equal(ask_broker(request, true), -EEXIST);
	assert_said("row 41 of the ledger was proposed before");
	assert_int_equal(writ_ends_end(&daemon_, 1, WRIT_END_REVOKED, "alice", &info), 0);
	fake.n_grants = 0; /* the kernel has forgotten it */
	assert_int_equal(ask_broker(request, true), -EEXIST);
	assert_int_equal(ask_broker(propose("fix", 41, 0), true), -EEXIST);
	fake.mark.agent = indices[1];
	(void)strcpy(request.agent, "cat");
	assert_int_equal(ask_broker(request, true), -EEXIST);
	assert_int_equal(fake.n_grants, 0);
	request.ledger = 42; /* the control */
	assert_int_equal(ask_broker(request, true), 0);
	request.ledger = 40; /* overtaken by the others */
	assert_int_equal(ask_broker(request, true), 0);
	request.ledger = UINT64_MAX;
	assert_int_equal(ask_broker(request, true), -ERANGE);
	assert_int_equal(fake.n_grants, 2);
}

/* What the policy refuses has used up no row: the request may be another's mistake. */
static void test_refused_before_its_row(void **state)
{
	(void)state;
	assert_int_equal(ask_broker(propose("theirs", 41, WRIT_PROPOSE_ISSUE), true), -EACCES);
	assert_int_equal(ask_broker(propose("open", 41, WRIT_PROPOSE_ISSUE), true), 0);
}

static void test_approved_then_issued(void **state)
{
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_PROPOSALS, 0), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.n_rows, 1);
	assert_string_equal(got.rows[0].proposal.agent, "bot");
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_PROPOSAL);
	assert_int_equal(got.notice.proposal.state, WRIT_PROPOSAL_READY);
	assert_string_equal(got.notice.proposal.approvers, "daemon");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
	assert_int_equal(got.n_rows, 1);
	assert_string_equal(got.rows[0].grant.info.approvers, "daemon");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ENOENT); /* replayed */
	assert_int_equal(fake.n_grants, 1);
	assert_logged("\"event\":\"approved\"");
}

static void test_kernel_refuses(void **state)
{
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	fake.issue_error = -EBUSY;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EBUSY);
	assert_said("live grants already");
	fake.issue_error = 0; /* it is kept for when there is room */
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
}

static void test_refused_by_operator(void **state)
{
	uint64_t id = pending();
	struct writ_request no = verb(WRIT_VERB_REFUSE, id);

	(void)state;
	(void)strcpy(no.reason, "not today");
	assert_int_equal(ask_person(no, WRIT_CALLER_OPERATOR, 2), 0);
	assert_int_equal(got.notice.proposal.state, WRIT_PROPOSAL_REFUSED);
	assert_string_equal(got.notice.proposal.answer, "not today");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ECANCELED);
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1),
			 -ECANCELED);
	assert_int_equal(ask_broker(verb(WRIT_VERB_WITHDRAW, id), false), 0);
	assert_int_equal(daemon_.proposals.count, 0);
}

static void test_issue_after_policy_change(void **state)
{
	uint64_t id = pending();
	struct writ_policy_role *role =
		(struct writ_policy_role *)(uintptr_t)daemon_.policy->agents[0].role;

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	book("fix")->approvals = 2;
	forget();
	writ_notices_policy(&daemon_);
	pump();
	assert_int_equal(got.notice.notice, WRIT_NOTICE_POLICY);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EAGAIN);
	book("fix")->environments = (const char *const[]){"elsewhere"};
	book("fix")->n_environments = 1;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EINVAL); /* no notice yet */
	book("fix")->n_environments = 0;
	role->n_playbooks = 0;
	forget();
	writ_notices_policy(&daemon_);
	pump();
	assert_int_equal(got.n_notices, 2);
	assert_int_equal(daemon_.proposals.count, 0);
	assert_logged("\"event\":\"gone\"");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ENOENT);
	assert_int_equal(fake.n_grants, 0);
}

static void test_too_old(void **state)
{
	uint64_t id = pending();

	(void)state;
	forget();
	writ_notices_age(&daemon_);
	pump();
	assert_int_equal(got.n_notices, 0);
	writ_proposals_find(&daemon_.proposals, id)->row.until_ns = writ_time_boot();
	writ_notices_age(&daemon_);
	pump();
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.proposal.state, WRIT_PROPOSAL_GONE);
	assert_string_equal(got.notice.proposal.answer, "nobody approved it in time");
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_issued_at_once),
		TEST(test_once_for_a_request),
		TEST(test_refused_before_its_row),
		TEST(test_approved_then_issued),
		TEST(test_kernel_refuses),
		TEST(test_refused_by_operator),
		TEST(test_issue_after_policy_change),
		TEST(test_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
