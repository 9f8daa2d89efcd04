/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the ledger share: a directory of its own, rows, a scripted life of many
 * requests, and the whole of a ledger as text.
 */
#ifndef WRIT_TESTS_LEDGER_HELPER_H
#define WRIT_TESTS_LEDGER_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker/ledger_sql.h"

#define UNUSED __attribute__((unused))
#define BOOT "11111111-2222-4333-8444-555555555555"
#define NEXT_BOOT "99999999-2222-4333-8444-555555555555"
#define SECOND INT64_C(1000000000)
#define NOON (INT64_C(1795348800) * SECOND)

static char directory[64];
static char ledger_path[96];

static UNUSED int make_directory(void **state)
{
	(void)state;
	strcpy(directory, "/tmp/writ-ledger-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(ledger_path, sizeof(ledger_path), "%s/ledger.db", directory);
	return 0;
}

static UNUSED void remove_files(void)
{
	static const char *const ends[] = {"", "-wal", "-shm", "-journal"};
	char path[128];

	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s%s", ledger_path, ends[i]);
		(void)unlink(path);
	}
}

static UNUSED int remove_directory(void **state)
{
	(void)state;
	remove_files();
	return rmdir(directory);
}

static UNUSED struct writ_ledger *open_ledger_of(const char *boot)
{
	struct writ_ledger *ledger = NULL;

	assert_int_equal(writ_ledger_open(ledger_path, boot, &ledger), 0);
	assert_non_null(ledger);
	return ledger;
}

static UNUSED struct writ_ledger_request request_row(const char *agent, const char *playbook,
						     int64_t at)
{
	return (struct writ_ledger_request){
		.asked_at = at,
		.uid = 1000,
		.pid = 77,
		.agent = agent,
		.role = "web-operator",
		.environment = "production",
		.playbook = playbook,
		.parameters = "{\"service\": \"billing\"}",
		.ticket = "CHG-1842",
		.sponsor = "carol",
		.reason = "the certificate runs out",
		.ttl_ns = 180 * (uint64_t)SECOND,
		.context = {.session = "s-1", .prompt = "sha256:ab", .tool_call = "call_7"},
	};
}

static UNUSED struct writ_ledger_grant grant_row(uint64_t id, uint64_t request, const char *agent,
						 const char *playbook, int64_t at)
{
	return (struct writ_ledger_grant){
		.id = id,
		.request = request,
		.issued_at = at,
		.begins_at = at,
		.expires_at = at + 180 * SECOND,
		.clip = WRIT_CLIP_ROLE,
		.agent = agent,
		.role = "web-operator",
		.environment = "production",
		.playbook = playbook,
		.parameters = "{\"service\": \"billing\"}",
		.ticket = "CHG-1842",
		.sponsor = "carol",
		.approvers = "alice,bob",
		.context = {.session = "s-1", .prompt = "sha256:ab", .tool_call = "call_7"},
	};
}

static UNUSED uint64_t ask(struct writ_ledger *ledger, const char *agent, const char *playbook,
			   int64_t at)
{
	struct writ_ledger_request row = request_row(agent, playbook, at);
	uint64_t id = 0;

	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	assert_true(id > 0);
	return id;
}

static UNUSED uint64_t ask_and_get(struct writ_ledger *ledger, uint64_t grant, const char *agent,
				   const char *playbook, int64_t at)
{
	uint64_t id = ask(ledger, agent, playbook, at);
	struct writ_ledger_grant row = grant_row(grant, id, agent, playbook, at);

	assert_int_equal(writ_ledger_issue(ledger, id, at), 0);
	assert_int_equal(writ_ledger_grant(ledger, &row), 0);
	return id;
}

/* One step of the script; `request` is what ask() gives in an empty ledger. */
struct step {
	enum { ASK, ASK_ISSUE, PEND, YES, NO, REFUSE, WITHDRAW, ISSUE, GRANT, END, FORGIVE } verb;
	uint64_t request;
};

static const struct step script[] = {
	{ASK, 1},     {ASK, 2},	   {ISSUE, 1},	  {GRANT, 1},  {PEND, 2},  {YES, 2},
	{ASK, 3},     {REFUSE, 3}, {YES, 2},	  {ISSUE, 2},  {GRANT, 2}, {END, 1},
	{ASK, 4},     {PEND, 4},   {NO, 4},	  {REFUSE, 4}, {ASK, 5},   {REFUSE, 5},
	{FORGIVE, 0}, {ASK, 6},	   {WITHDRAW, 6}, {ASK, 7},    {PEND, 7},  {ASK, 8},
	{ISSUE, 8},   {ASK_ISSUE, 9}, {GRANT, 9}, {ASK_ISSUE, 10},
};
#define N_STEPS (sizeof(script) / sizeof(script[0]))

static UNUSED int take_step(struct writ_ledger *ledger, size_t i)
{
	const char *agent = script[i].request % 2 ? "billing-bot" : "deploy-bot";
	int64_t at = NOON + (int64_t)i * SECOND;
	uint64_t request = script[i].request, id = 0;
	struct writ_ledger_request row = request_row(agent, "rotate-certificate", at);
	struct writ_ledger_grant grant =
		grant_row(100 + request, request, agent, "rotate-certificate", at);

	switch (script[i].verb) {
	case ASK:
		return writ_ledger_ask(ledger, &row, &id);
	case ASK_ISSUE:
		return writ_ledger_ask_issue(ledger, &row, at, &id);
	case PEND:
		return writ_ledger_pend(ledger, request, 500 + request);
	case YES:
	case NO:
		return writ_ledger_vote(ledger, request, i % 2 ? "alice" : "bob",
					script[i].verb == YES, "seen", at);
	case REFUSE:
		return writ_ledger_refuse(ledger, request, WRIT_REFUSAL_ROLE, "the role may not",
					  "ask for another", 10, at);
	case WITHDRAW:
		return writ_ledger_refuse(ledger, request, WRIT_REFUSAL_NONE, "", "", 0, at);
	case ISSUE:
		return writ_ledger_issue(ledger, request, at);
	case GRANT:
		return writ_ledger_grant(ledger, &grant);
	case END:
		return writ_ledger_end(ledger, 100 + request, WRIT_END_COMPLETED, "agent", 2, 1,
				       at);
	case FORGIVE:
		return writ_ledger_forgive(ledger, agent, at);
	}
	return -EINVAL;
}

/* Every row of every table. The caller frees it. */
static UNUSED char *dump(sqlite3 *db)
{
	static const char *const queries[] = {
		"SELECT * FROM boots ORDER BY 1",    "SELECT * FROM agents ORDER BY 1",
		"SELECT * FROM requests ORDER BY 1", "SELECT * FROM votes ORDER BY 1, 2, 3",
		"SELECT * FROM grants ORDER BY 1",
	};
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		sqlite3_stmt *statement = NULL;

		assert_int_equal(sqlite3_prepare_v2(db, queries[i], -1, &statement, NULL), 0);
		while (sqlite3_step(statement) == SQLITE_ROW) {
			for (int c = 0; c < sqlite3_column_count(statement); c++)
				(void)fprintf(out, "%s|", sqlite3_column_text(statement, c));
			(void)fprintf(out, "\n");
		}
		assert_int_equal(sqlite3_finalize(statement), 0);
		(void)fprintf(out, "--\n");
	}
	assert_int_equal(fclose(out), 0);
	return text;
}

/* The first column of the first row of @sql. */
static UNUSED int64_t number_of(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement = NULL;
	int64_t number;

	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	number = sqlite3_column_int64(statement, 0);
	assert_int_equal(sqlite3_finalize(statement), 0);
	return number;
}

/* Pages, indices, references, and what the functions promise of each row. */
static UNUSED void check_ledger(sqlite3 *db)
{
	sqlite3_stmt *statement = NULL;

	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &statement, NULL), 0);
	assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
	assert_string_equal((const char *)sqlite3_column_text(statement, 0), "ok");
	assert_int_equal(sqlite3_finalize(statement), 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests WHERE (state = 'granted') != "
				       "EXISTS (SELECT 1 FROM grants WHERE request = requests.id)"),
			 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM requests WHERE "
				       "(state IN ('open', 'pending')) != (decided_at = 0) OR "
				       "(state = 'refused') != (refusal != 'none') OR "
				       "state NOT IN ('open', 'pending', 'issuing', 'granted', "
				       "'refused', 'withdrawn')"),
			 0);
	assert_int_equal(number_of(db, "SELECT count(*) FROM grants WHERE "
				       "(ended_at = 0) != (end = 'none')"),
			 0);
}

#endif
