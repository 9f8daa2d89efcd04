/* SPDX-License-Identifier: Apache-2.0 */
/* See alerts.h. */
#include "forward/alerts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "forward/alert.h"
#include "forward/cursor.h"
#include "forward/follower.h"
#include "forward/tell.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define CURSOR "+alerts" /* no sink can have this name */
#define BATCH 1024
#define IDLE_MS 1000
#define TROUBLE_S 60 /* a sink that is away for so long is in trouble */

/* Who is yet to be told of an alert. */
enum {
	TELL_SYSLOG = 1,
	TELL_COMMAND = 2,
	TELL_WEBHOOK = 4,
};

struct rule {
	struct writ_alert alert;
	unsigned int failed; /* of the last message */
};

struct writ_alerts {
	const struct writ_sink_common *common;
	const struct writ_policy_audit *audit;
	struct writ_forward_page *page;
	struct writ_forward_row *row;
	pthread_t thread;
	struct writ_follower *follower;
	struct writ_tell tell;
	struct writ_chain chain;
	bool chained; /* the line before is known */
	struct writ_place saved;
	uint64_t saved_ns;
	bool troubled[WRIT_SINKS_MAX];
	char host[256];
	struct rule rules[WRIT_ALERTS_MAX];
};

/* --- what counts ------------------------------------------------------------------------ */

static void count_all(struct writ_alerts *alerts, enum writ_alert_on on, int64_t us,
		      const char *line, size_t len)
{
	for (size_t i = 0; i < alerts->audit->n_alerts; i++)
		if (alerts->rules[i].alert.policy->on == on)
			writ_alert_count(&alerts->rules[i].alert, us, line, len);
}

/* A line that does not follow the one before: the log was changed. */
static bool is_broken(struct writ_alerts *alerts, const char *line, size_t len)
{
	struct writ_chain head;
	int err;

	if (!alerts->chained) {
		alerts->chained = !writ_chain_read(line, len, &head);
		if (alerts->chained)
			alerts->chain = head;
		return !alerts->chained;
	}
	err = writ_chain_check(&alerts->chain, line, len);
	return err != 0;
}

static void take_line(struct writ_alerts *alerts, const char *line, size_t len)
{
	bool broken = is_broken(alerts, line, len);
	struct writ_record record;
	int64_t us;

	writ_record_read(line, len, &record);
	us = writ_record_time(&record);
	for (size_t i = 0; i < alerts->audit->n_alerts; i++) {
		struct writ_alert *alert = &alerts->rules[i].alert;

		if (writ_alert_matches(alert->policy->on, &record) ||
		    (broken && alert->policy->on == WRIT_ALERT_LOG))
			writ_alert_count(alert, us, record.line, record.len);
	}
	writ_record_free(&record);
}

static int64_t now_us(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void count_text(struct writ_alerts *alerts, enum writ_alert_on on, const char *text)
{
	count_all(alerts, on, now_us(), text, strlen(text));
}

/* Sinks that could not send for a while; once each time. */
static void look_at_sinks(struct writ_alerts *alerts)
{
	const uint64_t now = (uint64_t)time(NULL);

	for (size_t i = 0; i < alerts->audit->n_sinks; i++) {
		const struct writ_forward_row *row = &alerts->page->rows[i];
		bool trouble = writ_page_get(&row->state) == WRIT_FORWARD_CONNECTING &&
			       now - writ_page_get(&row->since) >= TROUBLE_S;
		char text[160];

		if (trouble && !alerts->troubled[i]) {
			(void)snprintf(text, sizeof(text), "sink %s has sent nothing for %d s",
				       row->name, TROUBLE_S);
			count_text(alerts, WRIT_ALERT_LOG, text);
		}
		alerts->troubled[i] = trouble;
	}
}

/* --- who is told ------------------------------------------------------------------------ */

static unsigned int targets_of(const struct writ_policy_alert *policy)
{
	return (policy->syslog ? TELL_SYSLOG : 0u) | (policy->n_command ? TELL_COMMAND : 0u) |
	       (policy->webhook ? TELL_WEBHOOK : 0u);
}

static int tell_one(struct writ_alerts *alerts, const struct writ_policy_alert *policy,
		    unsigned int target, const char *message)
{
	if (target == TELL_SYSLOG)
		return writ_tell_syslog(&alerts->tell, WRIT_TELL_SYSLOG, message);
	if (target == TELL_COMMAND)
		return writ_tell_command(&alerts->tell, policy->command, policy->n_command,
					 message);
	return writ_tell_webhook(&alerts->tell, policy->webhook, message);
}

/* Those of @targets who could not be told. */
static unsigned int tell_each(struct writ_alerts *alerts, const struct writ_policy_alert *policy,
			      unsigned int targets, const char *message)
{
	unsigned int failed = 0;

	for (unsigned int target = TELL_SYSLOG; target <= TELL_WEBHOOK; target <<= 1) {
		if (!(targets & target) || !tell_one(alerts, policy, target, message))
			continue;
		failed |= target;
		writ_page_error(alerts->row, alerts->tell.error);
		writ_page_add(&alerts->row->retries, 1);
		writ_warning("alert %s: %s; told again later", policy->name, alerts->tell.error);
	}
	return failed;
}

/* Who could not be told is told again when the alert's pause is over; the others are not. */
static void tell(struct writ_alerts *alerts, struct rule *rule, uint64_t count)
{
	const struct writ_policy_alert *policy = rule->alert.policy;
	unsigned int targets = rule->failed ? rule->failed : targets_of(policy);
	_cleanup_free_ char *message = writ_alert_message(&rule->alert, alerts->host, count);

	rule->failed = message ? tell_each(alerts, policy, targets, message) : targets;
	if (rule->failed)
		writ_alert_untold(&rule->alert, count);
	else
		writ_page_add(&alerts->row->sent_lines, 1);
}

static void tell_all(struct writ_alerts *alerts)
{
	for (size_t i = 0; i < alerts->audit->n_alerts; i++) {
		struct rule *rule = &alerts->rules[i];
		uint64_t count;

		if (!writ_watch_stopped(alerts->common->watch) &&
		    writ_alert_is_due(&rule->alert, writ_time_boot(), &count))
			tell(alerts, rule, count);
	}
}

/* --- the thread ------------------------------------------------------------------------- */

static void save(struct writ_alerts *alerts)
{
	struct writ_place place;
	int err;

	for (size_t i = 0; i < alerts->audit->n_alerts; i++)
		if (alerts->rules[i].alert.due)
			return; /* who was not told yet is told after a restart */
	writ_follower_place(alerts->follower, &place);
	if (!place.offset || !memcmp(&place, &alerts->saved, sizeof(place)))
		return;
	err = writ_cursor_save(alerts->common->state, CURSOR, &place);
	if (err)
		writ_page_error(alerts->row, strerror(-err));
	else
		alerts->saved = place;
}

/* Lines, at most BATCH. True: there are no more now. */
static bool read_some(struct writ_alerts *alerts)
{
	enum writ_followed said;
	const char *line;
	size_t len;

	for (int i = 0; i < BATCH; i++) {
		int err = writ_follower_next(alerts->follower, &said, &line, &len);

		if (!err && said == WRIT_FOLLOWED_END)
			return true;
		if (!err && said == WRIT_FOLLOWED_LINE) {
			take_line(alerts, line, len);
			continue;
		}
		alerts->chained = false;
		if (!err && said == WRIT_FOLLOWED_LOST) {
			count_text(alerts, WRIT_ALERT_LOSS,
				   "segments were removed before alerts were looked for in them");
			continue;
		}
		count_text(alerts, WRIT_ALERT_LOG,
			   err ? "the log can't be read" : "the log's file is another than before");
		if (err && err != -EBADMSG)
			return true;
	}
	return false;
}

static void *run(void *argument)
{
	struct writ_alerts *alerts = argument;
	struct writ_watch *watch = alerts->common->watch;

	while (!writ_watch_stopped(watch)) {
		const uint64_t seen = writ_watch_changes(watch);
		bool over = read_some(alerts);

		look_at_sinks(alerts);
		tell_all(alerts);
		if (writ_time_boot() - alerts->saved_ns >= WRIT_NS_PER_SECOND) {
			save(alerts);
			alerts->saved_ns = writ_time_boot();
		}
		writ_page_state(alerts->row, over ? WRIT_FORWARD_CURRENT : WRIT_FORWARD_SENDING);
		if (over)
			writ_watch_wait(watch, seen, IDLE_MS);
	}
	save(alerts);
	return NULL;
}

static int open_follower(struct writ_alerts *alerts)
{
	struct writ_place place;
	int err = writ_cursor_load(alerts->common->state, CURSOR, &place);

	if (err && err != -ENOENT)
		(void)writ_log_errno(err, "cursor of the alerts; they begin with what comes now");
	if (!err)
		alerts->saved = place;
	if (!err && place.offset) { /* the chain goes on from there */
		memcpy(alerts->chain.head, place.head, sizeof(place.head));
		alerts->chained = true;
	}
	/* old news is no alert: without a cursor, what comes */
	return writ_follower_open(alerts->common->log, err ? NULL : &place, WRIT_FOLLOWER_NEWEST,
				  &alerts->follower);
}

int writ_alerts_start(const struct writ_sink_common *common, const struct writ_policy_audit *audit,
		      struct writ_forward_page *page, struct writ_forward_row *row,
		      struct writ_alerts **ret)
{
	struct writ_alerts *alerts = calloc(1, sizeof(*alerts));
	int err = alerts ? 0 : -ENOMEM;

	if (err)
		return err;
	alerts->common = common;
	alerts->audit = audit;
	alerts->page = page;
	alerts->row = row;
	alerts->tell.watch = common->watch;
	if (gethostname(alerts->host, sizeof(alerts->host) - 1))
		(void)strcpy(alerts->host, "-");
	for (size_t i = 0; !err && i < audit->n_alerts; i++)
		err = writ_alert_init(&alerts->rules[i].alert, &audit->alerts[i]);
	if (!err)
		err = open_follower(alerts);
	if (!err)
		err = -pthread_create(&alerts->thread, NULL, run, alerts);
	if (err) {
		for (size_t i = 0; i < audit->n_alerts; i++)
			writ_alert_free(&alerts->rules[i].alert);
		writ_follower_close(alerts->follower);
		free(alerts);
		return err;
	}
	*ret = alerts;
	return 0;
}

void writ_alerts_join(struct writ_alerts *alerts)
{
	if (!alerts)
		return;
	(void)pthread_join(alerts->thread, NULL);
	for (size_t i = 0; i < alerts->audit->n_alerts; i++)
		writ_alert_free(&alerts->rules[i].alert);
	writ_follower_close(alerts->follower);
	free(alerts);
}
