/* SPDX-License-Identifier: Apache-2.0 */
/*
 * No statement of the ledger reads a whole table: each one that its functions run, of every
 * combination of a filter, is shown to EXPLAIN QUERY PLAN.
 */
#include "ledger_helper.h"

#include "broker/ledger_schema.h"
#include "broker/ledger_tally.h"

#define STATEMENTS_MAX 4096

static char *statements[STATEMENTS_MAX];
static size_t n_statements;

static int keep(unsigned int what, void *context, void *statement, void *text)
{
	const char *sql = sqlite3_sql(statement);

	(void)what;
	(void)context;
	(void)text;
	for (size_t i = 0; i < n_statements; i++)
		if (!strcmp(statements[i], sql))
			return 0;
	assert_true(n_statements < STATEMENTS_MAX);
	statements[n_statements++] = strdup(sql);
	return 0;
}

/* SQLite calls it for each connection that is opened. */
static int watch(sqlite3 *db, char **ret_error, const void *api)
{
	(void)ret_error;
	(void)api;
	return sqlite3_trace_v2(db, SQLITE_TRACE_STMT, keep, NULL);
}

/*
 * A walk over a table or a whole index is a fault, and so is sorting, but for what holds few rows:
 * the grants that live, and what is not decided. Rows of one state are sorted where several states
 * are asked for. A list without any condition ends at its limit.
 */
static bool is_slow(const char *sql, const char *detail)
{
	bool few =
		strstr(sql, "INDEXED BY grants_live") || strstr(sql, "INDEXED BY requests_state");

	if (strstr(detail, "USE TEMP B-TREE"))
		return !few;
	if (strncmp(detail, "SCAN", 4) || strstr(sql, "NOT INDEXED WHERE 1 ORDER BY"))
		return false;
	return !strstr(detail, "CONSTANT ROW") && !strstr(detail, "(subquery") &&
	       !strstr(detail, "USING INDEX grants_live") && !strstr(detail, "sqlite_master") &&
	       strcmp(detail, "SCAN tallies"); /* a row for each different word, not for each row */
}

/* The first slow line of its plan, in @ret_detail; "" when there is none. */
static void explain(sqlite3 *db, const char *sql, char ret_detail[256])
{
	sqlite3_stmt *statement = NULL;
	char text[4096];

	ret_detail[0] = '\0';
	(void)snprintf(text, sizeof(text), "EXPLAIN QUERY PLAN %s", sql);
	assert_int_equal(sqlite3_prepare_v2(db, text, -1, &statement, NULL), 0);
	while (sqlite3_step(statement) == SQLITE_ROW) {
		const char *detail = (const char *)sqlite3_column_text(statement, 3);

		if (!*ret_detail && is_slow(sql, detail))
			(void)snprintf(ret_detail, 256, "%s", detail);
	}
	assert_int_equal(sqlite3_finalize(statement), 0);
}

static void no_request(void *context, const struct writ_ledger_request *row)
{
	(void)context;
	(void)row;
}

static void no_grant(void *context, const struct writ_ledger_grant *row)
{
	(void)context;
	(void)row;
}

static void ask_every_list(struct writ_ledger *ledger)
{
	for (uint32_t bits = 0; bits < 1u << 8; bits++) {
		struct writ_ledger_filter filter = {
			.agent = bits & 1 ? "a" : NULL,
			.playbook = bits & 2 ? "p" : "",
			.ticket = bits & 4 ? "t" : NULL,
			.since = bits & 8 ? NOON : 0,
			.before = bits & 16 ? 3 : 0,
			.live = bits & 32,
			.states = bits & 64 ? 2 : 0,
			.request = bits & 128 ? 2 : 0,
		};

		assert_int_equal(writ_ledger_grants(ledger, &filter, no_grant, NULL), 0);
		for (; filter.states < 1u << WRIT_REQUEST_STATE_COUNT; filter.states++) {
			assert_int_equal(writ_ledger_requests(ledger, &filter, no_request, NULL),
					 0);
			if (!(bits & 64))
				break;
		}
	}
}

/* What brings a file up to date runs once in its life. */
static bool is_of_layout(const char *sql)
{
	for (size_t i = 0; i < writ_ledger_n_steps; i++)
		if (strstr(writ_ledger_steps[i], sql))
			return true;
	return false;
}

static void no_tally(void *context, const struct writ_ledger_tally *tally)
{
	(void)context;
	(void)tally;
}

/* Fails on the first that walks; how many there were. */
static size_t explain_all(struct writ_ledger *ledger)
{
	static const char *const words[] = {"SELECT", "INSERT", "UPDATE", "DELETE"};
	char detail[256];
	size_t checked = 0;

	for (size_t i = 0; i < n_statements; i++) {
		bool is_one = false;

		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
			is_one |= !strncmp(statements[i], words[w], 6);
		if (!is_one || is_of_layout(statements[i]))
			continue;
		checked++;
		explain(ledger->db, statements[i], detail);
		if (*detail)
			fail_msg("%s: %s", detail, statements[i]);
	}
	return checked;
}

static void walks_no_table(void **state)
{
	struct writ_ledger *ledger;
	struct writ_history history;
	char detail[256];
	size_t checked;

	assert_int_equal(sqlite3_auto_extension((void (*)(void))watch), 0);
	(void)make_directory(state);
	ledger = open_ledger_of(BOOT);
	for (size_t i = 0; i < N_STEPS; i++)
		assert_int_equal(take_step(ledger, i), 0);
	assert_int_equal(writ_ledger_history(ledger, "a", "p", NOON, &history), 0);
	assert_int_equal(writ_ledger_request(ledger, 1, no_request, NULL), 0);
	assert_int_equal(writ_ledger_unsettled(ledger, no_request, NULL), 0);
	assert_int_equal(writ_ledger_tallies(ledger, no_tally, NULL), 0);
	ask_every_list(ledger);
	writ_ledger_close(ledger);
	ledger = open_ledger_of(NEXT_BOOT); /* ends and withdraws what was left */
	(void)sqlite3_trace_v2(ledger->db, 0, NULL, NULL);

	checked = explain_all(ledger);
	print_message("%zu statements\n", checked);
	assert_true(checked > 300);

	/* the check itself */
	explain(ledger->db, "SELECT id FROM requests WHERE sponsor = 'x'", detail);
	assert_string_equal(detail, "SCAN requests");
	explain(ledger->db, "SELECT id FROM requests WHERE agent = 'x' ORDER BY asked_at", detail);
	assert_string_equal(detail, "USE TEMP B-TREE FOR ORDER BY");
	explain(ledger->db, "SELECT count(*) FROM grants", detail);
	assert_memory_equal(detail, "SCAN grants USING", 17);

	writ_ledger_close(ledger);
	sqlite3_reset_auto_extension();
	for (size_t i = 0; i < n_statements; i++)
		free(statements[i]);
	assert_int_equal(remove_directory(state), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(walks_no_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
