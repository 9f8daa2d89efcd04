/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who acts. The sources: the sticky label in task storage, the live cgroup, and the label of the
 * thread group's leader (a process that is moved into a cgroup has only its leader labelled then:
 * cgroup_attach_task fires once for all threads). A task is unmanaged only if all say so: task
 * storage may miss under contention (6.1), and a label may not have found memory. What another
 * source finds is put into the first.
 */
#ifndef WRIT_SUBJECT_BPF_H
#define WRIT_SUBJECT_BPF_H

#include "compat.bpf.h"
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

/* The agent that the leader of @task's thread group is labelled with. */
static __always_inline __u32 subject_leader(struct task_struct *task)
{
	struct task_struct *leader = task->group_leader;
	struct writ_label *label;

	if (leader == task)
		return 0;
	label = bpf_task_storage_get(&labels, leader, NULL, 0);
	return label ? label->agent : 0;
}

/* The agent of the current task's live cgroup. */
static __always_inline __u32 subject_cgroup(void)
{
	__u64 id = bpf_get_current_cgroup_id();
	struct writ_cgroup *cgroup = bpf_map_lookup_elem(&cgroups, &id);

	return cgroup ? cgroup->agent : 0;
}

/*
 * The current task's agent, 0 if it is unmanaged. This is the tax that the whole host pays. In a
 * program that sleeps the leader can't be asked (it is under RCU): such a program comes behind
 * another one that has labelled the task.
 */
static __always_inline __u32 subject_find(bool sleeps)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);
	__u32 agent;

	if (label && label->agent)
		return label->agent;
	agent = subject_cgroup();
	if (!agent && !sleeps)
		agent = subject_leader(task);
	if (agent)
		(void)subject_label(task, agent); /* no memory: the other sources go on serving */
	return agent;
}

/* Whose @task is, which is not the current one: asked of the same sources. 0: nobody's. */
static __always_inline __u32 subject_of(struct task_struct *task)
{
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);
	__u64 id = BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
	struct writ_cgroup *cgroup;

	if (label && label->agent)
		return label->agent;
	cgroup = bpf_map_lookup_elem(&cgroups, &id);
	return cgroup ? cgroup->agent : subject_leader(task);
}

static __always_inline __u32 subject_current(void)
{
	return subject_find(false);
}

/*
 * Does the kernel act with other credentials than the task's own? An overlay does so on its layers,
 * with those of whoever mounted it; what the agent wanted was judged on the path that it sees. The
 * one other way is io_uring: the credentials that a request was made with, or a personality. So a
 * task that has to do with it is always judged, and may be refused for a layer's path.
 */
static __always_inline int subject_acts_beneath(void)
{
	struct task_struct *task = bpf_get_current_task_btf();

	if (task->cred == task->real_cred || task->flags & PF_IO_WORKER)
		return 0;
	return !bpf_core_field_exists(task->io_uring) || !BPF_CORE_READ(task, io_uring);
}

#endif
