/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The slow oracle: says what a rule gives by the words of writ-policy(5), straight from its text,
 * by backtracking. Shares no code and no idea with the compiler. For short texts: stars cost time
 * exponential in their number. Used by the unit tests and by the fuzzer of the matcher.
 */
#ifndef WRIT_TESTS_ORACLE_H
#define WRIT_TESTS_ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "writ/abi.h"

#define ORACLE_TEXT 512

/* What is done with each text that a glob's braces stand for; true stops. */
typedef bool oracle_visit(const char *glob, const void *context);

static const char *oracle_skip(const char *at)
{
	if (*at == '\\')
		return at + 2;
	if (*at != '[')
		return at + 1;
	for (at++; *at != ']'; at++)
		if (*at == '\\')
			at++;
	return at + 1;
}

/* The "," or "}" that ends the alternative that begins at @at. */
static const char *oracle_end(const char *at)
{
	int depth = 0;

	while (depth || (*at != ',' && *at != '}')) {
		depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
		at = oracle_skip(at);
	}
	return at;
}

/* Replaces the first brace by each of its alternatives in turn, as a shell does. */
static bool oracle_expand(const char *glob, oracle_visit *visit, const void *context)
{
	const char *open = glob, *close, *from;
	char text[ORACLE_TEXT];

	while (*open && *open != '{')
		open = oracle_skip(open);
	if (!*open)
		return visit(glob, context);
	for (close = oracle_end(open + 1); *close == ','; close = oracle_end(close + 1))
		;
	for (from = open + 1;; from = oracle_end(from) + 1) {
		const char *end = oracle_end(from);

		(void)snprintf(text, sizeof(text), "%.*s%.*s%s", (int)(open - glob), glob,
			       (int)(end - from), from, close + 1);
		if (oracle_expand(text, visit, context))
			return true;
		if (*end == '}')
			return false;
	}
}

/* Length of the one character at @t, 0 when the bytes there are none. */
static size_t oracle_character(const uint8_t *t, size_t left)
{
	static const struct {
		uint8_t low, high, low2, high2, len;
	} table[] = {
		{0x01, 0x7f, 0, 0, 1},	     {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4},
	};

	for (size_t i = 0; left && i < sizeof(table) / sizeof(table[0]); i++) {
		if (t[0] < table[i].low || t[0] > table[i].high)
			continue;
		if (table[i].len > left)
			return 0;
		if (table[i].len > 1 && (t[1] < table[i].low2 || t[1] > table[i].high2))
			return 0;
		for (size_t j = 2; j < table[i].len; j++)
			if (t[j] < 0x80 || t[j] > 0xbf)
				return 0;
		return table[i].len;
	}
	return 0;
}

/* Is the character @c (0x80 stands for all beyond ASCII) in the class at @g, behind the "["? */
static bool oracle_in_class(const char *g, uint8_t c)
{
	bool negated = *g == '^', in = false;

	for (g += negated; *g != ']';) {
		uint8_t low, high;

		g += *g == '\\';
		low = high = (uint8_t)*g++;
		if (g[0] == '-' && g[1] != ']') {
			g++;
			g += *g == '\\';
			high = (uint8_t)*g++;
		}
		in = in || (c >= low && c <= high);
	}
	return c != '/' && (c >= 0x80 ? negated : in != negated);
}

static bool oracle_plain(const char *g, const uint8_t *t, size_t left)
{
	size_t stars = strspn(g, "*"), len;

	if (!*g)
		return !left;
	if (stars) {
		for (size_t i = 0;; i++) {
			if (oracle_plain(g + stars, t + i, left - i))
				return true;
			if (i == left || (stars == 1 && t[i] == '/'))
				return false;
		}
	}
	if (*g == '?' || *g == '[') {
		len = oracle_character(t, left);
		if (!len || t[0] == '/')
			return false;
		if (*g == '[' && !oracle_in_class(g + 1, len > 1 ? 0x80 : t[0]))
			return false;
		return oracle_plain(oracle_skip(g), t + len, left - len);
	}
	if (*g == '\\')
		g++;
	return left && (uint8_t)*g == *t && oracle_plain(g + 1, t + 1, left - 1);
}

struct oracle_path {
	const uint8_t *text;
	size_t len;
	bool all;  /* some text of the glob gives all bits */
	bool self; /* some text "X/" and `**` has this path as X */
};

static bool oracle_visit_path(const char *glob, const void *context)
{
	struct oracle_path *path = (struct oracle_path *)(uintptr_t)context;
	size_t len = strlen(glob), stars = 0;
	char x[ORACLE_TEXT];

	while (stars < len && glob[len - 1 - stars] == '*')
		stars++;
	if (stars >= 2 && len > stars && glob[len - 1 - stars] == '/') {
		(void)snprintf(x, sizeof(x), "%.*s", (int)(len - stars - 1), glob);
		if (!x[0] && path->len == 1 && path->text[0] == '/') {
			path->self = true;
			return false;
		}
		if (x[0] && oracle_plain(x, path->text, path->len))
			path->self = true;
	}
	if (oracle_plain(glob, path->text, path->len))
		path->all = true;
	return false;
}

/* What a file rule gives for a path. */
static void oracle_file(const char *glob, uint32_t allow, uint32_t deny, const void *text,
			size_t len, uint32_t *ret_allow, uint32_t *ret_deny)
{
	struct oracle_path path = {.text = text, .len = len};
	uint32_t mask;

	(void)oracle_expand(glob, oracle_visit_path, &path);
	mask = path.all ? UINT32_MAX : path.self ? WRIT_ACCESS_READ : 0;
	*ret_allow = allow & mask;
	*ret_deny = deny & mask;
}

static bool oracle_visit_argument(const char *glob, const void *context)
{
	const struct oracle_path *path = context;

	return oracle_plain(glob, path->text, path->len);
}

static bool __attribute__((unused))
oracle_exec(const char *glob, const char *const *argv, size_t n_argv, const void *text, size_t len)
{
	const uint8_t *at = text, *end = at + len;

	for (size_t i = 0; i <= n_argv; i++) {
		const char *pattern = i ? argv[i - 1] : glob;
		const uint8_t *nul;
		struct oracle_path part;

		if (i && i == n_argv && !strcmp(pattern, "**"))
			return true;
		nul = memchr(at, '\0', (size_t)(end - at));
		if (!nul)
			return false;
		part = (struct oracle_path){.text = at, .len = (size_t)(nul - at)};
		if (!oracle_expand(pattern, oracle_visit_argument, &part))
			return false;
		at = nul + 1;
	}
	return at == end;
}

#endif
