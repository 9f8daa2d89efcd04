/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole pipeline against the slow oracle: thousands of random rule sets, jump and DFA on one
 * side, backtracking over the rules' texts on the other. Fixed seed.
 */
#include <errno.h>

#include "policy_helper.h"

#include "compile/ruleset.h"
#include "oracle.h"

#define RULES_MAX 8
#define READ WRIT_ACCESS_READ
#define WRITE WRIT_ACCESS_WRITE

static uint64_t seed = 20261122;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)(seed >> 11) % n;
}

/* Few letters, so that rules and paths meet often. */
static const char *const pieces[] = {
	"a",	"b",	   "/",	       "*",	    "**",    "?",    "[ab]",
	"[^a]", "{a,b}",   "{,b/}",    "\\*",	    "ab",    "/a",   "/b",
	"/**",	"{a,/**}", "\xc3\xa4", "{[ab],?b}", "{*,a}", "/a/b", "{a{b,/},**}"};
static const char *const bits[] = {"a",
				   "b",
				   "/",
				   "ab",
				   "/a",
				   "/b",
				   "*",
				   "\xc3\xa4",
				   "\xff",
				   "\n",
				   "\xe4",
				   "/a/b",
				   "\xf0\x9f\xa6\x8a"};

static void random_text(const char *const *from, uint32_t n, char text[ORACLE_TEXT])
{
	(void)snprintf(text, ORACLE_TEXT, "/");
	for (uint32_t i = random_below(6); i; i--)
		strcat(text, from[random_below(n)]);
}

static void compile_rules(const struct writ_rules *rules, struct writ_tables *tables)
{
	const struct writ_position at = {.file = "random", .line = 1};
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};
	struct writ_ruleset set;

	writ_ruleset_init(&set, NULL, &diags);
	assert_int_equal(writ_ruleset_add(&set, rules), 0);
	assert_int_equal(writ_ruleset_build(&set, "rules", &at, &image), 0);
	place_image(tables, &image);
	writ_blob_free(&image);
	writ_ruleset_free(&set);
}

/* The rule that decides must be the first in policy order whose own bits do. */
static void check_rule(const struct writ_tables *tables, uint32_t accept, uint32_t need,
		       const uint32_t *allow, const uint32_t *deny, size_t n)
{
	uint32_t index = 0, line = 0;
	const char *text = NULL;
	size_t len = 0, expected = n;
	bool found = writ_image_rule(tables, PLACE, accept, need, &index, &text, &len);

	for (size_t i = n; i-- > 0;)
		if (allow[i] & need)
			expected = i;
	for (size_t i = n; i-- > 0;)
		if (deny[i] & need)
			expected = i;
	for (size_t i = 0; i < n; i++)
		if (deny[i] & need) {
			expected = i;
			break;
		}
	assert_int_equal(found, expected < n);
	if (!found)
		return;
	assert_int_equal(sscanf(text, "random:%u:", &line), 1);
	assert_int_equal(line, expected + 1);
}

static void check_path(const struct writ_tables *tables, const struct writ_rules *rules,
		       const char *path)
{
	uint32_t allow[RULES_MAX], deny[RULES_MAX], all_allow = 0, all_deny = 0;
	uint32_t got_deny = 0, accept = 0;
	uint32_t got_allow = ask(tables, path, &got_deny);

	for (size_t i = 0; i < rules->n_files; i++) {
		oracle_file(rules->files[i].path, rules->files[i].allow, rules->files[i].deny, path,
			    strlen(path), &allow[i], &deny[i]);
		all_allow |= allow[i];
		all_deny |= deny[i];
	}
	if (got_allow != all_allow || got_deny != all_deny) {
		for (size_t i = 0; i < rules->n_files; i++)
			print_message("rule %s %x %x\n", rules->files[i].path,
				      rules->files[i].allow, rules->files[i].deny);
		fail_msg("path %s: got %x %x, expected %x %x", path, got_allow, got_deny, all_allow,
			 all_deny);
	}
	(void)writ_image_match(tables, PLACE, path, strlen(path), &accept);
	check_rule(tables, accept, READ, allow, deny, rules->n_files);
	check_rule(tables, accept, WRITE, allow, deny, rules->n_files);
}

static void random_rules(void **state)
{
	struct writ_tables *tables = writ_tables_new();

	(void)state;
	for (int round = 0; round < 4000; round++) {
		struct writ_file_rule files[RULES_MAX];
		char globs[RULES_MAX][ORACLE_TEXT], path[ORACLE_TEXT];
		struct writ_rules rules = {.files = files, .n_files = 1 + random_below(RULES_MAX)};

		for (uint32_t i = 0; i < rules.n_files; i++) {
			random_text(pieces, sizeof(pieces) / sizeof(pieces[0]), globs[i]);
			files[i] = (struct writ_file_rule){
				.at = {"random", i + 1, 1},
				.path = globs[i],
				.allow = random_below(4),
				.deny = random_below(4) ? 0 : random_below(4)};
		}
		compile_rules(&rules, tables);
		for (int i = 0; i < 40; i++) {
			random_text(bits, sizeof(bits) / sizeof(bits[0]), path);
			check_path(tables, &rules, path);
		}
	}
	writ_tables_free(tables);
}

static size_t random_exec(char text[1024])
{
	size_t used = 0;

	for (uint32_t i = 1 + random_below(4); i; i--) {
		char part[ORACLE_TEXT];

		random_text(bits, 6, part);
		(void)memcpy(text + used, part + random_below(2), strlen(part) + 1);
		used += strlen(text + used) + 1;
	}
	return used;
}

static void random_exec_rules(void **state)
{
	struct writ_tables *tables = writ_tables_new();

	(void)state;
	for (int round = 0; round < 2000; round++) {
		char globs[4][ORACLE_TEXT], text[1024];
		const char *argv[] = {globs[1] + random_below(2), globs[2] + random_below(2),
				      random_below(2) ? "**" : globs[3]};
		struct writ_exec_rule exec = {.at = {"random", 1, 1},
					      .path = globs[0],
					      .argv = argv,
					      .n_argv = 1 + random_below(3)};
		const struct writ_rules rules = {.exec = &exec, .n_exec = 1};

		for (int i = 0; i < 4; i++)
			random_text(pieces, 14, globs[i]);
		compile_rules(&rules, tables);
		for (int i = 0; i < 40; i++) {
			size_t len = random_exec(text);
			uint32_t accept = 0, allow = 0, deny = 0;

			assert_int_equal(writ_image_match_exec(tables, PLACE, text, len, &accept),
					 0);
			writ_match_bits(tables, PLACE, accept, &allow, &deny);
			assert_int_equal(allow, oracle_exec(globs[0], argv, exec.n_argv, text, len)
							? WRIT_ACCESS_EXECUTE
							: 0);
		}
	}
	writ_tables_free(tables);
}

static void one_is_many(void **state)
{
	/* what a set gives is the or of what its rules give alone */
	static const char *const globs[] = {"/a/**", "/a/b*", "/a/[a-c]?", "/{a,b}/c", "/**/c"};
	static const char *const paths[] = {"/a", "/a/b", "/a/bb", "/a/c", "/b/c", "/x/y/c", "/"};
	struct writ_tables *tables = writ_tables_new();
	struct writ_file_rule files[5];
	const struct writ_rules all = {.files = files, .n_files = 5};
	uint32_t sum[7] = {0};

	(void)state;
	for (uint32_t i = 0; i < 5; i++) {
		const struct writ_rules one = {.files = &files[i], .n_files = 1};

		files[i] = (struct writ_file_rule){
			.at = {"random", i + 1, 1}, .path = globs[i], .allow = 2u << i};
		compile_rules(&one, tables);
		for (int p = 0; p < 7; p++)
			sum[p] |= ask(tables, paths[p], NULL);
	}
	compile_rules(&all, tables);
	for (int p = 0; p < 7; p++)
		assert_int_equal(ask(tables, paths[p], NULL), sum[p]);
	writ_tables_free(tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_rules),
		cmocka_unit_test(random_exec_rules),
		cmocka_unit_test(one_is_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
