/* SPDX-License-Identifier: Apache-2.0 */
/* See record.h. */
#include "forward/record.h"

#include <string.h>
#include <syslog.h>
#include <time.h>

#include "trail/blocks.h"

#define US_PER_SECOND 1000000

void writ_record_read(const char *line, size_t len, struct writ_record *ret)
{
	len -= len && line[len - 1] == '\n';
	*ret = (struct writ_record){line, len, json_loadb(line, len, JSON_REJECT_DUPLICATES, NULL)};
	if (!json_is_object(ret->json)) {
		json_decref(ret->json);
		ret->json = NULL;
	}
}

void writ_record_free(struct writ_record *record)
{
	json_decref(record->json);
	record->json = NULL;
}

const char *writ_record_text(const struct writ_record *record, const char *key)
{
	const char *text = json_string_value(json_object_get(record->json, key));

	return text ? text : "";
}

int64_t writ_record_number(const struct writ_record *record, const char *key)
{
	const json_t *number = json_object_get(record->json, key);

	return json_is_integer(number) ? json_integer_value(number) : -1;
}

int64_t writ_record_time(const struct writ_record *record)
{
	int64_t us = record->json ? writ_word_time(record->line, record->len) : INT64_MIN;
	struct timespec now;

	if (us != INT64_MIN)
		return us;
	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * US_PER_SECOND + now.tv_nsec / 1000;
}

static int of_decision(const struct writ_record *record)
{
	const char *verdict = writ_record_text(record, "verdict");

	if (!strcmp(verdict, "allow"))
		return LOG_INFO;
	if (!strcmp(writ_record_text(record, "reason"), "guardrail"))
		return LOG_ERR;
	return strcmp(verdict, "deny") ? LOG_NOTICE : LOG_WARNING;
}

static int of_daemon(const struct writ_record *record)
{
	static const struct {
		const char *event;
		int severity;
	} events[] = {
		{"pin_lost", LOG_ALERT},      {"unloaded", LOG_ALERT},
		{"broker_failing", LOG_CRIT}, {"broker_died", LOG_ERR},
		{"suspended", LOG_WARNING},   {"frozen", LOG_WARNING},
		{"audit_failing", LOG_CRIT},  {"audit_died", LOG_ERR},
		{"forward_failing", LOG_CRIT}, {"forward_died", LOG_ERR},
		{"records_lost", LOG_ERR},    {"unattached", LOG_ALERT},
		{"policy_refused", LOG_ERR},  {"shared_identity", LOG_WARNING},
	};
	const char *event = writ_record_text(record, "event");

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (!strcmp(event, events[i].event))
			return events[i].severity;
	return LOG_NOTICE;
}

int writ_record_severity(const struct writ_record *record)
{
	const char *type = writ_record_text(record, "type");

	if (!record->json || !strcmp(type, "gap") || !strcmp(type, "forward"))
		return LOG_ERR;
	if (!strcmp(type, "decision"))
		return of_decision(record);
	if (!strcmp(type, "daemon"))
		return of_daemon(record);
	if (!strcmp(type, "log"))
		return LOG_ERR;
	if (!strcmp(type, "grant") && json_is_true(json_object_get(record->json, "break_glass")))
		return LOG_WARNING;
	if (!strcmp(type, "segment") || !strcmp(type, "checkpoint"))
		return LOG_INFO;
	return LOG_NOTICE;
}
