/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/counts.c: what was counted reaches the core's memory once, and is added to what is there.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "audit/counts.h"

static struct writ_counts counts;
static struct writ_audit_figures figures;

static int set_up(void **state)
{
	(void)state;
	memset(&counts, 0, sizeof(counts));
	memset(&figures, 0, sizeof(figures));
	return 0;
}

static uint64_t sum(void)
{
	uint64_t total = 0;

	for (uint32_t cell = 0; cell < WRIT_AUDIT_DECISIONS; cell++)
		total += figures.decisions[cell];
	return total;
}

static void publishes_once(void **state)
{
	const uint32_t cell =
		writ_audit_decision(WRIT_VERDICT_DENY, WRIT_OP_OPEN, WRIT_REASON_EXPIRED);

	(void)state;
	figures.decisions[cell] = 40; /* of the process before this one */
	for (int i = 0; i < 2; i++)
		writ_counts_decision(&counts, WRIT_VERDICT_DENY, WRIT_OP_OPEN, WRIT_REASON_EXPIRED);
	writ_counts_lost(&counts, WRIT_GAP_RING_FULL, 7);
	writ_counts_lost(&counts, WRIT_GAP_LATE, -3);
	counts.gaps[WRIT_GAP_RING_FULL] = 1;
	writ_counts_publish(&counts, &figures);
	writ_counts_publish(&counts, &figures);
	assert_int_equal(figures.decisions[cell], 42);
	assert_int_equal(sum(), 42);
	assert_int_equal(figures.lost[WRIT_GAP_RING_FULL], 7);
	assert_int_equal(figures.lost[WRIT_GAP_LATE], 3);
	assert_int_equal(figures.gaps[WRIT_GAP_RING_FULL], 1);
	writ_counts_decision(&counts, WRIT_VERDICT_DENY, WRIT_OP_OPEN, WRIT_REASON_EXPIRED);
	writ_counts_publish(&counts, &figures);
	assert_int_equal(figures.decisions[cell], 43);
}

/* Every cell, also the last one; no two triples share one. */
static void has_a_cell_for_each(void **state)
{
	(void)state;
	for (uint32_t verdict = 0; verdict < WRIT_VERDICT_COUNT; verdict++)
		for (uint32_t operation = 0; operation < WRIT_OP_COUNT; operation++)
			for (uint32_t reason = 0; reason < WRIT_REASON_COUNT; reason++)
				writ_counts_decision(&counts, verdict, operation, reason);
	assert_int_equal(counts.n_touched, WRIT_AUDIT_DECISIONS);
	writ_counts_publish(&counts, &figures);
	for (uint32_t cell = 0; cell < WRIT_AUDIT_DECISIONS; cell++)
		assert_int_equal(figures.decisions[cell], 1);
	assert_int_equal(counts.n_touched, 0);
}

static void stays_within_for_unknown_words(void **state)
{
	(void)state;
	writ_counts_decision(&counts, WRIT_VERDICT_COUNT, WRIT_OP_COUNT, WRIT_REASON_COUNT);
	writ_counts_decision(&counts, UINT32_MAX, UINT32_MAX, UINT32_MAX);
	writ_counts_publish(&counts, &figures);
	assert_int_equal(figures.decisions[0], 2);
	assert_int_equal(sum(), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(publishes_once, set_up),
		cmocka_unit_test_setup(has_a_cell_for_each, set_up),
		cmocka_unit_test_setup(stays_within_for_unknown_words, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
