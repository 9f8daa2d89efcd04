/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of every set of rules, on random ones: a role is the union of its rules one by
 * one, whether they stand in it, in roles that it extends or in a set; a deny wins over any allow;
 * and the order of the rules does not matter.
 */
#include "policy_helper.h"

#define ROUNDS 300
#define RULES 6

static uint32_t seed = 20261122;

static uint32_t any(uint32_t n)
{
	seed = seed * 1664525u + 1013904223u;
	return (seed >> 8) % n;
}

static const char *const parts[] = {"/a", "/b", "/*", "/**", "/a?", "/[ab]", "/{a,b}", "/ab"};
static const char *const words[] = {"read", "write", "create", "execute"};
static const char *const paths[] = {"/",    "/a",    "/b",     "/ab",	 "/a/a", "/a/b", "/ab/a",
				    "/b/a", "/a/ab", "/b/b/b", "/a/a/b", "/c",	 "/c/a"};

#define PATHS (sizeof(paths) / sizeof(paths[0]))

static void make_rule(char *rule, size_t size)
{
	const char *first = parts[any(8)];

	(void)snprintf(rule, size, "  - {path: '%s%s', %s: [%s, %s]}\n", first,
		       any(2) ? parts[any(8)] : "", any(4) ? "allow" : "deny", words[any(2)],
		       words[2 + any(2)]);
}

struct answers {
	uint32_t allow[PATHS];
	uint32_t deny[PATHS];
};

static void answer(const char *text, struct answers *answers)
{
	struct writ_tables *tables = role_tables(text);

	*answers = (struct answers){0};
	for (size_t i = 0; i < PATHS; i++)
		answers->allow[i] = ask(tables, paths[i], &answers->deny[i]);
	writ_tables_free(tables);
}

static void add(struct answers *sum, const struct answers *one)
{
	for (size_t i = 0; i < PATHS; i++) {
		sum->allow[i] |= one->allow[i];
		sum->deny[i] |= one->deny[i];
	}
}

static void is_the_union(void **state)
{
	char rules[RULES][128], all[1024], back[1024], parents[2048], one[1024];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct answers sum = {0}, got;
		uint32_t n = 1 + any(RULES);

		strcpy(all, ROLE "files:\n");
		strcpy(back, ROLE "files:\n");
		strcpy(parents, ROLE "extends: [b]\nfiles:\n");
		for (uint32_t i = 0; i < n; i++) {
			make_rule(rules[i], sizeof(rules[i]));
			strcat(all, rules[i]);
			(void)snprintf(one, sizeof(one), ROLE "files:\n%s", rules[i]);
			answer(one, &got);
			add(&sum, &got);
		}
		for (uint32_t i = n; i--;)
			strcat(back, rules[i]);
		strcat(parents, rules[0]);
		strcat(parents, "---\napiVersion: writ/v1\nkind: Role\nname: b\nfiles:\n");
		for (uint32_t i = 0; i < n; i++)
			strcat(parents, rules[i]);
		answer(all, &got);
		assert_memory_equal(&got, &sum, sizeof(sum));
		answer(back, &got);
		assert_memory_equal(&got, &sum, sizeof(sum));
		answer(parents, &got);
		assert_memory_equal(&got, &sum, sizeof(sum));
	}
}

/* Whatever is allowed beside it, in whatever order: what one rule denies stays denied. */
static void deny_wins(void **state)
{
	char rule[128], text[2048], lone[1024];

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		const char *part = parts[any(8)];
		uint32_t before = any(RULES), after = any(RULES);
		struct answers alone, all;

		(void)snprintf(lone, sizeof(lone), ROLE "files:\n  - {path: '%s', deny: [write]}\n",
			       part);
		answer(lone, &alone);
		strcpy(text, ROLE "files:\n");
		for (uint32_t i = 0; i < before + after + 1; i++) {
			make_rule(rule, sizeof(rule));
			if (i == before)
				(void)snprintf(rule, sizeof(rule),
					       "  - {path: '%s', deny: [write]}\n", part);
			strcat(text, rule);
		}
		answer(text, &all);
		for (size_t i = 0; i < PATHS; i++)
			assert_int_equal(alone.deny[i] & ~all.deny[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(is_the_union),
					   cmocka_unit_test(deny_wins)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
