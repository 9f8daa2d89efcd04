/* SPDX-License-Identifier: Apache-2.0 */
/* See ledger_sql.h: statements, values in and out, transactions. */
#include "broker/ledger_sql.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "lib/cleanup.h"
#include "lib/escape.h"

#define WORDS(array, list, count)                      \
	const char *const array[count] = {list(WORD)}; \
	_Static_assert(sizeof(array) / sizeof(array[0]) == (count), #array)
#define WORD(name, word) word,

WORDS(writ_ledger_states, WRIT_REQUEST_STATE_LIST, WRIT_REQUEST_STATE_COUNT);
WORDS(writ_ledger_refusals, WRIT_REFUSAL_LIST, WRIT_REFUSAL_COUNT);
WORDS(writ_ledger_ends, WRIT_END_LIST, WRIT_END_COUNT);
WORDS(writ_ledger_clips, WRIT_CLIP_LIST, WRIT_CLIP_COUNT);
WORDS(writ_ledger_scopes, WRIT_SCOPE_LIST, WRIT_SCOPE_COUNT);

static const char *const texts[WRIT_LEDGER_SQL_COUNT] = {
#define X(name, text) [WRIT_LEDGER_SQL_##name] = (text),
	WRIT_LEDGER_SQL_LIST(X)
#undef X
};

static const char *remedy(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return "; free some space on its file system";
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return "; another program holds it for writing: end that one";
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return "; put back a backup, or move it and the files beside it away: then a new "
		       "one is begun";
	case SQLITE_IOERR:
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return "; look at its file system, and at who owns its directory";
	default:
		return "";
	}
}

int writ_ledger_sql_fail(struct writ_ledger *ledger, int code)
{
	(void)snprintf(ledger->error, sizeof(ledger->error), "ledger: %s (%d)%s",
		       ledger->db ? sqlite3_errmsg(ledger->db) : sqlite3_errstr(code), code,
		       remedy(code));
	return -EIO;
}

int writ_ledger_sql_open(struct writ_ledger *ledger)
{
	for (int i = 0; i < WRIT_LEDGER_SQL_COUNT; i++) {
		int code = sqlite3_prepare_v3(ledger->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
					      &ledger->kept[i], NULL);

		if (code)
			return writ_ledger_sql_fail(ledger, code);
	}
	return 0;
}

void writ_ledger_sql_close(struct writ_ledger *ledger)
{
	for (int i = 0; i < WRIT_LEDGER_SQL_COUNT; i++)
		(void)sqlite3_finalize(take_ptr(ledger->kept[i]));
}

struct writ_ledger_call writ_ledger_sql_text(struct writ_ledger *ledger, const char *text)
{
	struct writ_ledger_call call = {.ledger = ledger, .slot = -1, .at = 1};

	call.code = sqlite3_prepare_v2(ledger->db, text, -1, &call.statement, NULL);
	return call;
}

struct writ_ledger_call writ_ledger_sql_call(struct writ_ledger *ledger, enum writ_ledger_sql sql)
{
	struct writ_ledger_call call = {.ledger = ledger, .slot = (int)sql, .at = 1};

	call.statement = take_ptr(ledger->kept[sql]);
	if (!call.statement)
		call = writ_ledger_sql_text(ledger, texts[sql]);
	return call;
}

void writ_ledger_sql_end(struct writ_ledger_call *call)
{
	if (!call->statement)
		return;
	(void)sqlite3_reset(call->statement); /* repeats the error of the last step */
	if (call->slot < 0) {
		(void)sqlite3_finalize(call->statement);
	} else {
		(void)sqlite3_clear_bindings(call->statement);
		call->ledger->kept[call->slot] = call->statement;
	}
	call->statement = NULL;
}

static void note(struct writ_ledger_call *call, int code)
{
	if (!call->code)
		call->code = code;
}

void writ_ledger_sql_put(struct writ_ledger_call *call, int64_t value)
{
	if (!call->code)
		note(call, sqlite3_bind_int64(call->statement, call->at++, value));
}

/* jansson's check is RFC 3629's; it gives no string for text that fails it. Most is ASCII. */
static bool is_utf8(const char *text)
{
	json_t *string;
	bool is;

	while (*(const signed char *)text > 0)
		text++;
	if (!*text)
		return true;
	string = json_string(text); /* what follows ASCII begins at a character */
	is = string;
	json_decref(string);
	return is;
}

/* @size: of the escaped text with its NUL; it is cut at a whole character to fit. */
static void put_text(struct writ_ledger_call *call, const char *text, size_t size)
{
	size_t len = strlen(text);
	char *escaped;

	if (call->code)
		return;
	if (is_utf8(text)) {
		note(call, sqlite3_bind_text64(call->statement, call->at++, text, len,
					       SQLITE_STATIC, SQLITE_UTF8));
		return;
	}
	escaped = malloc(size);
	if (!escaped) {
		note(call, SQLITE_NOMEM);
		return;
	}
	len = writ_escape_text(text, len, escaped, size);
	note(call,
	     sqlite3_bind_text64(call->statement, call->at++, escaped, len, free, SQLITE_UTF8));
}

void writ_ledger_sql_put_text(struct writ_ledger_call *call, const char *text)
{
	const char *bytes = text ? text : "";

	put_text(call, bytes, WRIT_ESCAPE_SIZE(strlen(bytes)));
}

void writ_ledger_sql_put_context(struct writ_ledger_call *call, const struct writ_context *context)
{
	put_text(call, context->session, WRIT_CONTEXT_SIZE);
	put_text(call, context->prompt, WRIT_CONTEXT_SIZE);
	put_text(call, context->tool_call, WRIT_CONTEXT_SIZE);
	put_text(call, context->parent, WRIT_CONTEXT_SIZE);
}

int writ_ledger_sql_step(struct writ_ledger_call *call)
{
	int code;

	if (call->code)
		return writ_ledger_sql_fail(call->ledger, call->code);
	code = sqlite3_step(call->statement);
	if (code == SQLITE_DONE)
		return 0;
	call->at = 0;
	if (code == SQLITE_ROW)
		return 1;
	call->code = code;
	return writ_ledger_sql_fail(call->ledger, code);
}

int writ_ledger_sql_run(struct writ_ledger_call *call, int *ret_changed)
{
	int more = writ_ledger_sql_step(call);

	if (more < 0)
		return more;
	if (ret_changed)
		*ret_changed = sqlite3_changes(call->ledger->db);
	return 0;
}

int64_t writ_ledger_sql_take(struct writ_ledger_call *call)
{
	return sqlite3_column_int64(call->statement, call->at++);
}

const char *writ_ledger_sql_take_text(struct writ_ledger_call *call)
{
	const char *text = (const char *)sqlite3_column_text(call->statement, call->at++);

	if (text)
		return text;
	note(call, SQLITE_NOMEM); /* no column of ours is NULL */
	return "";
}

uint32_t writ_ledger_sql_take_word(struct writ_ledger_call *call, const char *const *words,
				   uint32_t n)
{
	const char *word = writ_ledger_sql_take_text(call);

	for (uint32_t i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return i;
	note(call, SQLITE_CORRUPT);
	return 0;
}

static void take_word_of_context(struct writ_ledger_call *call, char ret_word[WRIT_CONTEXT_SIZE])
{
	(void)snprintf(ret_word, WRIT_CONTEXT_SIZE, "%s", writ_ledger_sql_take_text(call));
}

void writ_ledger_sql_take_context(struct writ_ledger_call *call, struct writ_context *ret_context)
{
	take_word_of_context(call, ret_context->session);
	take_word_of_context(call, ret_context->prompt);
	take_word_of_context(call, ret_context->tool_call);
	take_word_of_context(call, ret_context->parent);
}

static int run(struct writ_ledger *ledger, enum writ_ledger_sql sql)
{
	_cleanup_call_ struct writ_ledger_call call = writ_ledger_sql_call(ledger, sql);

	return writ_ledger_sql_run(&call, NULL);
}

int writ_ledger_sql_begin(struct writ_ledger *ledger)
{
	if (!ledger->grouped)
		return run(ledger, WRIT_LEDGER_SQL_BEGIN);
	/* Some errors have ended the transaction: that is what was said last. */
	return ledger->broken || sqlite3_get_autocommit(ledger->db) ? -EIO : 0;
}

/* What the first error said stays. */
static void undo(struct writ_ledger *ledger)
{
	_cleanup_call_ struct writ_ledger_call call =
		writ_ledger_sql_call(ledger, WRIT_LEDGER_SQL_ROLLBACK);

	(void)sqlite3_step(call.statement);
}

int writ_ledger_sql_finish(struct writ_ledger *ledger, int err)
{
	if (ledger->grouped) {
		ledger->broken = ledger->broken || err == -EIO;
		return err;
	}
	if (!err)
		err = run(ledger, WRIT_LEDGER_SQL_COMMIT);
	/* Some errors have ended the transaction already. */
	if (err && !sqlite3_get_autocommit(ledger->db))
		undo(ledger);
	return err;
}
