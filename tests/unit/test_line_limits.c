/* SPDX-License-Identifier: Apache-2.0 */
/* audit/line.c at its limits: the longest line that there can be, and the longest path. */
#include "line_helper.h"

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

static struct writ_line_text long_remedy(void *context, const struct writ_record *record)
{
	static char text[WRIT_LINE_REMEDY_SIZE];

	(void)context;
	(void)record;
	memset(text, '0', sizeof(text));
	return (struct writ_line_text){text, sizeof(text)};
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
				     .rule = long_rule,
				     .remedy = long_remedy};
	struct writ_record record;
	size_t len;

	(void)state;
	memset(bytes, 0x01, sizeof(bytes));
	memset(&record.event, 0xff, sizeof(record.event));
	record.event.type = WRIT_EVENT_DECISION;
	record.event.family = AF_INET6;
	record.event.boot_ns = 0;
	record.event.verdict = WRIT_VERDICT_DENY;
	set_object(&record, bytes, WRIT_PATH_SIZE - 1);
	record.argv = bytes;
	record.argv_len = WRIT_ARGV_SIZE;
	len = writ_line_format(&record, &full, line);
	assert_in_range(len, 5 * (WRIT_PATH_SIZE + WRIT_ARGV_SIZE), WRIT_LINE_WORST);
	assert_int_equal(line[len - 1], '\n');
	record.event.verdict = WRIT_VERDICT_ALLOW;
	assert_int_equal(writ_line_format(&record, &full, line),
			 len - strlen(",\"remedy\":") - WRIT_LINE_REMEDY_SIZE + strlen("allow") -
				 strlen("deny"));
	memset(bytes, 0, sizeof(bytes)); /* arguments that are empty: three bytes for one */
	assert_true(writ_line_format(&record, &full, line) < len);
}

static void test_path_of_4095_bytes(void **state)
{
	static char path[WRIT_PATH_SIZE - 1], line[WRIT_LINE_SIZE];
	struct writ_record record = decision();
	size_t len;

	(void)state;
	for (size_t i = 0; i < sizeof(path); i++)
		path[i] = i % 100 ? 'a' : '/';
	memcpy(path + 1022, "\xf0\x9f\x90\xa7", 4); /* across the escape's chunks */
	memcpy(path + 1018, "\n", 1);
	memcpy(path + 2045, "\xc3\xa9\xff", 3);
	set_object(&record, path, sizeof(path));
	len = writ_line_format(&record, &resolver, line);
	assert_in_range(len, sizeof(path), WRIT_LINE_WORST);
	assert_int_equal(line[len - 1], '\n');
	line[len - 1] = '\0';
	check_object(line, path, sizeof(path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_longest_line),
		cmocka_unit_test(test_path_of_4095_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
