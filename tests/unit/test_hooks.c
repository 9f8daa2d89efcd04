/* SPDX-License-Identifier: Apache-2.0 */
/* What a kernel's BTF says of a hook, and what of a program may be missing. BTF made by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/btf.h>
#include <cmocka.h>

#include "kernel/hooks.h"

static struct btf *made(void)
{
	struct btf *btf = btf__new_empty();
	int number, proto;

	assert_non_null(btf);
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	proto = btf__add_func_proto(btf, number);
	assert_true(btf__add_func(btf, "bpf_lsm_file_open", BTF_FUNC_STATIC, proto) > 0);
	assert_true(btf__add_func(btf, "bpf_lsm_path_unlink", BTF_FUNC_STATIC, proto) > 0);
	assert_true(btf__add_func(btf, "security_inode_link", BTF_FUNC_STATIC, proto) > 0);
	assert_true(btf__add_typedef(btf, "btf_trace_cgroup_mkdir", number) > 0);
	assert_true(btf__add_typedef(btf, "bpf_lsm_typedef", number) > 0);
	return btf;
}

static void test_has(void **state)
{
	struct btf *btf = made();

	(void)state;
	assert_true(writ_hooks_has(btf, "file_open"));
	assert_true(writ_hooks_has(btf, "cgroup_mkdir"));
	assert_true(writ_hooks_has(btf, "path_unlink"));
	assert_true(writ_hooks_has(btf, "guard_path_unlink"));
	assert_false(writ_hooks_has(btf, "guard_path_rmdir"));
	assert_false(writ_hooks_has(btf, "file_ope"));
	assert_false(writ_hooks_has(btf, "file_opened"));
	assert_false(writ_hooks_has(btf, "inode_link"));
	assert_false(writ_hooks_has(btf, "typedef"));
	assert_false(writ_hooks_has(btf, ""));
	btf__free(btf);
}

/* The floor: no kernel that writd runs on may leave these out. */
static void test_floor_is_required(void **state)
{
	(void)state;
	assert_null(writ_hooks_lost(WRIT_PROGRAM_file_open));
	assert_null(writ_hooks_lost(WRIT_PROGRAM_bprm_check_security));
	assert_null(writ_hooks_lost(WRIT_PROGRAM_bprm_committed_creds));
	assert_null(writ_hooks_lost(WRIT_PROGRAM_socket_connect));
	assert_null(writ_hooks_lost(WRIT_PROGRAM_task_alloc));
}

static void test_counts_what_is_not_lacking(void **state)
{
	static struct writ_kernel kernel;

	(void)state;
	assert_int_equal(writ_kernel_count_programs(&kernel), WRIT_PROGRAM_COUNT);
	kernel.lacks[WRIT_PROGRAM_file_open] = true;
	assert_int_equal(writ_kernel_count_programs(&kernel), WRIT_PROGRAM_COUNT - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_has),
		cmocka_unit_test(test_floor_is_required),
		cmocka_unit_test(test_counts_what_is_not_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
