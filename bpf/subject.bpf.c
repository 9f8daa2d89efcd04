// SPDX-License-Identifier: GPL-2.0-only
/*
 * The current task's agent when it is not remembered. That a task is nobody's is remembered only
 * where a look-up that finds no label means that there is none. On 6.1 it may also mean that
 * another program was in the task storage of this CPU (bpf_task_storage_trylock,
 * kernel/bpf/bpf_task_storage.c): such a miss must not outlive its hook.
 */
#include "subject.bpf.h"

__u32 subject_search(__u32 pid)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_caches *caches = writ_caches();
	__u64 generation;
	__u32 agent;

	if (!caches) /* can't be: an array has all its elements */
		return subject_ask(task, bpf_get_current_cgroup_id(), false);
	generation = __sync_fetch_and_add(&caches->generation, 0); /* a barrier: before the rest */
	agent = subject_ask(task, bpf_get_current_cgroup_id(), false);
	if (agent && subject_label(task, agent)) /* no memory: the other sources go on serving */
		return agent;
	if (!agent && !TASK_STORAGE_MISS_IS_CERTAIN)
		return 0;
	subject_keep(subject_slot(caches, pid), task,
		     agent ? WRIT_MANAGED(agent, pid) : WRIT_UNMANAGED(generation, pid));
	return agent;
}
