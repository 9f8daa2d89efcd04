/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens and closes the ledger; the functions are in ledger_write.c and ledger_read.c. What is there
 * is looked at before anything is changed: a file that is damaged, another program's, or newer is
 * left as it is.
 *
 * synchronous=NORMAL: a commit is in the operating system's hands before its function returns, so
 * kill -9 loses nothing. A power cut may lose the last commits, never a part of one; it also ends
 * every grant that they spoke of, for no grant outlives a boot.
 */
#include "broker/ledger.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "broker/ledger_file.h"
#include "broker/ledger_schema.h"
#include "broker/ledger_sql.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define BUSY_MS 1000	  /* a person's sqlite3 may hold the lock; the loop waits no longer */
#define ROW_MAX (1 << 20) /* bytes of one row: a body of HTTP is far less */

/*
 * trusted_schema, cell_size_check: the file may be damaged on purpose. The journal is cut back to
 * 128 MiB, what ledger_checkpoint.h lets it have, where a reader's long look has made it larger. It
 * is not cut each time that it begins again: with `discard` that takes tens of milliseconds.
 */
static const char settings[] =
	"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON; "
	"PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -16384; "
	"PRAGMA journal_size_limit = 134217728; PRAGMA wal_autocheckpoint = 1000;";

static const char live_table[] =
	"CREATE TEMP TABLE live (playbook TEXT NOT NULL PRIMARY KEY, grants INTEGER NOT NULL) "
	"STRICT, WITHOUT ROWID;"
	"INSERT INTO live SELECT playbook, count(*) FROM grants INDEXED BY grants_live "
	"WHERE ended_at = 0 GROUP BY playbook;"
	"CREATE TEMP TABLE live_ends (playbook TEXT NOT NULL, expires_at INTEGER NOT NULL, "
	"request INTEGER NOT NULL, PRIMARY KEY (playbook, expires_at, request)) "
	"STRICT, WITHOUT ROWID;"
	"INSERT INTO live_ends SELECT playbook, expires_at, request FROM grants "
	"INDEXED BY grants_live WHERE ended_at = 0;";

/*
 * Each agent's refusals in its last minute of them, and the rows that later ones are counted in. A
 * broker that is started anew begins a new minute.
 */
static const char refused_tables[] =
	"CREATE TEMP TABLE refused (agent TEXT NOT NULL PRIMARY KEY, began INTEGER NOT NULL, "
	"rows INTEGER NOT NULL, late INTEGER NOT NULL DEFAULT 0) STRICT, WITHOUT ROWID;"
	"CREATE TEMP TABLE counted (agent TEXT NOT NULL, refusal TEXT NOT NULL, "
	"request INTEGER NOT NULL, began INTEGER NOT NULL, PRIMARY KEY (agent, refusal)) "
	"STRICT, WITHOUT ROWID;";

static int execute(struct writ_ledger *ledger, const char *sql)
{
	int code = sqlite3_exec(ledger->db, sql, NULL, NULL, NULL);

	return code ? writ_ledger_sql_fail(ledger, sqlite3_extended_errcode(ledger->db)) : 0;
}

static int connect_file(struct writ_ledger *ledger, const char *path)
{
	int code = sqlite3_open_v2(path, &ledger->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
				   NULL);

	if (code)
		return writ_ledger_sql_fail(ledger, code);
	(void)sqlite3_extended_result_codes(ledger->db, 1);
	(void)sqlite3_busy_timeout(ledger->db, BUSY_MS);
	(void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(ledger->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	(void)sqlite3_limit(ledger->db, SQLITE_LIMIT_LENGTH, ROW_MAX);
	return 0;
}

static int bring_up_to_date(struct writ_ledger *ledger)
{
	size_t layout = 0;
	int err = writ_ledger_schema_check(ledger->db, writ_ledger_n_steps, &layout);

	if (err == -EPROTO)
		(void)snprintf(ledger->error, sizeof(ledger->error),
			       "ledger: the file is another program's, or of a newer version than "
			       "this one: start that version, or name another file");
	if (err == -EIO)
		return writ_ledger_sql_fail(ledger, sqlite3_extended_errcode(ledger->db));
	if (err)
		return err;
	err = execute(ledger, settings);
	if (err)
		return err;
	err = writ_ledger_schema_migrate(ledger->db, layout, writ_ledger_steps,
					 writ_ledger_n_steps);
	return err ? writ_ledger_sql_fail(ledger, sqlite3_extended_errcode(ledger->db)) : 0;
}

static int know_boot(struct writ_ledger *ledger, const char *boot)
{
	_cleanup_call_ struct writ_ledger_call add = writ_ledger_sql_text(
		ledger, "INSERT INTO boots (name) VALUES (?1) ON CONFLICT DO NOTHING");
	_cleanup_call_ struct writ_ledger_call find =
		writ_ledger_sql_text(ledger, "SELECT id FROM boots WHERE name = ?1");
	int more;

	writ_ledger_sql_put_text(&add, boot);
	more = writ_ledger_sql_run(&add, NULL);
	if (more)
		return more;
	writ_ledger_sql_put_text(&find, boot);
	more = writ_ledger_sql_step(&find);
	if (more <= 0)
		return more < 0 ? more : writ_ledger_sql_fail(ledger, SQLITE_CORRUPT);
	ledger->boot = writ_ledger_sql_take(&find);
	return 0;
}

static int run_at(struct writ_ledger *ledger, const char *sql, int64_t now)
{
	_cleanup_call_ struct writ_ledger_call call = writ_ledger_sql_text(ledger, sql);

	writ_ledger_sql_put(&call, now);
	writ_ledger_sql_put(&call, ledger->boot);
	return writ_ledger_sql_run(&call, NULL);
}

/*
 * What a crash or a reboot has decided. A grant of an earlier boot ended when the node went down:
 * nobody saw when, but not later than it would have expired. Proposals of an earlier boot are gone
 * with the core that kept them.
 */
static int settle(struct writ_ledger *ledger, const char *boot, int64_t now)
{
	int err = know_boot(ledger, boot);

	if (!err)
		err = run_at(
			ledger,
			"UPDATE requests SET state = 'withdrawn', decided_at = ?1, "
			"message = 'lost: broker or node stopped before it was decided' "
			"WHERE state IN ('open', 'pending') AND (state = 'open' OR boot != ?2)",
			now);
	if (!err)
		err = run_at(ledger,
			     "UPDATE grants SET end = 'reboot', "
			     "ended_at = max(1, min(?1, expires_at)) "
			     "WHERE ended_at = 0 AND boot != ?2",
			     now);
	if (!err)
		err = execute(ledger, live_table);
	return err ? err : execute(ledger, refused_tables);
}

static int open_ledger(struct writ_ledger *ledger, const char *path, const char *boot)
{
	struct timespec now = {0};
	char real[PATH_MAX];
	int err = writ_ledger_file_prepare(path, ledger->error, sizeof(ledger->error), real);

	if (!err)
		err = connect_file(ledger, real);
	if (!err)
		err = bring_up_to_date(ledger);
	if (!err)
		err = execute(ledger, "BEGIN IMMEDIATE");
	if (err)
		return err;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	err = settle(ledger, boot, (int64_t)now.tv_sec * 1000000000 + now.tv_nsec);
	if (!err)
		err = writ_ledger_sql_open(ledger);
	return err ? err : execute(ledger, "COMMIT");
}

int writ_ledger_beside(struct writ_ledger *ledger)
{
	if (ledger->checkpoint)
		return -EALREADY;
	return writ_ledger_checkpoint_open(ledger->db, sqlite3_db_filename(ledger->db, "main"),
					   &ledger->checkpoint);
}

int writ_ledger_open(const char *path, const char *boot, struct writ_ledger **ret_ledger)
{
	_cleanup_(writ_ledger_closep) struct writ_ledger *ledger = calloc(1, sizeof(*ledger));
	int err = ledger ? open_ledger(ledger, path, boot) : -ENOMEM;

	if (err) {
		writ_error("%s", ledger ? ledger->error : strerror(ENOMEM));
		return err;
	}
	*ret_ledger = take_ptr(ledger);
	return 0;
}

void writ_ledger_close(struct writ_ledger *ledger)
{
	if (!ledger)
		return;
	writ_ledger_checkpoint_close(ledger->checkpoint);
	writ_ledger_sql_close(ledger);
	(void)sqlite3_close_v2(ledger->db);
	free(ledger);
}

void writ_ledger_closep(struct writ_ledger **ledger)
{
	writ_ledger_close(*ledger);
}

void writ_ledger_go_on(struct writ_ledger *ledger, uint64_t last)
{
	if (last <= INT64_MAX && (int64_t)last > ledger->last)
		ledger->last = (int64_t)last;
}

const char *writ_ledger_error(const struct writ_ledger *ledger)
{
	return ledger->error;
}
