/* SPDX-License-Identifier: Apache-2.0 */
/* Rules whose literal beginning leads through a link of this host, and rules that only might. */
#include "policy_helper.h"

#include "cli/host.h"

static char directory[64];

static int set_up(void **state)
{
	char path[96];

	(void)state;
	(void)strcpy(directory, "/tmp/writ-test-XXXXXX");
	assert_non_null(mkdtemp(directory));
	(void)snprintf(path, sizeof(path), "%s/link", directory);
	return symlink("elsewhere", path);
}

static int tear_down(void **state)
{
	char path[96];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/link", directory);
	assert_int_equal(unlink(path), 0);
	return rmdir(directory);
}

/* How many warnings a file rule and an exec rule on directory/@rest give, both together. */
static size_t warnings(const char *rest)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy;
	char text[512];
	size_t count;

	(void)snprintf(text, sizeof(text),
		       ROLE "files: [{path: '%s/%s', allow: [read]}]\n"
			    "exec: [{path: '%s/%s'}]\n",
		       directory, rest, directory, rest);
	policy = good_policy(text);
	writ_host_links(policy, &diags);
	count = diags.warnings;
	if (count) {
		assert_non_null(strstr(diags.items[0].text, " is a link to elsewhere, "));
		assert_int_equal(diags.items[0].line, 4);
	}
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
	return count;
}

static void links(void **state)
{
	(void)state;
	assert_int_equal(warnings("link"), 2);
	assert_int_equal(warnings("link/x"), 2);
	assert_int_equal(warnings("link/**"), 2);
	assert_int_equal(warnings("l\\ink/*"), 2);
	/* what a glob's sign cuts is no component */
	assert_int_equal(warnings("link*"), 0);
	assert_int_equal(warnings("l{ink,x}"), 0);
	assert_int_equal(warnings("*/x"), 0);
	/* not there */
	assert_int_equal(warnings("linked/x"), 0);
	assert_int_equal(warnings("lin"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(links, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
