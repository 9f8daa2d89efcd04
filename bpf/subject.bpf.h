/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who acts. Two sources: the sticky label in task storage, and the live cgroup. A task is
 * unmanaged only if both say so: task storage may miss under contention (6.1), and a label may
 * not have found memory. What the second source finds is put into the first.
 */
#ifndef WRIT_SUBJECT_BPF_H
#define WRIT_SUBJECT_BPF_H

#include "maps.bpf.h"

/* Labels @task unless it has one already: the first label stays. 0, or -ENOMEM. */
static __always_inline int subject_label(struct task_struct *task, __u32 agent)
{
	struct writ_label *label =
		bpf_task_storage_get(&labels, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!label) {
		COUNT(label_failed);
		return -ENOMEM;
	}
	if (!label->agent)
		label->agent = agent;
	return 0;
}

/* The current task's agent, 0 if it is unmanaged. This is the tax that the whole host pays. */
static __always_inline __u32 subject_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);
	struct writ_cgroup *cgroup;
	__u64 id;

	if (label && label->agent)
		return label->agent;
	id = bpf_get_current_cgroup_id();
	cgroup = bpf_map_lookup_elem(&cgroups, &id);
	if (!cgroup)
		return 0;
	(void)subject_label(task,
			    cgroup->agent); /* the live cgroup serves until it can be stored */
	return cgroup->agent;
}

#endif
