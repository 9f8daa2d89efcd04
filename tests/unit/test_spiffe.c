/* SPDX-License-Identifier: Apache-2.0 */
/* broker/spiffe.c: the ids of agents and of runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "broker/spiffe.h"

static void names_agent_and_run(void **state)
{
	char id[WRIT_SPIFFE_SIZE];

	(void)state;
	assert_int_equal(writ_spiffe_id("prod", "billing-bot", 0, id), 0);
	assert_string_equal(id, "spiffe://prod/agent/billing-bot");
	assert_int_equal(writ_spiffe_id("prod", "billing-bot", 17, id), 0);
	assert_string_equal(id, "spiffe://prod/agent/billing-bot/run/17");
}

static void needs_environment_and_name(void **state)
{
	char id[WRIT_SPIFFE_SIZE];

	(void)state;
	assert_int_equal(writ_spiffe_id("", "bot", 1, id), -ENOENT);
	assert_string_equal(id, "");
	assert_int_equal(writ_spiffe_id("prod", "", 1, id), -ENOENT);
}

static void the_longest_is_not_cut(void **state)
{
	char id[WRIT_SPIFFE_SIZE], name[WRIT_NAME_SIZE];

	(void)state;
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_int_equal(writ_spiffe_id(name, name, UINT64_MAX, id), 0);
	assert_int_equal(strlen(id), strlen("spiffe:///agent//run/") + 2 * 63 + 20);
	assert_string_equal(strrchr(id, '/'), "/18446744073709551615");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_agent_and_run),
		cmocka_unit_test(needs_environment_and_name),
		cmocka_unit_test(the_longest_is_not_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
