/* SPDX-License-Identifier: Apache-2.0 */
/* When a broker that dies is started again, and when it has died too often. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/supervise.h"

#define SECOND UINT64_C(1000000000)
#define SPAN WRIT_SUPERVISE_SPAN_NS

static void test_delay_grows(void **state)
{
	struct writ_supervision supervision = {0};
	uint64_t now = 10 * SECOND, wanted = WRIT_SUPERVISE_DELAY_MIN_NS;

	(void)state;
	assert_true(writ_supervise_is_due(&supervision, now));
	for (int i = 0; i < 12; i++) {
		writ_supervise_started(&supervision, now);
		assert_false(writ_supervise_is_due(&supervision, now + SECOND));
		now += 59 * SECOND; /* a life too short for a new beginning */
		(void)writ_supervise_died(&supervision, now);
		assert_int_equal(supervision.delay, wanted);
		assert_false(writ_supervise_is_due(&supervision, now + wanted - 1));
		now += wanted;
		assert_true(writ_supervise_is_due(&supervision, now));
		wanted = 2 * wanted < WRIT_SUPERVISE_DELAY_MAX_NS ? 2 * wanted
								  : WRIT_SUPERVISE_DELAY_MAX_NS;
	}
	assert_int_equal(supervision.delay, WRIT_SUPERVISE_DELAY_MAX_NS);
	writ_supervise_started(&supervision, now);
	(void)writ_supervise_died(&supervision, now + SPAN);
	assert_int_equal(supervision.delay, WRIT_SUPERVISE_DELAY_MIN_NS);
}

static void test_three_deaths_hold(void **state)
{
	struct writ_supervision supervision = {0};
	uint64_t now = 100 * SECOND;

	(void)state;
	assert_false(writ_supervise_died(&supervision, now));
	assert_false(writ_supervise_died(&supervision, now + SECOND));
	assert_true(writ_supervise_died(&supervision, now + SPAN - 1));
	assert_true(supervision.held);
	assert_false(writ_supervise_died(&supervision, now + SPAN)); /* told once */
	assert_true(supervision.held);
	now += 2 * SPAN;
	assert_false(writ_supervise_release(&supervision, now)); /* it does not run */
	writ_supervise_started(&supervision, now);
	assert_false(writ_supervise_release(&supervision, now - 1)); /* read before the start */
	assert_false(writ_supervise_release(&supervision, now + SPAN - 1));
	assert_true(writ_supervise_release(&supervision, now + SPAN));
	assert_false(supervision.held);
	assert_false(writ_supervise_release(&supervision, now + 2 * SPAN));
	assert_int_equal(supervision.deaths, 4);
}

/* The clock is read before it is started: that it began later than now is no minute. */
static void test_a_start_is_no_life(void **state)
{
	struct writ_supervision supervision = {0};
	uint64_t now = 100 * SECOND;

	(void)state;
	for (int i = 0; i < 3; i++)
		(void)writ_supervise_died(&supervision, now);
	assert_true(supervision.held);
	writ_supervise_started(&supervision, now + 1);
	assert_false(writ_supervise_release(&supervision, now));
	assert_true(supervision.held);
	assert_false(writ_supervise_release(&supervision, now + SPAN));
	assert_true(writ_supervise_release(&supervision, now + SPAN + 1));

	supervision = (struct writ_supervision){.delay = WRIT_SUPERVISE_DELAY_MAX_NS};
	writ_supervise_started(&supervision, now + 1);
	(void)writ_supervise_died(&supervision, now);
	assert_int_equal(supervision.delay, WRIT_SUPERVISE_DELAY_MAX_NS); /* nor a new beginning */
}

/* Three within a minute, wherever in the row of deaths; three in a minute and no less are not. */
static void test_slow_deaths_do_not(void **state)
{
	struct writ_supervision supervision = {0};
	uint64_t now = 100 * SECOND;

	(void)state;
	for (int i = 0; i < 20; i++, now += SPAN / 2)
		assert_false(writ_supervise_died(&supervision, now));
	now -= SPAN / 2;
	assert_false(writ_supervise_died(&supervision, now + SPAN / 2));
	assert_true(writ_supervise_died(&supervision, now + SPAN / 2 + 1));
}

/* An end that a policy asked for: once for each, of the one that ran then, and in no other way. */
static void test_renewed(void **state)
{
	struct writ_supervision supervision = {0};
	uint64_t now = 100 * SECOND;

	(void)state;
	writ_supervise_renew(&supervision); /* the next one reads it when it starts */
	writ_supervise_started(&supervision, now);
	assert_false(writ_supervise_ended(&supervision, now));
	for (int i = 0; i < 10; i++) {
		writ_supervise_renew(&supervision);
		writ_supervise_renew(&supervision);
		assert_true(writ_supervise_ended(&supervision, ++now));
		assert_true(writ_supervise_is_due(&supervision, now));
		assert_false(writ_supervise_ended(&supervision, now));
		writ_supervise_started(&supervision, now);
		assert_false(writ_supervise_ended(&supervision, now));
	}
	assert_int_equal(supervision.deaths, 0);
	assert_false(supervision.held);
	writ_supervise_renew(&supervision); /* killed all the same */
	(void)writ_supervise_died(&supervision, now);
	assert_int_equal(supervision.deaths, 1);
	writ_supervise_started(&supervision, now);
	assert_false(writ_supervise_ended(&supervision, now));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_delay_grows),
		cmocka_unit_test(test_three_deaths_hold),
		cmocka_unit_test(test_a_start_is_no_life),
		cmocka_unit_test(test_slow_deaths_do_not),
		cmocka_unit_test(test_renewed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
