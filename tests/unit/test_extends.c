/* SPDX-License-Identifier: Apache-2.0 */
/* Roles that extend others: what they have, circles, limits; a deny still wins. */
#include "policy_helper.h"

#define R(name, more) "---\napiVersion: writ/v1\nkind: Role\nname: " name "\n" more
#define P(name) \
	"---\napiVersion: writ/v1\nkind: Playbook\nname: " name "\nttl: {default: 1s, max: 1s}\n"

/* What the first role of @text gives for @path. */
static uint32_t give(const char *text, const char *path, uint32_t *ret_deny)
{
	struct writ_tables *tables = role_tables(text);
	uint32_t allow = ask(tables, path, ret_deny);

	writ_tables_free(tables);
	return allow;
}

#define FAMILY                                                                                 \
	R("a", "extends: [b, c]\nfiles: [{path: /a, allow: [read]}]\n")                        \
	R("b", "extends: [d]\nfiles: [{path: /b, allow: [read]}]\nplaybooks: [p, q]\n")        \
	R("c", "extends: [d]\nfiles: [{path: /c, allow: [write]}]\nplaybooks: [q]\n")          \
	R("d", "files: [{path: '/d/**', allow: [read, write]}, {path: /d/x, deny: [write]}]\n" \
	       "network: [{connect: 10.0.0.1}]\nexec: [{path: /bin/d}]\n")                     \
	P("p") P("q")

static void inherits(void **state)
{
	struct writ_policy *policy = good_policy(FAMILY);
	const struct writ_policy_role *a = &policy->roles[0];
	uint32_t deny = 0;

	(void)state;
	assert_int_equal(give(FAMILY, "/a", NULL), WRIT_ACCESS_READ);
	assert_int_equal(give(FAMILY, "/b", NULL), WRIT_ACCESS_READ);
	assert_int_equal(give(FAMILY, "/c", NULL), WRIT_ACCESS_WRITE);
	assert_int_equal(give(FAMILY, "/bin/d", NULL), WRIT_ACCESS_EXECUTE);
	(void)give(FAMILY, "/d/x", &deny);
	assert_int_equal(deny, WRIT_ACCESS_WRITE);
	assert_int_equal(give(FAMILY, "/e", NULL), 0);
	/* a diamond has its lowest role once */
	assert_int_equal(a->n_lineage, 4);
	assert_ptr_equal(a->lineage[0], a);
	assert_int_equal(a->n_playbooks, 2);
	assert_true(writ_policy_may_use(a, "p"));
	assert_true(writ_policy_may_use(a, "q"));
	assert_false(writ_policy_may_use(&policy->roles[2], "p"));
	assert_int_equal(policy->roles[3].n_lineage, 1);
	writ_policy_free(policy);
}

/* A deny wins wherever in the lineage it stands, above the allow or below it. */
static void deny_wins(void **state)
{
	static const char *const texts[] = {
		R("a", "extends: [b]\nfiles: [{path: /x, allow: [read]}]\n")
			R("b", "files: [{path: /x, deny: [read]}]\n"),
		R("a", "extends: [b]\nfiles: [{path: /x, deny: [read]}]\n")
			R("b", "files: [{path: '/**', allow: [read]}]\n"),
		R("a", "extends: [b, c]\n") R("b", "files: [{path: /x, deny: [read]}]\n")
			R("c", "files: [{path: /x, allow: [read]}]\n"),
	};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint32_t deny = 0;

		(void)give(texts[i], "/x", &deny);
		assert_int_equal(deny, WRIT_ACCESS_READ);
	}
}

/* A role gives what each of its lineage gives, and no more. */
static void is_the_union(void **state)
{
	static const char *const globs[] = {"/a/**", "/a/*", "/{a,b}/x", "/**/x", "/b?", "/b/[xy]"};
	static const char *const paths[] = {"/a", "/a/x", "/a/x/x", "/b/x", "/b/y", "/bb", "/c"};
	const size_t n = sizeof(globs) / sizeof(globs[0]);
	char both[1024], single[512];

	(void)state;
	for (size_t i = 0; i < n * n; i++) {
		(void)snprintf(both, sizeof(both),
			       R("r", "extends: [s]\nfiles: [{path: '%s', allow: [read]}]\n")
				       R("s", "files: [{path: '%s', allow: [write]}]\n"),
			       globs[i % n], globs[i / n]);
		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
			uint32_t sum = 0;

			for (int half = 0; half < 2; half++) {
				(void)snprintf(single, sizeof(single),
					       ROLE "files: [{path: '%s', allow: [%s]}]\n",
					       globs[half ? i / n : i % n],
					       half ? "write" : "read");
				sum |= give(single, paths[p], NULL);
			}
			assert_int_equal(give(both, paths[p], NULL), sum);
		}
	}
}

static void variables(void **state)
{
	struct writ_policy *policy = good_policy(R("a", "extends: [b]\n") R(
		"b", "files: [{path: '/srv/{agent}', allow: [read]}]\n"));

	(void)state;
	assert_true(writ_role_varies(&policy->roles[0]));
	writ_policy_free(policy);
	assert_refused(R("r", "extends: [b]\n") AGENT("x", "/x/y")
			       R("b", "files: [{path: '/{environment}', allow: [read]}]\n"),
		       "has no environment");
}

/* ttl_max and risk: of all in the lineage the strictest, in whatever order they stand. */
static void limits(void **state)
{
	struct writ_policy *policy = good_policy(
		R("a", "extends: [b]\nttl_max: 2h\n") R("b", "extends: [c, d]\nrisk: high\n")
			R("c", "ttl_max: 1h\n") R("d", "ttl_max: 3h\nrisk: medium\n")
				R("e", "extends: [c]\nttl_max: 1m\nrisk: low\n"));
	static const uint64_t seconds[] = {3600, 3600, 3600, 10800, 60};
	static const uint32_t risks[] = {WRIT_RISK_MEDIUM, WRIT_RISK_MEDIUM, WRIT_RISK_HIGH,
					 WRIT_RISK_MEDIUM, WRIT_RISK_LOW};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_true(policy->roles[i].ttl_max_ns == seconds[i] * 1000000000);
		assert_int_equal(policy->roles[i].risk, risks[i]);
	}
	writ_policy_free(policy);
}

static void circles(void **state)
{
	static const char three[] =
		R("a", "extends: [b]\n") R("b", "extends: [c]\n") R("c", "extends: [a]\n");
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	(void)state;
	assert_refused(R("a", "extends: [a]\n"), "p.yaml:5:11: roles extend each other: a -> a");
	assert_refused(three, "p.yaml:15:11: roles extend each other: a -> b -> c -> a");
	assert_refused(R("z", "extends: [a]\n") R("a", "extends: [x, b]\n") R("x", "")
			       R("b", "extends: [a]\n"),
		       "roles extend each other: a -> b -> a");
	/* one circle, one error */
	assert_int_equal(load_text(three, sizeof(three) - 1, &diags, &policy), -EINVAL);
	assert_int_equal(diags.errors, 1);
	writ_diagnostics_free(&diags);
	assert_refused(R("web", "") R("a", "extends: [wbe]\n"),
		       "no Role is named \"wbe\" (did you mean \"web\"?)");
	assert_refused(R("a", "extends: b\n"), "extends: expected a list");
	assert_refused(R("a", "extends: [B]\n"), "extends: expected a name");
}

/* A chain of @n roles behind the first. */
static char *chain(uint32_t n)
{
	size_t size = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	for (uint32_t i = 0; i <= n; i++) {
		(void)fprintf(file, R("r%u", ""), i);
		if (i < n)
			(void)fprintf(file, "extends: [r%u]\n", i + 1);
	}
	(void)fclose(file);
	return text;
}

static void limit(void **state)
{
	char *text = chain(WRIT_EXTENDS_MAX);

	(void)state;
	assert_accepted(text, NULL);
	free(text);
	text = chain(WRIT_EXTENDS_MAX + 1);
	assert_refused(text, "Role \"r0\" extends more than 64 roles");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(inherits),	cmocka_unit_test(deny_wins),
		cmocka_unit_test(is_the_union), cmocka_unit_test(variables),
		cmocka_unit_test(circles),	cmocka_unit_test(limit),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
