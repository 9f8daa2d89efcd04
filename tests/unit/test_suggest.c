/* SPDX-License-Identifier: Apache-2.0 */
/* The word that was meant. */
#include "policy_helper.h"

#include "compile/suggest.h"

static void distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t edits;
	} cases[] = {
		{"", "", 0},	       {"allow", "allow", 0}, {"alow", "allow", 1},
		{"aloww", "allow", 2}, {"ablow", "allow", 1}, {"laow", "alow", 1},
		{"", "abc", 3},	       {"abc", "", 3},	      {"read", "write", 4},
	};
	char word[65];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(writ_suggest_distance(cases[i].a, cases[i].b), cases[i].edits);
	memset(word, 'x', sizeof(word));
	word[63] = '\0';
	assert_int_equal(writ_suggest_distance(word, word), 0);
	word[63] = 'x';
	word[64] = '\0';
	assert_int_equal(writ_suggest_distance(word, word), 64);
}

static void nearness(void **state)
{
	(void)state;
	assert_true(writ_suggest_near("allow", 2));
	assert_false(writ_suggest_near("allow", 3));
	assert_true(writ_suggest_near("map", 1));
	assert_false(writ_suggest_near("map", 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(distance),
		cmocka_unit_test(nearness),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
