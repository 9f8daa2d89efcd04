/* SPDX-License-Identifier: Apache-2.0 */
/* Which index a name has: given, found, kept when the table is built again, full, taken back. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/agents.h"

#define FIRST (WRIT_AGENT_CANARY + 1)
#define MOST (WRIT_AGENTS_MAX - FIRST)

static struct writ_kernel kernel;

static int setup(void **state)
{
	(void)state;
	kernel.agents = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.agents));
	assert_non_null(kernel.agents);
	writ_agents_publish_canary(&kernel);
	assert_int_equal(writ_agents_open(&kernel, &kernel.names), 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	writ_agents_close(kernel.names);
	free(kernel.agents);
	return 0;
}

/* What a daemon that starts again does: the map is there, the table is not. */
static void adopt(void)
{
	writ_agents_close(kernel.names);
	assert_int_equal(writ_agents_open(&kernel, &kernel.names), 0);
}

static uint32_t reserve(const char *name)
{
	uint32_t agent = 0;

	assert_int_equal(writ_agents_reserve(&kernel, name, &agent), 0);
	return agent;
}

static const char *numbered(uint32_t number)
{
	static char name[WRIT_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "agent-%u", number);
	return name;
}

static void finds(void **state)
{
	(void)state;
	assert_int_equal(writ_agents_find(&kernel, "web"), 0);
	assert_int_equal(writ_agents_end(&kernel), FIRST);
	assert_int_equal(reserve("web"), FIRST);
	assert_int_equal(reserve("db"), FIRST + 1);
	assert_int_equal(reserve("web"), FIRST);
	assert_string_equal(kernel.agents[FIRST].name, "web");
	assert_int_equal(writ_agents_find(&kernel, "web"), FIRST);
	assert_int_equal(writ_agents_find(&kernel, "db"), FIRST + 1);
	assert_int_equal(writ_agents_find(&kernel, "we"), 0);
	assert_int_equal(writ_agents_find(&kernel, "webs"), 0);
	assert_int_equal(writ_agents_find(&kernel, ""), 0);
	assert_int_equal(writ_agents_find(&kernel, kernel.agents[WRIT_AGENT_CANARY].name), 0);
	assert_int_equal(writ_agents_end(&kernel), FIRST + 2);
}

static void adopts(void **state)
{
	(void)state;
	assert_int_equal(reserve("web"), FIRST);
	assert_int_equal(reserve("db"), FIRST + 1);
	adopt();
	assert_int_equal(writ_agents_find(&kernel, "web"), FIRST);
	assert_int_equal(writ_agents_find(&kernel, "db"), FIRST + 1);
	assert_int_equal(writ_agents_find(&kernel, "cache"), 0);
	assert_int_equal(reserve("db"), FIRST + 1);
	assert_int_equal(reserve("cache"), FIRST + 2);
}

static void assert_full(void)
{
	uint32_t agent = 77;

	assert_int_equal(writ_agents_end(&kernel), WRIT_AGENTS_MAX);
	assert_int_equal(writ_agents_reserve(&kernel, "one-more", &agent), -ENOSPC);
	assert_int_equal(agent, 77);
	assert_int_equal(writ_agents_find(&kernel, "one-more"), 0);
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(writ_agents_find(&kernel, numbered(i)), FIRST + i);
	assert_int_equal(reserve(numbered(MOST - 1)), WRIT_AGENTS_MAX - 1);
}

static void fills(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < MOST; i++)
		assert_int_equal(reserve(numbered(i)), FIRST + i);
	assert_full();
	adopt();
	assert_full();
}

static void refuses_names(void **state)
{
	char name[WRIT_NAME_SIZE + 1];
	uint32_t agent = 77;

	(void)state;
	memset(name, 'x', sizeof(name));
	name[WRIT_NAME_SIZE] = '\0';
	assert_int_equal(writ_agents_reserve(&kernel, name, &agent), -EINVAL);
	assert_int_equal(writ_agents_reserve(&kernel, "", &agent), -EINVAL);
	assert_int_equal(agent, 77);
	assert_int_equal(writ_agents_end(&kernel), FIRST);
	name[WRIT_NAME_SIZE - 1] = '\0';
	assert_int_equal(reserve(name), FIRST);
	assert_int_equal(writ_agents_find(&kernel, name), FIRST);
}

static void releases(void **state)
{
	uint64_t old;

	(void)state;
	assert_int_equal(reserve("web"), FIRST);
	assert_int_equal(reserve("db"), FIRST + 1);
	assert_int_equal(reserve("cache"), FIRST + 2);
	writ_agents_release(&kernel, FIRST + 3);
	assert_int_equal(writ_agents_end(&kernel), FIRST + 3);
	writ_agents_release(&kernel, FIRST + 1);
	assert_int_equal(writ_agents_end(&kernel), FIRST + 1);
	assert_int_equal(writ_agents_find(&kernel, "web"), FIRST);
	assert_int_equal(writ_agents_find(&kernel, "db"), 0);
	assert_int_equal(writ_agents_find(&kernel, "cache"), 0);
	assert_int_equal(reserve("cache"), FIRST + 1);
	writ_agents_publish(&kernel, FIRST + 1, "role", WRIT_MODE_ENFORCE, 0, &old);
	assert_int_equal(reserve("db"), FIRST + 2);
	writ_agents_release(&kernel, FIRST); /* what a label may refer to stays */
	assert_int_equal(writ_agents_end(&kernel), FIRST + 2);
	assert_int_equal(writ_agents_find(&kernel, "web"), FIRST);
	assert_int_equal(writ_agents_find(&kernel, "cache"), FIRST + 1);
	assert_int_equal(writ_agents_find(&kernel, "db"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(finds, setup, teardown),
		cmocka_unit_test_setup_teardown(adopts, setup, teardown),
		cmocka_unit_test_setup_teardown(fills, setup, teardown),
		cmocka_unit_test_setup_teardown(refuses_names, setup, teardown),
		cmocka_unit_test_setup_teardown(releases, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
