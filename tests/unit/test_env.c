/* SPDX-License-Identifier: Apache-2.0 */
/* A playbook's env: what is accepted, what is refused, what is warned of, and its limits. */
#include "policy_helper.h"

#include "compile/env.h"

#define ENV(list) PLAYBOOK "env: " list "\n"

static void reads(void **state)
{
	struct writ_policy *policy =
		good_policy(ENV("[PROXY, 'LC_*', _, a1, EMPTY=, \"TEXT=a b=c\", 'Z*']"));
	const struct writ_policy_playbook *playbook = policy->playbooks;
	static const char *const texts[] = {"PROXY",  "LC_*",	    "_", "a1",
					    "EMPTY=", "TEXT=a b=c", "Z*"};

	(void)state;
	assert_int_equal(playbook->n_env, 7);
	for (size_t i = 0; i < 7; i++)
		assert_string_equal(playbook->env[i].text, texts[i]);
	assert_int_equal(playbook->env[0].at.line, 5);
	writ_policy_free(policy);
	policy = good_policy(PLAYBOOK);
	assert_int_equal(policy->playbooks->n_env, 0);
	writ_policy_free(policy);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ENV("PATH"), "env: expected a list"},
		{ENV("{A: b}"), "env: expected a list"},
		{ENV("[[A]]"), "env: expected text"},
		{ENV("['']"), "env: expected text"},
		{ENV("['*']"), "p.yaml:5:7: env: \"*\" is neither NAME, PREFIX* nor NAME=VALUE"},
		{ENV("['A*B']"), "\"A*B\" is neither"},
		{ENV("['A**']"), "\"A**\" is neither"},
		{ENV("['A*=b']"), "\"A*=b\" is neither"},
		{ENV("[1A]"), "\"1A\" is neither"},
		{ENV("[A-B]"), "\"A-B\" is neither"},
		{ENV("['A B=c']"), "\"A B=c\" is neither"},
		{ENV("['=a']"), "\"=a\" is neither"},
		{ENV("[\"A=b\\nc\"]"), "control byte"},
		{ENV("[WRIT_GRANT]"), "\"WRIT_GRANT\" is Writ's own"},
		{ENV("['WRIT_GRANT=7']"), "is Writ's own"},
		{ENV("['WRIT_*']"), "is Writ's own"},
		{ENV("[A, B, A]"), "p.yaml:5:13: env: \"A\" is named twice"},
		{ENV("[A, 'A=b']"), "\"A\" is named twice"},
		{ENV("['A=b', 'A=c']"), "\"A\" is named twice"},
		{ENV("['A*', 'A*']"), "\"A*\" is named twice"},
		{ROLE "env: [A]\n", "unknown key \"env\" in a Role"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
	assert_accepted(ENV("[A, AB, 'A*', 'ABC=1', WRITE]"), NULL);
}

/* @n entries of @len bytes each, the last one @more bytes longer, with different names. */
static const char *many(size_t n, size_t len, size_t more)
{
	static char text[8192];
	size_t used = (size_t)sprintf(text, "%senv:\n", PLAYBOOK);

	for (size_t i = 0; i < n; i++) {
		size_t from = used + 4;

		used += (size_t)sprintf(text + used, "  - N%02zu=", i);
		for (; used < from + len + (i + 1 == n ? more : 0); used++)
			text[used] = 'v';
		text[used++] = '\n';
		text[used] = '\0';
	}
	return text;
}

static void limits(void **state)
{
	char text[1024];

	(void)state;
	assert_accepted(many(WRIT_ENV_MAX, 4, 0), NULL);
	assert_refused(many(WRIT_ENV_MAX + 1, 4, 0), "env: 33 elements; the most is 32");
	assert_accepted(many(8, WRIT_ENV_SIZE / 8 - 1, 0), NULL);
	assert_refused(many(8, WRIT_ENV_SIZE / 8 - 1, 1),
		       "env: 1025 bytes, one behind each entry included; the most is 1024");
	assert_accepted(many(1, 4 + WRIT_VALUE_SIZE - 1, 0), NULL);
	assert_refused(many(1, 4 + WRIT_VALUE_SIZE, 0), "has a value of more than 255 bytes");
	for (size_t extra = 0; extra < 2; extra++) {
		(void)sprintf(
			text, "%senv: [%.*s]\n", PLAYBOOK, (int)(WRIT_NAME_SIZE - 1 + extra),
			"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
		if (extra)
			assert_refused(text, "has a name of more than 63 bytes");
		else
			assert_accepted(text, NULL);
	}
}

static void assert_passes(bool expected, const char *entry, const char *name)
{
	if (writ_env_passes(entry, name, strlen(name)) != expected)
		fail_msg("%s, %s", entry, name);
}

static void passes(void **state)
{
	(void)state;
	assert_passes(true, "A", "A");
	assert_passes(false, "A", "AB");
	assert_passes(false, "AB", "A");
	assert_passes(true, "A*", "A");
	assert_passes(true, "A*", "AB");
	assert_passes(false, "AB*", "A");
	assert_passes(false, "A*", "BA");
	assert_passes(false, "A=b", "A");
	assert_passes(false, "W*", "WRIT_GRANT");
	assert_passes(true, "W*", "WRITE");
	assert_true(writ_env_passes("A", "A=b", 1));
	assert_false(writ_env_passes("AB", "A=AB", 1));
}

static size_t warnings(const char *entry, char *lines, size_t size)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy;
	char text[512];
	size_t n;

	(void)snprintf(text, sizeof(text), ENV("['%s']"), entry);
	policy = good_policy(text);
	writ_env_advise(policy->playbooks, &diags);
	n = writ_diagnostics_lines(&diags);
	lines_of(&diags, lines, size);
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
	return n;
}

static const char *const obeyed[] = {
	"LD_PRELOAD",
	"LD_*",
	"LD*",
	"L*",
	"GCONV_PATH",
	"LOCPATH",
	"PYTHONPATH",
	"PYTHON*",
	"PERL5OPT",
	"RUBYOPT",
	"BASH_ENV",
	"ENV",
	"IFS",
	"NODE_OPTIONS",
	"PATH",
	"NLSPATH",
	"PAGER",
	"HOME",
	"GLIBC_TUNABLES",
	"OPENSSL_CONF",
	"JAVA_*",
	"_*",
	"GIT_DIR",
	"LD_LIBRARY_PATH",
	"BASH_FUNC*",
};
static const char *const plain[] = {"http_proxy", "LC_*",	 "LD",	    "PATHS",
				    "PYTHO",	  "EN",		 "ENVY",    "LD_PRELOAD=/x",
				    "PATH=/bin",  "PYTHONPATH=", "AWS_*",   "LCX",
				    "BAS",	  "KUBECONFIG",	 "LOCPATHS"};

static void warns(void **state)
{
	char lines[4096];

	(void)state;
	for (size_t i = 0; i < sizeof(obeyed) / sizeof(obeyed[0]); i++)
		if (warnings(obeyed[i], lines, sizeof(lines)) != 1)
			fail_msg("no warning of %s", obeyed[i]);
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (warnings(plain[i], lines, sizeof(lines)))
			fail_msg("%s: %s", plain[i], lines);
	(void)warnings("PYTHON*", lines, sizeof(lines));
	assert_string_equal(lines, "p.yaml:5:7: warning: env: \"PYTHON*\" hands on what Python "
				   "obeys, so the caller of 'writ exec' decides what runs with "
				   "playbook \"p\": write NAME=VALUE\n");
}

/* `writ policy check` gives the advice, beside that of the rules. */
static void is_part_of_the_check(void **state)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = good_policy(ENV("[LD_PRELOAD]"));
	char lines[4096];

	(void)state;
	assert_int_equal(writ_policy_check(policy, &diags), 0);
	lines_of(&diags, lines, sizeof(lines));
	assert_non_null(strstr(lines, "\"LD_PRELOAD\" hands on what the dynamic linker obeys"));
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),  cmocka_unit_test(refuses),
		cmocka_unit_test(limits), cmocka_unit_test(passes),
		cmocka_unit_test(warns),  cmocka_unit_test(is_part_of_the_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
