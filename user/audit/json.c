/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See json.h. Text that is plain ASCII, which nearly all is, is found and copied in one piece;
 * only what is behind the first other byte goes through the two escapes.
 */
#include "audit/json.h"

#include <assert.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/time.h"

/* Bytes escaped at a time: bounds the scratch on the stack. */
#define CHUNK 1024u

static void put(struct writ_json *json, const void *bytes, size_t len)
{
	assert((size_t)(json->end - json->at) >= len);
	memcpy(json->at, bytes, len);
	json->at += len;
}

static void put_byte(struct writ_json *json, char byte)
{
	put(json, &byte, 1);
}

static void put_key(struct writ_json *json, const char *key)
{
	char last = json->at > json->start ? json->at[-1] : '{';

	if (last != '{' && last != '[')
		put_byte(json, ',');
	if (!key)
		return;
	put_byte(json, '"');
	put(json, key, strlen(key));
	put(json, "\":", 2);
}

static void put_digits(struct writ_json *json, uint64_t number, unsigned int least)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[sizeof(digits) - ++n] = (char)('0' + number % 10);
		number /= 10;
	} while (number || n < least);
	put(json, digits + sizeof(digits) - n, n);
}

void writ_json_open(struct writ_json *json, const char *key, char open)
{
	if (key || json->at > json->start)
		put_key(json, key);
	put_byte(json, open);
}

void writ_json_close(struct writ_json *json, char close)
{
	put_byte(json, close);
}

void writ_json_newline(struct writ_json *json)
{
	put_byte(json, '\n');
}

void writ_json_word(struct writ_json *json, const char *key, const char *word)
{
	put_key(json, key);
	if (!word) {
		put(json, "null", 4);
		return;
	}
	put_byte(json, '"');
	put(json, word, strlen(word));
	put_byte(json, '"');
}

void writ_json_raw(struct writ_json *json, const char *key, const char *value, size_t len)
{
	put_key(json, key);
	put(json, value, len);
}

/* Bytes at the beginning that stand for themselves in JSON and in lib/escape.h. */
static size_t plain_length(const char *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && bytes[n] >= 0x20 && bytes[n] < 0x7f && bytes[n] != '"' &&
	       bytes[n] != '\\')
		n++;
	return n;
}

static void put_escaped(struct writ_json *json, const char *bytes, size_t len)
{
	char text[WRIT_ESCAPE_SIZE(CHUNK)];
	size_t escaped = writ_escape_text(bytes, len, text, sizeof(text));

	for (size_t i = 0; i < escaped; i++) {
		if (text[i] == '"' || text[i] == '\\')
			put_byte(json, '\\');
		put_byte(json, text[i]);
	}
}

/* Length of the next piece, at most CHUNK and never within a UTF-8 sequence. */
static size_t chunk_length(const char *bytes, size_t len)
{
	size_t end = CHUNK;

	if (len <= CHUNK)
		return len;
	for (size_t back = 0; back < 3 && (bytes[end] & 0xc0) == 0x80; back++)
		end--;
	return end;
}

void writ_json_text(struct writ_json *json, const char *key, const char *bytes, size_t len)
{
	size_t at = plain_length(bytes, len);

	put_key(json, key);
	put_byte(json, '"');
	put(json, bytes, at);
	while (at < len) {
		size_t step = chunk_length(bytes + at, len - at);

		put_escaped(json, bytes + at, step);
		at += step;
	}
	put_byte(json, '"');
}

void writ_json_escaped(struct writ_json *json, const char *key, const char *text, size_t len)
{
	put_key(json, key);
	put_byte(json, '"');
	for (size_t at = 0; at < len;) {
		const char *slash = memchr(text + at, '\\', len - at);
		size_t end = slash ? (size_t)(slash - text) : len;

		while (at < end) {
			size_t step = chunk_length(text + at, end - at);

			put_escaped(json, text + at, step);
			at += step;
		}
		if (slash)
			put(json, "\\\\", 2);
		at += !!slash;
	}
	put_byte(json, '"');
}

void writ_json_field(struct writ_json *json, const char *key, const char *field, size_t size)
{
	writ_json_text(json, key, field, strnlen(field, size));
}

void writ_json_unsigned(struct writ_json *json, const char *key, uint64_t number)
{
	put_key(json, key);
	put_digits(json, number, 1);
}

void writ_json_number(struct writ_json *json, const char *key, int64_t number)
{
	put_key(json, key);
	if (number < 0)
		put_byte(json, '-');
	put_digits(json, number < 0 ? -(uint64_t)number : (uint64_t)number, 1);
}

void writ_json_true(struct writ_json *json, const char *key)
{
	put_key(json, key);
	put(json, "true", 4);
}

void writ_json_id(struct writ_json *json, const char *key, uint64_t id)
{
	put_key(json, key);
	put_byte(json, '"');
	put_digits(json, id, 1);
	put_byte(json, '"');
}

void writ_json_seconds(struct writ_json *json, const char *key, int64_t ns)
{
	uint64_t size = ns < 0 ? -(uint64_t)ns : (uint64_t)ns;

	put_key(json, key);
	if (ns < 0 && size >= 1000000)
		put_byte(json, '-');
	put_digits(json, size / WRIT_NS_PER_SECOND, 1);
	put_byte(json, '.');
	put_digits(json, size % WRIT_NS_PER_SECOND / 1000000, 3);
}

/*
 * Days since 1970-01-01 as a date. Years are counted from March, so that the leap day is their
 * last; 153 days are five months from March on, 146097 days are 400 years.
 */
static void put_date(struct writ_json *json, uint64_t days)
{
	uint64_t since = days + 719468; /* days from 0000-03-01 to 1970-01-01 */
	uint64_t era = since / 146097, of_era = since % 146097;
	uint64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	uint64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	uint64_t month = (5 * of_year + 2) / 153;

	put_digits(json, era * 400 + year + (month >= 10), 4);
	put_byte(json, '-');
	put_digits(json, month < 10 ? month + 3 : month - 9, 2);
	put_byte(json, '-');
	put_digits(json, of_year - (153 * month + 2) / 5 + 1, 2);
}

void writ_json_time(struct writ_json *json, const char *key, int64_t wall_ns)
{
	uint64_t ns = wall_ns < 0 ? 0 : (uint64_t)wall_ns;
	uint64_t seconds = ns / WRIT_NS_PER_SECOND;

	put_key(json, key);
	put_byte(json, '"');
	put_date(json, seconds / 86400);
	put_byte(json, 'T');
	put_digits(json, seconds % 86400 / 3600, 2);
	put_byte(json, ':');
	put_digits(json, seconds % 3600 / 60, 2);
	put_byte(json, ':');
	put_digits(json, seconds % 60, 2);
	put_byte(json, '.');
	put_digits(json, ns % WRIT_NS_PER_SECOND / 1000, 6);
	put(json, "Z\"", 2);
}
