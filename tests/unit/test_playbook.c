/* SPDX-License-Identifier: Apache-2.0 */
/* Playbooks: parameters, times, ticket, description, and their limits. */
#include "policy_helper.h"

#define HEAD "apiVersion: writ/v1\nkind: Playbook\nname: p\n"

static void reads(void **state)
{
	/* parameters may stand behind the rules that use them */
	struct writ_policy *policy = good_policy(
		HEAD "files: [{path: '/a/{service}/b', allow: [read]}]\n"
		     "exec: [{path: /x, argv: ['{host}']}]\n"
		     "network: [{connect: '::1'}]\n"
		     "ttl: {default: 90s, max: 1h30m}\nticket: 'CHG-[0-9]+'\n"
		     "description: |\n  two\n  lines\n"
		     "parameters:\n  service: {pattern: '[a-z]+'}\n  host: {pattern: '.*'}\n");
	const struct writ_policy_playbook *playbook = policy->playbooks;

	(void)state;
	assert_int_equal(playbook->n_parameters, 2);
	assert_true(playbook->parameters[0].in_path);
	assert_true(playbook->parameters[0].used);
	assert_false(playbook->parameters[1].in_path);
	assert_true(playbook->parameters[1].used);
	assert_true(playbook->ttl_default_ns == UINT64_C(90) * 1000000000);
	assert_true(playbook->ttl_max_ns == UINT64_C(5400) * 1000000000);
	assert_string_equal(playbook->ticket, "CHG-[0-9]+");
	assert_string_equal(playbook->description, "two\nlines\n");
	assert_int_equal(playbook->rules.n_network, 1);
	writ_policy_free(policy);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{HEAD, "missing key \"ttl\" in a Playbook"},
		{HEAD "ttl: 3m\n", "ttl: expected a mapping"},
		{HEAD "ttl: {max: 3m}\n", "missing key \"default\" in ttl"},
		{HEAD "ttl: {default: 3m}\n", "missing key \"max\" in ttl"},
		{HEAD "ttl: {default: 3m, max: 2m}\n", "default is longer than max"},
		{HEAD "ttl: {default: 0s, max: 2m}\n", "more than 0 and at most 7d"},
		{HEAD "ttl: {default: 3, max: 2m}\n", "expected a duration"},
		{HEAD "ttl: {default: 1s, max: 168h1s}\n", "more than 0 and at most 7d"},
		{PLAYBOOK "ticket: '('\n", "ticket \"(\": \"(\" without \")\""},
		{PLAYBOOK "ticket: ''\n", "ticket: expected text"},
		{PLAYBOOK "parameters: [a]\n", "parameters: expected a mapping"},
		{PLAYBOOK "parameters: {A: {pattern: a}}\n", "parameter: expected a name"},
		{PLAYBOOK "parameters: {a: b}\n", "a parameter: expected a mapping"},
		{PLAYBOOK "parameters: {a: {}}\n", "missing key \"pattern\" in a parameter"},
		{PLAYBOOK "parameters: {a: {pattern: 'a)'}}\n", "pattern \"a)\""},
		{PLAYBOOK "parameters: {a: {pattern: a}, a: {pattern: a}}\n",
		 "duplicate key \"a\""},
		{PLAYBOOK "files: [{path: '/{b}', allow: [read]}]\n", "{b} is not a declared"},
		{PLAYBOOK "playbooks: []\n", "unknown key \"playbooks\" in a Playbook"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
}

static void accepts(void **state)
{
	(void)state;
	assert_accepted(HEAD "ttl: {default: 168h, max: 7d}\n", NULL);
	assert_accepted(HEAD "ttl: {default: 1ms, max: 1ms}\n", NULL);
	assert_accepted(PLAYBOOK "parameters: {a: {pattern: a}}\n",
			"p.yaml:5:14: warning: parameter \"a\" is used in no rule, so every value "
			"grants the same: name {a} in one, or drop it");
	assert_accepted(
		PLAYBOOK "parameters: {a: {type: name}, b: {type: name}}\n"
			 "files: [{path: '/{b}', allow: [read]}]\n",
		"p.yaml:5:14: warning: parameter \"a\" is used in no rule: name {a} in one, "
		"or drop it");
	assert_accepted(PLAYBOOK "parameters: {a: {type: name}}\n"
				 "exec: [{path: /b, argv: ['{a}']}]\n",
			NULL);
}

static void limits(void **state)
{
	char text[4096];

	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		size_t used = (size_t)sprintf(text, PLAYBOOK "parameters:\n");

		for (uint32_t i = 0; i < WRIT_PARAMETERS_MAX + extra; i++)
			used += (size_t)sprintf(text + used, "  p%u: {pattern: a}\n", i);
		if (extra)
			assert_refused(text, "parameters: 17; the most is 16");
		else
			assert_accepted(text, "used in no rule");
		used = (size_t)sprintf(text, PLAYBOOK "description: ");
		memset(text + used, 'x', WRIT_DESCRIPTION_SIZE - 1 + extra);
		strcpy(text + used + WRIT_DESCRIPTION_SIZE - 1 + extra, "\n");
		if (extra)
			assert_refused(text, "description: 1024 bytes; the most is 1023");
		else
			assert_accepted(text, NULL);
		used = (size_t)sprintf(text, PLAYBOOK "ticket: ");
		memset(text + used, 'x', WRIT_PATTERN_SIZE - 1 + extra);
		strcpy(text + used + WRIT_PATTERN_SIZE - 1 + extra, "\n");
		if (extra)
			assert_refused(text, "ticket: 256 bytes; the most is 255");
		else
			assert_accepted(text, NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),
		cmocka_unit_test(refuses),
		cmocka_unit_test(accepts),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
