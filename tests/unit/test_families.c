/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel families: a role's mask is in its image, and the check says what each one opens. */
#include "policy_helper.h"

#include "writ/names.h"

static uint32_t mask_of(const char *text)
{
	struct writ_tables *tables = role_tables(text);
	uint32_t mask = ((const struct writ_image *)(const void *)(tables->bytes + PLACE))->kernel;

	writ_tables_free(tables);
	return mask;
}

static void masks(void **state)
{
	(void)state;
	assert_int_equal(mask_of(ROLE), 0);
	assert_int_equal(mask_of(ROLE "allow_kernel: []\n"), 0);
	assert_int_equal(mask_of(ROLE "allow_kernel: [mount]\n"), 1u << WRIT_FAMILY_MOUNT);
	assert_int_equal(mask_of(ROLE "allow_kernel: [cgroup, signal, cgroup]\n"),
			 1u << WRIT_FAMILY_CGROUP | 1u << WRIT_FAMILY_SIGNAL);
	/* of the whole lineage */
	assert_int_equal(mask_of(ROLE "extends: [s]\nallow_kernel: [bpf]\n---\n"
				      "apiVersion: writ/v1\nkind: Role\nname: s\n"
				      "allow_kernel: [perf]\n"),
			 1u << WRIT_FAMILY_BPF | 1u << WRIT_FAMILY_PERF);
}

static void every_word(void **state)
{
	char text[256];

	(void)state;
	for (uint32_t family = 0; family < WRIT_FAMILY_COUNT; family++) {
		(void)snprintf(text, sizeof(text), ROLE "allow_kernel: [%s]\n",
			       writ_family_name(family));
		assert_int_equal(mask_of(text), 1u << family);
	}
}

/* As many as there are families, and one more. */
static void limit(void **state)
{
	char text[512] = ROLE "allow_kernel: [mount";

	(void)state;
	for (uint32_t i = 1; i < WRIT_FAMILY_COUNT; i++)
		(void)strcat(text, ", mount");
	(void)strcat(text, "]\n");
	assert_int_equal(mask_of(text), 1u << WRIT_FAMILY_MOUNT);
	(void)strcpy(strchr(text, ']'), ", mount]\n");
	assert_refused(text, "allow_kernel");
}

static void refuses(void **state)
{
	(void)state;
	assert_refused(ROLE "allow_kernel: [mounts]\n", "allow_kernel: expected");
	assert_refused(ROLE "allow_kernel: [unknown]\n", "allow_kernel: expected");
	assert_refused(ROLE "allow_kernel: mount\n", "allow_kernel: expected a list");
	assert_refused(ROLE "allow_kernel: [[mount]]\n", "allow_kernel: expected");
	assert_refused(PLAYBOOK "allow_kernel: [mount]\n", "unknown key \"allow_kernel\"");
}

static void advice(void **state)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = good_policy(ROLE "allow_kernel: [signal, module]\n");
	char lines[2048];

	(void)state;
	assert_int_equal(writ_policy_check(policy, &diags), 0);
	lines_of(&diags, lines, sizeof(lines));
	assert_non_null(strstr(lines, "p.yaml:4:16: warning: allow_kernel: with signal an agent of "
				      "role \"r\" can end every process"));
	assert_non_null(strstr(lines, "p.yaml:4:24: warning: allow_kernel: with module an agent"));
	assert_int_equal(diags.warnings, 2);
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(masks),   cmocka_unit_test(every_word), cmocka_unit_test(limit),
		cmocka_unit_test(refuses), cmocka_unit_test(advice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
