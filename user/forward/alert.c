/* SPDX-License-Identifier: Apache-2.0 */
/* See alert.h. */
#include "forward/alert.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/escape.h"
#include "lib/time.h"

static bool is(const struct writ_record *record, const char *key, const char *word)
{
	return !strcmp(writ_record_text(record, key), word);
}

/* What the log's keeper says of itself. */
static bool is_log_trouble(const struct writ_record *record)
{
	static const char *const events[] = {"audit_died", "audit_failing", "forward_failing"};
	static const char *const trouble[] = {"key_lost",   "changed", "unsigned",
					      "not_packed", "spilled", "agents_stopped"};

	for (size_t i = 0; i < sizeof(trouble) / sizeof(trouble[0]); i++)
		if (is(record, "type", "log") && is(record, "event", trouble[i]))
			return true;
	if (is(record, "type", "gap"))
		return is(record, "reason", "write_failed") ||
		       is(record, "reason", "truncated_line");
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++)
		if (is(record, "type", "daemon") && is(record, "event", events[i]))
			return true;
	return !record->json;
}

bool writ_alert_matches(enum writ_alert_on on, const struct writ_record *record)
{
	switch (on) {
	case WRIT_ALERT_DENIALS:
		return is(record, "type", "decision") && is(record, "verdict", "deny");
	case WRIT_ALERT_REFUSALS:
		return is(record, "type", "proposal") && is(record, "event", "refused");
	case WRIT_ALERT_GUARDRAIL:
		return is(record, "type", "decision") && is(record, "reason", "guardrail");
	case WRIT_ALERT_LOSS:
		return (is(record, "type", "gap") && writ_record_number(record, "missing") > 0) ||
		       (is(record, "type", "daemon") && is(record, "event", "records_lost"));
	case WRIT_ALERT_SUSPENDED:
		return is(record, "type", "daemon") && is(record, "event", "suspended");
	case WRIT_ALERT_BREAK_GLASS:
		return is(record, "type", "grant") && is(record, "event", "issued") &&
		       json_is_true(json_object_get(record->json, "break_glass"));
	case WRIT_ALERT_LOG:
		return is_log_trouble(record);
	case WRIT_ALERT_ONS:
		break;
	}
	return false;
}

int writ_alert_init(struct writ_alert *alert, const struct writ_policy_alert *policy)
{
	*alert = (struct writ_alert){.policy = policy};
	alert->times = calloc(policy->count, sizeof(*alert->times));
	return alert->times ? 0 : -ENOMEM;
}

void writ_alert_free(struct writ_alert *alert)
{
	free(alert->times);
	alert->times = NULL;
}

void writ_alert_count(struct writ_alert *alert, int64_t us, const char *line, size_t len)
{
	const struct writ_policy_alert *policy = alert->policy;
	size_t kept = len < sizeof(alert->last) ? len : sizeof(alert->last) - 1;

	memcpy(alert->last, line, kept);
	alert->last[kept] = '\0';
	alert->last_cut = kept < len;
	alert->times[alert->next] = us;
	alert->next = (alert->next + 1) % policy->count;
	alert->seen++;
	alert->untold++;
	/* the oldest of the last `count` is what the next one would replace */
	if (alert->seen >= policy->count &&
	    us - alert->times[alert->next] <= (int64_t)(policy->within_ns / 1000))
		alert->due = true;
}

bool writ_alert_is_due(struct writ_alert *alert, uint64_t boot_ns, uint64_t *ret_count)
{
	if (!alert->due || (alert->told && boot_ns - alert->told_ns < alert->policy->every_ns))
		return false;
	*ret_count = alert->untold;
	alert->due = false;
	alert->told = true;
	alert->told_ns = boot_ns;
	alert->untold = 0;
	return true;
}

void writ_alert_untold(struct writ_alert *alert, uint64_t count)
{
	alert->untold += count;
	alert->due = true;
}

static json_t *last_line(const struct writ_alert *alert)
{
	char escaped[WRIT_ESCAPE_SIZE(sizeof(alert->last))];
	json_t *line = alert->last_cut ? NULL : json_loads(alert->last, 0, NULL);

	if (line)
		return line;
	(void)writ_escape_text(alert->last, strlen(alert->last), escaped, sizeof(escaped));
	return json_string(escaped);
}

char *writ_alert_message(const struct writ_alert *alert, const char *host, uint64_t count)
{
	static const char *const words[] = {
#define WORD(name, word) word,
		WRIT_ALERT_LIST(WORD)
#undef WORD
	};
	char stamp[WRIT_TIME_STAMP_SIZE], *text;
	struct timespec now;
	json_t *message;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	writ_time_stamp((int64_t)now.tv_sec * (int64_t)WRIT_NS_PER_SECOND + now.tv_nsec, stamp,
			sizeof(stamp));
	message = json_pack("{s:s, s:s, s:s, s:s, s:I, s:o}", "time", stamp, "alert",
			    alert->policy->name, "when", words[alert->policy->on], "host", host,
			    "count", (json_int_t)count, "last", last_line(alert));
	text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	json_decref(message);
	return text;
}
