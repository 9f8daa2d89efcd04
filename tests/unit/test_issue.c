/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked when a grant is issued, whatever the broker has judged: window and limits. */
#include "daemon_helper.h"

#include <time.h>

/* What the broker says of the time is not asked: the core looks itself, and when it issues. */
static void test_outside_of_a_window(void **state)
{
	struct writ_policy_window window = {.days = 0, .from = 0, .to = 1440, .zone = "UTC"};
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	book("open")->windows = book("fix")->windows = &window;
	book("open")->n_windows = book("fix")->n_windows = 1;
	assert_int_equal(ask_broker(request, true), -ETIME);
	assert_said("may not begin outside of its change windows");
	/* a late approval */
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ETIME);
	request.ledger = new_row();
	fake.mark.agent = 0; /* root's push */
	assert_int_equal(ask_broker(request, true), -ETIME);
	assert_int_equal(fake.n_grants, 0);
	window.days = 127;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
	assert_int_equal(got.rows[0].grant.clip, WRIT_CLIP_NONE);
	assert_int_equal(fake.n_grants, 1);
}

/* A window that closes within two minutes cuts a grant of three. */
static void test_cut_to_its_window(void **state)
{
	uint32_t minute = (uint32_t)(time(NULL) / 60 % 1440);
	const struct writ_policy_window window = {
		.days = 127, .from = minute, .to = (minute + 2) % 1440, .zone = "UTC"};
	const struct writ_grant_info *info = &fake.grants[0];

	(void)state;
	book("open")->windows = &window;
	book("open")->n_windows = 1;
	assert_int_equal(ask_broker(propose("open", new_row(), WRIT_PROPOSE_ISSUE), true), 0);
	assert_int_equal(got.rows[1].grant.clip, WRIT_CLIP_WINDOW);
	assert_true(info->expires - info->not_before <= 120 * WRIT_NS_PER_SECOND);
	/* where a minute ends */
	assert_int_equal((info->expires + (uint64_t)writ_time_offset() + 500000000) /
				 WRIT_NS_PER_SECOND % 60,
			 0);
}

static int propose_one(void)
{
	return ask_broker(propose("open", new_row(), WRIT_PROPOSE_ISSUE), true);
}

static void give_back(uint64_t grant)
{
	struct writ_request done = {.verb = WRIT_VERB_DONE, .grant = grant};

	assert_int_equal(ask_broker(done, true), 0);
}

/* A broker that looks at no limit: the core does. */
static void test_concurrency_is_the_cores(void **state)
{
	(void)state;
	book("open")->concurrency = 1;
	assert_int_equal(propose_one(), 0);
	assert_int_equal(propose_one(), -EBUSY);
	assert_said("1 grants live on this node, and 1 is the most");
	fake.mark.agent = 0; /* nor does an operator's push go beyond it */
	assert_int_equal(propose_one(), -EBUSY);
	fake.mark.agent = indices[0];
	give_back(1);
	assert_int_equal(propose_one(), 0);
	assert_int_equal(fake.n_grants, 2);
}

static void test_cooldown_is_the_cores(void **state)
{
	(void)state;
	book("open")->cooldown_ns = 3600 * WRIT_NS_PER_SECOND;
	assert_int_equal(propose_one(), 0);
	give_back(1);
	assert_int_equal(propose_one(), -ERESTART);
	assert_said("ask again in");
	assert_int_equal(fake.n_grants, 1);
	book("open")->cooldown_ns = 1;
	assert_int_equal(propose_one(), 0);
}

static void test_rate_is_the_cores(void **state)
{
	(void)state;
	book("open")->rate_count = 2;
	book("open")->rate_per_ns = 3600 * WRIT_NS_PER_SECOND;
	for (uint64_t i = 1; i < 3; i++) {
		assert_int_equal(propose_one(), 0);
		give_back(i);
	}
	assert_int_equal(propose_one(), -EUSERS);
	assert_said("agent bot had 2 grants");
	assert_int_equal(fake.n_grants, 2);
	book("open")->rate_count = 3;
	assert_int_equal(propose_one(), 0);
}

/* Approved while there was room, and asked for when there is none. */
static void test_limits_hold_for_the_approved(void **state)
{
	uint64_t id = pending();

	(void)state;
	book("fix")->concurrency = 1;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	book("fix")->approvals = 0;
	assert_int_equal(ask_broker(propose("fix", new_row(), WRIT_PROPOSE_ISSUE), true), 0);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EBUSY);
	give_back(1);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_outside_of_a_window),	     TEST(test_cut_to_its_window),
		TEST(test_concurrency_is_the_cores), TEST(test_cooldown_is_the_cores),
		TEST(test_rate_is_the_cores),	     TEST(test_limits_hold_for_the_approved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
