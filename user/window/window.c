/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See window.h. Time goes from one moment at which a window may open or close to the next: a local
 * time that it names, midnight, or a change of the zone's offset. Between two of them the local
 * clock runs evenly, so nothing is missed and nothing is sampled.
 */
#include "window/window.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/time.h"

#define ZONES "/usr/share/zoneinfo"
#define DAY 86400
#define SECOND ((int64_t)WRIT_NS_PER_SECOND)

/* The process's TZ, to be put back. */
struct zone {
	char *before; /* NULL: there was none */
	bool lost;    /* it can't be put back: nothing may be changed */
};

static struct zone zone_keep(void)
{
	const char *now = getenv("TZ");
	struct zone zone = {.before = now ? strdup(now) : NULL};

	zone.lost = now && !zone.before;
	return zone;
}

static void zone_restore(struct zone *zone)
{
	if (zone->lost)
		return;
	if (zone->before)
		(void)setenv("TZ", zone->before, 1); /* there is room: it was set before */
	else
		(void)unsetenv("TZ");
	tzset();
	free(zone->before);
}

/* The C library takes a zone that is not there for UTC, so look before. */
static bool is_known(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat status;
	char magic[4];

	return fd >= 0 && !fstat(fd, &status) && S_ISREG(status.st_mode) &&
	       read(fd, magic, sizeof(magic)) == (ssize_t)sizeof(magic) &&
	       !memcmp(magic, "TZif", sizeof(magic));
}

static bool zone_set(const char *value)
{
	if (setenv("TZ", value, 1))
		return false;
	tzset();
	return true;
}

static bool zone_enter(const struct zone *zone, const char *name)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-/";
	char path[256] = ":" ZONES "/";
	size_t used = strlen(path), len = strlen(name);

	if (zone->lost)
		return false;
	if (!strcmp(name, "UTC")) /* known without a database */
		return zone_set("UTC0");
	if (!len || len >= sizeof(path) - used || *name == '/' || name[strspn(name, letters)])
		return false;
	memcpy(path + used, name, len + 1);
	return is_known(path + 1) && zone_set(path);
}

static bool local(time_t at, struct tm *ret_tm)
{
	return localtime_r(&at, ret_tm) != NULL;
}

static bool is_open(const struct writ_policy_window *window, time_t at)
{
	uint32_t minute, today, yesterday;
	struct tm tm;

	if (!local(at, &tm))
		return false;
	minute = (uint32_t)(tm.tm_hour * 60 + tm.tm_min);
	today = window->days >> tm.tm_wday & 1;
	yesterday = window->days >> (tm.tm_wday + 6) % 7 & 1;
	if (window->from < window->to)
		return today && minute >= window->from && minute < window->to;
	return (today && minute >= window->from) || (yesterday && minute < window->to);
}

/* The first second in (@from, @to] whose offset is not @offset; that of @to is not. */
static time_t offset_change(time_t from, time_t to, long offset)
{
	while (to - from > 1) {
		time_t middle = from + (to - from) / 2;
		struct tm tm;

		if (local(middle, &tm) && tm.tm_gmtoff == offset)
			from = middle;
		else
			to = middle;
	}
	return to;
}

/* The next moment after @at at which the window may open or close. */
static time_t next_edge(const struct writ_policy_window *window, time_t at)
{
	const time_t edges[] = {(time_t)window->from * 60, (time_t)window->to * 60};
	time_t second, next = DAY;
	struct tm tm, then;

	if (!local(at, &tm))
		return at + DAY;
	second = tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
	if (second >= DAY) /* the leap second of a zone that has them */
		return at + 1;
	for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++)
		if (edges[i] > second && edges[i] < next)
			next = edges[i];
	next += at - second;
	if (!local(next, &then) || then.tm_gmtoff == tm.tm_gmtoff)
		return next;
	return offset_change(at, next, tm.tm_gmtoff);
}

/* From @at on: when the window is first @open, or @limit. */
static time_t find(const struct writ_policy_window *window, time_t at, time_t limit, bool open)
{
	while (at < limit && is_open(window, at) != open)
		at = next_edge(window, at);
	return at < limit ? at : limit;
}

/* One window closes, another may be open: until none is. */
static time_t find_close(const struct zone *zone, const struct writ_policy_window *windows,
			 size_t n, time_t at, time_t limit)
{
	time_t before;

	do {
		before = at;
		for (size_t i = 0; i < n && at < limit; i++)
			if (zone_enter(zone, windows[i].zone))
				at = find(&windows[i], at, limit, false);
	} while (at > before && at < limit);
	return at;
}

static time_t find_open(const struct zone *zone, const struct writ_policy_window *windows, size_t n,
			time_t at, time_t limit, const char **ret_unknown)
{
	time_t first = limit;

	for (size_t i = 0; i < n; i++) {
		if (zone_enter(zone, windows[i].zone))
			first = find(&windows[i], at, first, true);
		else if (!*ret_unknown)
			*ret_unknown = windows[i].zone;
	}
	return first;
}

void writ_window_ask(const struct writ_policy_window *windows, size_t n, int64_t at,
		     struct writ_window_answer *ret_answer)
{
	_cleanup_(zone_restore) struct zone zone = zone_keep();
	time_t now = (time_t)(at / SECOND), limit = now + WRIT_WINDOW_DAYS_MAX * DAY, first;

	*ret_answer = (struct writ_window_answer){0};
	if (!n) {
		ret_answer->open = true;
		ret_answer->closes = INT64_MAX;
		return;
	}
	first = find_open(&zone, windows, n, now, limit, &ret_answer->unknown_zone);
	ret_answer->open = first == now;
	if (ret_answer->open)
		ret_answer->closes = (int64_t)find_close(&zone, windows, n, now, limit) * SECOND;
	else if (first < limit)
		ret_answer->opens = (int64_t)first * SECOND;
}

bool writ_window_clip(const struct writ_window_answer *answer, int64_t begins, uint64_t *ttl_ns)
{
	uint64_t left = (uint64_t)answer->closes - (uint64_t)begins;

	if (*ttl_ns <= left)
		return false;
	*ttl_ns = left;
	return true;
}

void writ_window_say(const struct writ_policy_playbook *playbook,
		     const struct writ_window_answer *answer, char *ret_text, size_t size)
{
	const char *zone = answer->unknown_zone;
	char when[WRIT_TIME_STAMP_SIZE] = "not within 8 days";

	if (answer->opens)
		writ_time_stamp(answer->opens, when, sizeof(when));
	(void)snprintf(ret_text, size,
		       "a grant of playbook %s may not begin outside of its change windows; the "
		       "next one opens: %s%s%s%s",
		       playbook->name, when, zone ? "; zone " : "", zone ? zone : "",
		       zone ? " is not in this system's time zone database" : "");
}
