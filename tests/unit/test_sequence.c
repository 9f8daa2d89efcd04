/* SPDX-License-Identifier: Apache-2.0 */
/* audit/sequence.c: noted + missing = produced, whatever the order. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "audit/sequence.h"
#include "lib/cleanup.h"

static int64_t note_at(struct writ_sequence *sequence, uint32_t cpu, uint64_t number, uint64_t lost,
		       uint64_t boot_ns)
{
	struct writ_gap gap;

	assert_int_equal(writ_sequence_note(sequence, cpu, number, lost, boot_ns, &gap), 0);
	assert_int_equal(gap.cpu, cpu);
	return gap.ring_full + gap.unaccounted - gap.late;
}

static int64_t note(struct writ_sequence *sequence, uint32_t cpu, uint64_t number, uint64_t lost)
{
	return note_at(sequence, cpu, number, lost, 1);
}

static struct writ_sequence *make(void)
{
	struct writ_sequence *sequence = NULL;

	assert_int_equal(writ_sequence_new(NULL, &sequence), 0);
	return sequence;
}

static void test_in_order(void **state)
{
	struct writ_sequence *sequence = make();

	(void)state;
	for (uint64_t number = 1; number < 100; number++)
		for (uint32_t cpu = 0; cpu < 3; cpu++)
			assert_int_equal(note(sequence, cpu, number, 0), 0);
	writ_sequence_free(sequence);
}

static void test_loss_is_counted_once(void **state)
{
	struct writ_sequence *sequence = make();

	(void)state;
	assert_int_equal(note(sequence, 0, 1, 0), 0);
	assert_int_equal(note(sequence, 0, 5, 3), 3);
	assert_int_equal(note(sequence, 0, 6, 3), 0);
	assert_int_equal(note(sequence, 1, 2, 1), 1); /* the first of a CPU, after a fresh load */
	assert_int_equal(note_at(sequence, 0, 7, 3, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	assert_int_equal(note_at(sequence, 1, 3, 1, 200 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

static void test_reorder(void **state)
{
	static const uint64_t order[] = {2, 1, 3, 6, 5, 7, 4, 8};
	struct writ_sequence *sequence = make();

	(void)state;
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		assert_int_equal(note(sequence, 0, order[i], 0), 0);
	assert_int_equal(note_at(sequence, 0, 9, 0, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

static void test_reorder_and_loss(void **state)
{
	struct writ_sequence *sequence = make();

	(void)state;
	assert_int_equal(note(sequence, 0, 1, 0), 0);
	assert_int_equal(note(sequence, 0, 4, 1), 1); /* of 2 and 3 one is lost, one on its way */
	assert_int_equal(note(sequence, 0, 2, 0), 0); /* with an older count */
	assert_int_equal(note_at(sequence, 0, 5, 1, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

static void test_never_came(void **state)
{
	struct writ_sequence *sequence = make();
	struct writ_gap gap;

	(void)state;
	assert_int_equal(note_at(sequence, 0, 3, 0, 5), 0);
	assert_int_equal(note_at(sequence, 0, 4, 0, 4 + WRIT_SEQUENCE_LATE_NS), 0);
	assert_int_equal(writ_sequence_poll(sequence, 0, 0, 5 + WRIT_SEQUENCE_LATE_NS, &gap), 0);
	assert_int_equal(gap.unaccounted, 2);
	assert_int_equal(gap.ring_full, 0);
	assert_int_equal(note_at(sequence, 0, 2, 0, 6 + WRIT_SEQUENCE_LATE_NS), -1); /* after all */
	assert_int_equal(note_at(sequence, 0, 5, 0, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

static void test_poll_finds_a_loss_at_the_end(void **state)
{
	struct writ_sequence *sequence = make();
	struct writ_gap gap;

	(void)state;
	assert_int_equal(note(sequence, 0, 1, 0), 0);
	assert_int_equal(writ_sequence_poll(sequence, 0, 7, 1, &gap), 0);
	assert_int_equal(gap.ring_full, 7);
	assert_int_equal(note(sequence, 0, 9, 7), 0); /* says the same: not counted twice */
	assert_int_equal(writ_sequence_poll(sequence, 1, 2, 1, &gap), 0);
	assert_int_equal(gap.ring_full, 2); /* a CPU that never got a record through */
	assert_int_equal(note_at(sequence, 0, 10, 7, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

/* What was committed is known to the next one, what was only noted is not. */
static void test_restart(void **state)
{
	_cleanup_free_ struct writ_accounts *kept = calloc(1, sizeof(*kept));
	struct writ_sequence *sequence = NULL;
	struct writ_gap gap;

	(void)state;
	assert_non_null(kept);
	assert_int_equal(writ_sequence_new(kept, &sequence), 0);
	assert_int_equal(note(sequence, 0, 1, 0), 0);
	assert_int_equal(note(sequence, 0, 4, 2), 2);
	writ_sequence_commit(sequence, &(struct writ_committed){0});
	assert_int_equal(note(sequence, 0, 5, 2), 0);
	assert_int_equal(note(sequence, 1, 7, 6), 6);
	writ_sequence_free(sequence); /* killed: 5, and all of CPU 1, come again */

	assert_int_equal(writ_sequence_new(kept, &sequence), 0);
	assert_int_equal(note(sequence, 0, 5, 2), 0);
	assert_int_equal(note(sequence, 0, 9, 5), 3); /* lost while nobody read */
	assert_int_equal(note(sequence, 1, 7, 6), 6);
	assert_int_equal(writ_sequence_poll(sequence, 2, 4, 1, &gap), 0);
	assert_int_equal(gap.ring_full, 4); /* and of a CPU whose records all were */
	assert_int_equal(note_at(sequence, 0, 10, 5, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

static void test_wrap(void **state)
{
	_cleanup_free_ struct writ_accounts *kept = calloc(1, sizeof(*kept));
	struct writ_sequence *sequence = NULL;

	(void)state;
	assert_non_null(kept);
	kept->slots[0].cpus[0] = (struct writ_account){
		.highest = UINT64_MAX - 2, .received = UINT64_MAX - 2 - 7, .lost = 7};
	assert_int_equal(writ_sequence_new(kept, &sequence), 0);
	assert_int_equal(note(sequence, 0, UINT64_MAX - 1, 7), 0);
	assert_int_equal(note(sequence, 0, 0, 7), 0); /* UINT64_MAX is on its way */
	assert_int_equal(note(sequence, 0, UINT64_MAX, 7), 0);
	assert_int_equal(note(sequence, 0, 3, 9), 2);
	assert_int_equal(note_at(sequence, 0, 4, 9, 100 * WRIT_SEQUENCE_LATE_NS), 0);
	writ_sequence_free(sequence);
}

static void test_cpu_limit(void **state)
{
	struct writ_sequence *sequence = make();
	struct writ_gap gap;

	(void)state;
	assert_int_equal(note(sequence, WRIT_CPUS_MAX - 1, 1, 0), 0);
	assert_int_equal(writ_sequence_note(sequence, WRIT_CPUS_MAX, 1, 0, 1, &gap),
			 -ERANGE);
	assert_int_equal(writ_sequence_poll(sequence, UINT32_MAX, 1, 1, &gap), -ERANGE);
	assert_int_equal(gap.ring_full, 0);
	writ_sequence_free(sequence);
}

/*
 * A CPU with up to eight programs preempted between number and record, and a ring that is full
 * now and then. At the end all are done, and the sum must be exact.
 */
static void test_random(void **state)
{
	struct writ_sequence *sequence = make();
	uint64_t held[8], number = 0, lost = 0, noted = 0, now = 1;
	int64_t missing = 0;
	size_t n_held = 0;

	(void)state;
	srandom(7);
	for (int step = 0; step < 200000; step++) {
		long dice = random() % 16;

		now += (uint64_t)(random() % 1000000);
		if (dice < 10 || !n_held) {
			if (n_held < 8)
				held[n_held++] = ++number;
			continue;
		}
		size_t pick = (size_t)random() % n_held;

		if (dice < 12) {
			lost++;
		} else {
			missing += note_at(sequence, 0, held[pick], lost, now);
			noted++;
		}
		held[pick] = held[--n_held];
	}
	while (n_held) {
		missing += note_at(sequence, 0, held[--n_held], lost, now);
		noted++;
	}
	missing += note_at(sequence, 0, ++number, lost, now);
	missing += note_at(sequence, 0, ++number, lost, now + 2 * WRIT_SEQUENCE_LATE_NS);
	assert_int_equal((int64_t)noted + 2 + missing, (int64_t)number);
	writ_sequence_free(sequence);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_loss_is_counted_once),
		cmocka_unit_test(test_reorder),
		cmocka_unit_test(test_reorder_and_loss),
		cmocka_unit_test(test_never_came),
		cmocka_unit_test(test_poll_finds_a_loss_at_the_end),
		cmocka_unit_test(test_restart),
		cmocka_unit_test(test_wrap),
		cmocka_unit_test(test_cpu_limit),
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
