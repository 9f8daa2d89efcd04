/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See pattern.h. The scan is stricter than the C library: what it would read as a literal by
 * accident (an unmatched parenthesis) or could match in exponential time (a back-reference) is an
 * error. The anchors are put round the pattern as a group, so an alternative can't escape them.
 */
#include "compile/pattern.h"

#include <errno.h>
#include <locale.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "writ/abi.h"

#define GROUPS_MAX 16

struct scan {
	const char *at;
	uint64_t cost[GROUPS_MAX + 1]; /* atoms of each open group, written out */
	uint64_t atom;		       /* atoms of the last item, which a repetition multiplies */
	size_t depth;
};

/* Steps over "[...]"; false when it has no end. */
static bool skip_bracket(struct scan *scan)
{
	const char *at = scan->at + 1;

	if (*at == '^')
		at++;
	if (*at == ']')
		at++;
	for (; *at && *at != ']'; at++) {
		char kind = at[0] == '[' ? at[1] : '\0';
		const char *end;
		char close[] = {kind, ']', '\0'};

		if (kind != ':' && kind != '.' && kind != '=')
			continue;
		end = strstr(at + 2, close);
		if (!end)
			return false;
		at = end + 1;
	}
	if (!*at)
		return false;
	scan->at = at + 1;
	return true;
}

/* Reads "{n}", "{n,}" or "{n,m}"; the larger bound multiplies the last atom. */
static const char *repeat(struct scan *scan)
{
	unsigned int low = 0, high = 0;
	int used = 0;

	if (sscanf(scan->at, "{%3u}%n", &low, &used) == 1 && used)
		high = low;
	else if (sscanf(scan->at, "{%3u,}%n", &low, &used) == 1 && used)
		high = low + 1;
	else if (sscanf(scan->at, "{%3u,%3u}%n", &low, &high, &used) != 2 || !used)
		return "\"{\" must begin a repetition such as {2} or {1,8}";
	if (low > high || high > 255)
		return "a repetition's bounds must be ascending and at most 255";
	scan->cost[scan->depth] += scan->atom * (high ? high - 1 : 0);
	scan->atom *= high ? high : 1;
	scan->at += used;
	return scan->cost[scan->depth] > WRIT_PATTERN_COST_MAX ? "its repetitions are too large"
							       : NULL;
}

static const char *open_group(struct scan *scan)
{
	if (scan->depth == GROUPS_MAX)
		return "groups are nested too deep";
	scan->cost[++scan->depth] = 0;
	scan->atom = 0;
	scan->at++;
	return NULL;
}

static const char *close_group(struct scan *scan)
{
	if (!scan->depth)
		return "\")\" without \"(\"";
	scan->atom = scan->cost[scan->depth--] + 1;
	scan->cost[scan->depth] += scan->atom;
	scan->at++;
	return scan->cost[scan->depth] > WRIT_PATTERN_COST_MAX ? "its repetitions are too large"
							       : NULL;
}

static const char *scan_item(struct scan *scan)
{
	switch (*scan->at) {
	case '(':
		return open_group(scan);
	case ')':
		return close_group(scan);
	case '{':
		return repeat(scan);
	case '*':
	case '+':
	case '?':
		scan->at++;
		return NULL;
	case '[':
		if (!skip_bracket(scan))
			return "\"[\" without \"]\"";
		break;
	case '\\':
		if (!strchr(".[]{}()*+?|^$\\-/", scan->at[1]) || !scan->at[1])
			return "a backslash may only stand before a sign";
		scan->at += 2;
		break;
	default:
		scan->at++;
	}
	scan->atom = 1;
	scan->cost[scan->depth]++;
	return NULL;
}

static const char *scan_pattern(const char *pattern)
{
	struct scan scan = {.at = pattern};
	const char *why = NULL;

	while (*scan.at && !why)
		why = scan_item(&scan);
	if (!why && scan.depth)
		why = "\"(\" without \")\"";
	return why;
}

int writ_pattern_compile(const char *pattern, char ret_why[WRIT_PATTERN_ERROR_SIZE],
			 regex_t *ret_regex)
{
	char anchored[WRIT_PATTERN_SIZE + 8];
	const char *why = scan_pattern(pattern);
	locale_t plain, before;
	regex_t regex;
	int err;

	if (!why && strlen(pattern) >= WRIT_PATTERN_SIZE)
		why = "too long";
	if (why) {
		(void)snprintf(ret_why, WRIT_PATTERN_ERROR_SIZE, "%s", why);
		return -EINVAL;
	}
	(void)snprintf(anchored, sizeof(anchored), "^(%s)$", pattern);
	plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
	before = uselocale(plain);
	err = regcomp(&regex, anchored, REG_EXTENDED | REG_NOSUB);
	if (err)
		(void)regerror(err, &regex, ret_why, WRIT_PATTERN_ERROR_SIZE);
	(void)uselocale(before);
	if (plain)
		freelocale(plain);
	if (err)
		return err == REG_ESPACE ? -ENOMEM : -EINVAL;
	*ret_regex = regex;
	return 0;
}

bool writ_pattern_match(const regex_t *regex, const char *text)
{
	return !regexec(regex, text, 0, NULL, 0);
}
