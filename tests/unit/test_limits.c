/* SPDX-License-Identifier: Apache-2.0 */
/* Concurrency, cooldown and rate as the core counts them: at each limit, one past it, and anew. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/limits.h"
#include "fake_kernel.h"

#define SECOND UINT64_C(1000000000)
#define TTL (60 * SECOND)

static struct writ_limits limits;
static struct writ_kernel kernel;
static struct writ_policy_playbook playbook;
static char error[WRIT_ERROR_SIZE];
static uint64_t last;

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	last = 0;
	playbook = (struct writ_policy_playbook){.name = "fix"};
	return writ_limits_open(&limits, &kernel, 0);
}

static int tear_down(void **state)
{
	(void)state;
	writ_limits_close(&limits);
	return 0;
}

static int check(const char *agent, uint64_t now)
{
	return writ_limits_check(&limits, &playbook, agent, now, error);
}

static struct writ_grant_info issue(const char *agent, uint64_t now)
{
	struct writ_grant_info info = {.id = ++last, .issued = now, .expires = now + TTL};

	(void)strcpy(info.agent_name, agent);
	(void)strcpy(info.playbook, playbook.name);
	assert_int_equal(writ_limits_issued(&limits, &playbook, &info), 0);
	return info;
}

static void test_no_limits(void **state)
{
	(void)state;
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(check("bot", 5), 0);
		(void)issue("bot", 5);
	}
	assert_null(limits.pairs); /* nothing has to be known of them */
}

static void test_concurrency(void **state)
{
	struct writ_grant_info first, info;

	(void)state;
	playbook.concurrency = 2;
	first = issue("bot", 1);
	assert_int_equal(check("cat", 1), 0);
	info = issue("cat", 1);
	assert_int_equal(check("bot", 1), -EBUSY); /* of the node, not of the agent */
	assert_int_equal(check("dog", 1), -EBUSY);
	assert_non_null(strstr(error, "playbook fix: 2 grants live on this node"));
	playbook.name = "other";
	assert_int_equal(check("bot", 1), 0);
	playbook.name = "fix";
	writ_limits_ended(&limits, &first, 2);
	writ_limits_ended(&limits, &first, 2); /* once */
	first.id = 99;
	writ_limits_ended(&limits, &first, 2); /* none that is known */
	assert_int_equal(check("dog", 2), 0);
	(void)issue("dog", 2);
	assert_int_equal(check("bot", 2), -EBUSY);
	writ_limits_ended(&limits, &info, 3);
	assert_int_equal(check("bot", 3), 0);
}

static void test_cooldown(void **state)
{
	struct writ_grant_info info;

	(void)state;
	playbook.cooldown_ns = 10 * SECOND;
	info = issue("bot", SECOND);
	assert_int_equal(check("bot", SECOND), 0); /* from the end on, not before */
	writ_limits_ended(&limits, &info, 5 * SECOND);
	assert_int_equal(check("bot", 5 * SECOND), -ERESTART);
	assert_int_equal(check("bot", 15 * SECOND - 1), -ERESTART);
	assert_non_null(strstr(error, "agent bot has to wait from the end of a grant to the next"));
	assert_int_equal(check("bot", 15 * SECOND), 0);
	assert_int_equal(check("cat", 5 * SECOND), 0);
	/* what has run out, and nobody has told yet */
	info = issue("bot", 20 * SECOND);
	assert_int_equal(check("bot", info.expires - 1), 0);
	assert_int_equal(check("bot", info.expires), -ERESTART);
	info.end = WRIT_END_EXPIRED;
	writ_limits_ended(&limits, &info, info.expires + SECOND);
	assert_int_equal(check("bot", info.expires + 10 * SECOND - 1), -ERESTART);
	assert_int_equal(check("bot", info.expires + 10 * SECOND), 0);
}

static void test_rate(void **state)
{
	(void)state;
	playbook.rate_count = 3;
	playbook.rate_per_ns = 100 * SECOND;
	for (uint64_t now = 10; now < 13; now++) {
		assert_int_equal(check("bot", now * SECOND), 0);
		(void)issue("bot", now * SECOND);
	}
	assert_int_equal(check("bot", 13 * SECOND), -EUSERS);
	assert_int_equal(check("cat", 13 * SECOND), 0);
	assert_int_equal(check("bot", 110 * SECOND - 1), -EUSERS);
	assert_non_null(strstr(error, "agent bot had 3 grants"));
	assert_int_equal(check("bot", 110 * SECOND), 0);
	(void)issue("bot", 110 * SECOND);
	assert_int_equal(check("bot", 111 * SECOND - 1), -EUSERS);
	assert_int_equal(check("bot", 111 * SECOND), 0);
	playbook.rate_count = 2; /* another policy */
	assert_int_equal(check("bot", 112 * SECOND - 1), -EUSERS);
	assert_int_equal(check("bot", 112 * SECOND), 0);
}

/* Of the most that a policy may say. */
static void test_largest_rate(void **state)
{
	(void)state;
	playbook.rate_count = WRIT_RATE_MAX;
	playbook.rate_per_ns = WRIT_RATE_MAX;
	for (uint64_t now = 1; now <= WRIT_RATE_MAX; now++) {
		assert_int_equal(check("bot", now), 0);
		(void)issue("bot", now);
	}
	assert_int_equal(check("bot", WRIT_RATE_MAX), -EUSERS);
	assert_int_equal(check("bot", WRIT_RATE_MAX + 1), 0);
	(void)issue("bot", WRIT_RATE_MAX + 1);
	assert_int_equal(check("bot", WRIT_RATE_MAX + 1), -EUSERS);
}

/* As the kernel has them, in no order: a live one, one that ran out, one that was given back. */
static void test_found_again(void **state)
{
	static const uint64_t issued[] = {30, 10, 20};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		fake.grants[i] = (struct writ_grant_info){.id = i + 1,
							  .issued = issued[i] * SECOND,
							  .expires = (issued[i] + 60) * SECOND};
		(void)strcpy(fake.grants[i].agent_name, "bot");
		(void)strcpy(fake.grants[i].playbook, "fix");
	}
	fake.n_grants = 3;
	fake.states[0] = WRIT_GRANT_STATE_ACTIVE;
	fake.states[1] = WRIT_GRANT_STATE_EXPIRED;
	fake.states[2] = WRIT_GRANT_STATE_COMPLETED;
	fake.grants[2].end = WRIT_END_COMPLETED;
	assert_int_equal(writ_limits_open(&limits, &kernel, 75 * SECOND), 0);
	playbook.concurrency = 1;
	assert_int_equal(check("bot", 75 * SECOND), -EBUSY);
	writ_limits_ended(&limits, &fake.grants[0], 76 * SECOND);
	assert_int_equal(check("bot", 76 * SECOND), 0);
	playbook.rate_count = 3;
	playbook.rate_per_ns = 100 * SECOND;
	assert_int_equal(check("bot", 110 * SECOND - 1), -EUSERS);
	assert_int_equal(check("bot", 110 * SECOND), 0);
	playbook.rate_count = 0;
	playbook.cooldown_ns = 10 * SECOND;
	assert_int_equal(check("bot", 86 * SECOND - 1), -ERESTART);
	assert_int_equal(check("bot", 86 * SECOND), 0);
	writ_limits_close(&limits);
	fake.n_grants = 3; /* without the live one: the end of the last is not known */
	fake.states[0] = WRIT_GRANT_STATE_COMPLETED;
	fake.grants[0].end = WRIT_END_COMPLETED;
	assert_int_equal(writ_limits_open(&limits, &kernel, 75 * SECOND), 0);
	assert_int_equal(check("bot", 85 * SECOND - 1), -ERESTART);
	assert_int_equal(check("bot", 85 * SECOND), 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_limits), TEST(test_concurrency),  TEST(test_cooldown),
		TEST(test_rate),      TEST(test_largest_rate), TEST(test_found_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
