/* SPDX-License-Identifier: Apache-2.0 */
/* The glob language: for every sign one path that matches and one that does not, and its errors. */
#include "policy_helper.h"

#include "compile/glob.h"

#define YES (WRIT_ACCESS_READ | WRIT_ACCESS_WRITE)
#define SELF WRIT_ACCESS_READ

static const struct {
	const char *glob, *path;
	uint32_t gives;
} matching[] = {
	{"/etc/hosts", "/etc/hosts", YES},
	{"/etc/hosts", "/etc/hosts2", 0},
	{"/etc/hosts", "/etc/host", 0},
	{"/etc/hosts", "/etc/hosts/x", 0},
	{"/", "/", YES},
	{"/", "/a", 0},
	/* * */
	{"/a/*", "/a/b", YES},
	{"/a/*", "/a/", YES},
	{"/a/*", "/a/b/c", 0},
	{"/a/*.log", "/a/.log", YES},
	{"/a/*.log", "/a/x.log.1", 0},
	{"/a*b*c", "/abbbc", YES},
	{"/a*b*c", "/ab/c", 0},
	/* ** */
	{"/a/**/z", "/a/b/c/z", YES},
	{"/a/**/z", "/a/z", 0},
	{"/a/{,**/}z", "/a/z", YES},
	{"/a**", "/abc/d", YES},
	{"/a**", "/b", 0},
	{"/a/***/z", "/a/b/c/z", YES},
	/* everything below, and the directory itself for reading */
	{"/a/**", "/a/b", YES},
	{"/a/**", "/a/b/c", YES},
	{"/a/**", "/a", SELF},
	{"/a/**", "/ab", 0},
	{"/**", "/", SELF},
	{"/**", "/a", YES},
	{"/a*/x/**", "/ab/x", SELF},
	{"/a*/x/**", "/ab/x/y", YES},
	{"/a*/x/**", "/ab/xy", 0},
	{"/{a/**,b}", "/a", SELF},
	{"/{a/**,b}", "/b", YES},
	/* ? is one character, whatever its bytes */
	{"/a?", "/ab", YES},
	{"/a?", "/a", 0},
	{"/a?", "/abc", 0},
	{"/a?b", "/a/b", 0},
	{"/a?", "/a\xc3\xa4", YES},
	{"/a?", "/a\xf0\x9f\xa6\x8a", YES},
	{"/a?", "/a\xff", 0},
	{"/a?", "/a\xc3", 0},
	{"/a*", "/a\xff", YES},
	/* classes */
	{"/[a-c]", "/b", YES},
	{"/[a-c]", "/d", 0},
	{"/[a-c]", "/B", 0},
	{"/[abx]", "/x", YES},
	{"/[^a-c]", "/d", YES},
	{"/[^a-c]", "/b", 0},
	{"/[^a-c]", "/\xc3\xa4", YES},
	{"/x[^a-c]y", "/x/y", 0},
	{"/x[+-9]y", "/x/y", 0},
	{"/x[+-9]y", "/x5y", YES},
	{"/[a-]", "/-", YES},
	{"/[\\]a]", "/]", YES},
	{"/[{,}]", "/,", YES},
	/* alternatives */
	{"/{a,bc}/d", "/bc/d", YES},
	{"/{a,bc}/d", "/b/d", 0},
	{"/{a,{b,c}d}", "/cd", YES},
	{"/{a,{b,c}d}", "/c", 0},
	{"/a{,.gz}", "/a", YES},
	{"/a{,.gz}", "/a.gz", YES},
	{"/a,b", "/a,b", YES},
	{"/{a,[,}]}x", "/}x", YES},
	/* quoting */
	{"/\\*", "/*", YES},
	{"/\\*", "/a", 0},
	{"/\\?\\[\\{\\}\\\\", "/?[{}\\", YES},
	{"/\\a", "/a", YES},
};

static void matches(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(matching) / sizeof(matching[0]); i++)
		if (ask_glob(matching[i].glob, matching[i].path) != matching[i].gives)
			fail_msg("%s on %s: expected %x", matching[i].glob, matching[i].path,
				 matching[i].gives);
}

static const struct {
	const char *glob, *why;
} refused[] = {
	{"/[", "without \"]\""},
	{"/[a", "without \"]\""},
	{"/[]", "is empty"},
	{"/[^", "without \"]\""},
	{"/[/]", "matches nothing"},
	{"/[z-a]", "wrong way round"},
	{"/[\xc3\xa4]", "takes ASCII"},
	{"/{a,b", "without \"}\""},
	{"/a}", "without \"{\""},
	{"/{}", "needs a comma"},
	{"/{a*}", "needs a comma"},
	{"/{name}", "not a declared parameter"},
	{"/a\\", "quotes nothing"},
	{"/{{{{{{{{{{{{{{{{{a,b},b},b},b},b},b},b},b},b},b},b},b},b},b},b},b},b}", "deeper"},
	{"a", "not absolute"},
	{"", "expected text"},
	{"{/a,b}", "not absolute"},
	{"*", "not absolute"},
	{"/a//b", "holds \"//\""},
	{"/a/./b", "holds \"/./\""},
	{"/a/.", "holds \"/./\""},
	{"/a/../b", "holds \"/../\""},
	{"/..", "holds \"/../\""},
	{"/a/", "ends in \"/\""},
	{"/{a,b/}", "ends in \"/\""},
	{"/a/{,b}/c", "holds \"//\""},
	{"/a/{..,b}/c", "holds \"/../\""},
	{"//", "\"/\""},
};

static void refuses(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		(void)snprintf(text, sizeof(text), ROLE "files: [{path: '%s', allow: [read]}]\n",
			       refused[i].glob);
		assert_refused(text, refused[i].why);
	}
}

static void dots_in_names(void **state)
{
	(void)state;
	assert_int_equal(ask_glob("/a/..b", "/a/..b"), YES);
	assert_int_equal(ask_glob("/a/...", "/a/..."), YES);
	assert_int_equal(ask_glob("/.ssh/x", "/.ssh/x"), YES);
}

static void quotes_values(void **state)
{
	/* a value is bytes, whatever signs are in it */
	static const char *const names[] = {"p"}, *const values[] = {"*[{\\"};
	bool used[1] = {false};
	const struct writ_glob_parameters parameters = {
		.names = names, .values = values, .count = 1, .used = used};
	struct writ_glob glob = {0};
	char why[WRIT_GLOB_ERROR_SIZE];

	(void)state;
	assert_int_equal(writ_glob_parse(&glob, "/{p}", &parameters, why), 0);
	assert_true(used[0]);
	assert_int_equal(glob.n_tokens, 5);
	for (size_t i = 0; i < glob.n_tokens; i++)
		assert_int_equal(glob.tokens[i].kind, WRIT_GLOB_BYTE);
	writ_glob_free(&glob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matches),
		cmocka_unit_test(refuses),
		cmocka_unit_test(dots_in_names),
		cmocka_unit_test(quotes_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
