/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger's tables, as numbered steps. PRAGMA user_version says how many of them a file has
 * had. Words are stored as words, so that a list that grows in a header changes no old row. 0
 * stands for "not yet" in a time. `clock` is the latest time of this and all earlier rows: it never
 * goes back as the system's clock may, so "since" is a range of ids. Rows are never deleted.
 */
#include "broker/ledger_schema.h"

#include <errno.h>
#include <stdio.h>

#include "broker/ledger_tally.h"
#include "lib/cleanup.h"

/*
 * boots: boot ids in short. agents: denials in a row. requests_state: those that are not decided
 * are few, and first in none of the other indices. grants_recent and grants_ended answer for rate
 * and cooldown without looking at a row, grants_live holds as many entries as grants live.
 */
static const char layout_1[] =
	"CREATE TABLE boots (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;"
	"CREATE TABLE agents (name TEXT NOT NULL PRIMARY KEY, denials INTEGER NOT NULL DEFAULT 0, "
	"last_denial INTEGER NOT NULL DEFAULT 0, forgiven_at INTEGER NOT NULL DEFAULT 0) "
	"STRICT, WITHOUT ROWID;"
	"CREATE TABLE requests (id INTEGER PRIMARY KEY, "
	"boot INTEGER NOT NULL REFERENCES boots (id), asked_at INTEGER NOT NULL, "
	"clock INTEGER NOT NULL, decided_at INTEGER NOT NULL DEFAULT 0, "
	"state TEXT NOT NULL DEFAULT 'open', refusal TEXT NOT NULL DEFAULT 'none', "
	"retry_after INTEGER NOT NULL DEFAULT 0, uid INTEGER NOT NULL, pid INTEGER NOT NULL, "
	"by_operator INTEGER NOT NULL, proposal INTEGER NOT NULL DEFAULT 0, run INTEGER NOT NULL, "
	"ttl_ns INTEGER NOT NULL, delay_ns INTEGER NOT NULL, agent TEXT NOT NULL, "
	"role TEXT NOT NULL, environment TEXT NOT NULL, playbook TEXT NOT NULL, "
	"parameters TEXT NOT NULL, ticket TEXT NOT NULL, sponsor TEXT NOT NULL, "
	"reason TEXT NOT NULL, requester TEXT NOT NULL, session TEXT NOT NULL, "
	"prompt TEXT NOT NULL, tool_call TEXT NOT NULL, parent TEXT NOT NULL, "
	"message TEXT NOT NULL DEFAULT '', remedy TEXT NOT NULL DEFAULT '') STRICT;"
	"CREATE INDEX requests_state ON requests (state);"
	"CREATE INDEX requests_agent ON requests (agent);"
	"CREATE INDEX requests_playbook ON requests (playbook);"
	"CREATE INDEX requests_ticket ON requests (ticket);"
	"CREATE INDEX requests_clock ON requests (clock);"
	"CREATE TABLE votes (request INTEGER NOT NULL REFERENCES requests (id), "
	"who TEXT NOT NULL, verdict INTEGER NOT NULL, comment TEXT NOT NULL, "
	"at INTEGER NOT NULL, PRIMARY KEY (request, who, verdict)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE grants (n INTEGER PRIMARY KEY, boot INTEGER NOT NULL REFERENCES boots (id), "
	"id INTEGER NOT NULL, request INTEGER NOT NULL UNIQUE REFERENCES requests (id), "
	"issued_at INTEGER NOT NULL, clock INTEGER NOT NULL, begins_at INTEGER NOT NULL, "
	"expires_at INTEGER NOT NULL, ended_at INTEGER NOT NULL DEFAULT 0, "
	"end TEXT NOT NULL DEFAULT 'none', clip TEXT NOT NULL, scope TEXT NOT NULL, "
	"cut_files INTEGER NOT NULL DEFAULT 0, cut_sockets INTEGER NOT NULL DEFAULT 0, "
	"break_glass INTEGER NOT NULL, ended_by TEXT NOT NULL DEFAULT '', agent TEXT NOT NULL, "
	"role TEXT NOT NULL, environment TEXT NOT NULL, playbook TEXT NOT NULL, "
	"parameters TEXT NOT NULL, ticket TEXT NOT NULL, sponsor TEXT NOT NULL, "
	"requester TEXT NOT NULL, approvers TEXT NOT NULL, session TEXT NOT NULL, "
	"prompt TEXT NOT NULL, tool_call TEXT NOT NULL, parent TEXT NOT NULL, "
	"UNIQUE (boot, id)) STRICT;"
	"CREATE INDEX grants_agent ON grants (agent);"
	"CREATE INDEX grants_playbook ON grants (playbook);"
	"CREATE INDEX grants_ticket ON grants (ticket);"
	"CREATE INDEX grants_clock ON grants (clock);"
	"CREATE INDEX grants_recent ON grants (agent, playbook, issued_at);"
	"CREATE INDEX grants_ended ON grants (agent, playbook, ended_at) WHERE ended_at > 0;"
	"CREATE INDEX grants_live ON grants (agent) WHERE ended_at = 0;";

/* How many refusals were counted in a request's row, instead of having rows of their own. */
static const char layout_2[] =
	"CREATE TABLE repeats (request INTEGER PRIMARY KEY REFERENCES requests (id), "
	"times INTEGER NOT NULL, last_at INTEGER NOT NULL) STRICT;";

const char *const writ_ledger_steps[] = {layout_1, layout_2, writ_ledger_tally_layout};
const size_t writ_ledger_n_steps = sizeof(writ_ledger_steps) / sizeof(writ_ledger_steps[0]);

static void finalizep(sqlite3_stmt **statement)
{
	(void)sqlite3_finalize(*statement);
}

static int number(sqlite3 *db, const char *sql, sqlite3_int64 *ret_number)
{
	__attribute__((cleanup(finalizep))) sqlite3_stmt *statement = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) ||
	    sqlite3_step(statement) != SQLITE_ROW)
		return -EIO;
	*ret_number = sqlite3_column_int64(statement, 0);
	return 0;
}

int writ_ledger_schema_check(sqlite3 *db, size_t n_steps, size_t *ret_layout)
{
	sqlite3_int64 application = 0, layout = 0, tables = 0;

	if (number(db, "SELECT count(*) FROM sqlite_schema", &tables) ||
	    number(db, "PRAGMA application_id", &application) ||
	    number(db, "PRAGMA user_version", &layout))
		return -EIO;
	/* A crash while it was made leaves a file of no table, perhaps with a header. */
	if (!tables && !application && !layout) {
		*ret_layout = 0;
		return 0;
	}
	if (application != WRIT_LEDGER_APPLICATION || layout < 1 || (size_t)layout > n_steps)
		return -EPROTO;
	*ret_layout = (size_t)layout;
	return 0;
}

static int take_step(sqlite3 *db, const char *step, size_t layout)
{
	char header[128];

	(void)snprintf(header, sizeof(header),
		       "PRAGMA application_id = %d; PRAGMA user_version = %zu; COMMIT",
		       WRIT_LEDGER_APPLICATION, layout);
	if (!sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) &&
	    !sqlite3_exec(db, step, NULL, NULL, NULL) &&
	    !sqlite3_exec(db, header, NULL, NULL, NULL))
		return 0;
	return -EIO;
}

int writ_ledger_schema_migrate(sqlite3 *db, size_t layout, const char *const *steps, size_t n_steps)
{
	for (size_t i = layout; i < n_steps; i++)
		if (take_step(db, steps[i], i + 1))
			return -EIO; /* closing rolls back; until then the error can be read */
	return 0;
}
