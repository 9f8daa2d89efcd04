/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A JSON object written by hand into a buffer: no allocation, no printf, since each record of a
 * busy host passes here. The caller's buffer holds the worst case (WRIT_LINE_SIZE), so nothing
 * here fails; running over is a programmer error and asserts.
 *
 * Each function writes `"key":value`, with a comma before it where one is due. @key is plain
 * ASCII; NULL inside an array.
 */
#ifndef WRIT_AUDIT_JSON_H
#define WRIT_AUDIT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct writ_json {
	char *start;
	char *at;
	char *end;
};

static inline void writ_json_begin(struct writ_json *json, char *buffer, size_t size)
{
	*json = (struct writ_json){.start = buffer, .at = buffer, .end = buffer + size};
}

/* Bytes written so far. */
static inline size_t writ_json_length(const struct writ_json *json)
{
	return (size_t)(json->at - json->start);
}

/* @open is '{' or '['; @close the one that ends it. */
void writ_json_open(struct writ_json *json, const char *key, char open);
void writ_json_close(struct writ_json *json, char close);
void writ_json_newline(struct writ_json *json);

/* A word of ours, written as it is. NULL gives null. */
void writ_json_word(struct writ_json *json, const char *key, const char *word);

/* Bytes from outside: escaped as lib/escape.h says, then as JSON wants it (5 bytes for 1). */
void writ_json_text(struct writ_json *json, const char *key, const char *bytes, size_t len);

/* Text that has been through lib/escape.h already: its escapes stay as they are. */
void writ_json_escaped(struct writ_json *json, const char *key, const char *text, size_t len);

/* A JSON value that was written by these functions. */
void writ_json_raw(struct writ_json *json, const char *key, const char *value, size_t len);

/* A NUL-padded field of a struct, of @size bytes at most. */
void writ_json_field(struct writ_json *json, const char *key, const char *field, size_t size);

void writ_json_number(struct writ_json *json, const char *key, int64_t number);
void writ_json_unsigned(struct writ_json *json, const char *key, uint64_t number);
void writ_json_true(struct writ_json *json, const char *key);

/* 64-bit ids as a string: many JSON readers keep only 53 bits of a number. */
void writ_json_id(struct writ_json *json, const char *key, uint64_t id);

/* Nanoseconds as seconds with three decimals, cut toward zero. */
void writ_json_seconds(struct writ_json *json, const char *key, int64_t ns);

/* "2026-11-22T10:11:12.345678Z"; before 1970 counts as 1970. */
void writ_json_time(struct writ_json *json, const char *key, int64_t wall_ns);

#endif
