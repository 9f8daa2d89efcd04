/* SPDX-License-Identifier: Apache-2.0 */
/* See audit_filter.h. */
#include "cli/audit_filter.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/moment.h"
#include "writ/control.h"

void writ_audit_filter_init(struct writ_audit_filter *filter)
{
	*filter = (struct writ_audit_filter){
		.path = WRIT_AUDIT_LOG,
		.query = {.since_us = INT64_MIN, .until_us = INT64_MAX},
		.left = UINT64_MAX,
	};
}

void writ_audit_filter_options(struct writ_audit_filter *filter, struct writ_option *ret_options)
{
	const struct writ_option fixed[] = {
		{.name = "object", .value = &filter->query.object},
		{.name = "exe", .value = &filter->query.exe},
		{.name = "exec", .value = &filter->query.exec},
		{.name = "since", .value = &filter->since},
		{.name = "until", .value = &filter->until},
		{.name = "limit", .value = &filter->limit},
		{.name = "file", .value = &filter->path},
	};
	size_t n = sizeof(fixed) / sizeof(fixed[0]);

	memcpy(ret_options, fixed, sizeof(fixed));
	for (int word = 0; word < WRIT_WORD_COUNT; word++)
		ret_options[n++] = (struct writ_option){.name = writ_word_keys[word],
							.value = &filter->query.words[word]};
	ret_options[n] = (struct writ_option){0};
}

int writ_audit_filter_moment(const struct writ_cli *cli, const char *name, const char *text,
			     bool end, int64_t *ret_us)
{
	if (!text || !writ_moment_parse(text, end, ret_us))
		return WRIT_EXIT_OK;
	return writ_options_usage(cli,
				  "--%s '%s' is no moment: write 2h, 7d, 2026-11-22 or "
				  "2026-11-22T10:11:12Z",
				  name, text);
}

static int parse_limit(const struct writ_cli *cli, struct writ_audit_filter *filter)
{
	char *end = NULL;

	if (!filter->limit)
		return WRIT_EXIT_OK;
	errno = 0;
	filter->left = strtoull(filter->limit, &end, 10);
	if (*filter->limit < '0' || *filter->limit > '9' || *end || errno)
		return writ_options_usage(cli, "--limit '%s' is no number", filter->limit);
	return WRIT_EXIT_OK;
}

static bool is_digits(const char *text)
{
	return !text || (*text && strspn(text, "0123456789") == strlen(text));
}

/* Grants and execs are compared as digits. */
static int check_numbers(const struct writ_cli *cli, const struct writ_audit_filter *filter)
{
	const char *grant = filter->query.words[WRIT_WORD_GRANT], *exec = filter->query.exec;

	if (!is_digits(grant))
		return writ_options_usage(cli, "--grant '%s' is no grant: write its number",
					  grant);
	if (!is_digits(exec))
		return writ_options_usage(cli,
					  "--exec '%s' is no exec: write the id that \"process\" "
					  "has in a line of 'writ audit query --json'",
					  exec);
	return WRIT_EXIT_OK;
}

int writ_audit_filter_check(const struct writ_cli *cli, struct writ_audit_filter *filter)
{
	int err = writ_audit_filter_moment(cli, "since", filter->since, false,
					   &filter->query.since_us);

	if (!err)
		err = writ_audit_filter_moment(cli, "until", filter->until, true,
					       &filter->query.until_us);
	if (!err)
		err = parse_limit(cli, filter);
	return err ? err : check_numbers(cli, filter);
}

int writ_audit_filter_damage(const struct writ_cli *cli, const struct writ_query_cost *cost)
{
	if (!cost->damaged)
		return WRIT_EXIT_OK;
	return writ_options_fail(cli, WRIT_EXIT_FAILED,
				 "%llu segments can't be read to their end, the last is %s: lines "
				 "may be missing; see 'writ audit verify'",
				 (unsigned long long)cost->damaged, cost->path);
}
