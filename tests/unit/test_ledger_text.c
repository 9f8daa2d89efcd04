/* SPDX-License-Identifier: Apache-2.0 */
/* Hostile text in every field of the ledger: kept as it came, or escaped where it is no text. */
#include "ledger_helper.h"

static struct writ_ledger *ledger;

static int set_up(void **state)
{
	(void)make_directory(state);
	ledger = open_ledger_of(BOOT);
	return 0;
}

static int tear_down(void **state)
{
	writ_ledger_closep(&ledger);
	return remove_directory(state);
}

static const struct {
	const char *given;
	const char *kept;
} texts[] = {
	{"", ""},
	{"'; DROP TABLE grants; --", "'; DROP TABLE grants; --"},
	{"\"?1 :name @x $y %s %n\\", "\"?1 :name @x $y %s %n\\"},
	{"line\nline\ttab\x1b[2J\x7f", "line\nline\ttab\x1b[2J\x7f"},
	{"{\"a\": \"\\u0000\\ud800\\\\\"}", "{\"a\": \"\\u0000\\ud800\\\\\"}"},
	{"\xc3\xa4\xe2\x82\xac\xf0\x9f\xa6\x8a\xc2\x85",
	 "\xc3\xa4\xe2\x82\xac\xf0\x9f\xa6\x8a\xc2\x85"},
	/* not UTF-8: all of it as lib/escape.h says, so that the bytes can be had again */
	{"a\\b\n\xff\xfe", "a\\\\b\\x0a\\xff\\xfe"},
	{"\xc0\xaf", "\\xc0\\xaf"},
	{"\xed\xa0\x80", "\\xed\\xa0\\x80"},
	{"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"},
	{"\xc3", "\\xc3"},
};
#define N_TEXTS (sizeof(texts) / sizeof(texts[0]))

static void check_request(void *context, const struct writ_ledger_request *row)
{
	const char *kept = context;

	assert_string_equal(row->agent, kept);
	assert_string_equal(row->role, kept);
	assert_string_equal(row->environment, kept);
	assert_string_equal(row->playbook, kept);
	assert_string_equal(row->parameters, kept);
	assert_string_equal(row->ticket, kept);
	assert_string_equal(row->sponsor, kept);
	assert_string_equal(row->reason, kept);
	assert_string_equal(row->requester, kept);
	assert_string_equal(row->message, kept);
	assert_string_equal(row->remedy, kept);
	assert_string_equal(row->context.session, kept);
	assert_string_equal(row->context.prompt, kept);
	assert_string_equal(row->context.tool_call, kept);
	assert_string_equal(row->context.parent, kept);
}

static void check_grant(void *context, const struct writ_ledger_grant *row)
{
	const char *kept = context;

	assert_string_equal(row->boot, BOOT);
	assert_string_equal(row->ended_by, kept);
	assert_string_equal(row->agent, kept);
	assert_string_equal(row->role, kept);
	assert_string_equal(row->environment, kept);
	assert_string_equal(row->playbook, kept);
	assert_string_equal(row->parameters, kept);
	assert_string_equal(row->ticket, kept);
	assert_string_equal(row->sponsor, kept);
	assert_string_equal(row->requester, kept);
	assert_string_equal(row->approvers, kept);
	assert_string_equal(row->context.session, kept);
	assert_string_equal(row->context.prompt, kept);
	assert_string_equal(row->context.tool_call, kept);
	assert_string_equal(row->context.parent, kept);
}

static struct writ_context context_of(const char *text)
{
	struct writ_context context;

	(void)snprintf(context.session, WRIT_CONTEXT_SIZE, "%s", text);
	(void)snprintf(context.prompt, WRIT_CONTEXT_SIZE, "%s", text);
	(void)snprintf(context.tool_call, WRIT_CONTEXT_SIZE, "%s", text);
	(void)snprintf(context.parent, WRIT_CONTEXT_SIZE, "%s", text);
	return context;
}

static uint64_t ask_with(const char *text)
{
	struct writ_ledger_request row = {
		.asked_at = NOON,
		.agent = text,
		.role = text,
		.environment = text,
		.playbook = text,
		.parameters = text,
		.ticket = text,
		.sponsor = text,
		.reason = text,
		.requester = text,
		.context = context_of(text),
	};
	uint64_t id = 0;

	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	return id;
}

static void keeps_text_of_a_request(const char *given, char *kept)
{
	uint64_t id = ask_with(given);

	assert_int_equal(writ_ledger_pend(ledger, id, 1), 0);
	assert_int_equal(writ_ledger_vote(ledger, id, given, false, given, NOON), 0);
	assert_int_equal(writ_ledger_refuse(ledger, id, WRIT_REFUSAL_DENIED, given, given, 0, NOON),
			 0);
	assert_int_equal(writ_ledger_request(ledger, id, check_request, kept), 0);
}

static void keeps_text_of_a_grant(uint64_t grant, const char *given, char *kept)
{
	struct writ_ledger_filter filter = {
		.agent = given,
		.playbook = given,
		.ticket = given,
		.limit = 1,
	};
	struct writ_ledger_grant row = {
		.id = grant,
		.request = ask_with(given),
		.issued_at = NOON,
		.agent = given,
		.role = given,
		.environment = given,
		.playbook = given,
		.parameters = given,
		.ticket = given,
		.sponsor = given,
		.requester = given,
		.approvers = given,
		.context = context_of(given),
	};

	assert_int_equal(writ_ledger_issue(ledger, row.request, NOON), 0);
	assert_int_equal(writ_ledger_grant(ledger, &row), 0);
	assert_int_equal(writ_ledger_end(ledger, grant, WRIT_END_REVOKED, given, 0, 0, NOON), 0);
	assert_int_equal(writ_ledger_grants(ledger, &filter, check_grant, kept), 0);
}

static void keeps_all_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_TEXTS; i++) {
		struct writ_history history;
		char kept[64];

		strcpy(kept, texts[i].kept);
		keeps_text_of_a_request(texts[i].given, kept);
		assert_int_equal(
			writ_ledger_history(ledger, texts[i].given, texts[i].given, NOON, &history),
			0);
		assert_int_equal(history.denials, 1);
		keeps_text_of_a_grant(i + 1, texts[i].given, kept);
		assert_int_equal(
			writ_ledger_history(ledger, texts[i].given, texts[i].given, NOON, &history),
			0);
		assert_int_equal(history.denials, 0);
		assert_int_equal(history.recent, 1);
		assert_int_equal(history.live, 0);
		assert_int_equal(writ_ledger_forgive(ledger, texts[i].given, NOON), 0);
	}
	check_ledger(ledger->db);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM requests"), 2 * N_TEXTS);
	assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM votes"), N_TEXTS);
}

static void takes_nothing_for_nothing(void **state)
{
	char kept[] = "";
	struct writ_ledger_request row = {.asked_at = NOON};
	uint64_t id = 0;

	(void)state;
	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	assert_int_equal(writ_ledger_refuse(ledger, id, WRIT_REFUSAL_ROLE, NULL, NULL, 0, NOON), 0);
	assert_int_equal(writ_ledger_request(ledger, id, check_request, kept), 0);
}

static void check_context(void *context, const struct writ_ledger_request *row)
{
	assert_string_equal(row->context.session, context);
}

/* Escapes make it longer than its field: cut behind a whole one. */
static void cuts_what_no_field_holds(void **state)
{
	struct writ_ledger_request row = request_row("a", "p", NOON);
	char expected[WRIT_CONTEXT_SIZE] = "";
	uint64_t id = 0;

	(void)state;
	memset(row.context.session, 0xff, WRIT_CONTEXT_SIZE - 1);
	for (size_t i = 0; i < (WRIT_CONTEXT_SIZE - 1) / 4; i++)
		strcat(expected, "\\xff");
	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	assert_int_equal(writ_ledger_request(ledger, id, check_context, expected), 0);
	memset(row.context.session, 'x', WRIT_CONTEXT_SIZE - 1);
	assert_int_equal(writ_ledger_ask(ledger, &row, &id), 0);
	assert_int_equal(writ_ledger_request(ledger, id, check_context, row.context.session), 0);
}

static void check_length(void *context, const struct writ_ledger_request *row)
{
	*(size_t *)context = strlen(row->reason);
}

/* A row holds a MiB; one byte more is refused as a whole. */
static void has_a_limit(void **state)
{
	static char text[(1 << 20) + 1];
	struct writ_ledger_request row = request_row("a", "p", NOON);
	uint64_t id = 0;
	size_t len, found = 0;

	(void)state;
	memset(text, 'x', sizeof(text) - 1);
	row.reason = text;
	for (len = sizeof(text) - 1; writ_ledger_ask(ledger, &row, &id); text[--len] = '\0') {
		assert_non_null(strstr(writ_ledger_error(ledger), "too big"));
		assert_int_equal(number_of(ledger->db, "SELECT count(*) FROM requests"), 0);
	}
	/* less by what the other columns take */
	assert_in_range(sizeof(text) - 1 - len, 100, 1000);
	assert_int_equal(writ_ledger_request(ledger, id, check_length, &found), 0);
	assert_int_equal(found, len);
}

/* A word in the file that is none of its list: said, not guessed. */
static void refuses_words_that_it_does_not_know(void **state)
{
	uint64_t id = ask(ledger, "a", "p", NOON);
	char kept[] = "";

	(void)state;
	assert_int_equal(
		sqlite3_exec(ledger->db, "UPDATE requests SET state = 'blessed'", NULL, NULL, NULL),
		0);
	assert_int_equal(writ_ledger_request(ledger, id, check_request, kept), -EIO);
	assert_int_equal(writ_ledger_issue(ledger, id, NOON), -EALREADY);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		CASE(keeps_all_text),
		CASE(takes_nothing_for_nothing),
		CASE(cuts_what_no_field_holds),
		CASE(has_a_limit),
		CASE(refuses_words_that_it_does_not_know),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
