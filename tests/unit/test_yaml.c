/* SPDX-License-Identifier: Apache-2.0 */
/* The plain core of YAML: what is beyond it is refused with its place; depth and keys bounded. */
#include "policy_helper.h"

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ROLE "files: &x []\n", "p.yaml:4:8: anchors are not allowed"},
		{ROLE "exec: &x []\nfiles: *x\n", "p.yaml:5:8: aliases are not allowed"},
		{ROLE "files: !!seq []\n", "p.yaml:4:8: tags are not allowed"},
		{"apiVersion: writ/v1\nkind: Role\nname: !!str r\n", "tags are not allowed"},
		{ROLE "<<: {files: []}\n", "merge keys are not allowed"},
		{ROLE "files: []\nfiles: []\n", "duplicate key \"files\"; first at line 4"},
		{ROLE "[a]: b\n", "a key must be a word"},
		{ROLE "{a: b}: b\n", "a key must be a word"},
		{ROLE "files: [{path: \"/a\\0b\", allow: [read]}]\n", "a NUL byte is not allowed"},
		{ROLE "files: [\n", "not YAML"},
		{ROLE "\tfiles: []\n", "not YAML"},
		{"- a\n- b\n", "document: expected a mapping with a kind, found a list"},
		{"text\n", "document: expected a mapping with a kind, found \"text\""},
		{ROLE "files: [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\n",
		 "nested deeper than 16 levels"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
}

/* The bomb that doubles at each line stops at its first anchor. */
static void laughs(void **state)
{
	char text[4096];
	size_t used = (size_t)sprintf(text, ROLE "a: &a [x, x]\n");

	(void)state;
	for (int i = 1; i < 30; i++)
		used += (size_t)sprintf(text + used, "k%d: &n%d [*%s%d, *%s%d]\n", i, i,
					i > 1 ? "n" : "a", i > 1 ? i - 1 : 0, i > 1 ? "n" : "a",
					i > 1 ? i - 1 : 0);
	assert_refused(text, "anchors are not allowed");
}

static void depth_limit(void **state)
{
	/* the mapping is level 1, so fifteen lists more are allowed to stand */
	(void)state;
	assert_refused(ROLE "files: [[[[[[[[[[[[[[[]]]]]]]]]]]]]]]\n",
		       "a file rule: expected a mapping, found a list");
	assert_refused(ROLE "files: [[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]\n", "nested deeper than 16");
}

static void key_limit(void **state)
{
	char text[4096];

	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		struct writ_diagnostics diags = {0};
		struct writ_policy *policy = NULL;
		size_t used = (size_t)sprintf(text, ROLE);
		char lines[16384];

		for (uint32_t i = 3; i < WRIT_YAML_KEYS_MAX + extra; i++)
			used += (size_t)sprintf(text + used, "k%u: v\n", i);
		assert_int_equal(load_text(text, used, &diags, &policy), -EINVAL);
		lines_of(&diags, lines, sizeof(lines));
		assert_int_equal(strstr(lines, "more than 64 keys") != NULL, extra);
		writ_diagnostics_free(&diags);
	}
}

static void accepts(void **state)
{
	(void)state;
	assert_accepted("", NULL);
	assert_accepted("---\n---\n...\n", NULL);
	assert_accepted("# only a comment\n", NULL);
	assert_accepted("%YAML 1.1\n---\n" ROLE, NULL);
	assert_accepted(ROLE "files:\n- path: >-\n    /a\n  allow: ['read', \"write\"]\n", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refuses),     cmocka_unit_test(laughs),
		cmocka_unit_test(depth_limit), cmocka_unit_test(key_limit),
		cmocka_unit_test(accepts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
