/* SPDX-License-Identifier: Apache-2.0 */
/* user/forward/alert.c: what counts, windows, pauses and their counts; rfc5424.c: the message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "forward/alert.h"
#include "forward/rfc5424.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define SECOND INT64_C(1000000)
#define HEAD "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":"

static struct writ_policy_alert policy = {
	.name = "burst",
	.count = 3,
	.within_ns = 10 * WRIT_NS_PER_SECOND,
	.every_ns = 60 * WRIT_NS_PER_SECOND,
};

static void count_at(struct writ_alert *alert, int64_t second)
{
	writ_alert_count(alert, second * SECOND, "{}", 2);
}

/* Three within ten seconds, both ends included; one past it is not. */
static void enough_within_the_window(void **state)
{
	struct writ_alert alert;
	uint64_t count;

	(void)state;
	assert_int_equal(writ_alert_init(&alert, &policy), 0);
	count_at(&alert, 100);
	count_at(&alert, 105);
	assert_false(writ_alert_is_due(&alert, 1, &count));
	count_at(&alert, 111); /* 11 s after the first */
	assert_false(writ_alert_is_due(&alert, 1, &count));
	count_at(&alert, 115); /* 10 s after the second */
	assert_true(writ_alert_is_due(&alert, 1, &count));
	assert_int_equal(count, 4);
	writ_alert_free(&alert);
}

static void pauses_and_counts_what_came_meanwhile(void **state)
{
	const uint64_t start = 1000 * WRIT_NS_PER_SECOND;
	struct writ_alert alert;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(writ_alert_init(&alert, &policy), 0);
	for (int i = 0; i < 3; i++)
		count_at(&alert, 100);
	assert_true(writ_alert_is_due(&alert, start, &count));
	assert_int_equal(count, 3);
	for (int i = 0; i < 500; i++)
		count_at(&alert, 101);
	assert_false(writ_alert_is_due(&alert, start + 60 * WRIT_NS_PER_SECOND - 1, &count));
	assert_true(writ_alert_is_due(&alert, start + 60 * WRIT_NS_PER_SECOND, &count));
	assert_int_equal(count, 500);
	assert_false(writ_alert_is_due(&alert, start + 999 * WRIT_NS_PER_SECOND, &count));
	writ_alert_free(&alert);
}

/* Telling failed: it is told again after the pause, with all that came. */
static void what_was_not_told_is_told_again(void **state)
{
	struct writ_alert alert;
	uint64_t count = 0;

	(void)state;
	assert_int_equal(writ_alert_init(&alert, &policy), 0);
	for (int i = 0; i < 3; i++)
		count_at(&alert, 100);
	assert_true(writ_alert_is_due(&alert, 5, &count));
	writ_alert_untold(&alert, count);
	count_at(&alert, 900);
	assert_false(writ_alert_is_due(&alert, 6, &count));
	assert_true(writ_alert_is_due(&alert, 5 + policy.every_ns, &count));
	assert_int_equal(count, 4);
	writ_alert_free(&alert);
}

static void what_counts_for_which(void **state)
{
	static const struct {
		const char *line;
		unsigned int on; /* bits */
	} lines[] = {
		{HEAD "\"decision\",\"verdict\":\"deny\",\"reason\":\"no_rule\"}",
		 1u << WRIT_ALERT_DENIALS},
		{HEAD "\"decision\",\"verdict\":\"deny\",\"reason\":\"guardrail\"}",
		 1u << WRIT_ALERT_DENIALS | 1u << WRIT_ALERT_GUARDRAIL},
		{HEAD "\"decision\",\"verdict\":\"allow\",\"reason\":\"role\"}", 0},
		{HEAD "\"proposal\",\"event\":\"refused\"}", 1u << WRIT_ALERT_REFUSALS},
		{HEAD "\"proposal\",\"event\":\"approved\"}", 0},
		{HEAD "\"gap\",\"reason\":\"ring_full\",\"missing\":3}", 1u << WRIT_ALERT_LOSS},
		{HEAD "\"gap\",\"reason\":\"late\",\"missing\":-3}", 0},
		{HEAD "\"gap\",\"reason\":\"write_failed\",\"missing\":3}",
		 1u << WRIT_ALERT_LOSS | 1u << WRIT_ALERT_LOG},
		{HEAD "\"daemon\",\"event\":\"suspended\"}", 1u << WRIT_ALERT_SUSPENDED},
		{HEAD "\"daemon\",\"event\":\"resumed\"}", 0},
		{HEAD "\"daemon\",\"event\":\"records_lost\"}", 1u << WRIT_ALERT_LOSS},
		{HEAD "\"daemon\",\"event\":\"audit_died\"}", 1u << WRIT_ALERT_LOG},
		{HEAD "\"grant\",\"event\":\"issued\",\"break_glass\":true}",
		 1u << WRIT_ALERT_BREAK_GLASS},
		{HEAD "\"grant\",\"event\":\"issued\"}", 0},
		{HEAD "\"grant\",\"event\":\"expired\",\"break_glass\":true}", 0},
		{HEAD "\"log\",\"event\":\"key_lost\"}", 1u << WRIT_ALERT_LOG},
		{HEAD "\"log\",\"event\":\"key_made\"}", 0},
		{HEAD "\"log\",\"event\":\"signed\"}", 0},
		{"not JSON", 1u << WRIT_ALERT_LOG},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		struct writ_record record;
		unsigned int on = 0;

		writ_record_read(lines[i].line, strlen(lines[i].line), &record);
		for (int one = 0; one < WRIT_ALERT_ONS; one++)
			on |= writ_alert_matches((enum writ_alert_on)one, &record) ? 1u << one : 0;
		if (on != lines[i].on)
			fail_msg("%x: %s", on, lines[i].line);
		writ_record_free(&record);
	}
}

/* Text of an agent can't end the message or begin another. */
static void the_message_is_one_line_of_json(void **state)
{
	static const char hostile[] = "not JSON\n\x1b[2J\"}\xff";
	_cleanup_free_ char *message = NULL;
	struct writ_alert alert;
	json_t *json;

	(void)state;
	assert_int_equal(writ_alert_init(&alert, &policy), 0);
	writ_alert_count(&alert, 0, hostile, sizeof(hostile) - 1);
	message = writ_alert_message(&alert, "host-1", 7);
	assert_non_null(message);
	assert_null(strpbrk(message, "\n\x1b"));
	json = json_loads(message, 0, NULL);
	assert_int_equal(json_integer_value(json_object_get(json, "count")), 7);
	assert_string_equal(json_string_value(json_object_get(json, "last")),
			    "not JSON\\x0a\\x1b[2J\"}\\xff");
	json_decref(json);
	writ_alert_free(&alert);
}

static void a_message_of_syslog(void **state)
{
	static const struct {
		const char *line;
		const char *message;
	} cases[] = {
		{HEAD "\"decision\",\"agent\":\"web\",\"verdict\":\"deny\",\"grant\":17,"
		      "\"ticket\":\"a\\\"b]c\\\\d\"}",
		 "<84>1 2026-11-22T10:11:12.345678Z host-1 writ - decision [writ@32473 "
		 "agent=\"web\" verdict=\"deny\" ticket=\"a\\\"b\\]c\\\\d\" grant=\"17\"] PAYLOAD"},
		{HEAD "\"daemon\",\"event\":\"pin_lost\"}",
		 "<81>1 2026-11-22T10:11:12.345678Z host-1 writ - daemon [writ@32473 "
		 "event=\"pin_lost\"] PAYLOAD"},
		{HEAD "\"a b\\n<1>\"}",
		 "<85>1 2026-11-22T10:11:12.345678Z host-1 writ - - [writ@32473] PAYLOAD"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_bytes message = {0};
		struct writ_record record;

		writ_record_read(cases[i].line, strlen(cases[i].line), &record);
		assert_int_equal(writ_rfc5424_write(&record, "host-1", "PAYLOAD", 7, &message), 0);
		assert_int_equal(writ_bytes_add(&message, "", 1), 0);
		assert_string_equal(message.at, cases[i].message);
		writ_bytes_free(&message);
		writ_record_free(&record);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(enough_within_the_window),
		cmocka_unit_test(pauses_and_counts_what_came_meanwhile),
		cmocka_unit_test(what_was_not_told_is_told_again),
		cmocka_unit_test(what_counts_for_which),
		cmocka_unit_test(the_message_is_one_line_of_json),
		cmocka_unit_test(a_message_of_syslog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
