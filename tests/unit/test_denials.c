/* SPDX-License-Identifier: Apache-2.0 */
/* The last denials of an agent: which records count, how many are kept, what their objects are. */
#include "line_helper.h"

#include <arpa/inet.h>

#include "daemon/denials.h"

static struct writ_denials *denials;
static char objects[WRIT_DENIALS_KEPT + 1][1024];
static uint32_t seen;

static int set_up(void **state)
{
	(void)state;
	denials = writ_denials_new();
	return denials ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	writ_denials_free(denials);
	return 0;
}

static int visit(void *context, const struct writ_denial_row *row)
{
	(void)context;
	assert_true(seen <= WRIT_DENIALS_KEPT);
	(void)strcpy(objects[seen++], row->object);
	return 0;
}

static uint32_t count(uint32_t agent)
{
	seen = 0;
	assert_int_equal(writ_denials_each(denials, agent, visit, NULL), 0);
	return seen;
}

/* As the ring has it: header, object. */
static void note(struct writ_record record, const char *object, size_t len)
{
	char bytes[sizeof(record.event) + WRIT_PATH_SIZE];

	record.event.object_len = (uint32_t)len;
	record.event.len = (uint32_t)(sizeof(record.event) + len);
	memcpy(bytes, &record.event, sizeof(record.event));
	memcpy(bytes + sizeof(record.event), object, len);
	writ_denials_note(denials, bytes, record.event.len);
}

static struct writ_record denial(void)
{
	struct writ_record record = decision();

	record.event.verdict = WRIT_VERDICT_DENY;
	record.event.reason = WRIT_REASON_NO_RULE;
	return record;
}

static void test_what_counts(void **state)
{
	struct writ_record record = decision();

	(void)state;
	note(record, "/a", 2); /* allowed */
	record = denial();
	record.event.type = WRIT_EVENT_ENROL;
	note(record, "/a", 2);
	record = denial();
	record.event.agent = WRIT_AGENT_CANARY;
	note(record, "/a", 2);
	record.event.agent = WRIT_AGENTS_MAX;
	note(record, "/a", 2);
	record.event.agent = 0;
	note(record, "/a", 2);
	assert_int_equal(count(7), 0);
	assert_int_equal(count(WRIT_AGENT_CANARY), 0);
	assert_int_equal(count(WRIT_AGENTS_MAX), 0);
	record = denial();
	writ_denials_note(denials, &record.event, 1); /* cut */
	assert_int_equal(count(7), 0);
	note(record, "/a", 2);
	record.event.verdict = WRIT_VERDICT_WOULD_DENY;
	note(record, "/b", 2);
	assert_int_equal(count(7), 2);
	assert_string_equal(objects[0], "/a");
	assert_string_equal(objects[1], "/b");
	assert_int_equal(count(8), 0);
	writ_denials_note(NULL, &record.event, sizeof(record.event));
	assert_int_equal(writ_denials_each(NULL, 7, visit, NULL), 0);
}

static void test_the_last_are_kept(void **state)
{
	char object[8];

	(void)state;
	for (int i = 0; i < 40; i++) {
		(void)snprintf(object, sizeof(object), "/%d", i);
		note(denial(), object, strlen(object));
	}
	assert_int_equal(count(7), WRIT_DENIALS_KEPT);
	assert_string_equal(objects[0], "/24");
	assert_string_equal(objects[WRIT_DENIALS_KEPT - 1], "/39");
}

static void test_objects(void **state)
{
	struct writ_record record = denial();
	char longest[1025];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	note(record, longest, 1023);
	note(record, longest, 1024); /* one too long is cut at its end */
	record.event.operation = WRIT_OP_CONNECT;
	record.event.family = AF_INET;
	record.event.protocol = WRIT_PROTOCOL_TCP;
	record.event.port = 443;
	memset(record.event.address + 10, 0xff, 2);
	(void)inet_pton(AF_INET, "10.1.2.3", record.event.address + 12);
	note(record, "", 0);
	record.event.operation = WRIT_OP_SOCKET;
	record.event.port = 3;
	note(record, "", 0);
	assert_int_equal(count(7), 4);
	assert_int_equal(strlen(objects[0]), 1023);
	assert_int_equal(strlen(objects[1]), 1023);
	assert_string_equal(objects[2], "tcp 10.1.2.3:443");
	assert_string_equal(objects[3], "family 2 type 3 protocol 6");
}

static int stop(void *context, const struct writ_denial_row *row)
{
	(void)row;
	return ++*(int *)context == 2 ? -7 : 0;
}

static void test_visitor_stops(void **state)
{
	int calls = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		note(denial(), "/a", 2);
	assert_int_equal(writ_denials_each(denials, 7, stop, &calls), -7);
	assert_int_equal(calls, 2);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_counts),
		TEST(test_the_last_are_kept),
		TEST(test_objects),
		TEST(test_visitor_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
