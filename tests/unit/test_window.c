/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change windows against the clock on the wall: days, midnight, both changes of the clock in two
 * zones, several windows at once, and zones that are none. Moments are written in UTC.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/time.h"
#include "window/window.h"

#define SUN 1u
#define MON 2u
#define FRI 32u
#define SAT 64u
#define ALL 127u
#define WORKDAYS (ALL & ~SUN & ~SAT)
#define AT(hours, minutes) ((hours)*60 + (minutes))

static const char BERLIN[] = "Europe/Berlin", YORK[] = "America/New_York";

/* "2026-03-29 01:30" in UTC -> wall ns. */
static int64_t utc(const char *text)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%d %H:%M:%S", &tm);

	if (!end)
		end = strptime(text, "%Y-%m-%d %H:%M", &tm);
	if (!end || *end)
		fail_msg("no time: %s", text);
	return (int64_t)timegm(&tm) * (int64_t)WRIT_NS_PER_SECOND;
}

static void assert_time(const char *what, int64_t found, const char *expected)
{
	char text[WRIT_TIME_STAMP_SIZE];

	writ_time_stamp(found, text, sizeof(text));
	if (found != utc(expected))
		fail_msg("%s: expected %s, found %s", what, expected, text);
}

/* One that the moment @at is in, and that closes at @closes. */
static void assert_open(const struct writ_policy_window *windows, size_t n, const char *at,
			const char *closes)
{
	struct writ_window_answer answer;

	writ_window_ask(windows, n, utc(at), &answer);
	if (!answer.open)
		fail_msg("closed at %s", at);
	assert_int_equal(answer.opens, 0);
	assert_time("closes", answer.closes, closes);
}

/* @opens NULL: not within the days that are looked at. */
static void assert_closed(const struct writ_policy_window *windows, size_t n, const char *at,
			  const char *opens)
{
	struct writ_window_answer answer;

	writ_window_ask(windows, n, utc(at), &answer);
	if (answer.open)
		fail_msg("open at %s", at);
	assert_int_equal(answer.closes, 0);
	if (opens)
		assert_time("opens", answer.opens, opens);
	else
		assert_int_equal(answer.opens, 0);
}

#define WINDOW(d, f, t, z) \
	((const struct writ_policy_window[]){{.days = (d), .from = (f), .to = (t), .zone = (z)}}), 1

static void plain_day(void **state)
{
	const struct writ_policy_window nine[] = {
		{.days = WORKDAYS, .from = AT(9, 0), .to = AT(17, 0), .zone = BERLIN}};

	(void)state; /* Monday 2026-11-23; Berlin is an hour ahead of UTC */
	assert_closed(nine, 1, "2026-11-23 07:59:59", "2026-11-23 08:00");
	assert_open(nine, 1, "2026-11-23 08:00", "2026-11-23 16:00");
	assert_open(nine, 1, "2026-11-23 15:59:59", "2026-11-23 16:00");
	assert_closed(nine, 1, "2026-11-23 16:00", "2026-11-24 08:00");
	/* from Friday evening to Monday morning */
	assert_closed(nine, 1, "2026-11-27 16:00", "2026-11-30 08:00");
	assert_closed(nine, 1, "2026-11-28 12:00", "2026-11-30 08:00");
	/* the same in summer, an hour earlier in UTC */
	assert_open(nine, 1, "2026-07-06 07:00", "2026-07-06 15:00");
	assert_closed(nine, 1, "2026-07-06 06:59", "2026-07-06 07:00");
}

/* The day is that on which it opens. */
static void over_midnight(void **state)
{
	const struct writ_policy_window night[] = {
		{.days = FRI, .from = AT(22, 0), .to = AT(6, 0), .zone = YORK}};

	(void)state; /* Friday 2026-11-27; New York is five hours behind */
	assert_closed(night, 1, "2026-11-27 10:59", "2026-11-28 03:00");
	assert_closed(night, 1, "2026-11-27 05:30", "2026-11-28 03:00"); /* Friday, 00:30 */
	assert_open(night, 1, "2026-11-28 03:00", "2026-11-28 11:00");
	assert_open(night, 1, "2026-11-28 10:59", "2026-11-28 11:00");
	assert_closed(night, 1, "2026-11-28 11:00", "2026-12-05 03:00");
}

static void whole_days(void **state)
{
	(void)state;
	/* Saturday and Sunday are one */
	assert_open(WINDOW(SAT | SUN, 0, AT(24, 0), BERLIN), "2026-11-28 12:00",
		    "2026-11-29 23:00");
	assert_closed(WINDOW(SAT | SUN, 0, AT(24, 0), BERLIN), "2026-11-29 23:00",
		      "2026-12-04 23:00");
	/* every day: it never closes within the days that are looked at */
	assert_open(WINDOW(ALL, 0, AT(24, 0), "UTC"), "2026-11-23 12:00", "2026-12-01 12:00");
	assert_open(WINDOW(ALL, AT(9, 0), AT(9, 0), "UTC"), "2026-11-23 12:00", "2026-12-01 12:00");
	/* no day */
	assert_closed(WINDOW(0, 0, AT(24, 0), "UTC"), "2026-11-23 12:00", NULL);
}

static void without_windows(void **state)
{
	struct writ_window_answer answer;

	(void)state;
	writ_window_ask(NULL, 0, utc("2026-11-23 12:00"), &answer);
	assert_true(answer.open);
	assert_true(answer.closes == INT64_MAX);
}

/* 2026-03-29: at 01:00 UTC Berlin goes from 02:00 to 03:00. */
static void berlin_gap(void **state)
{
	(void)state;
	assert_open(WINDOW(ALL, AT(1, 0), AT(4, 0), BERLIN), "2026-03-29 00:00",
		    "2026-03-29 02:00");
	assert_open(WINDOW(ALL, AT(1, 0), AT(4, 0), BERLIN), "2026-03-29 01:00",
		    "2026-03-29 02:00");
	/* begins in the hour that is not: at its end */
	assert_closed(WINDOW(ALL, AT(2, 30), AT(4, 0), BERLIN), "2026-03-29 00:59:59",
		      "2026-03-29 01:00");
	/* ends in it */
	assert_open(WINDOW(ALL, AT(1, 0), AT(2, 30), BERLIN), "2026-03-29 00:30",
		    "2026-03-29 01:00");
	/* lies in it: not on that day */
	assert_closed(WINDOW(ALL, AT(2, 15), AT(2, 45), BERLIN), "2026-03-28 23:30",
		      "2026-03-30 00:15");
	assert_closed(WINDOW(SUN, AT(2, 15), AT(2, 45), BERLIN), "2026-03-25 12:00",
		      NULL); /* not within 8 days */
	assert_closed(WINDOW(SUN, AT(2, 15), AT(2, 45), BERLIN), "2026-03-29 12:00",
		      "2026-04-05 00:15");
	/* over midnight, and the day before the change */
	assert_open(WINDOW(SAT, AT(22, 0), AT(6, 0), BERLIN), "2026-03-28 21:00",
		    "2026-03-29 04:00");
}

/* 2026-10-25: at 01:00 UTC Berlin goes from 03:00 back to 02:00. */
static void berlin_overlap(void **state)
{
	(void)state;
	assert_open(WINDOW(ALL, AT(1, 0), AT(4, 0), BERLIN), "2026-10-24 23:00",
		    "2026-10-25 03:00");
	/* lies in the hour that comes twice: it comes twice */
	assert_closed(WINDOW(ALL, AT(2, 15), AT(2, 45), BERLIN), "2026-10-25 00:00",
		      "2026-10-25 00:15");
	assert_open(WINDOW(ALL, AT(2, 15), AT(2, 45), BERLIN), "2026-10-25 00:15",
		    "2026-10-25 00:45");
	assert_closed(WINDOW(ALL, AT(2, 15), AT(2, 45), BERLIN), "2026-10-25 00:45",
		      "2026-10-25 01:15");
	assert_open(WINDOW(ALL, AT(2, 15), AT(2, 45), BERLIN), "2026-10-25 01:15",
		    "2026-10-25 01:45");
	/* ends in it: closed between, and open again where the clock is put back */
	assert_open(WINDOW(ALL, AT(1, 0), AT(2, 30), BERLIN), "2026-10-24 23:30",
		    "2026-10-25 00:30");
	assert_closed(WINDOW(ALL, AT(1, 0), AT(2, 30), BERLIN), "2026-10-25 00:30",
		      "2026-10-25 01:00");
	/* it is exactly that hour: open for two, at one go */
	assert_open(WINDOW(ALL, AT(2, 0), AT(3, 0), BERLIN), "2026-10-25 00:00",
		    "2026-10-25 02:00");
	assert_open(WINDOW(SUN, 0, AT(24, 0), BERLIN), "2026-10-24 22:00", "2026-10-25 23:00");
}

/* 2026-03-08: at 07:00 UTC from 02:00 to 03:00. 2026-11-01: at 06:00 UTC from 02:00 to 01:00. */
static void new_york(void **state)
{
	(void)state;
	assert_open(WINDOW(ALL, AT(1, 0), AT(4, 0), YORK), "2026-03-08 06:00", "2026-03-08 08:00");
	assert_closed(WINDOW(ALL, AT(2, 30), AT(4, 0), YORK), "2026-03-08 06:59",
		      "2026-03-08 07:00");
	assert_closed(WINDOW(ALL, AT(2, 10), AT(2, 50), YORK), "2026-03-08 05:00",
		      "2026-03-09 06:10");
	assert_open(WINDOW(ALL, AT(0, 30), AT(3, 0), YORK), "2026-11-01 04:30", "2026-11-01 08:00");
	assert_open(WINDOW(ALL, AT(1, 10), AT(1, 50), YORK), "2026-11-01 05:10",
		    "2026-11-01 05:50");
	assert_open(WINDOW(ALL, AT(1, 10), AT(1, 50), YORK), "2026-11-01 06:10",
		    "2026-11-01 06:50");
	assert_closed(WINDOW(ALL, AT(1, 10), AT(1, 50), YORK), "2026-11-01 06:50",
		      "2026-11-02 06:10");
}

/* Half an hour: at 2026-04-04 15:00 UTC from 02:00 to 01:30. */
static void lord_howe(void **state)
{
	const char *zone = "Australia/Lord_Howe";

	(void)state;
	assert_open(WINDOW(ALL, AT(1, 40), AT(1, 50), zone), "2026-04-04 14:40",
		    "2026-04-04 14:50");
	assert_closed(WINDOW(ALL, AT(1, 40), AT(1, 50), zone), "2026-04-04 14:50",
		      "2026-04-04 15:10");
}

/* Together they are one time, whatever their zones and their order. */
static void several(void **state)
{
	const struct writ_policy_window windows[] = {
		{.days = MON, .from = AT(13, 0), .to = AT(14, 0), .zone = "UTC"},
		{.days = MON, .from = AT(5, 0), .to = AT(7, 30), .zone = YORK},	  /* 10 to 12:30 */
		{.days = MON, .from = AT(9, 0), .to = AT(11, 0), .zone = BERLIN}, /* 08 to 10 */
	};

	(void)state;
	assert_closed(windows, 3, "2026-11-23 07:59", "2026-11-23 08:00");
	assert_open(windows, 3, "2026-11-23 08:00", "2026-11-23 12:30");
	assert_closed(windows, 3, "2026-11-23 12:30", "2026-11-23 13:00");
	assert_open(windows, 3, "2026-11-23 13:59", "2026-11-23 14:00");
	assert_closed(windows, 3, "2026-11-23 14:00", "2026-11-30 08:00");
}

/* The C library would take each of them for UTC. */
static void unknown_zones(void **state)
{
	static const char *const zones[] = {"",
					    "Europe/Nowhere",
					    "Europe",
					    "/etc/localtime",
					    "UTC0",
					    "../../../etc/passwd",
					    "leapseconds",
					    "CET-1CEST",
					    "Europe/..",
					    ":UTC",
					    "Europe/Berlin/"};
	struct writ_window_answer answer;

	(void)state;
	for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		const struct writ_policy_window windows[] = {
			{.days = ALL, .from = 0, .to = AT(24, 0), .zone = zones[i]}};

		writ_window_ask(windows, 1, utc("2026-11-23 12:00"), &answer);
		if (answer.open)
			fail_msg("\"%s\" is open", zones[i]);
		assert_int_equal(answer.opens, 0);
		assert_ptr_equal(answer.unknown_zone, zones[i]);
	}
}

/* One that is known counts beside one that is not. */
static void known_beside_unknown(void **state)
{
	const struct writ_policy_window windows[] = {
		{.days = ALL, .from = 0, .to = AT(24, 0), .zone = "Europe/Nowhere"},
		{.days = MON, .from = AT(9, 0), .to = AT(10, 0), .zone = BERLIN},
	};
	struct writ_window_answer answer;

	(void)state;
	assert_open(windows, 2, "2026-11-23 08:30", "2026-11-23 09:00");
	assert_closed(windows, 2, "2026-11-23 09:00", "2026-11-30 08:00");
	writ_window_ask(windows, 2, utc("2026-11-23 09:00"), &answer);
	assert_string_equal(answer.unknown_zone, "Europe/Nowhere");
}

/* The process's own zone is the same before and after, and changes nothing. */
static void leaves_the_zone(void **state)
{
	static const char *const before[] = {"Asia/Tokyo", "", NULL};
	struct tm tm;
	time_t noon = (time_t)(utc("2026-11-23 12:00") / (int64_t)WRIT_NS_PER_SECOND);

	(void)state;
	for (size_t i = 0; i < sizeof(before) / sizeof(before[0]); i++) {
		if (before[i])
			(void)setenv("TZ", before[i], 1);
		else
			(void)unsetenv("TZ");
		assert_open(WINDOW(MON, AT(9, 0), AT(17, 0), BERLIN), "2026-11-23 08:00",
			    "2026-11-23 16:00");
		if (!before[i])
			assert_null(getenv("TZ"));
		else
			assert_string_equal(getenv("TZ"), before[i]);
		if (i)
			continue;
		assert_non_null(localtime_r(&noon, &tm));
		assert_int_equal(tm.tm_hour, 21);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_day),
		cmocka_unit_test(over_midnight),
		cmocka_unit_test(whole_days),
		cmocka_unit_test(without_windows),
		cmocka_unit_test(berlin_gap),
		cmocka_unit_test(berlin_overlap),
		cmocka_unit_test(new_york),
		cmocka_unit_test(lord_howe),
		cmocka_unit_test(several),
		cmocka_unit_test(unknown_zones),
		cmocka_unit_test(known_beside_unknown),
		cmocka_unit_test(leaves_the_zone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
