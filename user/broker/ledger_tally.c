/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ledger_tally.h. Triggers count: no function that writes rows can forget to, and what a start
 * or a reboot decides for many rows at once is counted like the rest. A step that was released is
 * never changed.
 */
#include "broker/ledger_tally.h"

#include "broker/ledger_sql.h"

/* A grant that was ended before it began has lived for no time. */
#define LIVED(row) "max(0, " row "ended_at - " row "begins_at)"
#define BOUND(seconds) "WHEN lived <= " #seconds "000000000 THEN '" #seconds "' "
#define CLASS_OF(lived_ns)                                                      \
	"(SELECT CASE " WRIT_LIFETIME_LIST(BOUND) "ELSE '" WRIT_LIFETIME_MORE "' END " \
	"FROM (SELECT " lived_ns " AS lived))"

#define ADD(kind, name, word, more)                                                               \
	"INSERT INTO tallies (kind, name, word, total) SELECT '" kind "', " name ", " word ", "   \
	more " WHERE true ON CONFLICT DO UPDATE SET total = total + excluded.total; "
#define ADD_IF(kind, name, word, condition)                                                     \
	"INSERT INTO tallies (kind, name, word, total) SELECT '" kind "', " name ", " word ", 1 " \
	"WHERE " condition " ON CONFLICT DO UPDATE SET total = total + 1; "

/* What is there already: read once. */
#define FILL                                                                                     \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'asked', '', '', (SELECT count(*) FROM requests) + "                             \
	"ifnull((SELECT sum(times) FROM repeats), 0);"                                           \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'refused', '', refusal, sum(1 + ifnull((SELECT times FROM repeats AS p "         \
	"WHERE p.request = requests.id), 0)) FROM requests WHERE state = 'refused' "             \
	"GROUP BY refusal;"                                                                      \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'withdrawn', '', '', count(*) FROM requests WHERE state = 'withdrawn';"          \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'issued', playbook, '', count(*) FROM grants GROUP BY playbook ORDER BY min(n);" \
	"INSERT INTO tallies (kind, name, word, total) SELECT 'break_glass', playbook, '', "     \
	"count(*) FROM grants WHERE break_glass GROUP BY playbook;"                              \
	"INSERT INTO tallies (kind, name, word, total) SELECT 'ended', playbook, end, count(*) " \
	"FROM grants WHERE ended_at > 0 GROUP BY playbook, end;"                                 \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'lifetime', playbook, " CLASS_OF(LIVED("")) " AS class, count(*) "               \
	"FROM grants WHERE ended_at > 0 GROUP BY playbook, class;"                               \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'lifetime_ms', playbook, '', sum(" LIVED("") " / 1000000) "                      \
	"FROM grants WHERE ended_at > 0 GROUP BY playbook;"                                      \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'environment', environment, '', count(*) FROM grants GROUP BY environment;"      \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'environment', environment, 'ticket', count(*) FROM grants "                     \
	"WHERE ticket != '' GROUP BY environment;"                                               \
	"INSERT INTO tallies (kind, name, word, total) "                                         \
	"SELECT 'environment', environment, 'approver', count(*) FROM grants "                   \
	"WHERE approvers != '' GROUP BY environment;"

/* `n` keeps the order in which names were seen first. */
const char writ_ledger_tally_layout[] =
	"CREATE TABLE tallies (n INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, "
	"word TEXT NOT NULL, total INTEGER NOT NULL, UNIQUE (kind, name, word)) STRICT;" FILL
	"CREATE TRIGGER tally_asked AFTER INSERT ON requests BEGIN "
	ADD("asked", "''", "''", "1") "END;"
	"CREATE TRIGGER tally_decided AFTER UPDATE OF state ON requests "
	"WHEN new.state IN ('refused', 'withdrawn') AND old.state != new.state BEGIN "
	ADD_IF("refused", "''", "new.refusal", "new.state = 'refused'")
	ADD_IF("withdrawn", "''", "''", "new.state = 'withdrawn'") "END;"
	"CREATE TRIGGER tally_repeated AFTER INSERT ON repeats BEGIN "
	ADD("asked", "''", "''", "new.times")
	ADD("refused", "''", "(SELECT refusal FROM requests WHERE id = new.request)", "new.times")
	"END;"
	"CREATE TRIGGER tally_repeated_again AFTER UPDATE OF times ON repeats BEGIN "
	ADD("asked", "''", "''", "new.times - old.times")
	ADD("refused", "''", "(SELECT refusal FROM requests WHERE id = new.request)",
	    "new.times - old.times") "END;"
	"CREATE TRIGGER tally_issued AFTER INSERT ON grants BEGIN "
	ADD("issued", "new.playbook", "''", "1")
	ADD_IF("break_glass", "new.playbook", "''", "new.break_glass")
	ADD("environment", "new.environment", "''", "1")
	ADD_IF("environment", "new.environment", "'ticket'", "new.ticket != ''")
	ADD_IF("environment", "new.environment", "'approver'", "new.approvers != ''") "END;"
	"CREATE TRIGGER tally_ended AFTER UPDATE OF ended_at ON grants "
	"WHEN old.ended_at = 0 AND new.ended_at > 0 BEGIN "
	ADD("ended", "new.playbook", "new.end", "1")
	ADD("lifetime", "new.playbook", CLASS_OF(LIVED("new.")), "1")
	ADD("lifetime_ms", "new.playbook", "''", LIVED("new.") " / 1000000") "END;";

static const char *const kinds[] = {
#define X(name, word) [WRIT_TALLY_##name] = (word),
	WRIT_TALLY_LIST(X)
#undef X
};
_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == WRIT_TALLY_COUNT, "words");

int writ_ledger_tallies(struct writ_ledger *ledger, writ_ledger_tally_visitor *visitor,
			void *context)
{
	_cleanup_call_ struct writ_ledger_call call =
		writ_ledger_sql_call(ledger, WRIT_LEDGER_SQL_TALLIES);
	int more;

	while ((more = writ_ledger_sql_step(&call)) > 0) {
		struct writ_ledger_tally tally = {
			.kind = writ_ledger_sql_take_word(&call, kinds, WRIT_TALLY_COUNT)};

		tally.name = writ_ledger_sql_take_text(&call);
		tally.word = writ_ledger_sql_take_text(&call);
		tally.total = (uint64_t)writ_ledger_sql_take(&call);
		if (call.code)
			return writ_ledger_sql_fail(ledger, call.code);
		visitor(context, &tally);
	}
	return more;
}
