/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who is Writ's own, what is Writ's own, and how the rest is refused. A process is an owner when it
 * has claimed (protect.bpf.c): its leader's storage says so, which no process can write but through
 * a map that only owners can have. It is not inherited, and an exec voids it. The children that
 * writd executes (broker, audit, forward) it enters: kept from others, they own nothing.
 */
#ifndef WRIT_PROTECT_BPF_H
#define WRIT_PROTECT_BPF_H

#include "object.bpf.h"

static __always_inline struct writ_guard *guard_find(__u32 kind, __u32 device, __u64 id)
{
	struct writ_guard_key key = {.kind = kind, .device = device, .id = id};

	return bpf_map_lookup_elem(&guarded, &key);
}

/* Asked of the leader: what is done to a thread is done to its process, and one claims for all. */
static __always_inline struct writ_owner *owner_find(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct writ_owner *owner = bpf_task_storage_get(&owners, leader, NULL, 0);

	return owner && owner->exec_id == leader->self_exec_id + 1 ? owner : NULL;
}

/* Nobody else gets at @task's process: it is an owner, or one that an owner has started. */
static __always_inline int owner_keeps(struct task_struct *task)
{
	return !!owner_find(task);
}

static __always_inline int owner_current(void)
{
	struct writ_owner *owner = owner_find(bpf_get_current_task_btf());

	return owner && !owner->is_child;
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
