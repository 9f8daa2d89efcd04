/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Proposals and what changes: another policy, the limits of number, parameters as people see them.
 */
#include "proposals_helper.h"

static void test_one_for_another(void **state)
{
	struct writ_proposal *web = kept("fix", "web"), *mail = kept("fix", "mail");
	uint64_t id = web->row.proposal;

	(void)state;
	assert_true(mail->row.proposal > id);
	assert_int_equal(approve(web, 1), 0);
	assert_int_equal(approve(web, 2), 0);
	assert_int_equal(judge(policy, mail), -EAGAIN); /* what was approved is the other one */
	assert_string_equal(web->row.parameters, "service=web");
	writ_proposals_drop(&table, web);
	assert_null(writ_proposals_find(&table, id)); /* replayed */
	web = kept("fix", "web");
	assert_true(web->row.proposal != id);
	assert_int_equal(judge(policy, web), -EAGAIN);
	assert_null(writ_proposals_find(&table, 0));
}

static void test_refused(void **state)
{
	struct writ_proposal *proposal = kept("fix", "web");

	(void)state;
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(writ_proposals_refuse(proposal, 2, "not today", error), 0);
	assert_string_equal(proposal->row.approvers, "bin");
	assert_string_equal(proposal->row.answer, "not today");
	assert_int_equal(approve(proposal, 3), -ECANCELED);
	assert_non_null(strstr(error, "refused by bin: not today"));
	assert_int_equal(judge(policy, proposal), -ECANCELED);
	assert_int_equal(writ_proposals_refuse(proposal, 1, "", error), -ECANCELED);
}

/* Approvals hold for what was seen. */
static void test_policy_changes(void **state)
{
	struct writ_policy *same = load(ROLES BOOKS AGENTS);
	struct writ_policy *wider = load(ROLES BOOK("fix", "/srv/**") BOOK("open", "/opt")
						 BOOK("theirs", "/etc") AGENTS);
	struct writ_policy *without = load("apiVersion: writ/v1\nkind: Role\nname: r\n---\n" BOOKS
					   "apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\n"
					   "match: {cgroup: /a/bot}\n");
	struct writ_proposal *proposal = kept("fix", "web");

	(void)state;
	need(same, 2, 3);
	need(wider, 2, 3);
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(approve(proposal, 2), 0);
	assert_int_equal(judge(same, proposal), 0);
	need(same, 3, 3); /* more people than before: all are asked again */
	assert_int_equal(judge(same, proposal), -EAGAIN);
	assert_int_equal(proposal->row.given, 0);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(approve(proposal, 2), 0);
	need(policy, 2, 1); /* bin may no more */
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_string_equal(proposal->row.approvers, "daemon");
	need(policy, 2, 3);
	assert_int_equal(approve(proposal, 3), 0);
	assert_int_equal(judge(wider, proposal), -EAGAIN); /* other rules */
	assert_int_equal(proposal->row.given, 0);
	assert_int_equal(judge(without, proposal), -EACCES);
	writ_policy_free(same);
	writ_policy_free(wider);
	writ_policy_free(without);
}

static void test_limits(void **state)
{
	struct writ_attest_row root = operator_(0);
	struct writ_request asked = request("fix", "web");
	struct writ_proposal *proposal = NULL;

	(void)state;
	for (uint32_t i = 0; i < WRIT_PROPOSALS_PER_AGENT; i++)
		(void)kept("fix", "web");
	assert_int_equal(make(&asked, &root, &proposal), 0);
	assert_int_equal(writ_proposals_keep(&table, &proposal, error), -EDQUOT);
	assert_non_null(proposal); /* still the caller's */
	for (uint32_t i = WRIT_PROPOSALS_PER_AGENT; i < WRIT_PROPOSALS_MAX; i++) {
		struct writ_proposal *filler = calloc(1, sizeof(*filler));

		assert_non_null(filler);
		(void)snprintf(filler->row.agent, WRIT_NAME_SIZE, "a%u", i);
		assert_int_equal(writ_proposals_keep(&table, &filler, error), 0);
	}
	(void)strcpy(proposal->row.agent, "cat");
	assert_int_equal(writ_proposals_keep(&table, &proposal, error), -ENOBUFS);
	writ_proposals_freep(&proposal);
	assert_int_equal(table.count, WRIT_PROPOSALS_MAX);
}

/* What approvers can't be shown whole, they are not asked for. */
static void test_parameters_are_shown(void **state)
{
	char text[8192] = ROLES "apiVersion: writ/v1\nkind: Playbook\nname: fix\n"
				"ttl: {default: 3m, max: 10m}\nparameters:\n",
	     rules[2048] = "files:\n", line[128];
	struct writ_attest_row bot = agent("bot");
	struct writ_request asked = request("fix", "");
	struct writ_policy *wide, *before = policy;
	struct writ_proposal *proposal = NULL;

	(void)state;
	asked.n_parameters = 5;
	for (uint32_t i = 0; i < 5; i++) {
		(void)snprintf(line, sizeof(line), "  p%u: {pattern: \"a+\"}\n", i);
		(void)strcat(text, line);
		(void)snprintf(line, sizeof(line), "  - {path: \"/srv/{p%u}\", allow: [read]}\n",
			       i);
		(void)strcat(rules, line);
		(void)snprintf(asked.parameters[i].name, WRIT_NAME_SIZE, "p%u", i);
		memset(asked.parameters[i].value, 'a', i < 4 ? 250 : 7);
	}
	(void)strcat(text, rules);
	(void)strcat(text, "---\n" BOOK("open", "/opt") BOOK("theirs", "/etc") AGENTS);
	policy = wide = load(text);
	need(wide, 1, 0);
	/* four of "pN=" and 250 bytes, four blanks, "p4=": 1019 bytes and the last value */
	asked.parameters[4].value[3] = '\0';
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(strlen(proposal->row.parameters), 1022);
	writ_proposals_freep(&proposal);
	asked.parameters[4].value[3] = 'a';
	asked.parameters[4].value[4] = '\0';
	assert_not_made(&asked, &bot, -E2BIG, "longer than the 1022 bytes");
	need(wide, 0, 0); /* nobody has to see it */
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	writ_proposals_freep(&proposal);
	writ_policy_free(wide);
	policy = before;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_for_another),	 TEST(test_refused),
		TEST(test_policy_changes),	 TEST(test_limits),
		TEST(test_parameters_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
