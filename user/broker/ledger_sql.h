/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the ledger share: the connection, its statements, and how one is run. Each
 * value is bound, never pasted. For ledger*.c and their tests alone.
 */
#ifndef WRIT_BROKER_LEDGER_SQL_H
#define WRIT_BROKER_LEDGER_SQL_H

#include <sqlite3.h>

#include "broker/ledger.h"
#include "broker/ledger_checkpoint.h"

/* In the order in which read.c takes them from a row. */
#define WRIT_LEDGER_REQUEST_COLUMNS                                                         \
	"id, asked_at, decided_at, state, refusal, retry_after, uid, pid, by_operator, "    \
	"proposal, run, ttl_ns, delay_ns, agent, role, environment, playbook, parameters, " \
	"ticket, sponsor, reason, requester, message, remedy, session, prompt, tool_call, " \
	"parent, (SELECT g.id FROM grants AS g WHERE g.request = requests.id), "            \
	"(SELECT p.times FROM repeats AS p WHERE p.request = requests.id), "                \
	"(SELECT p.last_at FROM repeats AS p WHERE p.request = requests.id)"
#define WRIT_LEDGER_GRANT_COLUMNS                                                            \
	"id, request, (SELECT b.name FROM boots AS b WHERE b.id = grants.boot), issued_at, " \
	"begins_at, expires_at, ended_at, end, clip, scope, cut_files, cut_sockets, "        \
	"break_glass, ended_by, agent, role, environment, playbook, parameters, ticket, "    \
	"sponsor, requester, approvers, session, prompt, tool_call, parent"

/*
 * Statements that are kept prepared. `live` and `live_ends` are tables in memory: how many grants
 * of a playbook live, and when they run out, so that a hundred thousand of them need not be looked
 * through for each request. They are of the same transactions as the grants, and are filled anew
 * when the ledger is opened.
 */
#define WRIT_LEDGER_SQL_LIST(X)                                                                  \
	X(BEGIN, "BEGIN IMMEDIATE")                                                              \
	X(COMMIT, "COMMIT")                                                                      \
	X(ROLLBACK, "ROLLBACK")                                                                  \
	X(ASK,                                                                                   \
	  "INSERT INTO requests (boot, asked_at, uid, pid, by_operator, run, ttl_ns, delay_ns, " \
	  "agent, role, environment, playbook, parameters, ticket, sponsor, reason, requester, " \
	  "session, prompt, tool_call, parent, state, decided_at, id, clock) VALUES "            \
	  "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23," \
	  "max(?24, ifnull((SELECT max(id) FROM requests), 0)) + 1, "                            \
	  "max(?2, ifnull((SELECT clock FROM requests "                                          \
	  "WHERE id = (SELECT max(id) FROM requests)), ?2)))")                                   \
	X(EXISTS, "SELECT 1 FROM requests WHERE id = ?1")                                        \
	X(PEND, "UPDATE requests SET state = 'pending', proposal = ?2, decided_at = 0 "          \
		"WHERE id = ?1 AND state IN ('open', 'pending', 'issuing')")                     \
	X(VOTE, "INSERT INTO votes (request, who, verdict, comment, at) "                        \
		"SELECT id, ?2, ?3, ?4, ?5 FROM requests WHERE id = ?1 AND state = 'pending' "   \
		"ON CONFLICT DO UPDATE SET comment = comment")                                   \
	X(REFUSE, "UPDATE requests SET state = ?2, refusal = ?3, message = ?4, remedy = ?5, "    \
		  "retry_after = ?6, decided_at = ?7 "                                           \
		  "WHERE id = ?1 AND state IN ('open', 'pending', 'issuing')")                   \
	X(DENIAL, "INSERT INTO agents (name, denials, last_denial) "                             \
		  "SELECT agent, 1, ?2 FROM requests WHERE id = ?1 AND by_operator = 0 "         \
		  "ON CONFLICT DO UPDATE SET denials = denials + 1, last_denial = ?2")           \
	X(REFUSED_ROW,                                                                           \
	  "INSERT INTO refused (agent, began, rows) "                                            \
	  "SELECT agent, ?2, 1 FROM requests WHERE id = ?1 AND by_operator = 0 "                 \
	  "ON CONFLICT DO UPDATE SET "                                                           \
	  "rows = iif(?2 - began BETWEEN 0 AND 59999999999, rows + 1, 1), "                      \
	  "late = iif(?2 - began BETWEEN 0 AND 59999999999, late, 0), "                          \
	  "began = iif(?2 - began BETWEEN 0 AND 59999999999, began, ?2)")                        \
	X(REFUSED_LATE, "UPDATE refused SET late = late + 1 WHERE agent = ?1")                   \
	X(COUNT_IN, "INSERT INTO counted (agent, refusal, request, began) "                      \
		    "SELECT q.agent, q.refusal, q.id, r.began FROM requests AS q, refused AS r " \
		    "WHERE q.id = ?1 AND q.by_operator = 0 AND r.agent = q.agent "               \
		    "AND r.rows > ?2 ON CONFLICT DO UPDATE SET "                                 \
		    "request = excluded.request, began = excluded.began")                        \
	X(COUNTED, "SELECT c.request FROM refused AS r, counted AS c WHERE r.agent = ?1 "        \
		   "AND c.agent = ?1 AND c.refusal = ?2 AND c.began = r.began "                  \
		   "AND ?3 - r.began BETWEEN 0 AND 59999999999")                                 \
	X(REPEAT, "INSERT INTO repeats (request, times, last_at) VALUES (?1, 1, ?2) "            \
		  "ON CONFLICT DO UPDATE SET times = times + 1, last_at = ?2")                   \
	X(ISSUE, "UPDATE requests SET state = 'issuing', decided_at = ?2 "                       \
		 "WHERE id = ?1 AND state IN ('open', 'pending')")                               \
	X(GRANTED, "UPDATE requests SET state = 'granted' WHERE id = ?1 AND state = 'issuing'")  \
	X(GRANT,                                                                                 \
	  "INSERT INTO grants (boot, id, request, issued_at, begins_at, expires_at, clip, "      \
	  "scope, break_glass, agent, role, environment, playbook, parameters, ticket, "         \
	  "sponsor, requester, approvers, session, prompt, tool_call, parent, clock) VALUES "    \
	  "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22, "    \
	  "max(?4, ifnull((SELECT clock FROM grants "                                            \
	  "WHERE n = (SELECT max(n) FROM grants)), ?4)))")                                       \
	X(LIVES, "INSERT INTO live (playbook, grants) VALUES (?1, 1) "                           \
		 "ON CONFLICT DO UPDATE SET grants = grants + 1")                                \
	X(LIVES_UNTIL, "INSERT INTO live_ends (playbook, expires_at, request) "                  \
		       "VALUES (?1, ?2, ?3)")                                                    \
	X(GOOD, "UPDATE agents SET denials = 0 WHERE name = ?1 AND denials > 0")                 \
	X(LIVING, "SELECT ended_at FROM grants WHERE boot = ?1 AND id = ?2")                     \
	X(END, "UPDATE grants SET end = ?3, ended_by = ?4, cut_files = ?5, cut_sockets = ?6, "   \
	       "ended_at = ?7 WHERE boot = ?1 AND id = ?2")                                      \
	X(CUT, "UPDATE grants SET cut_files = ?3, cut_sockets = ?4 WHERE boot = ?1 AND id = ?2") \
	X(ENDED, "UPDATE live SET grants = grants - 1 WHERE playbook = "                         \
		 "(SELECT playbook FROM main.grants WHERE boot = ?1 AND id = ?2)")               \
	X(ENDED_UNTIL, "DELETE FROM live_ends WHERE (playbook, expires_at, request) = "          \
		       "(SELECT playbook, expires_at, request FROM main.grants "                 \
		       "WHERE boot = ?1 AND id = ?2)")                                           \
	X(FORGIVE, "INSERT INTO agents (name, forgiven_at) VALUES (?1, ?2) "                     \
		   "ON CONFLICT DO UPDATE SET denials = 0, forgiven_at = ?2")                    \
	X(REQUEST, "SELECT " WRIT_LEDGER_REQUEST_COLUMNS " FROM requests WHERE id = ?1")         \
	X(GRANT_OF, "SELECT " WRIT_LEDGER_GRANT_COLUMNS " FROM grants WHERE request = ?1")       \
	X(UNSETTLED, "SELECT " WRIT_LEDGER_REQUEST_COLUMNS                                       \
		     " FROM requests WHERE state = 'issuing' ORDER BY id DESC")                  \
	X(HISTORY,                                                                               \
	  "SELECT ifnull((SELECT grants FROM live WHERE playbook = ?2), 0), "                    \
	  "(SELECT count(*) FROM requests WHERE state = 'issuing' AND +playbook = ?2), "         \
	  "(SELECT count(*) FROM requests WHERE state = 'issuing' AND +playbook = ?2 "           \
	  "AND +agent = ?1), "                                                                   \
	  "(SELECT count(*) FROM (SELECT 1 FROM grants WHERE agent = ?1 AND playbook = ?2 "      \
	  "AND issued_at >= ?3 LIMIT ?4)), "                                                     \
	  "ifnull((SELECT ended_at FROM grants WHERE agent = ?1 AND playbook = ?2 "              \
	  "AND ended_at > 0 ORDER BY ended_at DESC LIMIT 1), 0), "                               \
	  "ifnull((SELECT denials FROM agents WHERE name = ?1), 0), "                            \
	  "ifnull((SELECT last_denial FROM agents WHERE name = ?1), 0), "                        \
	  "ifnull((SELECT expires_at FROM live_ends WHERE playbook = ?2 "                        \
	  "ORDER BY expires_at LIMIT 1), 0), "                                                   \
	  "ifnull((SELECT issued_at FROM grants WHERE agent = ?1 AND playbook = ?2 "             \
	  "AND issued_at >= ?3 ORDER BY issued_at LIMIT 1), 0), "                                \
	  "ifnull((SELECT late FROM refused WHERE agent = ?1), 0), "                             \
	  "ifnull((SELECT began FROM refused WHERE agent = ?1), 0)")                             \
	X(TALLIES, "SELECT kind, name, word, total FROM tallies ORDER BY n")

enum writ_ledger_sql {
#define X(name, text) WRIT_LEDGER_SQL_##name,
	WRIT_LEDGER_SQL_LIST(X)
#undef X
		WRIT_LEDGER_SQL_COUNT,
};

struct writ_ledger {
	sqlite3 *db;
	struct writ_ledger_checkpoint *checkpoint; /* owned */
	int64_t boot;				   /* this boot's row in `boots` */
	int64_t last;				   /* no request gets this id or one below */
	bool grouped;				   /* steps are parts of a transaction */
	bool broken;				   /* one of them failed, perhaps half way */
	sqlite3_stmt *kept[WRIT_LEDGER_SQL_COUNT]; /* NULL while it runs */
	char error[WRIT_ERROR_SIZE];
};

/* A statement that is being bound, run, and read. Its own slot in `kept`, or none (-1). */
struct writ_ledger_call {
	struct writ_ledger *ledger;
	sqlite3_stmt *statement; /* owned */
	int slot;
	int at;	  /* the next value to bind, or column to read */
	int code; /* of SQLite: the first that was none of OK, ROW, DONE */
};
#define _cleanup_call_ __attribute__((cleanup(writ_ledger_sql_end)))

/* Keeps every statement prepared: -EIO where the file's tables are not those of this layout. */
int writ_ledger_sql_open(struct writ_ledger *ledger);
void writ_ledger_sql_close(struct writ_ledger *ledger);

/* Notes what SQLite says of @code, for writ_ledger_error(). Returns -EIO. */
int writ_ledger_sql_fail(struct writ_ledger *ledger, int code);

/* A visitor may ask the ledger again: a statement that is at work is prepared once more. */
struct writ_ledger_call writ_ledger_sql_call(struct writ_ledger *ledger, enum writ_ledger_sql sql);
struct writ_ledger_call writ_ledger_sql_text(struct writ_ledger *ledger, const char *text);
void writ_ledger_sql_end(struct writ_ledger_call *call);

void writ_ledger_sql_put(struct writ_ledger_call *call, int64_t value);
/*
 * NULL is "". Text that is valid UTF-8 is stored as it is, with whatever control characters it has.
 * Other bytes are stored escaped as lib/escape.h says. @text stays the caller's until the end.
 */
void writ_ledger_sql_put_text(struct writ_ledger_call *call, const char *text);
void writ_ledger_sql_put_context(struct writ_ledger_call *call, const struct writ_context *context);

/* 1: a row; 0: no more; -EIO. */
int writ_ledger_sql_step(struct writ_ledger_call *call);

/* Runs a statement that gives no row: 0 or -EIO; @ret_changed (or NULL): rows that it changed. */
int writ_ledger_sql_run(struct writ_ledger_call *call, int *ret_changed);

int64_t writ_ledger_sql_take(struct writ_ledger_call *call);
const char *writ_ledger_sql_take_text(struct writ_ledger_call *call);
/* Index of the column's word in @words; -EIO is noted where it is none of them. */
uint32_t writ_ledger_sql_take_word(struct writ_ledger_call *call, const char *const *words,
				   uint32_t n);
void writ_ledger_sql_take_context(struct writ_ledger_call *call, struct writ_context *ret_context);

/*
 * A transaction, or a part of the group's: finish commits where @err is 0 and rolls back otherwise;
 * returns the outcome. A part is not rolled back by itself, for that costs a copy of each page that
 * it changes: with -EIO the group is broken, and with another error it must have changed nothing.
 */
int writ_ledger_sql_begin(struct writ_ledger *ledger);
int writ_ledger_sql_finish(struct writ_ledger *ledger, int err);

/* The words of the lists in request.h and ledger.h, as they are stored. */
extern const char *const writ_ledger_states[WRIT_REQUEST_STATE_COUNT];
extern const char *const writ_ledger_refusals[WRIT_REFUSAL_COUNT];
extern const char *const writ_ledger_ends[WRIT_END_COUNT];
extern const char *const writ_ledger_clips[WRIT_CLIP_COUNT];
extern const char *const writ_ledger_scopes[WRIT_SCOPE_COUNT];

#endif
