/* SPDX-License-Identifier: Apache-2.0 */
/* cli/options.c: what is taken, what is refused, and with which suggestion. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/command.h"
#include "fake_core.h"

static struct writ_cli cli;
static struct writ_arguments arguments;
static const char *ttl, *patience;
static bool all, waits;
static char errors[4096];

/* Words end in NULL; the first is the verb. */
static int parse(char **words)
{
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(&cli),
					      {.name = "ttl", .letter = 't', .value = &ttl},
					      {.name = "all", .letter = 'a', .flag = &all},
					      {.name = "wait", .flag = &waits, .value = &patience},
					      {0}};
	struct capture capture = capture_begin(stderr);
	int n = 0, code;

	cli = (struct writ_cli){0};
	arguments = (struct writ_arguments){0};
	ttl = patience = NULL;
	all = waits = false;
	while (words[n])
		n++;
	code = writ_options_parse(&cli, options, n, words, &arguments);
	(void)capture_end(&capture, errors, sizeof(errors));
	return code;
}

#define PARSE(...) parse((char *[]){"grant", __VA_ARGS__, NULL})

static void test_taken(void **state)
{
	(void)state;
	assert_int_equal(PARSE("one", "--ttl", "3m", "-a", "two", "--json", "--socket=/s", "--",
			       "--ttl", "x"),
			 0);
	assert_int_equal(arguments.count, 2);
	assert_string_equal(arguments.positional[0], "one");
	assert_string_equal(arguments.positional[1], "two");
	assert_string_equal(arguments.rest[0], "--ttl");
	assert_string_equal(ttl, "3m");
	assert_true(all && cli.json);
	assert_string_equal(cli.socket, "/s");
	assert_string_equal(cli.verb, "grant");
	assert_int_equal(PARSE("-t", "5s", "-", "k=v"), 0);
	assert_string_equal(ttl, "5s");
	assert_int_equal(arguments.count, 2);
	assert_null(arguments.rest);
	assert_int_equal(PARSE("--ttl="), 0);
	assert_string_equal(ttl, "");
}

static void test_refused(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--tll", "3m"), WRIT_EXIT_USAGE);
	assert_string_equal(errors, "writ: unknown option '--tll': did you mean '--ttl'?; "
				    "see 'writ help grant'\n");
	assert_int_equal(PARSE("--frobnicate=1"), WRIT_EXIT_USAGE);
	assert_string_equal(errors, "writ: unknown option '--frobnicate'; see 'writ help grant'\n");
	assert_int_equal(PARSE("-x"), WRIT_EXIT_USAGE);
	assert_int_equal(PARSE("-at"), WRIT_EXIT_USAGE);
	assert_int_equal(PARSE("--ttl"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "option '--ttl' needs a value"));
	assert_int_equal(PARSE("--ttl", "--", "x"), WRIT_EXIT_USAGE);
	assert_int_equal(PARSE("--all=yes"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "takes no value"));
	assert_int_equal(PARSE("--json", "--\x1b]0;x\n"), WRIT_EXIT_USAGE);
	assert_string_equal(errors, "{\"error\": \"unknown option '--\\\\x1b]0;x\\\\x0a'; "
				    "see 'writ help grant'\", \"exit\": 2}\n");
}

/* A value that may be left out never takes the next word. */
static void test_optional_value(void **state)
{
	(void)state;
	assert_int_equal(PARSE("--wait", "3m"), 0);
	assert_true(waits);
	assert_null(patience);
	assert_int_equal(arguments.count, 1);
	assert_int_equal(PARSE("--wait=3m"), 0);
	assert_true(waits);
	assert_string_equal(patience, "3m");
	assert_int_equal(PARSE("3m"), 0);
	assert_false(waits);
}

static void test_positional_limit(void **state)
{
	char *words[WRIT_POSITIONALS_MAX + 3] = {0};

	(void)state;
	for (size_t i = 0; i <= WRIT_POSITIONALS_MAX; i++)
		words[i] = "w";
	assert_int_equal(parse(words), 0);
	assert_int_equal(arguments.count, WRIT_POSITIONALS_MAX);
	words[WRIT_POSITIONALS_MAX + 1] = "w";
	assert_int_equal(parse(words), WRIT_EXIT_USAGE);
}

static void test_nearest(void **state)
{
	static const char *const words[] = {"status", "grants", "grant", NULL};

	(void)state;
	assert_string_equal(writ_options_nearest("statsu", words), "status");
	assert_string_equal(writ_options_nearest("grnt", words), "grant");
	assert_null(writ_options_nearest("xyzzy", words));
	assert_null(writ_options_nearest("", words));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_taken),	       cmocka_unit_test(test_refused),
		cmocka_unit_test(test_optional_value), cmocka_unit_test(test_positional_limit),
		cmocka_unit_test(test_nearest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
