/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/line.c: the lines against tests/unit/data/line.jsonl, every one parsed by jansson, and raw
 * bytes recovered. WRIT_UPDATE=1 writes the file anew: then read the diff.
 */
#include <stdio.h>
#include <stdlib.h>

#include "line_helper.h"
#include "writ/note.h"
#include "writ/names.h"

#define EXPECTED "tests/unit/data/line.jsonl"
#define LINES_MAX 64

static char lines[LINES_MAX][WRIT_LINE_SIZE];
static size_t n_lines;

static const char *format(const struct writ_record *record)
{
	char *line = lines[n_lines];
	size_t len = writ_line_format(record, &resolver, line);

	assert_true(n_lines++ < LINES_MAX);
	assert_in_range(len, 1, WRIT_LINE_WORST);
	assert_int_equal(line[len - 1], '\n');
	line[len - 1] = '\0';
	assert_null(memchr(line, '\n', len));
	return line;
}

static void test_role_and_grant(void **state)
{
	struct writ_record record = decision();

	(void)state;
	OBJECT(&record, "/etc/nginx/nginx.conf");
	record.event.image_at = 64;
	record.event.accept = 5;
	(void)format(&record);
	record.event.access = WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE;
	record.event.reason = WRIT_REASON_GRANT;
	record.event.grant = 3;
	record.event.expires = BOOT + UINT64_C(17250999999);
	(void)format(&record);
	record.event.verdict = WRIT_VERDICT_DENY;
	record.event.reason = WRIT_REASON_EXPIRED;
	record.event.expires = BOOT - UINT64_C(1500000000);
	(void)format(&record);
	record.event.verdict = WRIT_VERDICT_WOULD_DENY;
	record.event.grant = 99; /* a grant, an agent and a rule that nobody knows any more */
	record.event.agent = 8;
	record.event.image_at = 128;
	(void)format(&record);
}

static void test_hostile_objects(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} objects[] = {
#define X(text) {text, sizeof(text) - 1}
		X(""),
		X("/a\nb"),
		X("/\x1b[31mred"),
		X("/say \"hi\""),
		X("/back\\slash"),
		X("/\xff\xfe"),
		X("/caf\xc3\xa9"),
		X("/\xc3"),
		X("/\xc2\x9b"
		  "1m"),
		X("/\0nul"),
		X("/\\x41"),
		X("/\x7f\t\r"),
		X("/\xed\xa0\x80"),
		X("/\xf0\x9f\x90\xa7"),
#undef X
	};

	(void)state;
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		struct writ_record record = decision();

		set_object(&record, objects[i].bytes, objects[i].len);
		check_object(format(&record), objects[i].bytes, objects[i].len);
	}
}

static void test_argv_and_cuts(void **state)
{
	static const char argv[] = "openssl\0req\0\0-subj\0/CN=\"x\"\n\0cu";
	struct writ_record record = decision();

	(void)state;
	OBJECT(&record, "/usr/bin/openssl");
	record.event.operation = WRIT_OP_ARGV;
	record.event.access = WRIT_ACCESS_EXECUTE | WRIT_ACCESS_EXECUTE_ARGV;
	record.event.verdict = WRIT_VERDICT_DENY;
	record.event.reason = WRIT_REASON_ARGV_MISMATCH;
	record.event.flags = WRIT_EVENT_OBJECT_CUT | WRIT_EVENT_ARGV_CUT;
	record.argv = argv;
	record.argv_len = sizeof(argv) - 1;
	(void)format(&record);
}

static void test_connect(void **state)
{
	struct writ_record record = decision();

	(void)state;
	record.event.operation = WRIT_OP_CONNECT;
	record.event.access = WRIT_ACCESS_CONNECT;
	record.event.family = AF_INET;
	record.event.port = 443;
	record.event.protocol = WRIT_PROTOCOL_TCP;
	memcpy(record.event.address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x7f\0\0\1", 16);
	(void)format(&record);
	record.event.family = AF_INET6;
	record.event.protocol = WRIT_PROTOCOL_UDP;
	record.event.port = 65535;
	memcpy(record.event.address, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16);
	(void)format(&record);
	record.event.family = 16;
	record.event.reason = WRIT_REASON_FAMILY;
	(void)format(&record);
}

static void test_sockets(void **state)
{
	struct writ_record record = decision();

	(void)state;
	record.event.operation = WRIT_OP_SOCKET;
	record.event.access = 0;
	record.event.family = AF_INET;
	record.event.port = SOCK_RAW;
	record.event.protocol = 1;
	record.event.reason = WRIT_REASON_FAMILY;
	(void)format(&record);
	record.event.family = UINT16_MAX;
	record.event.port = UINT16_MAX;
	record.event.protocol = UINT32_MAX;
	(void)format(&record);
	record.event.operation = WRIT_OP_BIND;
	record.event.access = WRIT_ACCESS_BIND;
	record.event.family = AF_INET6;
	record.event.port = 0;
	record.event.protocol = WRIT_PROTOCOL_TCP;
	(void)format(&record);
	record.event.family = AF_UNIX;
	record.object = "@a\0b";
	record.object_len = 4;
	(void)format(&record);
}

static void test_enrolment(void **state)
{
	struct writ_record record = decision();

	(void)state;
	record.event.type = WRIT_EVENT_ENROL;
	OBJECT(&record, "/agents/billing-bot");
	(void)format(&record);
}

/* Which program acts: known, not known (any more), and nothing executed since it is an agent's. */
static void test_process(void **state)
{
	struct writ_record record = decision();

	(void)state;
	OBJECT(&record, "/etc/hosts");
	(void)format(&record);
	record.event.exec = EXEC + 1;
	(void)format(&record);
	record.event.exec = 0;
	(void)format(&record);
}

static void test_exec(void **state)
{
	static const char argv[] = "nginx\0-g\0daemon off;\n\xff\"\0\0";
	struct writ_record record = decision();

	(void)state;
	record.event.type = WRIT_EVENT_EXEC;
	record.event.operation = WRIT_OP_NONE;
	record.event.verdict = WRIT_VERDICT_NONE;
	record.event.reason = WRIT_REASON_NONE;
	record.event.access = 0;
	record.event.by = EXEC - 3;
	OBJECT(&record, "/usr/sbin/nginx");
	record.argv = argv;
	record.argv_len = sizeof(argv) - 1;
	(void)format(&record);
	record.event.by = 0;
	record.event.flags = WRIT_EVENT_ARGV_CUT;
	(void)format(&record);
	record.argv_len = 0; /* its page could not be read */
	record.event.exec = EXEC + 1;
	record.event.reason = WRIT_REASON_ANONYMOUS;
	OBJECT(&record, "memfd:x");
	(void)format(&record);
}

static void test_out_of_range(void **state)
{
	struct writ_record record = decision();

	(void)state;
	OBJECT(&record, "/x");
	record.event.operation = 200;
	record.event.verdict = 200;
	record.event.reason = 200;
	record.event.access = UINT32_MAX;
	memset(record.event.comm, 'c', sizeof(record.event.comm)); /* without a NUL */
	(void)format(&record);
}

static void test_unknown_type_has_no_line(void **state)
{
	struct writ_record record = decision();
	char line[WRIT_LINE_SIZE];

	(void)state;
	record.event.type = 999;
	assert_int_equal(writ_line_format(&record, &resolver, line), 0);
}

/* Of what was denied, or would be, and of nothing else; between the rule and the grant. */
static void test_remedy(void **state)
{
	struct writ_record record = decision();
	struct writ_resolver mute = resolver;
	char line[WRIT_LINE_SIZE];

	(void)state;
	OBJECT(&record, "/etc/ssl/billing/tls.key");
	assert_null(strstr(format(&record), "\"remedy\""));
	record.event.verdict = WRIT_VERDICT_DENY;
	record.event.reason = WRIT_REASON_EXPIRED;
	record.event.image_at = 64;
	record.event.accept = 5;
	record.event.grant = 3;
	record.event.expires = BOOT;
	assert_non_null(strstr(format(&record), ",\"remedy\":[{"));
	record.event.verdict = WRIT_VERDICT_WOULD_DENY;
	assert_non_null(strstr(format(&record), ",\"remedy\":[{"));
	mute.remedy = NULL;
	line[writ_line_format(&record, &mute, line)] = '\0';
	assert_null(strstr(line, "\"remedy\""));
	OBJECT(&record, "/etc/shadow");
	assert_null(strstr(format(&record), "\"remedy\""));
}

static json_t *schema_of(const json_t *schema, const char *type)
{
	json_t *found = json_object_get(json_object_get(schema, "$defs"), type);

	assert_non_null(found);
	return json_object_get(found, "properties");
}

static void expect_word(const json_t *words, const char *word)
{
	const json_t *known;
	size_t i;

	json_array_foreach(words, i, known) if (!strcmp(json_string_value(known), word)) return;
	fail_msg("docs/audit.schema.json lacks the word %s", word);
}

static void expect_request_words(const json_t *schema)
{
	static const char *const refusals[] = {
#define X(name, word) word,
		WRIT_REFUSAL_LIST(X)};
	static const char *const events[] = {WRIT_REQUEST_EVENT_LIST(X)
#undef X
	};
	const json_t *request = schema_of(schema, "request");

	for (size_t i = 1; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		expect_word(json_object_get(json_object_get(request, "reason"), "enum"),
			    refusals[i]);
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		expect_word(json_object_get(json_object_get(request, "event"), "enum"), events[i]);
}

/* A word or a key that is added must be documented with it. */
static void test_schema_knows_all(void **state)
{
	_cleanup_(release) json_t *schema = json_load_file("docs/audit.schema.json", 0, NULL);
	const json_t *decision = schema_of(schema, "decision");
	const char *key;
	json_t *value;

	(void)state;
	for (__u32 i = 0; i < WRIT_OP_COUNT; i++)
		expect_word(json_object_get(json_object_get(decision, "operation"), "enum"),
			    writ_operation_name(i));
	for (__u32 i = 0; i < WRIT_VERDICT_COUNT; i++)
		expect_word(json_object_get(json_object_get(decision, "verdict"), "enum"),
			    writ_verdict_name(i));
	for (__u32 i = 0; i < WRIT_REASON_COUNT; i++)
		expect_word(json_object_get(json_object_get(decision, "reason"), "enum"),
			    writ_reason_name(i));
	expect_request_words(schema);
	for (size_t i = 0; i < n_lines; i++) {
		_cleanup_(release) json_t *json = parse(lines[i]);
		const char *type = json_string_value(json_object_get(json, "type"));

		json_object_foreach(json, key, value)
			assert_non_null(json_object_get(schema_of(schema, type), key));
	}
}

/* Each key of @line is in @schema, and each that it requires is in the line, but for the chain. */
static void assert_known(const json_t *schema, const json_t *line)
{
	const json_t *properties = json_object_get(schema, "properties"), *value;
	const char *key;
	size_t i;

	json_object_foreach((json_t *)(uintptr_t)line, key, value)
		if (!json_object_get(properties, key))
			fail_msg("docs/audit.schema.json lacks the key %s", key);
	json_array_foreach(json_object_get(schema, "required"), i, value)
		if (strcmp(json_string_value(value), "chain") &&
		    !json_object_get(line, json_string_value(value)))
			fail_msg("a line lacks %s", json_string_value(value));
}

static void test_schema_knows_keys(void **state)
{
	_cleanup_(release) json_t *schema = json_load_file("docs/audit.schema.json", 0, NULL);
	const json_t *kinds = json_object_get(schema, "$defs");

	(void)state;
	for (size_t i = 0; i < n_lines; i++) {
		_cleanup_(release) json_t *line = parse(lines[i]);
		const char *type = json_string_value(json_object_get(line, "type"));

		assert_known(json_object_get(kinds, type), line);
		assert_known(json_object_get(kinds, "process"), json_object_get(line, "process"));
	}
}

static void update_expected(void)
{
	_cleanup_fclose_ FILE *file = fopen(EXPECTED, "we");

	assert_non_null(file);
	for (size_t i = 0; i < n_lines; i++)
		assert_true(fprintf(file, "%s\n", lines[i]) > 0);
}

/* Runs last: all lines that were formatted so far. */
static void test_as_expected(void **state)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *expected = NULL;
	size_t size = 0;

	(void)state;
	if (getenv("WRIT_UPDATE"))
		update_expected();
	file = fopen(EXPECTED, "re");
	assert_non_null(file);
	for (size_t i = 0; i < n_lines; i++) {
		_cleanup_(release) json_t *json = parse(lines[i]);
		ssize_t len = getline(&expected, &size, file);

		assert_true(json_is_object(json));
		assert_true(len > 0);
		expected[len - 1] = '\0';
		assert_string_equal(lines[i], expected);
	}
	assert_int_equal(getline(&expected, &size, file), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_role_and_grant),
		cmocka_unit_test(test_hostile_objects),
		cmocka_unit_test(test_argv_and_cuts),
		cmocka_unit_test(test_connect),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_enrolment),
		cmocka_unit_test(test_process),
		cmocka_unit_test(test_exec),
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_unknown_type_has_no_line),
		cmocka_unit_test(test_remedy),
		cmocka_unit_test(test_schema_knows_all),
		cmocka_unit_test(test_schema_knows_keys),
		cmocka_unit_test(test_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
