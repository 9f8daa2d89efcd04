/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an explainer remembers from one question to the next must not change an answer; the rule
 * that is named is the audit log's; a brief question gets no offers.
 */
#include "policy_helper.h"

#include "compile/explain.h"

#define RULES                                                                                 \
	ROLE "files: [{path: /w, allow: [read]}]\nplaybooks: [p, q]\n" AGENT("bot", "/bot")   \
		AGENT("dog", "/dog") "---\n" PLAYBOOK "parameters: {s: {pattern: '[a-z]'}}\n" \
				     "files:\n - {path: '/{s}', allow: [read]}\n"             \
				     " - {path: '/{s}', allow: [write]}\n"                    \
				     " - {path: '/{agent}', allow: [read]}\n---\n"            \
				     "apiVersion: writ/v1\nkind: Playbook\nname: q\n"         \
				     "ttl: {default: 1m, max: 1m}\n"                          \
				     "files: [{path: /x, allow: [map]}]\n"                    \
				     "exec: [{path: /x, argv: [x]}]\n"

static struct {
	struct writ_policy *policy;
	struct writ_explainer *explainer;
	struct writ_parameter parameter;
	struct writ_explain_grant grant;
	struct writ_explain_question question;
	struct writ_explain_answer answer;
} here;

static int set_up(void **state)
{
	(void)state;
	here.policy = good_policy(RULES);
	return writ_explain_new(here.policy, &here.explainer);
}

static int tear_down(void **state)
{
	(void)state;
	writ_explain_free(here.explainer);
	writ_policy_free(here.policy);
	return 0;
}

/* An agent that has a grant of p for @service opens @path. */
static uint32_t reason_of(const char *agent, const char *service, const char *path, uint32_t access)
{
	struct writ_diagnostics diags = {0};

	here.parameter = (struct writ_parameter){.name = "s"};
	(void)snprintf(here.parameter.value, sizeof(here.parameter.value), "%s", service);
	here.grant.playbook = "p";
	here.grant.parameters = &here.parameter;
	here.grant.n_parameters = 1;
	here.question.agent = agent;
	here.question.operation = WRIT_OP_OPEN;
	here.question.access = access;
	here.question.path = path;
	here.question.grants = &here.grant;
	here.question.n_grants = 1;
	assert_int_equal(writ_explain_ask(here.explainer, &here.question, &diags, &here.answer), 0);
	return here.answer.reason;
}

static void remembers_only_the_same_grant(void **state)
{
	struct writ_diagnostics diags = {0};

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_int_equal(reason_of("bot", "a", "/a", WRIT_ACCESS_READ), WRIT_REASON_GRANT);
		assert_int_equal(reason_of("bot", "a", "/b", WRIT_ACCESS_READ),
				 WRIT_REASON_NO_RULE);
		assert_int_equal(reason_of("bot", "b", "/b", WRIT_ACCESS_READ), WRIT_REASON_GRANT);
		assert_int_equal(reason_of("bot", "b", "/bot", WRIT_ACCESS_READ),
				 WRIT_REASON_GRANT);
		assert_int_equal(reason_of("dog", "b", "/bot", WRIT_ACCESS_READ),
				 WRIT_REASON_NO_RULE);
	}
	/* one that is refused leaves what was remembered alone */
	(void)strcpy(here.parameter.value, "A");
	assert_int_equal(writ_explain_ask(here.explainer, &here.question, &diags, &here.answer),
			 -EINVAL);
	writ_diagnostics_free(&diags);
	assert_int_equal(reason_of("dog", "b", "/b", WRIT_ACCESS_READ), WRIT_REASON_GRANT);
}

static void revoked(void **state)
{
	(void)state;
	here.grant.revoked = true;
	assert_int_equal(reason_of("bot", "a", "/a", WRIT_ACCESS_READ), WRIT_REASON_REVOKED);
	assert_int_equal(here.answer.grant, 0);
	here.grant.revoked = false;
	assert_int_equal(reason_of("bot", "a", "/a", WRIT_ACCESS_READ), WRIT_REASON_GRANT);
}

/* The role gives reading, the grant writing: the log names the grant's first rule on either. */
static void names_the_rule_of_the_log(void **state)
{
	(void)state;
	assert_int_equal(reason_of("bot", "w", "/w", WRIT_ACCESS_READ | WRIT_ACCESS_WRITE),
			 WRIT_REASON_GRANT);
	assert_non_null(strstr(here.answer.rule, "/{s} read"));
	assert_int_equal(reason_of("bot", "a", "/b", WRIT_ACCESS_READ), WRIT_REASON_NO_RULE);
	assert_string_equal(here.answer.rule, "");
}

/* A rule that lets a program be opened alone is named when nothing speaks of executing it. */
static void names_the_rule_of_a_program(void **state)
{
	struct writ_explain_grant grant = {.playbook = "q", .delay_ns = 1};
	const char *argv[] = {"y"};
	struct writ_explain_question question = {.agent = "bot",
						 .operation = WRIT_OP_EXEC,
						 .path = "/x",
						 .argv = argv,
						 .n_argv = 1,
						 .grants = &grant,
						 .n_grants = 1};
	struct writ_diagnostics diags = {0};

	(void)state;
	assert_int_equal(writ_explain_ask(here.explainer, &question, &diags, &here.answer), 0);
	assert_int_equal(here.answer.reason, WRIT_REASON_NOT_YET_ACTIVE);
	assert_non_null(strstr(here.answer.rule, "/x map"));
	question.at_ns = 1;
	assert_int_equal(writ_explain_ask(here.explainer, &question, &diags, &here.answer), 0);
	assert_int_equal(here.answer.reason, WRIT_REASON_ARGV_MISMATCH);
	assert_non_null(strstr(here.answer.rule, "argv: x")); /* what was expected */
}

static void brief(void **state)
{
	(void)state;
	assert_int_equal(reason_of("bot", "a", "/b", WRIT_ACCESS_READ), WRIT_REASON_NO_RULE);
	assert_int_equal(here.answer.n_offers, 1);
	here.question.brief = true;
	assert_int_equal(reason_of("bot", "a", "/b", WRIT_ACCESS_READ), WRIT_REASON_NO_RULE);
	assert_int_equal(here.answer.n_offers, 0);
	here.question.brief = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(remembers_only_the_same_grant),
		cmocka_unit_test(revoked),
		cmocka_unit_test(names_the_rule_of_the_log),
		cmocka_unit_test(names_the_rule_of_a_program),
		cmocka_unit_test(brief),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
