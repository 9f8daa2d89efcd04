/* SPDX-License-Identifier: Apache-2.0 */
/* The Node: operators, ticket validator, what denials cost, how long a request waits. */
#include "policy_helper.h"

#include "compile/node.h"

#define NODE "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: production\n"
#define SECOND UINT64_C(1000000000)

static void assert_defaults(const struct writ_policy_node *node)
{
	assert_true(node->strict);
	assert_null(node->operators);
	assert_int_equal(node->n_validator, 0);
	assert_true(node->validator_timeout_ns == 5 * SECOND);
	assert_true(node->backoff_ns == SECOND);
	assert_true(node->backoff_max_ns == 3600 * SECOND);
	assert_int_equal(node->suspend_after, 20);
	assert_true(node->pending_ns == 3600 * SECOND);
}

static void defaults(void **state)
{
	struct writ_policy *policy = good_policy(NODE);

	(void)state;
	assert_defaults(policy->node);
	assert_ptr_equal(writ_node_of(policy), policy->node);
	writ_policy_free(policy);
	policy = good_policy(ROLE);
	assert_null(policy->node);
	assert_defaults(writ_node_of(policy));
	assert_string_equal(writ_node_of(policy)->environment, "");
	assert_defaults(writ_node_of(NULL));
	writ_policy_free(policy);
	policy = good_policy(NODE "denials: {}\n");
	assert_defaults(policy->node);
	writ_policy_free(policy);
}

static void reads(void **state)
{
	struct writ_policy *policy = good_policy(
		NODE "operators: {group: writ-operators}\n"
		     "ticket_validator: {command: [/usr/bin/check, '', '--now'], timeout: 30s}\n"
		     "denials: {backoff: 1s, backoff_max: 1m, suspend_after: 5}\npending: 2h\n");
	const struct writ_policy_node *node = policy->node;

	(void)state;
	assert_string_equal(node->operators, "writ-operators");
	assert_int_equal(node->n_validator, 3);
	assert_string_equal(node->validator[0], "/usr/bin/check");
	assert_string_equal(node->validator[1], "");
	assert_string_equal(node->validator[2], "--now");
	assert_true(node->validator_timeout_ns == 30 * SECOND);
	assert_true(node->backoff_ns == SECOND);
	assert_true(node->backoff_max_ns == 60 * SECOND);
	assert_int_equal(node->suspend_after, 5);
	assert_true(node->pending_ns == 7200 * SECOND);
	writ_policy_free(policy);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{"operators: ops\n", "p.yaml:5:12: operators: expected a mapping"},
		{"operators: {}\n", "missing key \"group\" in operators"},
		{"operators: {group: '0'}\n", "group: expected a group"},
		{"operators: {group: [a]}\n", "group: expected text"},
		{"ticket_validator: /bin/x\n", "ticket_validator: expected a mapping"},
		{"ticket_validator: {}\n", "missing key \"command\" in ticket_validator"},
		{"ticket_validator: {command: /bin/x}\n", "command: expected a list"},
		{"ticket_validator: {command: []}\n",
		 "command: expected a program and its arguments"},
		{"ticket_validator: {command: [check]}\n", "command: \"check\" is not absolute"},
		{"ticket_validator: {command: ['']}\n", "command: \"\" is not absolute"},
		{"ticket_validator: {command: [/bin/../x]}\n", "command: \"/bin/../x\""},
		{"ticket_validator: {command: [/bin/x, [a]]}\n", "command: expected text"},
		{"ticket_validator: {command: [/x], timeout: 0s}\n", "timeout: 0s; expected more"},
		{"ticket_validator: {command: [/x], shell: true}\n", "unknown key \"shell\""},
		{"denials: 5\n", "denials: expected a mapping"},
		{"denials: {backoff: 2h}\n", "denials: backoff is longer than backoff_max"},
		{"denials: {backoff: 2s, backoff_max: 1s}\n", "backoff is longer than"},
		{"denials: {suspend_after: never}\n",
		 "suspend_after: expected a number from 0 to 1000, found \"never\""},
		{"pending: 0s\n", "pending: 0s; expected more than 0"},
		{"pending: 8d\n", "pending: 8d; expected more than 0 and at most 7d"},
	};
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text), NODE "%s", cases[i].text);
		assert_refused(text, cases[i].why);
	}
}

static void limits(void **state)
{
	char text[2048], word[WRIT_VALUE_SIZE + 1];

	(void)state;
	assert_accepted(NODE "denials: {suspend_after: 0}\n", NULL);
	assert_accepted(NODE "denials: {suspend_after: 1000}\n", NULL);
	assert_refused(NODE "denials: {suspend_after: 1001}\n", "found \"1001\"");
	assert_accepted(NODE "denials: {backoff: 1h}\n", NULL);
	assert_accepted(NODE "ticket_validator: {command: [/x], timeout: 1m}\n", NULL);
	assert_refused(NODE "ticket_validator: {command: [/x], timeout: 60s1ms}\n",
		       "timeout: 60s1ms; the most is 60s");
	for (size_t extra = 0; extra < 2; extra++) {
		size_t used = (size_t)sprintf(text, NODE "ticket_validator: {command: [/x");

		for (size_t i = 1; i < WRIT_ARGUMENTS_MAX + extra; i++)
			used += (size_t)sprintf(text + used, ", a");
		(void)strcpy(text + used, "]}\n");
		if (extra)
			assert_refused(text, "command: 65 elements; the most is 64");
		else
			assert_accepted(text, NULL);
		memset(word, 'x', sizeof(word));
		word[0] = '/';
		word[WRIT_VALUE_SIZE - 1 + extra] = '\0';
		(void)snprintf(text, sizeof(text), NODE "ticket_validator: {command: [%s]}\n",
			       word);
		if (extra)
			assert_refused(text, "command: 256 bytes; the most is 255");
		else
			assert_accepted(text, NULL);
	}
}

#define VALIDATED PLAYBOOK "ticket: {pattern: 'CHG-[0-9]+', validate: true}\n"

static void validates(void **state)
{
	static const char *const bare = "ticket: playbook \"p\" has tickets validated, and no Node";
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy;
	const char *text;

	(void)state;
	assert_refused(VALIDATED, bare);
	assert_refused(VALIDATED "---\n" NODE, bare);
	assert_refused(VALIDATED "---\n" NODE, "p.yaml:5:9: ");
	assert_accepted(PLAYBOOK "ticket: {pattern: a, validate: false}\n", NULL);
	policy = good_policy(VALIDATED "---\n" NODE "ticket_validator: {command: [/bin/x]}\n");
	assert_true(policy->playbooks->validates_ticket);
	assert_string_equal(policy->playbooks->ticket, "CHG-[0-9]+");
	assert_non_null(policy->playbooks->ticket_regex);
	writ_policy_free(policy);
	/* a validator with a fault is still there for those who need one: one error */
	text = VALIDATED "---\n" NODE "ticket_validator: {command: [x]}\n";
	policy = NULL;
	assert_int_equal(load_text(text, strlen(text), &diags, &policy), -EINVAL);
	assert_int_equal(diags.errors, 1);
	writ_diagnostics_free(&diags);
	assert_refused(PLAYBOOK "ticket: {validate: true}\n", "missing key \"pattern\" in ticket");
	assert_refused(PLAYBOOK "ticket: {pattern: '('}\n", "ticket \"(\": \"(\" without \")\"");
	assert_refused(PLAYBOOK "ticket: {pattern: a, validate: 1}\n", "validate: expected one of");
	assert_refused(PLAYBOOK "ticket: [a]\n", "ticket: expected text");
}

static void reads_where_metrics_go(void **state)
{
	struct writ_policy *policy = good_policy(
		"apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n"
		"metrics: {textfile: /var/lib/m/writ.prom, interval: 30s}\n");

	(void)state;
	assert_null(writ_node_of(NULL)->textfile);
	assert_int_equal(writ_node_of(NULL)->textfile_ns, 15 * UINT64_C(1000000000));
	assert_string_equal(policy->node->textfile, "/var/lib/m/writ.prom");
	assert_int_equal(policy->node->textfile_ns, 30 * UINT64_C(1000000000));
	writ_policy_free(policy);
	assert_refused("apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n"
		       "metrics: {textfile: /m/writ.text}\n",
		       "must end in .prom");
	assert_refused("apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n"
		       "metrics: {textfile: /m/writ.prom, interval: 999ms}\n",
		       "interval: 999ms; the least is 1s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_where_metrics_go),
		cmocka_unit_test(defaults), cmocka_unit_test(reads),	 cmocka_unit_test(refuses),
		cmocka_unit_test(limits),   cmocka_unit_test(validates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
