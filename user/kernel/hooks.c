/* SPDX-License-Identifier: Apache-2.0 */
/* See hooks.h. */
#include "kernel/hooks.h"

#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

/* A hook exists if the kernel's BTF has the function or the trace point that programs attach to. */
bool writ_hooks_has(const struct btf *btf, const char *program)
{
	const size_t prefix = strlen(WRIT_GUARD_PREFIX);
	char name[64];

	if (!strncmp(program, WRIT_GUARD_PREFIX, prefix))
		program += prefix;
	(void)snprintf(name, sizeof(name), "bpf_lsm_%s", program);
	if (btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) >= 0)
		return true;
	(void)snprintf(name, sizeof(name), "btf_trace_%s", program);
	return btf__find_by_name_kind(btf, name, BTF_KIND_TYPEDEF) >= 0;
}

int writ_hooks_find(struct writ_hooks *ret_hooks)
{
	_cleanup_(btf_freep) struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return -errno;
	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++)
		ret_hooks->present[i] = writ_hooks_has(btf, writ_kernel_program_name(i));
	return 0;
}

const char *writ_hooks_lost(enum writ_program program)
{
	static const char *const lost[WRIT_PROGRAM_COUNT] = {
#define X(name, words) [WRIT_PROGRAM_##name] = (words),
		WRIT_OPTIONAL_PROGRAMS(X)
#undef X
	};
	return lost[program];
}
