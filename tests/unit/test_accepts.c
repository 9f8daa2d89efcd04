/* SPDX-License-Identifier: Apache-2.0 */
/* Sets of rules: each once, number 0 empty, order and repetition without meaning. */
#include "policy_helper.h"

#include "compile/accepts.h"

static void interns(void **state)
{
	uint32_t a[] = {3, 1, 3, 2}, b[] = {1, 2, 3}, c[] = {1, 2}, set = 9, other = 9;
	struct writ_accepts accepts;

	(void)state;
	assert_int_equal(writ_accepts_init(&accepts), 0);
	assert_int_equal(writ_accepts_intern(&accepts, NULL, 0, &set), 0);
	assert_int_equal(set, 0);
	assert_int_equal(writ_accepts_intern(&accepts, a, 4, &set), 0);
	assert_int_equal(writ_accepts_intern(&accepts, b, 3, &other), 0);
	assert_int_equal(set, other);
	assert_int_equal(writ_accepts_intern(&accepts, c, 2, &other), 0);
	assert_int_not_equal(set, other);
	assert_int_equal(accepts.sets[set].count, 3);
	assert_int_equal(accepts.n_sets, 3);
	writ_accepts_free(&accepts);
}

static void many(void **state)
{
	struct writ_accepts accepts;
	uint32_t rules[2], set;

	(void)state;
	assert_int_equal(writ_accepts_init(&accepts), 0);
	for (int round = 0; round < 2; round++)
		for (uint32_t i = 0; i < 5000; i++) {
			rules[0] = i + 1;
			rules[1] = i;
			assert_int_equal(writ_accepts_intern(&accepts, rules, 2, &set), 0);
			assert_int_equal(set, i + 1);
		}
	writ_accepts_free(&accepts);
}

static void limit(void **state)
{
	uint32_t *rules = calloc(WRIT_ACCEPTS_RULES_MAX + 1, sizeof(*rules)), set;
	struct writ_accepts accepts;

	(void)state;
	for (uint32_t i = 0; i <= WRIT_ACCEPTS_RULES_MAX; i++)
		rules[i] = i;
	assert_int_equal(writ_accepts_init(&accepts), 0);
	assert_int_equal(writ_accepts_intern(&accepts, rules, WRIT_ACCEPTS_RULES_MAX + 1, &set),
			 -E2BIG);
	assert_int_equal(writ_accepts_intern(&accepts, rules, WRIT_ACCEPTS_RULES_MAX, &set), 0);
	assert_int_equal(writ_accepts_intern(&accepts, rules, 1, &set), -E2BIG);
	writ_accepts_free(&accepts);
	free(rules);
}

static void sorts(void **state)
{
	uint32_t words[40];

	(void)state;
	for (uint32_t i = 0; i < 40; i++)
		words[i] = (i * 7) % 20;
	assert_int_equal(writ_accepts_sort(words, 40), 20);
	for (uint32_t i = 0; i < 20; i++)
		assert_int_equal(words[i], i);
	assert_int_equal(writ_accepts_sort(words, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(interns),
		cmocka_unit_test(many),
		cmocka_unit_test(limit),
		cmocka_unit_test(sorts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
