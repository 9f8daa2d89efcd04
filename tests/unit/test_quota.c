/* SPDX-License-Identifier: Apache-2.0 */
/* What one caller may use: at the limit, one past it, and after a second. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/http.h"
#include "broker/quota.h"
#include "lib/time.h"

static struct writ_quota *quota;

static int set_up(void **state)
{
	(void)state;
	return writ_quota_open(&quota);
}

static int tear_down(void **state)
{
	(void)state;
	writ_quota_closep(&quota);
	return 0;
}

static int enter(uint32_t agent, uint32_t uid, uint64_t now, struct writ_caller **ret_caller)
{
	const struct writ_attest_row who = {.agent_index = agent, .uid = uid};

	return writ_quota_enter(quota, &who, now, ret_caller);
}

static void connections_have_a_limit(void **state)
{
	struct writ_caller *caller = NULL;
	struct writ_caller *other = NULL;

	(void)state;
	for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++)
		assert_int_equal(enter(7, 1000, 1, &caller), 0);
	assert_int_equal(enter(7, 2000, 1, &other), -EBUSY); /* an agent, whichever the user */
	assert_int_equal(enter(0, 7, 1, &other), 0); /* a user of the same number is another */
	assert_ptr_not_equal(caller, other);
	assert_int_equal(enter(7 + 1024, 1000, 1, &other), 0); /* of the same bucket */
	writ_quota_leave(caller);
	assert_int_equal(enter(7, 1000, 1, &caller), 0);
	assert_int_equal(enter(7, 1000, 1, &caller), -EBUSY);
}

static void requests_have_a_limit_in_a_second(void **state)
{
	struct writ_caller *caller = NULL;

	(void)state;
	assert_int_equal(enter(7, 0, 5, &caller), 0);
	for (size_t i = 0; i < WRIT_HTTP_RATE_MAX; i++)
		assert_true(writ_quota_request(caller, 5 + i));
	assert_false(writ_quota_request(caller, 5 + WRIT_NS_PER_SECOND - 1));
	assert_true(writ_quota_request(caller, 5 + WRIT_NS_PER_SECOND));
}

static void connecting_anew_gives_no_new_second(void **state)
{
	struct writ_caller *caller = NULL;

	(void)state;
	assert_int_equal(enter(7, 0, 5, &caller), 0);
	for (size_t i = 0; i < WRIT_HTTP_RATE_MAX; i++)
		assert_true(writ_quota_request(caller, 5));
	writ_quota_leave(caller);
	assert_int_equal(enter(7, 0, 6, &caller), 0);
	assert_false(writ_quota_request(caller, 6));
}

static void who_is_gone_is_forgotten(void **state)
{
	struct writ_caller *first = NULL;
	struct writ_caller *second = NULL;
	const struct writ_attest_row who = {.agent_index = 7};

	(void)state;
	assert_int_equal(enter(7, 0, 5, &first), 0);
	assert_true(writ_quota_is(first, &who));
	writ_quota_leave(first);
	/* Another of the same bucket, a second later; a sanitizer would see one that is used. */
	assert_int_equal(enter(7 + 1024, 0, 5 + WRIT_NS_PER_SECOND, &second), 0);
	assert_false(writ_quota_is(second, &who));
	assert_int_equal(enter(7, 0, 5 + WRIT_NS_PER_SECOND, &first), 0);
	assert_true(writ_quota_request(first, 5 + WRIT_NS_PER_SECOND));
}

static void who_is_connected_is_kept(void **state)
{
	struct writ_caller *caller = NULL;
	struct writ_caller *other = NULL;

	(void)state;
	for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++)
		assert_int_equal(enter(7, 0, 5, &caller), 0);
	assert_int_equal(enter(7 + 1024, 0, 5 + WRIT_NS_PER_SECOND, &other), 0);
	assert_int_equal(enter(7, 0, 5 + WRIT_NS_PER_SECOND, &caller), -EBUSY);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(connections_have_a_limit),
		CASE(requests_have_a_limit_in_a_second),
		CASE(connecting_anew_gives_no_new_second),
		CASE(who_is_gone_is_forgotten),
		CASE(who_is_connected_is_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
