/* SPDX-License-Identifier: Apache-2.0 */
/* Braces: the number of texts at its limit and one past it. What they mean: test_glob.c. */
#include "policy_helper.h"

#include "compile/alternatives.h"

static size_t count_texts(const char *text, int *ret_end)
{
	struct writ_alternatives alternatives;
	struct writ_glob glob = {0};
	char why[WRIT_GLOB_ERROR_SIZE];
	size_t n = 0;

	assert_int_equal(writ_glob_parse(&glob, text, NULL, why), 0);
	assert_int_equal(writ_alternatives_init(&alternatives, &glob), 0);
	while ((*ret_end = writ_alternatives_next(&alternatives)) > 0)
		n++;
	writ_alternatives_free(&alternatives);
	writ_glob_free(&glob);
	return n;
}

static void counts(void **state)
{
	int end;

	(void)state;
	assert_int_equal(count_texts("/a", &end), 1);
	assert_int_equal(count_texts("/{a,b}", &end), 2);
	assert_int_equal(count_texts("/{a,b}{c,d,e}", &end), 6);
	assert_int_equal(count_texts("/{a,{b,c}}", &end), 3);
	assert_int_equal(count_texts("/{{a,b},{c,d}{e,f}}", &end), 6);
	assert_int_equal(end, 0);
}

static void limit(void **state)
{
	int end;

	(void)state;
	/* 4 * 4 * 4 * 4 = WRIT_ALTERNATIVES_MAX */
	assert_int_equal(count_texts("/{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,d}", &end), 256);
	assert_int_equal(end, 0);
	assert_int_equal(count_texts("/{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,{d,e}}", &end), 256);
	assert_int_equal(end, -E2BIG);
	assert_refused(ROLE "files: [{path: '/{a,b,c,d}{a,b,c,d}{a,b,c,d}{a,b,c,{d,e}}', "
			    "allow: [read]}]\n",
		       "stand for more than 256 texts");
}

static void many_braces(void **state)
{
	char text[4 + 5 * 65 + 1] = "/";
	int end;

	(void)state;
	for (int i = 0; i < WRIT_ALTERNATIVES_CHOICES; i++)
		strcat(text, "{a,b}");
	assert_int_equal(count_texts(text, &end), 256);
	assert_int_equal(end, -E2BIG);
	strcat(text, "{a,b}");
	assert_int_equal(count_texts(text, &end), 0);
	assert_int_equal(end, -E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(limit),
		cmocka_unit_test(many_braces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
