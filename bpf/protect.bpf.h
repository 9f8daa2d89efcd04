/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is Writ's own, what is Writ's own, and how the rest is refused. A task is an owner when it
 * has claimed (protect.bpf.c): its own storage says so, which no process can write but through a
 * map that only owners can have. It is not inherited, and an exec voids it.
 */
#ifndef WRIT_PROTECT_BPF_H
#define WRIT_PROTECT_BPF_H

#include "object.bpf.h"

static __always_inline struct writ_guard *guard_find(__u32 kind, __u32 device, __u64 id)
{
	struct writ_guard_key key = {.kind = kind, .device = device, .id = id};

	return bpf_map_lookup_elem(&guarded, &key);
}

static __always_inline int owner_is(struct task_struct *task)
{
	struct writ_owner *owner = bpf_task_storage_get(&owners, task, NULL, 0);

	return owner && owner->exec_id == task->self_exec_id + 1;
}

static __always_inline int owner_current(void)
{
	return owner_is(bpf_get_current_task_btf());
}

/* A decision about something of Writ's own, by @agent (0: a process outside every agent). */
static __always_inline struct scratch *guard_begin(__u32 agent, __u32 operation)
{
	struct scratch *scratch = scratch_begin(agent, operation, 0);

	if (!scratch)
		COUNT(denied); /* no memory for a record; refused all the same */
	return scratch;
}

/* Records the denial. The hook returns -EPERM whatever comes of it. */
static __always_inline void guard_end(struct scratch *scratch)
{
	scratch->decision.reason = WRIT_REASON_PROTECTED;
	(void)decide(scratch);
	(void)decision_finish(scratch);
}

#endif
