/* SPDX-License-Identifier: Apache-2.0 */
/* lib/arguments.c: what is known is taken, what is not is told with the usage. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/arguments.h"

static const char *policy;
static bool debug;
static char said[512]; /* on standard output and error */

static int parse(int argc, char **argv)
{
	const struct writ_argument known[] = {
		{"policy", &policy, NULL}, {"debug", NULL, &debug}, {0}};

	policy = "default";
	debug = false;
	return writ_arguments_parse("writ-x", "usage: writ-x\n", known, argc, argv);
}

/* In a child, with what it says: 0, 1 for -EINVAL, 2 for another error, 3 if it did exit(0). */
static int in_child(int argc, char **argv)
{
	int ends[2], status = 0;
	ssize_t len;
	pid_t pid;

	assert_int_equal(pipe(ends), 0);
	pid = fork();
	if (!pid) {
		int err;

		(void)dup2(ends[1], STDOUT_FILENO);
		(void)dup2(ends[1], STDERR_FILENO);
		err = parse(argc, argv);
		_exit(err ? (err == -EINVAL ? 11 : 12) : 10);
	}
	(void)close(ends[1]);
	len = read(ends[0], said, sizeof(said) - 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	said[len > 0 ? len : 0] = '\0';
	for (ssize_t more = len; more > 0 && len < (ssize_t)sizeof(said) - 1; len += more) {
		more = read(ends[0], said + len, sizeof(said) - 1 - (size_t)len);
		said[len + (more > 0 ? more : 0)] = '\0';
	}
	(void)close(ends[0]);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status) ? WEXITSTATUS(status) - 10 : 3;
}

#define PARSE(...)                                                                       \
	parse(sizeof((const char *[]){"x", __VA_ARGS__}) / sizeof(char *),               \
	      (char *[]){(char *)(uintptr_t) "x", __VA_ARGS__, NULL})
#define IN_CHILD(...)                                                                    \
	in_child(sizeof((const char *[]){"x", __VA_ARGS__}) / sizeof(char *),            \
		 (char *[]){(char *)(uintptr_t) "x", __VA_ARGS__, NULL})
#define ARG(text) ((char *)(uintptr_t)(text))

static void taken(void **state)
{
	(void)state;
	assert_int_equal(PARSE(ARG("--policy"), ARG("/a")), 0);
	assert_string_equal(policy, "/a");
	assert_false(debug);
	assert_int_equal(PARSE(ARG("--debug"), ARG("--policy=/b"), ARG("--policy"), ARG("/c")), 0);
	assert_string_equal(policy, "/c");
	assert_true(debug);
	assert_int_equal(parse(1, (char *[]){ARG("x"), NULL}), 0);
	assert_string_equal(policy, "default");
}

static void refused(void **state)
{
	(void)state;
	assert_int_equal(IN_CHILD(ARG("--polcy"), ARG("/a")), 1);
	assert_non_null(strstr(said, "--polcy"));
	assert_non_null(strstr(said, "usage: writ-x\n"));
	assert_int_equal(IN_CHILD(ARG("--policy")), 1);
	assert_int_equal(IN_CHILD(ARG("--debug=yes")), 1);
	assert_int_equal(IN_CHILD(ARG("-x")), 1);
	assert_int_equal(IN_CHILD(ARG("--debug"), ARG("more")), 1);
	assert_non_null(strstr(said, "writ-x: unexpected argument 'more'"));
	assert_non_null(strstr(said, "usage: writ-x\n"));
}

static void said_by_itself(void **state)
{
	(void)state;
	assert_int_equal(IN_CHILD(ARG("--version")), 3);
	assert_string_equal(said, "writ-x " WRIT_VERSION "\n");
	assert_int_equal(IN_CHILD(ARG("-h")), 3);
	assert_string_equal(said, "usage: writ-x\n");
	assert_int_equal(IN_CHILD(ARG("--help"), ARG("--nonsense")), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(taken),
		cmocka_unit_test(refused),
		cmocka_unit_test(said_by_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
