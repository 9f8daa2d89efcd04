/* SPDX-License-Identifier: Apache-2.0 */
/* audit/decode.c: whole records pass, lengths that lie and other versions do not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/decode.h"
#include "writ/names.h"

struct sample {
	struct writ_event event;
	char tail[16];
};

static struct sample sample_record(void)
{
	struct sample sample = {
		.event = {.version = WRIT_EVENT_VERSION,
			  .type = WRIT_EVENT_DECISION,
			  .len = sizeof(struct writ_event) + 13,
			  .object_len = 9,
			  .argv_len = 4},
	};

	memcpy(sample.tail, "/etc/hostls\0\0", 13);
	return sample;
}

static int decode(const struct sample *sample, size_t len, struct writ_record *ret)
{
	char *copy = malloc(len ? len : 1); /* of the exact size: the sanitizer sees any overread */
	int err;

	assert_non_null(copy);
	memcpy(copy, sample, len);
	err = writ_decode_event(copy, len, ret);
	free(copy);
	return err;
}

static void test_whole(void **state)
{
	struct sample sample = sample_record();
	struct writ_record record;

	(void)state;
	assert_int_equal(writ_decode_event(&sample, sample.event.len, &record), 0);
	assert_int_equal(record.object_len, 9);
	assert_memory_equal(record.object, "/etc/host", 9);
	assert_int_equal(record.argv_len, 4);
	assert_memory_equal(record.argv, "ls\0", 4);
}

static void test_cut_at_every_length(void **state)
{
	struct sample sample = sample_record();
	struct writ_record record = {.object_len = 77};

	(void)state;
	for (size_t len = 0; len < sample.event.len; len++)
		assert_int_equal(decode(&sample, len, &record), -EBADMSG);
	assert_int_equal(record.object_len, 77); /* untouched on failure */
	for (size_t len = sample.event.len; len <= sizeof(sample); len++)
		assert_int_equal(decode(&sample, len, &record), 0);
}

static void test_not_aligned(void **state)
{
	struct sample sample = sample_record();
	char bytes[sizeof(sample) + 8];
	struct writ_record record;

	(void)state;
	for (size_t at = 0; at < 8; at++) {
		memcpy(bytes + at, &sample, sizeof(sample));
		assert_int_equal(writ_decode_event(bytes + at, sizeof(sample), &record), 0);
		assert_memory_equal(record.object, "/etc/host", 9);
	}
}

static void test_version_and_type(void **state)
{
	struct sample sample = sample_record();
	struct writ_record record;

	(void)state;
	sample.event.version = WRIT_EVENT_VERSION + 1;
	assert_int_equal(decode(&sample, sizeof(sample), &record), -EBADMSG);
	sample.event.version = 0;
	assert_int_equal(decode(&sample, sizeof(sample), &record), -EBADMSG);
	sample = sample_record();
	sample.event.type = 0;
	assert_int_equal(decode(&sample, sizeof(sample), &record), -EBADMSG);
	sample.event.type = 999; /* of a newer build: the caller skips it */
	assert_int_equal(decode(&sample, sizeof(sample), &record), 0);
}

static void test_lengths_that_lie(void **state)
{
	static const struct {
		uint32_t len, object, argv;
	} lies[] = {
		{0, 9, 4},
		{sizeof(struct writ_event) - 1, 0, 0},
		{sizeof(struct writ_event) + 12, 9, 4},
		{UINT32_MAX, 9, 4},
		{sizeof(struct writ_event) + 13, 10, 4},
		{sizeof(struct writ_event) + 13, 9, 5},
		{sizeof(struct writ_event) + 13, UINT32_MAX, 14},
		{sizeof(struct writ_event) + 13, 14, UINT32_MAX},
		{sizeof(struct writ_event) + 13, UINT32_MAX, UINT32_MAX},
	};
	struct writ_record record;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		struct sample sample = sample_record();

		sample.event.len = lies[i].len;
		sample.event.object_len = lies[i].object;
		sample.event.argv_len = lies[i].argv;
		assert_int_equal(decode(&sample, sizeof(sample), &record), -EBADMSG);
	}
}

static int decode_tail(uint32_t object, uint32_t argv)
{
	size_t len = sizeof(struct writ_event) + object + argv;
	struct writ_event *event = calloc(1, len);
	struct writ_record record;
	int err;

	assert_non_null(event);
	event->version = WRIT_EVENT_VERSION;
	event->type = WRIT_EVENT_DECISION;
	event->len = (uint32_t)len;
	event->object_len = object;
	event->argv_len = argv;
	err = writ_decode_event(event, len, &record);
	free(event);
	return err;
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(decode_tail(WRIT_PATH_SIZE - 1, WRIT_ARGV_SIZE), 0);
	assert_int_equal(decode_tail(WRIT_PATH_SIZE, 0), -EBADMSG);
	assert_int_equal(decode_tail(0, WRIT_ARGV_SIZE + 1), -EBADMSG);
}

static void test_enums_out_of_range_are_kept(void **state)
{
	struct sample sample = sample_record();
	struct writ_record record;

	(void)state;
	sample.event.operation = 255;
	sample.event.verdict = WRIT_VERDICT_COUNT;
	sample.event.reason = 200;
	assert_int_equal(writ_decode_event(&sample, sizeof(sample), &record), 0);
	assert_string_equal(writ_operation_name(record.event.operation), "unknown");
	assert_string_equal(writ_verdict_name(record.event.verdict), "unknown");
	assert_string_equal(writ_reason_name(record.event.reason), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_cut_at_every_length),
		cmocka_unit_test(test_not_aligned),
		cmocka_unit_test(test_version_and_type),
		cmocka_unit_test(test_lengths_that_lie),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_enums_out_of_range_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
