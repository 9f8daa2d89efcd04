/* SPDX-License-Identifier: Apache-2.0 */
/* cli/exec_env.c: what is handed on, what is set, who wins, and what is refused. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cli/exec_env.h"
#include "writ/abi.h"

static char **env;

static int build(char *const *caller, const char *list, size_t size)
{
	const struct writ_exec_env from = {
		.caller = caller,
		.list = list,
		.list_size = size,
		.user = "root",
		.home = "/root",
		.shell = "/bin/bash",
		.agent = "billing-bot",
		.grant = UINT64_C(18446744073709551615),
	};

	return writ_exec_env_build(&from, &env);
}

/* LIST is a text with a \0 behind each entry but the last, which has its own. */
#define BUILD(list, ...) build((char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, list, sizeof(list))
#define BUILD_NO_LIST(...) build((char *[]){__VA_ARGS__ __VA_OPT__(, ) NULL}, "", 0)

static const char *get(const char *name)
{
	const char *found = NULL;
	size_t len = strlen(name);

	for (size_t i = 0; env[i]; i++)
		if (!strncmp(env[i], name, len) && env[i][len] == '=') {
			assert_null(found); /* never two of one name */
			found = env[i] + len + 1;
		}
	return found;
}

static void assert_count(size_t expected)
{
	size_t n = 0;

	while (env[n])
		n++;
	assert_int_equal(n, expected);
}

static void assert_is(const char *name, const char *value)
{
	const char *found = get(name);

	if (value && found)
		assert_string_equal(found, value);
	else if (value || found)
		fail_msg("%s: expected %s, found %s", name, value ? value : "none",
			 found ? found : "none");
}

#define N_SET 7 /* that each command has */

static void test_nothing_of_the_caller(void **state)
{
	(void)state;
	assert_int_equal(BUILD_NO_LIST("LD_PRELOAD=/x.so", "LD_AUDIT=/x.so", "GCONV_PATH=/x",
				       "PYTHONPATH=/x", "PERL5OPT=-Mx", "BASH_ENV=/x", "IFS=x",
				       "NODE_OPTIONS=--require x", "PATH=/x", "HOME=/x", "USER=x",
				       "LOGNAME=x", "SHELL=/x", "WRIT_GRANT=1", "WRIT_AGENT=x",
				       "WRIT_SOCKET=/x", "SECRET=x", "http_proxy=x"),
			 0);
	assert_count(N_SET);
	assert_is("PATH", WRIT_EXEC_PATH);
	assert_is("HOME", "/root");
	assert_is("USER", "root");
	assert_is("LOGNAME", "root");
	assert_is("SHELL", "/bin/bash");
	assert_is("WRIT_GRANT", "18446744073709551615");
	assert_is("WRIT_AGENT", "billing-bot");
	writ_exec_env_free(&env);
	assert_null(env);
}

static void test_common_ones(void **state)
{
	(void)state;
	assert_int_equal(BUILD_NO_LIST("TERM=xterm-256color", "LANG=de_DE.UTF-8", "LANGUAGE=de:en",
				       "LC_ALL=C", "LC_TIME=", "TZ=Europe/Berlin", "LCX=1",
				       "TERMINFO=/x", "LC=1"),
			 0);
	assert_count(N_SET + 6);
	assert_is("TERM", "xterm-256color");
	assert_is("LANGUAGE", "de:en");
	assert_is("LC_TIME", "");
	assert_is("TZ", "Europe/Berlin");
	writ_exec_env_free(&env);
	assert_int_equal(BUILD_NO_LIST("TERM=/x", "LANG=../x", "LANGUAGE=%n", "LC_ALL=a/b",
				       "LC_TIME=%s", "TZ=/x"),
			 0);
	assert_count(N_SET);
	writ_exec_env_free(&env);
	assert_int_equal(BUILD_NO_LIST("TZ=:/x"), 0);
	assert_is("TZ", NULL);
	writ_exec_env_free(&env);
	assert_int_equal(BUILD_NO_LIST("TZ=Europe/../../x"), 0);
	assert_is("TZ", NULL);
	writ_exec_env_free(&env);
}

static void test_the_playbooks_list(void **state)
{
	(void)state;
	assert_int_equal(BUILD("http_proxy\0AWS_*\0MISSING\0SET=by policy\0EMPTY=\0LANG\0HOME=/srv",
			       "http_proxy=p", "http_proxy_not=x", "AWS_A=1", "AWS_=2", "AWS=x",
			       "SET=caller", "EMPTY=x", "LANG=a/b", "HOME=/x"),
			 0);
	assert_is("http_proxy", "p");
	assert_is("http_proxy_not", NULL);
	assert_is("AWS_A", "1");
	assert_is("AWS_", "2");
	assert_is("AWS", NULL);
	assert_is("MISSING", NULL);
	assert_is("SET", "by policy");
	assert_is("EMPTY", "");
	assert_is("LANG", "a/b"); /* named, so the caller's as it is */
	assert_is("HOME", "/srv");
	assert_count(N_SET + 6);
	writ_exec_env_free(&env);
	/* a prefix and a value of one of its names: the value */
	assert_int_equal(BUILD("A_*\0A_B=1", "A_B=2", "A_C=3"), 0);
	assert_is("A_B", "1");
	assert_is("A_C", "3");
	writ_exec_env_free(&env);
	/* PATH is fixed until policy names it */
	assert_int_equal(BUILD("PATH", "PATH=/opt"), 0);
	assert_is("PATH", "/opt");
	writ_exec_env_free(&env);
	assert_int_equal(BUILD("PATH"), 0);
	assert_is("PATH", WRIT_EXEC_PATH);
	writ_exec_env_free(&env);
	/* Writ's own can't come in by a prefix */
	assert_int_equal(BUILD("W*", "WRIT_GRANT=1", "WRIT_SOCKET=/x", "WHO=me"), 0);
	assert_is("WRIT_GRANT", "18446744073709551615");
	assert_is("WRIT_SOCKET", NULL);
	assert_is("WHO", "me");
	writ_exec_env_free(&env);
}

static void test_odd_callers(void **state)
{
	(void)state;
	assert_int_equal(BUILD("A*\0BASH*", "A=first", "A=second", "A", "=A", "", "A-B=1",
			       "BASH_FUNC_x%%=() { id; }", "AB=1"),
			 0);
	assert_is("A", "first");
	assert_is("AB", "1");
	assert_count(N_SET + 2);
	writ_exec_env_free(&env);
}

static void test_lists_that_no_policy_has(void **state)
{
	char list[WRIT_ENV_SIZE + 1];

	(void)state;
	env = NULL;
	assert_int_equal(build((char *[]){NULL}, "AB", 2), -EBADMSG); /* without its NUL */
	assert_int_equal(BUILD("A\0\0B"), -EBADMSG);
	assert_int_equal(BUILD("*"), -EBADMSG);
	assert_int_equal(BUILD("A\0WRIT_GRANT=1"), -EBADMSG);
	assert_int_equal(BUILD("A=\x1b"), -EBADMSG);
	memset(list, 'A', sizeof(list));
	for (size_t i = 1; i < sizeof(list); i += 2)
		list[i] = '\0';
	assert_int_equal(build((char *[]){NULL}, list, 2 * (WRIT_ENV_MAX + 1)), -EBADMSG);
	assert_int_equal(build((char *[]){NULL}, list, UINT32_MAX), -EBADMSG);
	assert_null(env);
	assert_int_equal(build((char *[]){NULL}, list, 2 * WRIT_ENV_MAX), 0);
	writ_exec_env_free(&env);
	memset(list, 'A', sizeof(list));
	for (size_t i = 0; i < WRIT_ENV_SIZE; i += 64)
		memcpy(list + i + 61, "=1", 3);
	assert_int_equal(build((char *[]){NULL}, list, WRIT_ENV_SIZE), 0);
	list[WRIT_ENV_SIZE] = '\0';
	writ_exec_env_free(&env);
	assert_int_equal(build((char *[]){NULL}, list, WRIT_ENV_SIZE + 1), -EBADMSG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_of_the_caller),	 cmocka_unit_test(test_common_ones),
		cmocka_unit_test(test_the_playbooks_list),	 cmocka_unit_test(test_odd_callers),
		cmocka_unit_test(test_lists_that_no_policy_has),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
