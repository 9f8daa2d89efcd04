/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/answer_metrics.c: what writ-audit has counted, whatever that is, in rows that fit; how
 * long programs ran; both for the broker and for people.
 */
#include "daemon_helper.h"

static struct writ_audit_page page;

static void fill(void)
{
	memset(&page, 0, sizeof(page));
	page.figures.gaps[WRIT_GAP_LATE] = 5;
	page.figures.log_written = 11;
	page.figures.log_bytes = 12;
	page.figures.log_segments = 13;
	page.figures.segment = 14;
	page.figures.checkpoints = 15;
	page.figures.checkpoint_ns = 16;
	page.figures.unsigned_lines = 17;
	page.figures.waiting_bytes = 18;
	page.figures.write_errors = 19;
	daemon_.audit.page = &page;
}

static uint32_t rows_of(uint32_t type)
{
	uint32_t n = 0;

	for (size_t i = 0; i < got.n_rows; i++)
		n += got.rows[i].type == type;
	return n;
}

static void test_figures(void **state)
{
	const struct writ_metrics_row *row;

	(void)state;
	fill();
	assert_int_equal(ask_broker(verb(WRIT_VERB_METRICS, 0), false), 0);
	assert_int_equal(got.n_rows, 1); /* nothing was decided, nothing timed */
	assert_int_equal(got.rows[0].type, WRIT_REPLY_METRICS);
	row = &got.rows[0].metrics;
	assert_true(row->now_ns > 0 && row->now_ns <= writ_time_boot());
	assert_int_equal(row->gaps[WRIT_GAP_LATE], 5);
	assert_int_equal(row->log_written, 11);
	assert_int_equal(row->log_bytes, 12);
	assert_int_equal(row->log_segments, 13);
	assert_int_equal(row->segment, 14);
	assert_int_equal(row->checkpoints, 15);
	assert_int_equal(row->checkpoint_ns, 16);
	assert_int_equal(row->unsigned_lines, 17);
	assert_int_equal(row->waiting_bytes, 18);
	assert_int_equal(row->write_errors, 19);
	assert_int_equal(row->shared, 0);
	assert_int_equal(ask_person(verb(WRIT_VERB_METRICS, 0), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(ask_person(verb(WRIT_VERB_METRICS, 0), WRIT_CALLER_ROOT, 0), 0);
}

/* Every cell has a number: as many rows as they need, each count once, words that are words. */
static void test_every_decision(void **state)
{
	static bool seen[WRIT_AUDIT_DECISIONS];
	uint32_t n = 0;

	(void)state;
	fill();
	memset(seen, 0, sizeof(seen));
	/* writ-audit may write anything */
	for (uint32_t cell = 0; cell < WRIT_AUDIT_DECISIONS; cell++)
		page.figures.decisions[cell] = UINT64_MAX - cell;
	assert_int_equal(ask_broker(verb(WRIT_VERB_METRICS, 0), false), 0);
	assert_int_equal(rows_of(WRIT_REPLY_DECISIONS),
			 (WRIT_AUDIT_DECISIONS + WRIT_DECISIONS_PER_ROW - 1) /
				 WRIT_DECISIONS_PER_ROW);
	for (size_t i = 1; i < got.n_rows; i++) {
		const struct writ_decisions_row *row = &got.rows[i].decisions;

		assert_in_range(row->n, 1, WRIT_DECISIONS_PER_ROW);
		for (uint32_t k = 0; k < row->n; k++, n++) {
			const struct writ_decision_count *count = &row->counts[k];
			uint32_t cell = writ_audit_decision(count->verdict, count->operation,
							    count->reason);

			assert_true(count->verdict < WRIT_VERDICT_COUNT);
			assert_true(count->operation < WRIT_OP_COUNT);
			assert_true(count->reason < WRIT_REASON_COUNT);
			assert_false(seen[cell]);
			seen[cell] = true;
			assert_true(count->count == UINT64_MAX - cell);
		}
	}
	assert_int_equal(n, WRIT_AUDIT_DECISIONS);
}

/* At the limit of a row, and one past it. */
static void test_programs(void **state)
{
	(void)state;
	fake.n_times = WRIT_PROGRAMS_PER_ROW;
	assert_int_equal(ask_broker(verb(WRIT_VERB_METRICS, 0), false), 0);
	assert_int_equal(rows_of(WRIT_REPLY_PROGRAMS), 1);
	assert_int_equal(got.rows[1].programs.n, WRIT_PROGRAMS_PER_ROW);
	fake.n_times++;
	assert_int_equal(ask_broker(verb(WRIT_VERB_METRICS, 0), false), 0);
	assert_int_equal(rows_of(WRIT_REPLY_PROGRAMS), 2);
	assert_int_equal(got.rows[2].programs.n, 1);
	assert_string_equal(got.rows[2].programs.programs[0].name, "program_48");
	assert_int_equal(got.rows[2].programs.programs[0].runs, WRIT_PROGRAMS_PER_ROW + 1);
	assert_int_equal(got.rows[2].programs.programs[0].run_ns, 1000 * WRIT_PROGRAMS_PER_ROW);
}

/* Before writ-audit has a page there are no figures of it; the answer is whole all the same. */
static void test_without_a_page(void **state)
{
	(void)state;
	assert_int_equal(ask_broker(verb(WRIT_VERB_METRICS, 0), false), 0);
	assert_int_equal(got.n_rows, 1);
	assert_int_equal(got.rows[0].metrics.log_bytes, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_figures),
		TEST(test_every_decision),
		TEST(test_programs),
		TEST(test_without_a_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
