/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/notes.c: what the core did goes on record in order, waits while the ring is full, and is
 * counted when it can't be. The kernel is a table (fake_kernel.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "daemon/daemon.h"
#include "fake_kernel.h"

static struct writ_node node;
static struct writ_kernel kernel = {.node = &node};
static struct writ_daemon daemon_;
static struct writ_note got[2 * WRIT_NOTES_MAX];
static size_t n_got;

static void take(const void *record, size_t len)
{
	assert_true(n_got < sizeof(got) / sizeof(*got));
	memcpy(&got[n_got++], record, len);
}

static int set_up(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(got, 0, sizeof(got));
	fake.note = take;
	n_got = 0;
	daemon_ = (struct writ_daemon){.kernel = &kernel};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_notes_clear(&daemon_.notes);
	assert_null(daemon_.notes.first);
	return 0;
}

static void grant(uint64_t id)
{
	const struct writ_grant_info info = {.id = id, .agent = 5};

	writ_notes_grant(&daemon_, WRIT_GRANT_EVENT_ISSUED, &info, NULL);
}

static void test_all_of_it(void **state)
{
	const struct writ_grant_info info = {.id = 3, .agent = 5, .expires = 9};
	const struct writ_proposal_row row = {.proposal = 7};
	const struct writ_context context = {.session = "s"};

	(void)state;
	node.generation = 4;
	writ_notes_grant(&daemon_, WRIT_GRANT_EVENT_REVOKED, &info, "bob");
	writ_notes_proposal(&daemon_, WRIT_PROPOSAL_EVENT_GONE, &row, &context, "policy");
	writ_notes_daemon(&daemon_, WRIT_DAEMON_EVENT_FROZEN, "by bob");
	assert_int_equal(n_got, 3);
	assert_int_equal(got[0].event.type, WRIT_EVENT_GRANT);
	assert_int_equal(got[0].event.operation, WRIT_GRANT_EVENT_REVOKED);
	assert_int_equal(got[0].event.grant, 3);
	assert_int_equal(got[0].event.agent, 5);
	assert_true(got[0].event.boot_ns > 0);
	assert_int_equal(got[0].grant.info.expires, 9);
	assert_string_equal(got[0].grant.by, "bob");
	assert_int_equal(got[1].proposal.row.proposal, 7);
	assert_string_equal(got[1].proposal.context.session, "s");
	assert_string_equal(got[1].proposal.by, "policy");
	assert_int_equal(got[2].daemon.generation, 4);
	assert_string_equal(got[2].daemon.version, WRIT_VERSION);
	assert_string_equal(got[2].daemon.detail, "by bob");
}

/* Nobody reads: they wait with their moment, and go out in order as soon as there is room. */
static void test_full_ring(void **state)
{
	uint64_t before;

	(void)state;
	fake.note_error = -ENOBUFS;
	for (uint64_t id = 1; id <= WRIT_NOTES_MAX; id++)
		grant(id);
	assert_int_equal(daemon_.notes.n_waiting, WRIT_NOTES_MAX);
	assert_int_equal(daemon_.notes.lost, 0);
	before = writ_time_boot();
	fake.note_error = 0;
	grant(WRIT_NOTES_MAX + 1);
	assert_int_equal(n_got, WRIT_NOTES_MAX + 1);
	for (size_t i = 0; i < n_got; i++)
		assert_int_equal(got[i].grant.info.id, i + 1);
	assert_true(got[0].event.boot_ns <= before);
	assert_int_equal(daemon_.notes.n_waiting, 0);
}

/* One more than fits: it is counted, and the log says so before what comes after. */
static void test_one_past_the_limit(void **state)
{
	(void)state;
	fake.note_error = -ENOBUFS;
	for (uint64_t id = 1; id <= WRIT_NOTES_MAX + 1; id++)
		grant(id);
	assert_int_equal(daemon_.notes.n_waiting, WRIT_NOTES_MAX);
	assert_int_equal(daemon_.notes.lost, 1);
	fake.note_error = 0;
	writ_notes_flush(&daemon_);
	assert_int_equal(n_got, WRIT_NOTES_MAX + 1);
	assert_int_equal(got[n_got - 1].event.operation, WRIT_DAEMON_EVENT_RECORDS_LOST);
	assert_non_null(strstr(got[n_got - 1].daemon.detail, "1 records"));
	writ_notes_flush(&daemon_); /* said once */
	assert_int_equal(n_got, WRIT_NOTES_MAX + 1);
	assert_int_equal(daemon_.notes.lost, 1);
}

/* The program can't be run at all: nothing piles up, and it is told when it can. */
static void test_no_program(void **state)
{
	(void)state;
	fake.note_error = -EBADF;
	grant(1);
	grant(2);
	assert_int_equal(daemon_.notes.n_waiting, 1);
	assert_int_equal(daemon_.notes.lost, 1);
	fake.note_error = 0;
	writ_notes_flush(&daemon_);
	assert_int_equal(daemon_.notes.n_waiting, 0);
	assert_int_equal(daemon_.notes.untold, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_all_of_it), TEST(test_full_ring),
					   TEST(test_one_past_the_limit), TEST(test_no_program)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
