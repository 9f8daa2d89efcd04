/* SPDX-License-Identifier: Apache-2.0 */
/* See time.h. */
#include "lib/time.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define YEAR_NS (UINT64_C(365) * 86400 * WRIT_NS_PER_SECOND)

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now = {0};

	(void)clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * WRIT_NS_PER_SECOND + (uint64_t)now.tv_nsec;
}

uint64_t writ_time_boot(void)
{
	return clock_ns(CLOCK_BOOTTIME);
}

int64_t writ_time_offset(void)
{
	return (int64_t)(clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME));
}

static const struct unit {
	const char *word;
	uint64_t ns;
} units[] = {
	/* "ms" before "m": the longer word is tried first */
	{"ms", 1000000},
	{"d", 86400 * WRIT_NS_PER_SECOND},
	{"h", 3600 * WRIT_NS_PER_SECOND},
	{"m", 60 * WRIT_NS_PER_SECOND},
	{"s", WRIT_NS_PER_SECOND},
};
#define N_UNITS (sizeof(units) / sizeof(units[0]))

static const struct unit *find_unit(const char *text)
{
	for (size_t i = 0; i < N_UNITS; i++)
		if (!strncmp(text, units[i].word, strlen(units[i].word)))
			return &units[i];
	return NULL;
}

int writ_time_parse(const char *text, uint64_t *ret_ns)
{
	uint64_t total = 0;

	if (!*text)
		return -EINVAL;
	while (*text) {
		const struct unit *unit;
		uint64_t number = 0;
		const char *start = text;

		for (; *text >= '0' && *text <= '9'; text++) {
			number = number * 10 + (uint64_t)(*text - '0');
			if (number > YEAR_NS)
				return -ERANGE;
		}
		unit = find_unit(text);
		if (text == start || !unit)
			return -EINVAL;
		if (number > YEAR_NS / unit->ns || total + number * unit->ns > YEAR_NS)
			return -ERANGE;
		total += number * unit->ns;
		text += strlen(unit->word);
	}
	*ret_ns = total;
	return 0;
}

void writ_time_stamp(int64_t wall_ns, char *ret_text, size_t size)
{
	time_t seconds = (time_t)(wall_ns / (int64_t)WRIT_NS_PER_SECOND);
	long micros = (long)(wall_ns % (int64_t)WRIT_NS_PER_SECOND / 1000);
	struct tm tm = {0};
	size_t len;

	(void)gmtime_r(&seconds, &tm);
	len = strftime(ret_text, size, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(ret_text + len, size - len, ".%06ldZ", micros);
}

void writ_time_format(uint64_t ns, char *ret_text, size_t size)
{
	uint64_t seconds = ns / WRIT_NS_PER_SECOND;
	size_t len = (size_t)snprintf(ret_text, size, "%s", seconds ? "" : "0s");

	if (seconds < 10 && ns % WRIT_NS_PER_SECOND) {
		(void)snprintf(ret_text, size, "%.1fs", (double)ns / 1e9);
		return;
	}
	for (size_t i = 1; i < N_UNITS && len < size; i++) {
		uint64_t unit = units[i].ns / WRIT_NS_PER_SECOND;

		if (seconds < unit)
			continue;
		len += (size_t)snprintf(ret_text + len, size - len, "%llu%s",
					(unsigned long long)(seconds / unit), units[i].word);
		seconds %= unit;
	}
}
