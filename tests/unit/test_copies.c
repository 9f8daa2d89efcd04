/* SPDX-License-Identifier: Apache-2.0 */
/* audit/copies.c: which records the core is sent, and what becomes of those without room. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/copies.h"
#include "audit/decode.h"
#include "writ/audit.h"
#include "writ/maps.h"

static struct writ_copies *copies;
static int pair[2];
static struct {
	struct writ_event event;
	char object[WRIT_PATH_SIZE];
} record;

static int set_up(void **state)
{
	(void)state;
	copies = writ_copies_new();
	return copies && !socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	writ_copies_free(copies);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return 0;
}

static void take(uint16_t type, uint8_t verdict, uint32_t agent, uint64_t sequence, uint32_t object)
{
	record.event = (struct writ_event){.version = WRIT_EVENT_VERSION,
					   .type = type,
					   .verdict = verdict,
					   .agent = agent,
					   .sequence = sequence,
					   .object_len = object,
					   .len = (uint32_t)sizeof(record.event) + object};
	memset(record.object, 'o', object);
	writ_copies_take(copies, &record, record.event.len);
}

/* The next one at the core's end; its number, 0: there is none. */
static uint64_t next(struct writ_record *ret)
{
	static char bytes[sizeof(record)];
	ssize_t len = recv(pair[0], bytes, sizeof(bytes), MSG_DONTWAIT);

	if (len < 0)
		return 0;
	assert_int_equal(writ_decode_event(bytes, (size_t)len, ret), 0);
	return ret->event.sequence;
}

static void test_what_is_sent(void **state)
{
	struct writ_record got;

	(void)state;
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_ALLOW, 5, 1, 3);
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_DENY, 5, 2, 3);
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_DENY, 0, 3, 3);
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_DENY, WRIT_AGENT_CANARY, 4, 3);
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_WOULD_DENY, 5, 5, 3);
	take(WRIT_EVENT_ENROL, WRIT_VERDICT_ALLOW, 5, 6, 3);
	take(WRIT_EVENT_GRANT, WRIT_VERDICT_DENY, 5, 7, 3);
	writ_copies_take(copies, &record, 9); /* no record */
	writ_copies_send(copies, pair[1]);
	assert_int_equal(next(&got), 2);
	assert_int_equal(got.object_len, 3);
	assert_memory_equal(got.object, "ooo", 3);
	assert_int_equal(next(&got), 5);
	assert_int_equal(next(&got), 6);
	assert_int_equal(next(&got), 0);
}

static void test_long_object_is_cut(void **state)
{
	struct writ_record got;

	(void)state;
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_DENY, 5, 1, WRIT_AUDIT_OBJECT_SIZE);
	take(WRIT_EVENT_DECISION, WRIT_VERDICT_DENY, 5, 2, WRIT_AUDIT_OBJECT_SIZE + 1);
	writ_copies_send(copies, pair[1]);
	assert_int_equal(next(&got), 1);
	assert_int_equal(got.event.flags, 0);
	assert_int_equal(next(&got), 2);
	assert_int_equal(got.object_len, WRIT_AUDIT_OBJECT_SIZE);
	assert_int_equal(got.event.flags, WRIT_EVENT_OBJECT_CUT);
}

/* A core that does not listen: nothing blocks, and the newest are kept for it. */
static void test_newest_stay(void **state)
{
	const uint64_t n = 5000;
	struct writ_record got;
	uint64_t last = 0, number;

	(void)state;
	for (uint64_t i = 1; i <= n; i++) {
		take(WRIT_EVENT_DECISION, WRIT_VERDICT_DENY, 5, i, 100);
		writ_copies_send(copies, pair[1]);
	}
	for (int i = 0; i < 1000 && last < n; i++) {
		while ((number = next(&got))) {
			assert_true(number > last);
			last = number;
		}
		writ_copies_send(copies, pair[1]);
	}
	assert_int_equal(last, n);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_what_is_sent), TEST(test_long_object_is_cut),
					   TEST(test_newest_stay)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
