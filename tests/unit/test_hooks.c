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
	static const char *const functions[] = {
		"bpf_lsm_file_open",  "bpf_lsm_path_unlink",
		"bpf_lsm_path_rmdi",  "bpf_lsm_path_renamed",
		"security_path_link", "btf_trace_cgroup_rmdir",
		"bpf_lsm_",
	};
	struct btf *btf = btf__new_empty();
	int number, proto;

	assert_non_null(btf);
	number = btf__add_int(btf, "int", 4, BTF_INT_SIGNED);
	proto = btf__add_func_proto(btf, number);
	for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++)
		assert_true(btf__add_func(btf, functions[i], BTF_FUNC_STATIC, proto) > 0);
	assert_true(btf__add_typedef(btf, "btf_trace_cgroup_mkdir", number) > 0);
	assert_true(btf__add_typedef(btf, "bpf_lsm_sb_mount", number) > 0);
	return btf;
}

static void test_read(void **state)
{
	struct btf *btf = made();
	struct writ_hooks hooks = {.present = {[WRIT_PROGRAM_capable] = true}};
	int count = 0;

	(void)state;
	writ_hooks_read(btf, &hooks);
	btf__free(btf);
	assert_true(hooks.present[WRIT_PROGRAM_file_open]);
	assert_true(hooks.present[WRIT_PROGRAM_cgroup_mkdir]);
	assert_true(hooks.present[WRIT_PROGRAM_path_unlink]);
	assert_true(hooks.present[WRIT_PROGRAM_guard_path_unlink]);
	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++)
		count += hooks.present[i];
	assert_int_equal(count, 4); /* the others are only nearly there */
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
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_floor_is_required),
		cmocka_unit_test(test_counts_what_is_not_lacking),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
