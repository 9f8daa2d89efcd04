/* SPDX-License-Identifier: Apache-2.0 */
/* Capabilities: their names are those of the kernel's header, a role's mask is in its image. */
#include "policy_helper.h"

#include <linux/capability.h>

static uint64_t mask_of(const char *text)
{
	struct writ_tables *tables = role_tables(text);
	uint64_t mask =
		((const struct writ_image *)(const void *)(tables->bytes + PLACE))->capabilities;

	writ_tables_free(tables);
	return mask;
}

static void masks(void **state)
{
	(void)state;
	assert_int_equal(mask_of(ROLE), 0);
	assert_int_equal(mask_of(ROLE "capabilities: []\n"), 0);
	assert_int_equal(mask_of(ROLE "capabilities: [CAP_CHOWN]\n"), 1);
	assert_int_equal(mask_of(ROLE "capabilities: [CAP_NET_BIND_SERVICE, CAP_SYS_ADMIN, "
				      "CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN]\n"),
			 1ull << CAP_NET_BIND_SERVICE | 1ull << CAP_SYS_ADMIN |
				 1ull << CAP_CHECKPOINT_RESTORE);
	assert_int_equal(WRIT_CAPABILITIES, CAP_LAST_CAP + 1);
	/* of the whole lineage */
	assert_int_equal(mask_of(ROLE "extends: [s]\ncapabilities: [CAP_CHOWN]\n---\n"
				      "apiVersion: writ/v1\nkind: Role\nname: s\n"
				      "capabilities: [CAP_SETUID]\n"),
			 1ull << CAP_CHOWN | 1ull << CAP_SETUID);
}

static void refuses(void **state)
{
	(void)state;
	assert_refused(ROLE "capabilities: [CAP_SYS_ADMN]\n",
		       "\"CAP_SYS_ADMN\" is no capability; expected a name of capabilities(7) (did "
		       "you mean \"CAP_SYS_ADMIN\"?)");
	assert_refused(ROLE "capabilities: [cap_chown]\n", "is no capability");
	assert_refused(ROLE "capabilities: [ALL]\n", "is no capability");
	assert_refused(ROLE "capabilities: CAP_CHOWN\n", "capabilities: expected a list");
	assert_refused(ROLE "capabilities: [[CAP_CHOWN]]\n", "is no capability");
	assert_refused(PLAYBOOK "capabilities: [CAP_CHOWN]\n", "unknown key \"capabilities\"");
}

static size_t warnings_of(const char *text, char *lines, size_t size)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = good_policy(text);
	size_t warnings;

	assert_int_equal(writ_policy_check(policy, &diags), 0);
	lines_of(&diags, lines, size);
	warnings = diags.warnings;
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
	return warnings;
}

static void advice(void **state)
{
	char lines[2048];

	(void)state;
	assert_int_equal(warnings_of(ROLE "capabilities: [CAP_CHOWN, CAP_SYS_ADMIN]\n", lines,
				     sizeof(lines)),
			 1);
	assert_non_null(strstr(lines, "p.yaml:4:15: warning: capabilities: with CAP_SYS_ADMIN an "
				      "agent of role \"r\" can make and enter mount namespaces"));
	assert_int_equal(warnings_of(ROLE "capabilities: [CAP_CHOWN]\n", lines, sizeof(lines)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),
		cmocka_unit_test(refuses),
		cmocka_unit_test(advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
