/* SPDX-License-Identifier: Apache-2.0 */
/*
 * audit/line.c: the lines against tests/unit/data/line.jsonl, every one parsed by jansson, raw
 * bytes recovered, and the longest line. WRIT_UPDATE=1 writes the file anew: then read the diff.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <jansson.h>

#include "audit/line.h"
#include "lib/cleanup.h"
#include "writ/names.h"

#define EXPECTED "tests/unit/data/line.jsonl"
#define LINES_MAX 64

static const struct writ_agent *find_agent(void *context, uint32_t agent)
{
	static const struct writ_agent bot = {.name = "billing-bot", .role_name = "web-operator"};

	(void)context;
	return agent == 7 ? &bot : NULL;
}

static const struct writ_grant_info *find_grant(void *context, uint64_t grant)
{
	static const struct writ_grant_info info = {.id = 3,
						    .playbook = "rotate-certificate",
						    .ticket = "CHG-1842",
						    .operator_name = "alice"};

	(void)context;
	return grant == 3 ? &info : NULL;
}

static struct writ_rule_text find_rule(void *context, uint32_t image_at, uint32_t image,
				       uint32_t accept, uint32_t access)
{
	static const char text[] = "web.yaml:12:5 /etc/nginx/** read";

	(void)context;
	(void)image;
	(void)accept;
	(void)access;
	if (image_at != 64)
		return (struct writ_rule_text){0};
	return (struct writ_rule_text){.bytes = text, .len = sizeof(text) - 1};
}

/* 2026-11-22T10:11:12.345678Z at boot time 90 s */
#define WALL INT64_C(1795342272345678900)
#define BOOT (UINT64_C(90) * 1000000000)

static const struct writ_resolver resolver = {
	.environment = "production",
	.wall_offset = WALL - (int64_t)BOOT,
	.agent = find_agent,
	.grant = find_grant,
	.rule = find_rule,
};

static struct writ_record decision(void)
{
	return (struct writ_record){
		.event = {.version = WRIT_EVENT_VERSION,
			  .type = WRIT_EVENT_DECISION,
			  .sequence = 12,
			  .boot_ns = BOOT,
			  .cgroup = UINT64_C(4294972042),
			  .start_ns = UINT64_C(81234567890),
			  .cpu = 1,
			  .agent = 7,
			  .pid = 4242,
			  .tid = 4243,
			  .uid = 1000,
			  .operation = WRIT_OP_OPEN,
			  .access = WRIT_ACCESS_READ,
			  .verdict = WRIT_VERDICT_ALLOW,
			  .reason = WRIT_REASON_ROLE,
			  .comm = "nginx"},
	};
}

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

static void set_object(struct writ_record *record, const char *object, size_t len)
{
	record->object = object;
	record->object_len = len;
}

#define OBJECT(record, text) set_object(record, text, sizeof(text) - 1)

static json_t *parse(const char *line)
{
	json_error_t error;
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: %s", error.text, line);
	return json;
}

static void release(json_t **json)
{
	json_decref(*json);
}

/* The inverse of lib/escape.h. */
static size_t unescape(const char *text, char *ret_bytes)
{
	size_t n = 0;

	while (*text) {
		unsigned int byte = 0;

		if (*text != '\\') {
			ret_bytes[n++] = *text++;
		} else if (text[1] == '\\') {
			ret_bytes[n++] = '\\';
			text += 2;
		} else {
			assert_int_equal(sscanf(text, "\\x%2x", &byte), 1);
			ret_bytes[n++] = (char)byte;
			text += 4;
		}
	}
	return n;
}

static void check_object(const char *line, const char *object, size_t len)
{
	_cleanup_(release) json_t *json = parse(line);
	const char *text = json_string_value(json_object_get(json, "object"));
	char bytes[WRIT_PATH_SIZE];

	assert_non_null(text);
	assert_int_equal(unescape(text, bytes), len);
	assert_memory_equal(bytes, object, len);
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

static struct writ_rule_text long_rule(void *context, uint32_t image_at, uint32_t image,
				       uint32_t accept, uint32_t access)
{
	(void)image_at;
	(void)image;
	(void)accept;
	(void)access;
	return (struct writ_rule_text){.bytes = context, .len = WRIT_PATH_SIZE};
}

static const struct writ_agent *long_agent(void *context, uint32_t agent)
{
	static struct writ_agent all;

	(void)context;
	(void)agent;
	memset(&all, 0xff, sizeof(all));
	return &all;
}

static const struct writ_grant_info *long_grant(void *context, uint64_t grant)
{
	static struct writ_grant_info all;

	(void)context;
	(void)grant;
	memset(&all, 0xff, sizeof(all));
	return &all;
}

/* Every byte needs five, every number is the largest, every field is full. */
static void test_longest_line(void **state)
{
	static char bytes[WRIT_PATH_SIZE + WRIT_ARGV_SIZE], line[WRIT_LINE_SIZE];
	struct writ_resolver full = {.context = bytes,
				     .environment = bytes,
				     .wall_offset = INT64_MAX / 2,
				     .agent = long_agent,
				     .grant = long_grant,
				     .rule = long_rule};
	struct writ_record record;
	size_t len;

	(void)state;
	memset(bytes, 0x01, sizeof(bytes));
	memset(&record.event, 0xff, sizeof(record.event));
	record.event.type = WRIT_EVENT_DECISION;
	record.event.family = AF_INET6;
	record.event.boot_ns = 0;
	set_object(&record, bytes, WRIT_PATH_SIZE - 1);
	record.argv = bytes;
	record.argv_len = WRIT_ARGV_SIZE;
	len = writ_line_format(&record, &full, line);
	assert_in_range(len, 5 * (WRIT_PATH_SIZE + WRIT_ARGV_SIZE), WRIT_LINE_WORST);
	assert_int_equal(line[len - 1], '\n');
	memset(bytes, 0, sizeof(bytes)); /* arguments that are empty: three bytes for one */
	assert_true(writ_line_format(&record, &full, line) < len);
}

static void test_path_of_4095_bytes(void **state)
{
	static char path[WRIT_PATH_SIZE - 1];
	struct writ_record record = decision();

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 100 ? 'a' : '/';
	memcpy(path + 1022, "\xf0\x9f\x90\xa7", 4); /* across the escape's chunks */
	memcpy(path + 1018, "\n", 1);
	memcpy(path + 2045, "\xc3\xa9\xff", 3);
	set_object(&record, path, sizeof(path));
	check_object(format(&record), path, sizeof(path));
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
	for (size_t i = 0; i < n_lines; i++) {
		_cleanup_(release) json_t *json = parse(lines[i]);
		const char *type = json_string_value(json_object_get(json, "type"));

		json_object_foreach(json, key, value)
			assert_non_null(json_object_get(schema_of(schema, type), key));
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
		cmocka_unit_test(test_out_of_range),
		cmocka_unit_test(test_unknown_type_has_no_line),
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_path_of_4095_bytes),
		cmocka_unit_test(test_schema_knows_all),
		cmocka_unit_test(test_as_expected),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
