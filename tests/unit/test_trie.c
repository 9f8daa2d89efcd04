/* SPDX-License-Identifier: Apache-2.0 */
/* The jump table: one entry for each literal prefix, cut at its limit, sorted. */
#include "policy_helper.h"

static void assert_prefixes(const char *rules, const char *const *expected, uint32_t n)
{
	char text[4096];
	struct writ_tables *tables;
	const struct writ_image *image;
	const struct writ_image_prefix *prefixes;

	(void)snprintf(text, sizeof(text), ROLE "files:\n%s", rules);
	tables = role_tables(text);
	image = (const void *)(tables->bytes + PLACE);
	prefixes = (const void *)(tables->bytes + PLACE + image->prefixes);
	assert_int_equal(image->n_prefixes, n);
	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(prefixes[i].len, strlen(expected[i]));
		assert_memory_equal(prefixes[i].bytes, expected[i], prefixes[i].len);
	}
	writ_tables_free(tables);
}

#define RULE(path) "  - {path: '" path "', allow: [read]}\n"

static void prefixes(void **state)
{
	static const char *const below[] = {"/a"}, *const root[] = {"/"}, *const star[] = {"/a/"};
	static const char *const many[] = {"/", "/a", "/a/b/", "/b", "/c"};

	(void)state;
	assert_prefixes(RULE("/a/**"), below, 1);
	assert_prefixes(RULE("/a/**") RULE("/a"), below, 1);
	assert_prefixes(RULE("/**"), root, 1);
	assert_prefixes(RULE("/*"), root, 1);
	assert_prefixes(RULE("/a/*"), star, 1);
	assert_prefixes(RULE("/{b,c}") RULE("/a/b/?") RULE("/**/x") RULE("/a/**"), many, 5);
}

static void long_prefix(void **state)
{
	char path[WRIT_PREFIX_SIZE + 2] = "/", rule[512], cut[WRIT_PREFIX_SIZE + 1];
	const char *expected = cut;

	(void)state;
	memset(path + 1, 'x', WRIT_PREFIX_SIZE);
	(void)snprintf(cut, sizeof(cut), "%.*s", (int)WRIT_PREFIX_SIZE, path);
	path[WRIT_PREFIX_SIZE] = '\0';
	(void)snprintf(rule, sizeof(rule), RULE("%s"), path);
	assert_prefixes(rule, &expected, 1);
	path[WRIT_PREFIX_SIZE] = 'y';
	(void)snprintf(rule, sizeof(rule), RULE("%s"), path);
	assert_prefixes(rule, &expected, 1);
	/* and beyond the cut every byte still counts */
	assert_int_equal(ask_glob(path, path), WRIT_ACCESS_READ | WRIT_ACCESS_WRITE);
	assert_int_equal(ask_glob(path, cut), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes),
		cmocka_unit_test(long_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
