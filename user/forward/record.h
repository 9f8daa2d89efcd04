/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the log, parsed once for whoever gets it. What it says is not to be trusted. */
#ifndef WRIT_FORWARD_RECORD_H
#define WRIT_FORWARD_RECORD_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

struct writ_record {
	const char *line; /* without its newline */
	size_t len;
	json_t *json; /* an object; NULL: the line is none, and only its bytes are known */
};

/* @line must stay as long as the record. */
void writ_record_read(const char *line, size_t len, struct writ_record *ret);
void writ_record_free(struct writ_record *record);

/* The text of @key; "" if there is none. It has no NUL in it. */
const char *writ_record_text(const struct writ_record *record, const char *key);

/* The number of @key; -1: none. */
int64_t writ_record_number(const struct writ_record *record, const char *key);

/* Its time in microseconds since 1970; now, if it has none. */
int64_t writ_record_time(const struct writ_record *record);

/* How bad it is, in words of syslog(3): LOG_ALERT to LOG_INFO. */
int writ_record_severity(const struct writ_record *record);

#endif
