/* SPDX-License-Identifier: Apache-2.0 */
/* See hooks.h. */
#include "kernel/hooks.h"

#include <bpf/btf.h>
#include <errno.h>
#include <string.h>

#include "lib/cleanup.h"

/* Of the function behind an LSM hook, and of the type behind a trace point. */
#define LSM_PREFIX "bpf_lsm_"
#define TRACE_PREFIX "btf_trace_"

static void btf_freep(struct btf **btf)
{
	btf__free(*btf);
}

static bool begins(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* The hook or trace point that programs attach to by @type, or NULL. */
static const char *hook_of(const struct btf *btf, const struct btf_type *type)
{
	const char *name = btf__name_by_offset(btf, type->name_off);

	if (btf_is_func(type) && begins(name, LSM_PREFIX))
		return name + strlen(LSM_PREFIX);
	if (btf_is_typedef(type) && begins(name, TRACE_PREFIX))
		return name + strlen(TRACE_PREFIX);
	return NULL;
}

static bool attaches_to(enum writ_program program, const char *hook)
{
	const char *name = writ_kernel_program_name(program);

	if (begins(name, WRIT_GUARD_PREFIX))
		name += strlen(WRIT_GUARD_PREFIX);
	return !strcmp(name, hook);
}

/* One pass over all types: looking each hook up by its name would be one for each program. */
void writ_hooks_read(const struct btf *btf, struct writ_hooks *ret_hooks)
{
	memset(ret_hooks, 0, sizeof(*ret_hooks));
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const char *hook = hook_of(btf, btf__type_by_id(btf, id));

		for (int i = 0; hook && i < WRIT_PROGRAM_COUNT; i++)
			ret_hooks->present[i] |= attaches_to(i, hook);
	}
}

int writ_hooks_find(struct writ_hooks *ret_hooks)
{
	_cleanup_(btf_freep) struct btf *btf = btf__load_vmlinux_btf();

	if (!btf)
		return -errno;
	writ_hooks_read(btf, ret_hooks);
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
