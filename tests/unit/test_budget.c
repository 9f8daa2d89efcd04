/* SPDX-License-Identifier: Apache-2.0 */
/* broker/budget.c: what one caller uses up another one still has, and a second's is no more. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "broker/budget.h"
#include "lib/time.h"

static uint64_t time_now;

static uint64_t clock_now(void)
{
	return time_now;
}

static struct writ_budget budget;

static int set_up(void **state)
{
	(void)state;
	time_now = 100 * WRIT_NS_PER_SECOND;
	budget = (struct writ_budget){.clock = clock_now};
	return 0;
}

static struct writ_attest_row agent(uint32_t index)
{
	return (struct writ_attest_row){.agent_index = index, .uid = 7};
}

/* One go that takes so long. False: it may not begin. */
static bool go(struct writ_attest_row who, uint64_t ns)
{
	if (!writ_budget_begin(&budget, &who))
		return false;
	time_now += ns;
	writ_budget_end(&budget);
	return true;
}

static void one_go(void **state)
{
	struct writ_attest_row who = agent(2);

	(void)state;
	assert_true(writ_budget_begin(&budget, &who));
	time_now += WRIT_BUDGET_GO_NS - 1;
	assert_true(writ_budget_left(&budget));
	time_now++;
	assert_false(writ_budget_left(&budget));
	writ_budget_end(&budget);
}

/* At its share one is refused, and nobody else; in the next second it is heard again. */
static void one_caller(void **state)
{
	struct writ_attest_row same_user = {.uid = 2};
	uint64_t share = WRIT_BUDGET_NS / WRIT_BUDGET_SHARES;

	(void)state;
	assert_true(go(agent(2), share - 1));
	assert_true(go(agent(2), 0)); /* it has a nanosecond left */
	assert_false(go(agent(2), 0));
	assert_true(go(agent(3), 0));
	assert_true(go(same_user, 0)); /* user 2 is not agent 2 */
	time_now = 101 * WRIT_NS_PER_SECOND - 1;
	assert_false(go(agent(2), 0));
	time_now++;
	assert_true(go(agent(2), 0));
}

static void all_callers(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < WRIT_BUDGET_SHARES; i++)
		assert_true(go(agent(2 + i), WRIT_BUDGET_NS / WRIT_BUDGET_SHARES));
	assert_false(go(agent(100), 0));
	time_now += WRIT_NS_PER_SECOND;
	assert_true(go(agent(100), 0));
}

/* Each is charged something: so many of them use it up, before the table is full. */
static void so_many_callers(void **state)
{
	uint32_t heard = 0;

	(void)state;
	for (uint32_t i = 0; i < 2 * WRIT_BUDGET_CALLERS; i++)
		heard += go(agent(2 + i), 0);
	assert_int_equal(heard, WRIT_BUDGET_CALLERS);
}

static void so_often(void **state)
{
	uint32_t heard = 0;

	(void)state;
	for (uint32_t i = 0; i < 2 * WRIT_BUDGET_CALLERS; i++)
		heard += go(agent(2), 0);
	assert_int_equal(heard, WRIT_BUDGET_CALLERS / WRIT_BUDGET_SHARES);
}

#define TEST(function) cmocka_unit_test_setup(function, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(one_go),	       TEST(one_caller), TEST(all_callers),
		TEST(so_many_callers), TEST(so_often),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
