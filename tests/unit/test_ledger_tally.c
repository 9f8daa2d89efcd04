/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the ledger counts: each step of a request and of a grant once, whatever made it, over
 * restarts and reboots; a file of an older layout is counted as it is; the sums are the rows'.
 */
#include "ledger_helper.h"

#include "broker/ledger_schema.h"
#include "broker/ledger_tally.h"

#define DAY (86400 * SECOND)

struct wanted {
	uint32_t kind;
	const char *name, *word;
	uint64_t total;
	bool found;
};

static void find(void *context, const struct writ_ledger_tally *tally)
{
	struct wanted *wanted = context;

	if (tally->kind != wanted->kind || strcmp(tally->name, wanted->name) ||
	    strcmp(tally->word, wanted->word))
		return;
	assert_false(wanted->found);
	wanted->found = true;
	wanted->total = tally->total;
}

static uint64_t total(struct writ_ledger *ledger, uint32_t kind, const char *name, const char *word)
{
	struct wanted wanted = {.kind = kind, .name = name, .word = word};

	assert_int_equal(writ_ledger_tallies(ledger, find, &wanted), 0);
	return wanted.total;
}

static void refuse(struct writ_ledger *ledger, uint64_t id, enum writ_refusal refusal)
{
	assert_int_equal(writ_ledger_refuse(ledger, id, refusal, "no", "", 0, NOON), 0);
}

static uint64_t give(struct writ_ledger *ledger, uint64_t id, const char *playbook,
		     const char *ticket, const char *approvers)
{
	uint64_t request = ask(ledger, "a", playbook, NOON);
	struct writ_ledger_grant grant = grant_row(id, request, "a", playbook, NOON);

	grant.ticket = ticket;
	grant.approvers = approvers;
	grant.break_glass = id == 1;
	assert_int_equal(writ_ledger_issue(ledger, request, NOON), 0);
	assert_int_equal(writ_ledger_grant(ledger, &grant), 0);
	return request;
}

static void end(struct writ_ledger *ledger, uint64_t id, enum writ_end how, int64_t lived)
{
	assert_int_equal(writ_ledger_end(ledger, id, how, "", 0, 0, NOON + lived), 0);
}

static void counts_requests(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	uint64_t id;

	(void)state;
	assert_int_equal(total(ledger, WRIT_TALLY_ASKED, "", ""), 0);
	refuse(ledger, ask(ledger, "a", "p", NOON), WRIT_REFUSAL_WINDOW);
	refuse(ledger, ask(ledger, "a", "p", NOON), WRIT_REFUSAL_TICKET);
	refuse(ledger, ask(ledger, "b", "p", NOON), WRIT_REFUSAL_TICKET);
	id = ask(ledger, "b", "p", NOON);
	refuse(ledger, id, WRIT_REFUSAL_NONE); /* withdrawn */
	assert_int_equal(writ_ledger_refuse(ledger, id, WRIT_REFUSAL_ROLE, "", "", 0, NOON),
			 -EALREADY);
	assert_int_equal(total(ledger, WRIT_TALLY_ASKED, "", ""), 4);
	assert_int_equal(total(ledger, WRIT_TALLY_REFUSED, "", "window"), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_REFUSED, "", "ticket"), 2);
	assert_int_equal(total(ledger, WRIT_TALLY_REFUSED, "", "role"), 0);
	assert_int_equal(total(ledger, WRIT_TALLY_WITHDRAWN, "", ""), 1);
	writ_ledger_close(ledger);
}

/* Refusals that share a row are asked and refused like those that have one. */
static void counts_what_has_no_row(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	uint64_t id = 0;
	uint32_t rows = 0, shared = 0;

	(void)state;
	for (int i = 0; i < 70; i++) {
		if (writ_ledger_repeat(ledger, "a", WRIT_REFUSAL_RISK, NOON + i, &id)) {
			shared++;
			continue;
		}
		refuse(ledger, ask(ledger, "a", "p", NOON + i), WRIT_REFUSAL_RISK);
		rows++;
	}
	assert_true(shared > 1);
	assert_int_equal(rows + shared, 70);
	assert_int_equal(total(ledger, WRIT_TALLY_ASKED, "", ""), 70);
	assert_int_equal(total(ledger, WRIT_TALLY_REFUSED, "", "risk"), 70);
	writ_ledger_close(ledger);
}

static void counts_grants(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);

	(void)state;
	(void)give(ledger, 1, "rotate", "CHG-1", "alice");
	(void)give(ledger, 2, "rotate", "", "");
	(void)give(ledger, 3, "rotate", "CHG-2", "");
	(void)give(ledger, 4, "deploy", "", "");
	end(ledger, 1, WRIT_END_COMPLETED, 30 * SECOND);
	end(ledger, 2, WRIT_END_EXPIRED, 30 * SECOND + 1);
	end(ledger, 3, WRIT_END_EXPIRED, -5 * SECOND); /* the clock was set back */
	end(ledger, 4, WRIT_END_REVOKED, 2 * DAY);
	assert_int_equal(writ_ledger_end(ledger, 4, WRIT_END_EXPIRED, "", 0, 0, NOON), -EALREADY);
	assert_int_equal(writ_ledger_cut(ledger, 4, 1, 2), 0);

	assert_int_equal(total(ledger, WRIT_TALLY_ISSUED, "rotate", ""), 3);
	assert_int_equal(total(ledger, WRIT_TALLY_ISSUED, "deploy", ""), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_BREAK_GLASS, "rotate", ""), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_ENDED, "rotate", "completed"), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_ENDED, "rotate", "expired"), 2);
	assert_int_equal(total(ledger, WRIT_TALLY_ENDED, "deploy", "revoked"), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "rotate", "30"), 2);
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "rotate", "60"), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "deploy", "+Inf"), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME_MS, "rotate", ""), 60000);
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME_MS, "deploy", ""), 2 * 86400000);
	assert_int_equal(total(ledger, WRIT_TALLY_ENVIRONMENT, "production", ""), 4);
	assert_int_equal(total(ledger, WRIT_TALLY_ENVIRONMENT, "production", "ticket"), 2);
	assert_int_equal(total(ledger, WRIT_TALLY_ENVIRONMENT, "production", "approver"), 1);
	writ_ledger_close(ledger);
}

/* Each bound is the last moment of its class. */
static void has_classes(void **state)
{
	static const int64_t bounds[] = {
#define X(seconds) seconds,
		WRIT_LIFETIME_LIST(X)
#undef X
	};
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	uint64_t id = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		char word[24];

		(void)give(ledger, ++id, "p", "", "");
		end(ledger, id, WRIT_END_EXPIRED, bounds[i] * SECOND);
		(void)give(ledger, ++id, "q", "", "");
		end(ledger, id, WRIT_END_EXPIRED, bounds[i] * SECOND + 1);
		(void)snprintf(word, sizeof(word), "%lld", (long long)bounds[i]);
		assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "p", word), 1);
		assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "q", word), i ? 1 : 0);
	}
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "q", "+Inf"), 1);
	writ_ledger_close(ledger);
}

static void go_on_after_a_restart_and_a_reboot(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);

	(void)state;
	(void)give(ledger, 1, "rotate", "", "");
	(void)ask(ledger, "a", "rotate", NOON); /* OPEN: a crash withdraws it */
	writ_ledger_close(ledger);
	ledger = open_ledger_of(BOOT);
	assert_int_equal(total(ledger, WRIT_TALLY_ASKED, "", ""), 2);
	assert_int_equal(total(ledger, WRIT_TALLY_WITHDRAWN, "", ""), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_ENDED, "rotate", "reboot"), 0);
	writ_ledger_close(ledger);
	ledger = open_ledger_of(NEXT_BOOT);
	assert_int_equal(total(ledger, WRIT_TALLY_ISSUED, "rotate", ""), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_ENDED, "rotate", "reboot"), 1);
	assert_int_equal(total(ledger, WRIT_TALLY_LIFETIME, "rotate", "180"), 1);
	writ_ledger_close(ledger);
}

/* The number of a grant that is there: its row is refused, and so is what its trigger counted. */
static void rolls_back_with_its_row(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	struct writ_ledger_grant again;
	uint64_t request;

	(void)state;
	(void)give(ledger, 1, "rotate", "", "");
	request = ask(ledger, "a", "other", NOON);
	again = grant_row(1, request, "a", "other", NOON);
	assert_int_equal(writ_ledger_issue(ledger, request, NOON), 0);
	assert_int_equal(writ_ledger_grant(ledger, &again), -EIO);
	assert_int_equal(total(ledger, WRIT_TALLY_ISSUED, "other", ""), 0);
	assert_int_equal(total(ledger, WRIT_TALLY_ENVIRONMENT, "production", ""), 1);
	writ_ledger_close(ledger);
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

struct lines {
	char *lines[64];
	size_t n;
};

static void keep_line(void *context, const struct writ_ledger_tally *tally)
{
	struct lines *lines = context;
	char line[256];

	if (!tally->total)
		return;
	(void)snprintf(line, sizeof(line), "%u %s %s %llu", tally->kind, tally->name, tally->word,
		       (unsigned long long)tally->total);
	assert_true(lines->n < 64);
	lines->lines[lines->n++] = strdup(line);
}

static void sorted(struct writ_ledger *ledger, struct lines *ret_lines)
{
	*ret_lines = (struct lines){0};
	assert_int_equal(writ_ledger_tallies(ledger, keep_line, ret_lines), 0);
	qsort(ret_lines->lines, ret_lines->n, sizeof(*ret_lines->lines), compare);
}

static void execute(const char *sql)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(ledger_path, &db), 0);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), 0);
	assert_int_equal(sqlite3_close(db), 0);
}

/* A life of all kinds, then the layout before: counting the rows gives what counting them one by
 * one gave. */
static void counts_an_older_file(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	struct lines before, after;
	uint64_t id = 0;

	(void)state;
	for (int i = 0; i < 70; i++)
		if (!writ_ledger_repeat(ledger, "a", WRIT_REFUSAL_RISK, NOON + i, &id))
			refuse(ledger, ask(ledger, "a", "p", NOON + i), WRIT_REFUSAL_RISK);
	refuse(ledger, ask(ledger, "b", "p", NOON), WRIT_REFUSAL_NONE);
	for (id = 1; id < 9; id++)
		(void)give(ledger, id, id % 2 ? "odd" : "even", id % 3 ? "T" : "",
			   id % 4 ? "" : "al");
	for (id = 1; id < 6; id++)
		end(ledger, id, WRIT_END_EXPIRED, (int64_t)(id * id * id) * 100 * SECOND);
	sorted(ledger, &before);
	writ_ledger_close(ledger);
	execute("DROP TRIGGER tally_asked; DROP TRIGGER tally_decided; "
		"DROP TRIGGER tally_repeated; DROP TRIGGER tally_repeated_again; "
		"DROP TRIGGER tally_issued; DROP TRIGGER tally_ended; DROP TABLE tallies; "
		"PRAGMA user_version = 2;");
	ledger = open_ledger_of(BOOT);
	sorted(ledger, &after);
	assert_true(after.n > 12);
	assert_int_equal(before.n, after.n);
	for (size_t i = 0; i < before.n; i++) {
		assert_string_equal(before.lines[i], after.lines[i]);
		free(before.lines[i]);
		free(after.lines[i]);
	}
	(void)give(ledger, 9, "odd", "", ""); /* and it counts on */
	assert_int_equal(total(ledger, WRIT_TALLY_ISSUED, "odd", ""), 5);
	writ_ledger_close(ledger);
}

static void says_when_it_cannot_be_read(void **state)
{
	struct writ_ledger *ledger = open_ledger_of(BOOT);
	struct lines lines = {0};

	(void)state;
	(void)ask(ledger, "a", "p", NOON);
	assert_int_equal(sqlite3_exec(ledger->db,
				      "UPDATE tallies SET kind = 'x' WHERE kind = 'asked'", NULL,
				      NULL, NULL),
			 0);
	assert_int_equal(writ_ledger_tallies(ledger, keep_line, &lines), -EIO);
	writ_ledger_close(ledger);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_directory, remove_directory)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_requests),
		TEST(counts_what_has_no_row),
		TEST(counts_grants),
		TEST(has_classes),
		TEST(go_on_after_a_restart_and_a_reboot),
		TEST(rolls_back_with_its_row),
		TEST(counts_an_older_file),
		TEST(says_when_it_cannot_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
