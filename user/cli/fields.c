/* SPDX-License-Identifier: Apache-2.0 */
/* See fields.h. */
#include "cli/fields.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/output.h"
#include "lib/time.h"

#define DATE_LEN (int)(sizeof("2026-11-22T") - 1)
#define STAMP_LEN (int)(sizeof("2026-11-22T10:11:12") - 1)
#define YEAR_SECONDS (UINT64_C(365) * 86400)

const char *writ_fields_text(const json_t *json, const char *key)
{
	const char *text = json_string_value(json_object_get(json, key));

	return text ? text : "";
}

uint64_t writ_fields_number(const json_t *json, const char *key)
{
	json_int_t number = json_integer_value(json_object_get(json, key));

	return number > 0 ? (uint64_t)number : 0;
}

/* Adds to @text what fits. */
static void append(char *text, size_t size, const char *added)
{
	size_t len = strlen(text);

	(void)writ_output_text(added, text + len, size - len);
}

const char *writ_fields_pairs(const json_t *json, const char *key, char *ret_text, size_t size)
{
	const char *name;
	json_t *value;

	ret_text[0] = '\0';
	json_object_foreach(json_object_get(json, key), name, value)
	{
		const char *text = json_string_value(value);

		append(ret_text, size, *ret_text ? " " : "");
		append(ret_text, size, name);
		append(ret_text, size, "=");
		append(ret_text, size, text ? text : "?");
	}
	return ret_text;
}

const char *writ_fields_words(const json_t *json, const char *key, char *ret_text, size_t size)
{
	json_t *value;
	size_t i;

	ret_text[0] = '\0';
	json_array_foreach(json_object_get(json, key), i, value)
	{
		const char *text = json_string_value(value);

		append(ret_text, size, i ? ", " : "");
		append(ret_text, size, text ? text : "?");
	}
	return ret_text;
}

const char *writ_fields_span(const json_t *json, const char *key, char *ret_text, size_t size)
{
	uint64_t seconds = writ_fields_number(json, key);
	char text[32];

	if (seconds > YEAR_SECONDS)
		seconds = YEAR_SECONDS;
	writ_time_format(seconds * WRIT_NS_PER_SECOND, text, sizeof(text));
	(void)snprintf(ret_text, size, "%s", text);
	return ret_text;
}

int64_t writ_fields_time(const json_t *json, const char *key)
{
	const char *text = writ_fields_text(json, key);
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ns = 0, unit = WRIT_NS_PER_SECOND;

	if (!end || end - text != STAMP_LEN)
		return 0;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9' && unit > 1; end++)
			ns += (*end - '0') * (unit /= 10);
	if (strcmp(end, "Z"))
		return 0;
	return (int64_t)timegm(&tm) * (int64_t)WRIT_NS_PER_SECOND + ns;
}

const char *writ_fields_moment(const json_t *json, const char *key, char *ret_text, size_t size)
{
	int64_t moment = writ_fields_time(json, key);
	int64_t away = llabs((long long)(moment / (int64_t)WRIT_NS_PER_SECOND - time(NULL)));
	const char *text = writ_fields_text(json, key);

	if (!moment)
		return writ_output_text(*text ? text : "-", ret_text, size);
	(void)snprintf(ret_text, size, "%.*sZ", away < 86400 ? STAMP_LEN - DATE_LEN : STAMP_LEN,
		       text + (away < 86400 ? DATE_LEN : 0));
	return ret_text;
}
