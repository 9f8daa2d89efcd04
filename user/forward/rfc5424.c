/* SPDX-License-Identifier: Apache-2.0 */
/* See rfc5424.h. */
#include "forward/rfc5424.h"

#include <string.h>
#include <syslog.h>

#include "lib/time.h"

#define AUTHPRIV 10
#define ID "writ@32473" /* the number that RFC 5612 keeps for those who have none of their own */
#define TYPE_MAX 32	/* of a message's id, as RFC 5424 has it */

/* Names of these parameters are those of the line. */
static const char *const texts[] = {"agent",	"role",	   "verdict",	"operation",
				    "reason",	"event",   "playbook",	"ticket",
				    "operator", "sponsor", "approvers", "environment"};
static const char *const numbers[] = {"grant", "sequence", "cpu", "missing"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* RFC 5424, 6.3.3: three signs are escaped, all else may stand as it is. */
static int add_value(struct writ_bytes *message, const char *value)
{
	int err = 0;

	while (!err && *value) {
		size_t plain = strcspn(value, "\"\\]");

		err = writ_bytes_add(message, value, plain);
		value += plain;
		if (!err && *value) {
			const char escaped[] = {'\\', *value++};

			err = writ_bytes_add(message, escaped, sizeof(escaped));
		}
	}
	return err;
}

static int add_text(struct writ_bytes *message, const char *key, const char *value)
{
	int err = *value ? writ_bytes_print(message, " %s=\"", key) : 0;

	if (!err && *value)
		err = add_value(message, value);
	return !err && *value ? writ_bytes_add(message, "\"", 1) : err;
}

static int add_data(struct writ_bytes *message, const struct writ_record *record)
{
	int err = writ_bytes_print(message, "[" ID);

	for (size_t i = 0; !err && i < COUNT(texts); i++)
		err = add_text(message, texts[i], writ_record_text(record, texts[i]));
	for (size_t i = 0; !err && i < COUNT(numbers); i++) {
		int64_t number = writ_record_number(record, numbers[i]);

		if (number >= 0)
			err = writ_bytes_print(message, " %s=\"%lld\"", numbers[i],
					       (long long)number);
	}
	return err ? err : writ_bytes_add(message, "] ", 2);
}

/* A word of at most @max signs that RFC 5424 lets stand in its header; else "-". */
static const char *word(const char *text, size_t max)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < len; i++)
		if (text[i] <= ' ' || text[i] > '~')
			return "-";
	return len && len <= max ? text : "-";
}

int writ_rfc5424_write(const struct writ_record *record, const char *host, const char *payload,
		       size_t len, struct writ_bytes *ret_message)
{
	char stamp[WRIT_TIME_STAMP_SIZE];
	int err;

	writ_time_stamp(writ_record_time(record) * 1000, stamp, sizeof(stamp));
	err = writ_bytes_print(ret_message, "<%d>1 %s %s writ - %s ",
			       AUTHPRIV << 3 | writ_record_severity(record), stamp, word(host, 255),
			       word(writ_record_text(record, "type"), TYPE_MAX));
	if (!err)
		err = record->json ? add_data(ret_message, record)
				   : writ_bytes_add(ret_message, "- ", 2);
	return err ? err : writ_bytes_add(ret_message, payload, len);
}
