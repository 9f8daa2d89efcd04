/* SPDX-License-Identifier: Apache-2.0 */
/* What descriptions say, and what only looks as if they said it. */
#include "policy_helper.h"

#include "compile/description.h"

static void promises(void **state)
{
	static const struct {
		const char *text, *promise;
	} cases[] = {
		{"Read-only view of one service.", "read-only"},
		{"Gives a READ ONLY look.", "read-only"},
		{"Restart, then: writes nothing", "writes nothing"},
		{"Inspect a queue.", "inspect"},
		{"  Inspects a queue.", "inspects"},
		{"Collects diagnostics of one host", "collects diagnostics"},
		{"Read the logs of one service; write nothing.", "write nothing"},
		{"Look at the journal", "look at"},
		{"", NULL},
		{"Inspector", NULL},
		{"Read the journal and restart what has failed.", NULL},
		{"Inspect the cache and clear it.", NULL},
		{"Collect garbage", NULL},
		{"Then inspect it", NULL},
		{"Make a key; change nothing else.", NULL},
		{"Write nothing but the key", NULL},
		{"Thread-only", NULL},
		{"Gives read-onlyish rights", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *found = writ_description_promise(cases[i].text);

		if (!found != !cases[i].promise || (found && strcmp(found, cases[i].promise)))
			fail_msg("\"%s\": %s", cases[i].text, found ? found : "no promise");
	}
}

static void calls(void **state)
{
	(void)state;
	assert_true(writ_description_calls("Inspect one server, connecting to it."));
	assert_true(writ_description_calls("Queries a database"));
	assert_false(writ_description_calls("Inspect one server"));
	assert_false(writ_description_calls("Disconnected"));
	assert_false(writ_description_calls(""));
}

static void parameters(void **state)
{
	static const struct writ_policy_parameter declared[] = {{.name = "host"},
								{.name = "log-dir"}};
	static const struct {
		const char *text, *name;
	} cases[] = {
		{"of one host", "host"},
		{"Host {host}", "host"},
		{"of the log dir", "log-dir"},
		{"hosts, and one host", "host"},
		{"in {log-dir} of a host", "host"},
		{"of all hosts", NULL},
		{"of localhost", NULL},
		{"", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const struct writ_policy_playbook playbook = {
			.description = cases[i].text, .parameters = declared, .n_parameters = 2};
		const struct writ_policy_parameter *found = writ_description_parameter(&playbook);

		if (!found != !cases[i].name || (found && strcmp(found->name, cases[i].name)))
			fail_msg("\"%s\": %s", cases[i].text, found ? found->name : "none");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promises),
		cmocka_unit_test(calls),
		cmocka_unit_test(parameters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
