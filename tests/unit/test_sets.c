/* SPDX-License-Identifier: Apache-2.0 */
/* Named sets: a rule that names one is the rules for each of its elements. */
#include "policy_helper.h"

#define SET(name, more) "---\napiVersion: writ/v1\nkind: Set\nname: " name "\n" more
#define WEB SET("web", "paths: ['/srv/www/**', /etc/nginx/nginx.conf]\n")
#define PEERS SET("peers", "addresses: [10.0.0.0/24, '2001:db8::1']\n")
#define TOOLS SET("tools", "commands: [{path: /bin/a, argv: [a, x]}, {path: /bin/b}]\n")

static void expands(void **state)
{
	static const char text[] =
		ROLE "files:\n  - {path: /a, allow: [read]}\n  - {path: '@web', allow: [write]}\n"
		     "exec: [{commands: '@tools'}, {path: '@web'}]\n"
		     "network: [{connect: '@peers', ports: [443]}]\n" WEB PEERS TOOLS;
	struct writ_policy *policy = good_policy(text);
	const struct writ_rules *rules = &policy->roles[0].rules;
	struct writ_tables *tables = role_tables(text);

	(void)state;
	assert_int_equal(rules->n_files, 3);
	assert_string_equal(rules->files[0].path, "/a");
	assert_string_equal(rules->files[1].path, "/srv/www/**");
	assert_string_equal(rules->files[2].path, "/etc/nginx/nginx.conf");
	assert_int_equal(rules->files[2].at.line, 6); /* of the rule, not of the set */
	assert_int_equal(rules->n_exec, 4);
	assert_string_equal(rules->exec[0].path, "/bin/a");
	assert_int_equal(rules->exec[0].n_argv, 2);
	assert_int_equal(rules->exec[0].at.line, 7);
	assert_null(rules->exec[1].argv);
	assert_int_equal(rules->n_network, 2);
	assert_string_equal(rules->network[0].connect, "10.0.0.0/24");
	assert_int_equal(rules->network[1].ports[0].low, 443);
	assert_int_equal(policy->n_sets, 3);
	assert_int_equal(ask(tables, "/srv/www/x", NULL), WRIT_ACCESS_WRITE | WRIT_ACCESS_EXECUTE);
	assert_int_equal(ask(tables, "/bin/a", NULL), WRIT_ACCESS_EXECUTE_ARGV);
	assert_int_equal(ask(tables, "/bin/b", NULL), WRIT_ACCESS_EXECUTE);
	assert_int_equal(ask(tables, "/srv/wwwx", NULL), 0);
	writ_tables_free(tables);
	writ_policy_free(policy);
}

/* The same image as of the rules written out, but for the places of the rules. */
static void is_the_rules(void **state)
{
	static const char set[] = ROLE "files: [{path: '@s', deny: [read]}, {path: '/**', "
				       "allow: [read]}]\n" SET("s", "paths: [/a/b, '/c/*']\n");
	static const char written[] = ROLE
		"files: [{path: /a/b, deny: [read]}, {path: '/c/*', deny: [read]}, {path: '/**', "
		"allow: [read]}]\n";
	static const char *const paths[] = {"/", "/a", "/a/b", "/a/bc", "/c/x", "/c/x/y", "/c"};
	struct writ_tables *a = role_tables(set), *b = role_tables(written);

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		uint32_t deny_a = 0, deny_b = 0;

		assert_int_equal(ask(a, paths[i], &deny_a), ask(b, paths[i], &deny_b));
		assert_int_equal(deny_a, deny_b);
	}
	writ_tables_free(a);
	writ_tables_free(b);
}

static void in_playbooks(void **state)
{
	struct writ_policy *policy =
		good_policy(PLAYBOOK "files: [{path: '@web', allow: [read]}]\n" WEB);

	(void)state;
	assert_int_equal(policy->playbooks[0].rules.n_files, 2);
	writ_policy_free(policy);
}

#define USE(list) ROLE list "\n" WEB PEERS TOOLS

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{USE("files: [{path: '@wbe', allow: [read]}]"),
		 "p.yaml:4:9: no Set is named \"wbe\" (did you mean \"web\"?)"},
		{USE("files: [{path: '@', allow: [read]}]"), "no Set is named \"\""},
		{USE("files: [{path: '@peers', allow: [read]}]"), "Set \"peers\" (/"},
		{USE("files: [{path: '@tools', allow: [read]}]"), "holds no paths"},
		{USE("exec: [{path: '@tools'}]"), "holds no paths"},
		{USE("exec: [{commands: '@web'}]"), "holds no commands"},
		{USE("exec: [{commands: web}]"), "commands: expected \"@SET\""},
		{USE("exec: [{commands: '@tools', argv: [a]}]"), "an exec rule has a path"},
		{USE("exec: [{commands: '@tools', path: /a}]"), "an exec rule has a path"},
		{USE("network: [{connect: '@web'}]"), "holds no addresses"},
		{SET("s", ""), "a Set has one of paths, addresses and commands"},
		{SET("s", "paths: []\n"), "which is not empty"},
		{SET("s", "paths: [/a]\naddresses: ['::1']\n"), "a Set has one of"},
		{SET("s", "paths: [a]\n"), "path \"a\": is not absolute"},
		{SET("s", "paths: ['@web']\n"), "path \"@web\": is not absolute"},
		{SET("s", "paths: ['/{agent}']\n"), "{agent} is not a declared parameter"},
		{SET("s", "addresses: [10.0.0.1/8]\n"), "address: \"10.0.0.1/8\": has bits"},
		{SET("s", "commands: [/bin/a]\n"), "a command: expected a mapping"},
		{SET("s", "commands: [{argv: [a]}]\n"), "missing key \"path\" in a command"},
		{SET("s", "files: [/a]\n"), "unknown key \"files\" in a Set"},
		{WEB WEB, "Set \"web\" is there already"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
}

/* A set of @n paths, and a role with @uses rules for it. */
static char *large(uint32_t n, uint32_t uses)
{
	size_t size = 0;
	char *text = NULL;
	FILE *file = open_memstream(&text, &size);

	(void)fputs(ROLE "files:\n", file);
	for (uint32_t i = 0; i < uses; i++)
		(void)fputs("  - {path: '@s', allow: [read]}\n", file);
	(void)fputs(SET("s", "paths:\n"), file);
	for (uint32_t i = 0; i < n; i++)
		(void)fprintf(file, "  - /x%u\n", i);
	(void)fclose(file);
	return text;
}

static void limits(void **state)
{
	char *text = large(WRIT_RULES_MAX / 2, 2);

	(void)state;
	assert_accepted(text, NULL);
	free(text);
	text = large(WRIT_RULES_MAX / 2 + 1, 2);
	assert_refused(text, "with its sets the list has 65538 rules; the most is 65536");
	free(text);
	text = large(WRIT_RULES_MAX, 17);
	assert_refused(text, "the sets of this policy stand for more than 1048576 rules");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(expands),	cmocka_unit_test(is_the_rules),
		cmocka_unit_test(in_playbooks), cmocka_unit_test(refuses),
		cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
