/* SPDX-License-Identifier: Apache-2.0 */
/* See windows.h. A window says all of itself: only its days have a default, each of them. */
#include "compile/windows.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define DAY_MINUTES 1440u

static const char *const days[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

static int read_day(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	size_t index = 0;
	int err = writ_reader_word(reader, value, "days", days, COUNT(days), &index);

	if (!err)
		*(uint32_t *)element = 1u << index;
	return err;
}

static int read_days(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_policy_window *window = object;
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, "days", COUNT(days), sizeof(uint32_t), read_day,
				   &items, &n);

	if (err)
		return err;
	if (!n)
		return writ_reader_mismatch(reader, value, "days", "at least one day");
	window->days = 0;
	for (size_t i = 0; i < n; i++)
		window->days |= ((const uint32_t *)items)[i];
	return 0;
}

/* "HH:MM" in minutes, or -EINVAL. */
static int parse_time(const char *text, uint32_t *ret_minutes)
{
	uint32_t hours, minutes;

	if (strlen(text) != 5 || text[2] != ':' || strspn(text, "0123456789") != 2 ||
	    strspn(text + 3, "0123456789") != 2)
		return -EINVAL;
	hours = (uint32_t)(text[0] - '0') * 10 + (uint32_t)(text[1] - '0');
	minutes = (uint32_t)(text[3] - '0') * 10 + (uint32_t)(text[4] - '0');
	if (minutes > 59 || hours * 60 + minutes > DAY_MINUTES)
		return -EINVAL;
	*ret_minutes = hours * 60 + minutes;
	return 0;
}

static int read_from(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	uint32_t minutes = DAY_MINUTES;

	if (value->type != WRIT_YAML_SCALAR || parse_time(value->text, &minutes) ||
	    minutes == DAY_MINUTES)
		return writ_reader_mismatch(reader, value, "from", "a time from 00:00 to 23:59");
	((struct writ_policy_window *)object)->from = minutes;
	return 0;
}

static int read_to(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	if (value->type != WRIT_YAML_SCALAR ||
	    parse_time(value->text, &((struct writ_policy_window *)object)->to))
		return writ_reader_mismatch(reader, value, "to", "a time from 00:00 to 24:00");
	return 0;
}

static bool is_letter(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

bool writ_windows_is_zone(const char *zone)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_+-";

	if (strlen(zone) >= WRIT_ZONE_SIZE)
		return false;
	for (;;) {
		if (!is_letter(*zone))
			return false;
		zone += strspn(zone, letters);
		if (*zone != '/')
			return !*zone;
		zone++;
	}
}

static int read_zone(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	if (value->type != WRIT_YAML_SCALAR || !writ_windows_is_zone(value->text))
		return writ_reader_mismatch(reader, value, "zone",
					    "the name of a time zone such as Europe/Berlin or UTC");
	return writ_reader_text(reader, value, "zone", WRIT_ZONE_SIZE - 1,
				&((struct writ_policy_window *)object)->zone);
}

static int read_window(struct writ_reader *reader, const struct writ_yaml_node *value,
		       void *element)
{
	static const struct writ_field fields[] = {
		{"days", false, read_days},
		{"from", true, read_from},
		{"to", true, read_to},
		{"zone", true, read_zone},
	};
	struct writ_policy_window *window = element;

	window->at = writ_reader_at(reader, value);
	window->days = (1u << COUNT(days)) - 1;
	return writ_reader_fields(reader, value, "a window", fields, COUNT(fields), window);
}

int writ_windows_read(struct writ_reader *reader, const struct writ_yaml_node *value,
		      const struct writ_policy_window **ret_windows, size_t *ret_n)
{
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, "windows", WRIT_WINDOWS_MAX,
				   sizeof(struct writ_policy_window), read_window, &items, &n);

	if (err)
		return err;
	if (!n)
		return writ_reader_mismatch(reader, value, "windows", "at least one window");
	*ret_windows = items;
	*ret_n = n;
	return 0;
}

/* Is there a file of it? Whether it is a good one is for those to say who read it. */
static bool is_here(const char *zone, const char *path)
{
	struct stat status;

	return !strcmp(zone, "UTC") ||
	       (!access(path, R_OK) && !stat(path, &status) && S_ISREG(status.st_mode));
}

void writ_windows_advise(const struct writ_policy_playbook *playbook,
			 struct writ_diagnostics *diags)
{
	char path[sizeof(WRIT_ZONEINFO) + WRIT_ZONE_SIZE];

	for (size_t i = 0; i < playbook->n_windows; i++) {
		const struct writ_policy_window *window = &playbook->windows[i];

		(void)snprintf(path, sizeof(path), "%s/%s", WRIT_ZONEINFO, window->zone);
		if (!is_here(window->zone, path))
			(void)writ_diagnostics_warn(
				diags, &window->at,
				"zone: this host knows no time zone \"%s\" (%s); "
				"where that is so, the window is never open",
				window->zone, path);
	}
}

void writ_windows_format(const struct writ_policy_window *window, char *ret_text, size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (size_t i = 0; i < COUNT(days) && used < size; i++) {
		size_t day = (i + 1) % COUNT(days); /* a week begins on Monday */

		if (window->days >> day & 1)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s",
						 used ? "," : "", days[day]);
	}
	if (used < size)
		(void)snprintf(ret_text + used, size - used, " %02u:%02u-%02u:%02u %s",
			       window->from / 60, window->from % 60, window->to / 60,
			       window->to % 60, window->zone);
}
