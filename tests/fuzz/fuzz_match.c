/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Globs against the slow oracle. The input is lines: rules first, an empty line, then texts. The
 * first byte of a rule line gives its bits. What jump table and DFA say of each text must be what
 * backtracking over the rules' own texts says.
 */
#include <stdint.h>
#include <stdlib.h>

#include "../unit/oracle.h"

#include "compile/alternatives.h"
#include "compile/image_check.h"
#include "compile/image_match.h"
#include "compile/ruleset.h"

#define RULES_MAX 6
#define LINE_MAX_LEN 40 /* the oracle backtracks: exponential in the number of stars */
#define STARS_MAX 5

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Copies the next line; false at the end. */
static bool next_line(const uint8_t **data, size_t *size, char line[LINE_MAX_LEN + 1])
{
	const uint8_t *end = memchr(*data, '\n', *size);
	size_t len = end ? (size_t)(end - *data) : *size;

	if (!*size)
		return false;
	memset(line, 0, LINE_MAX_LEN + 1);
	memcpy(line, *data, len < LINE_MAX_LEN ? len : LINE_MAX_LEN);
	*data += len + (end ? 1 : 0);
	*size -= len + (end ? 1 : 0);
	return true;
}

/* Only globs that a policy may hold: they parse, begin with "/", stand for few texts. */
static bool is_glob(const char *text)
{
	struct writ_alternatives alternatives = {0};
	struct writ_glob glob = {0};
	char why[WRIT_GLOB_ERROR_SIZE];
	size_t stars = 0;
	int more = -1;

	for (const char *at = text; *at; at++)
		stars += *at == '*';
	if (text[0] == '/' && stars <= STARS_MAX && !writ_glob_parse(&glob, text, NULL, why) &&
	    !writ_alternatives_init(&alternatives, &glob))
		do
			more = writ_alternatives_next(&alternatives);
		while (more > 0);
	writ_alternatives_free(&alternatives);
	writ_glob_free(&glob);
	return !more;
}

static void check_text(const struct writ_tables *tables, const struct writ_rules *rules,
		       const char *text)
{
	uint32_t allow = 0, deny = 0, got_allow = 0, got_deny = 0, accept = 0;

	for (size_t i = 0; i < rules->n_files; i++) {
		uint32_t a, d;

		oracle_file(rules->files[i].path, rules->files[i].allow, rules->files[i].deny, text,
			    strlen(text), &a, &d);
		allow |= a;
		deny |= d;
	}
	if (writ_image_match(tables, 0, text, strlen(text), &accept))
		abort();
	writ_match_bits(tables, 0, accept, &got_allow, &got_deny);
	if (got_allow != allow || got_deny != deny)
		abort();
}

static bool compile_rules(const struct writ_rules *rules, struct writ_tables *tables)
{
	const struct writ_position at = {.file = "f", .line = 1};
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	struct writ_ruleset set;
	bool made;

	writ_ruleset_init(&set, NULL, &diags);
	made = !writ_ruleset_add(&set, rules) && !writ_ruleset_build(&set, "rules", &at, &image);
	if (made && (writ_image_check(image.bytes, image.size, NULL) ||
		     writ_tables_place(tables, 0, &image)))
		abort();
	if (!made && !diags.errors)
		abort();
	writ_blob_free(&image);
	writ_ruleset_free(&set);
	writ_diagnostics_free(&diags);
	return made;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct writ_tables *tables;
	struct writ_file_rule files[RULES_MAX];
	struct writ_rules rules = {.files = files};
	char globs[RULES_MAX][LINE_MAX_LEN + 1], line[LINE_MAX_LEN + 1];

	if (!tables)
		tables = writ_tables_new();
	while (next_line(&data, &size, line) && line[0]) {
		uint32_t n = (uint32_t)rules.n_files;

		if (n == RULES_MAX || !is_glob(line + 1))
			return 0;
		memcpy(globs[n], line + 1, LINE_MAX_LEN);
		files[n] = (struct writ_file_rule){.at = {"f", n + 1, 1},
						   .path = globs[n],
						   .allow = line[0] & 3,
						   .deny = line[0] >> 2 & 3};
		rules.n_files++;
	}
	if (!compile_rules(&rules, tables))
		return 0;
	while (next_line(&data, &size, line))
		check_text(tables, &rules, line);
	return 0;
}
