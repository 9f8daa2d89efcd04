/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that the core keeps: what is refused before, what people may approve, and what a broker
 * that is taken over can't get. Users and groups are those that every Debian has: daemon (1), bin
 * (2), sys (3), each in the group of its name.
 */
#include "proposals_helper.h"

static void test_who_asks(void **state)
{
	struct writ_attest_row bot = agent("bot"), cat = agent("cat"), nobody = {.uid = 1000};
	struct writ_attest_row root = operator_(0);
	struct writ_request asked = request("open", "web");
	struct writ_proposal *proposal = NULL;

	(void)state;
	assert_not_made(&asked, &cat, -EPERM, "agent cat asks for itself alone, not for bot");
	assert_not_made(&asked, &nobody, -EPERM, "only the agent itself or an operator");
	cat.is_operator = 1; /* an agent's process is never an operator's, whatever uid it has */
	assert_not_made(&asked, &cat, -EPERM, "agent cat asks for itself alone");
	asked.ledger = 0;
	assert_not_made(&asked, &bot, -EINVAL, "no row in the ledger");
	asked.ledger = 41;
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(proposal->row.state, WRIT_PROPOSAL_READY);
	assert_int_equal(proposal->row.by_operator, 0);
	assert_string_equal(proposal->row.requester, "");
	writ_proposals_freep(&proposal);
	assert_int_equal(make(&asked, &root, &proposal), 0);
	assert_int_equal(proposal->row.by_operator, 1);
	assert_string_equal(proposal->row.requester, "root");
	writ_proposals_freep(&proposal);
}

static void test_outside_of_policy(void **state)
{
	struct writ_attest_row bot = agent("bot"), root = operator_(0);
	struct writ_request asked = request("theirs", "web");
	static const char *const production[] = {"production"};

	(void)state;
	assert_not_made(&asked, &bot, -EACCES, "role r may not use playbook theirs");
	assert_not_made(&asked, &root, -EACCES, "role r may not use playbook theirs");
	asked = request("open", "../etc");
	assert_not_made(&asked, &bot, -EINVAL, "service");
	asked = request("open", "web");
	(void)strcpy(asked.parameters[0].name, "services");
	assert_not_made(&asked, &bot, -EINVAL, "services");
	book(policy, "open")->environments = production;
	book(policy, "open")->n_environments = 1;
	asked = request("open", "web");
	assert_not_made(&asked, &bot, -EINVAL, "is not for environment");
	book(policy, "open")->n_environments = 0;
	book(policy, "open")->needs_sponsor = true;
	assert_not_made(&asked, &bot, -EINVAL, "needs a sponsor");
}

static void test_ttl_is_clipped(void **state)
{
	struct writ_attest_row bot = agent("bot");
	struct writ_request asked = request("open", "web");
	struct writ_proposal *proposal = NULL;
	struct writ_policy_role *role;

	(void)state;
	asked.ttl_ns = UINT64_MAX;
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(proposal->row.ttl_ns, 600 * SECOND);
	assert_int_equal(proposal->row.clip, WRIT_CLIP_PLAYBOOK);
	writ_proposals_freep(&proposal);
	role = (struct writ_policy_role *)(uintptr_t)policy->agents[0].role;
	role->ttl_max_ns = 60 * SECOND;
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(proposal->row.ttl_ns, 60 * SECOND);
	assert_int_equal(proposal->row.clip, WRIT_CLIP_ROLE);
	writ_proposals_freep(&proposal);
}

static void test_approvals(void **state)
{
	struct writ_proposal *proposal = kept("fix", "web");

	(void)state;
	assert_int_equal(proposal->row.state, WRIT_PROPOSAL_PENDING);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_non_null(strstr(error, "has 0 of the 2 approvals"));
	assert_int_equal(approve(proposal, 4), -EACCES); /* sync is in no such group */
	assert_non_null(strstr(error, "none of the groups"));
	assert_int_equal(approve(proposal, 4000000), -EACCES); /* no user at all */
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(approve(proposal, 1), -EEXIST);
	assert_int_equal(proposal->row.given, 1);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_int_equal(approve(proposal, 2), 0);
	assert_int_equal(proposal->row.state, WRIT_PROPOSAL_READY);
	assert_string_equal(proposal->row.approvers, "daemon,bin");
	assert_int_equal(approve(proposal, 3), -EALREADY);
	assert_int_equal(judge(policy, proposal), 0);
}

static void test_any_operator(void **state)
{
	struct writ_proposal *proposal;

	(void)state;
	need(policy, 1, 0);
	proposal = kept("fix", "web");
	assert_int_equal(approve(proposal, 4), 0);
	assert_int_equal(judge(policy, proposal), 0);
}

static void test_own_request(void **state)
{
	struct writ_attest_row who = operator_(1);
	struct writ_request asked = request("fix", "web");
	struct writ_proposal *proposal = NULL;

	(void)state;
	need(policy, 1, 3);
	assert_int_equal(make(&asked, &who, &proposal), 0);
	assert_int_equal(approve(proposal, 1), -EPERM);
	assert_non_null(strstr(error, "your own"));
	assert_int_equal(proposal->row.given, 0);
	assert_int_equal(approve(proposal, 2), 0);
	assert_int_equal(judge(policy, proposal), 0);
	writ_proposals_freep(&proposal);
}

/* More people than there is room for: it can never be issued, and nothing is written past it. */
static void test_too_many_approvals(void **state)
{
	struct writ_proposal *proposal;

	(void)state;
	need(policy, WRIT_APPROVALS_MAX + 1, 0);
	proposal = kept("fix", "web");
	for (uint32_t uid = 1; uid <= WRIT_APPROVALS_MAX; uid++)
		assert_int_equal(approve(proposal, uid), 0);
	assert_int_equal(approve(proposal, WRIT_APPROVALS_MAX + 1), -E2BIG);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_asks),	       TEST(test_outside_of_policy),
		TEST(test_ttl_is_clipped),     TEST(test_approvals),
		TEST(test_any_operator),       TEST(test_own_request),
		TEST(test_too_many_approvals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
