/* SPDX-License-Identifier: Apache-2.0 */
/* Too large: refused in bounded time and memory, and the innocent are not blamed. */
#include "policy_helper.h"

static void refuse(const char *text, char *why, size_t size)
{
	struct writ_policy *policy = good_policy(text);
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};

	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &image), -EINVAL);
	assert_null(image.bytes);
	lines_of(&diags, why, size);
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
}

static void blames(void **state)
{
	size_t size = 0;
	char *text = NULL, why[8192];
	FILE *file = open_memstream(&text, &size);

	(void)state;
	(void)fputs(ROLE "files:\n  - {path: '/**/.ssh/**', deny: [read]}\n"
			 "  - {path: '/**/*.key', deny: [read]}\n",
		    file);
	for (int i = 0; i < 10000; i++)
		(void)fprintf(file, "  - {path: '/srv/app_%d/{logs,data}/*.txt', allow: [read]}\n",
			      i);
	(void)fclose(file);
	refuse(text, why, sizeof(why));
	assert_non_null(strstr(why, "p.yaml:5:5: too many states; this rule takes the most: "
				    "p.yaml:5:5 /**/.ssh/** deny read"));
	assert_non_null(strstr(why, "p.yaml:6:5: too many states; this rule takes the next most"));
	assert_null(strstr(why, "app_"));
	free(text);
}

static void too_long(void **state)
{
	/* literal text beyond what the trie takes takes a node a byte */
	size_t size = 0;
	char *text = NULL, why[8192], path[2000];
	FILE *file = open_memstream(&text, &size);

	(void)state;
	memset(path, 'x', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	(void)fputs(ROLE "files:\n", file);
	for (int i = 0; i < 600; i++)
		(void)fprintf(file, "  - {path: '/%d%s', allow: [read]}\n", i, path);
	(void)fclose(file);
	refuse(text, why, sizeof(why));
	assert_non_null(strstr(why, "too many states"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(blames),
		cmocka_unit_test(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
