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

/*
 * Runs. A process that is moved or born into a run's cgroup has *entered* the run, which gives it
 * nothing yet: others may have its memory open, share it, or trace it. It *holds* the run from its
 * next exec on, which is refused while it is traced, and gives it memory that nobody else has. Its
 * children hold what it holds. The run is read from labels alone: where a task lives now tells
 * whose it is, never what it holds.
 */
struct subject {
	__u32 agent;
	__u32 held;
	__u64 run;
	__u64 exec; /* the program that it runs, and until when that holds (struct writ_label) */
	__u64 exec_turn;
};

#define STORAGE_TRIES 32

/*
 * On newer kernels (7.3) what makes local storage fails rather than wait for another processor:
 * kmalloc_nolock() and locks that give up (kernel/bpf/bpf_local_storage.c at 0542972950ef). Out of
 * line: a task needs it once, and hardly ever.
 */
static __noinline struct writ_label *subject_label_again(struct task_struct *task)
{
	struct writ_label *label = NULL;

	for (int i = 0; i < STORAGE_TRIES && !label; i++)
		label = bpf_task_storage_get(&labels, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	return label;
}

/*
 * Labels @task unless it has one already: the first agent stays, and the first of its runs. 0, or
 * -ENOMEM.
 */
static __always_inline int subject_label_as(struct task_struct *task, const struct subject *as)
{
	struct writ_label *label =
		bpf_task_storage_get(&labels, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!label)
		label = subject_label_again(task);
	if (!label) {
		COUNT(label_failed);
		return -ENOMEM;
	}
	if (!label->agent)
		label->agent = as->agent;
	if (as->run && !label->run && label->agent == as->agent) {
		label->held = as->held;
		label->run = as->run;
	}
	if (as->exec && !label->exec) {
		label->exec = as->exec;
		label->exec_turn = as->exec_turn;
	}
	return 0;
}

static __always_inline int subject_label(struct task_struct *task, __u32 agent)
{
	const struct subject as = {.agent = agent};

	return subject_label_as(task, &as);
}

/* The run that @task holds; 0: none. A miss is none: its grants then give nothing. */
static __always_inline __u64 subject_run(struct task_struct *task)
{
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);

	return label && label->held ? label->run : 0;
}

/*
 * The run that @task has entered, held or not, and which program it runs. A process that was moved
 * has only its leader labelled. Not for programs that sleep.
 */
static __always_inline void subject_entered(struct task_struct *task, struct subject *ret)
{
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);
	struct task_struct *leader = task->group_leader;

	ret->exec = label ? label->exec : 0;
	ret->exec_turn = label ? label->exec_turn : 0;
	if ((!label || !label->run) && leader != task)
		label = bpf_task_storage_get(&labels, leader, NULL, 0);
	ret->run = label ? label->run : 0;
	ret->held = label ? label->held : 0;
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

/* The agent of the cgroup with @id. */
static __always_inline __u32 subject_cgroup(__u64 id)
{
	struct writ_cgroup *cgroup = bpf_map_lookup_elem(&cgroups, &id);

	return cgroup ? cgroup->agent : 0;
}

/*
 * Whose @task is, which lives in the cgroup with @id, asked of all sources; 0: nobody's. A program
 * that @sleeps can't ask the leader, which is under RCU: it comes behind another one that has
 * labelled the task.
 */
static __always_inline __u32 subject_ask(struct task_struct *task, __u64 id, bool sleeps)
{
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);
	__u32 agent = label ? label->agent : 0;

	if (!agent)
		agent = subject_cgroup(id);
	return agent || sleeps ? agent : subject_leader(task);
}

static __always_inline __u32 subject_of(struct task_struct *task)
{
	return subject_ask(task, BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id), false);
}

/* A task may have become an agent's: what was remembered of anybody holds no more. */
static __always_inline void subjects_changed(void)
{
	struct writ_caches *caches = writ_caches();

	if (caches)
		__sync_fetch_and_add(&caches->generation, 1);
}

static __always_inline struct writ_subject *subject_slot(struct writ_caches *caches, __u32 pid)
{
	return &caches->subjects[pid & (WRIT_SUBJECTS - 1u)];
}

/* Does @task have nothing in task storage? A plain load, and a yes is certain on 6.1, too. */
static __always_inline int subject_stores_nothing(struct task_struct *task)
{
	return !task->bpf_storage;
}

/* Is the task that @slot may be of remembered as nobody's, as of @generation? */
static __always_inline int subject_is_nobodys(struct writ_subject *slot, struct task_struct *task,
					      __u64 generation)
{
	return *(volatile __u64 *)&slot->word == WRIT_UNMANAGED(generation, (__u32)task->pid) &&
	       *(volatile __u64 *)&slot->started == task->start_boottime;
}

static __always_inline void subject_keep(struct writ_subject *slot, struct task_struct *task,
					 __u64 word)
{
	*(volatile __u64 *)&slot->started = task->start_boottime;
	*(volatile __u64 *)&slot->word = word;
}

/*
 * @child, which @parent, the current task, has just made and which has not run yet, is nobody's if
 * its parent is remembered to be and all sources say so: it has no label, it lives where its parent
 * does, and its leader is the parent's, whose answer that was too, or itself. The generation is
 * read first. Who moves the child or binds its cgroup counts on behind that, and what is kept here
 * is void then. Whatever else is not so costs the child a search.
 */
static __always_inline void subject_born(struct task_struct *parent, struct task_struct *child)
{
	struct writ_caches *caches = writ_caches();
	__u64 generation;

	if (!caches)
		return;
	generation = __sync_fetch_and_add(&caches->generation, 0); /* a barrier: before the rest */
	if (!subject_is_nobodys(subject_slot(caches, parent->pid), parent, generation))
		return;
	if (child->cgroups->dfl_cgrp != parent->cgroups->dfl_cgrp || !subject_stores_nothing(child))
		return;
	subject_keep(subject_slot(caches, child->pid), child,
		     WRIT_UNMANAGED(generation, (__u32)child->pid));
}

/* What is remembered of @pid goes. */
static __always_inline void subject_forget(__u32 pid)
{
	struct writ_caches *caches = writ_caches();

	if (caches)
		subject_slot(caches, pid)->word = 0;
}

/* Whose the current task is, asked of all sources, and remembered. A global function. */
extern __u32 subject_search(__u32 pid);

/*
 * The current task's agent, 0 if it is unmanaged. This is the tax that the whole host pays, so what
 * was found is remembered.
 */
static __always_inline __u32 subject_current(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_caches *caches = writ_caches();
	struct writ_subject *slot;
	__u32 pid = task->pid;
	__u64 word;

	if (!caches)
		return subject_search(pid);
	slot = subject_slot(caches, pid);
	word = *(volatile __u64 *)&slot->word;
	if (*(volatile __u64 *)&slot->started != task->start_boottime)
		return subject_search(pid);
	if (word == WRIT_UNMANAGED(*(volatile __u64 *)&caches->generation, pid))
		return 0;
	if (word >> 63 && (word & ((1u << WRIT_PID_BITS) - 1u)) == pid)
		return (word & ~WRIT_SUBJECT_MANAGED) >> WRIT_PID_BITS;
	return subject_search(pid);
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
