// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who is managed: cgroups and tasks as they come and go. No window is open between the making of a
 * cgroup, the birth of a task in it, and their being known.
 *
 * cgroup_mkdir		a new cgroup is bound by its parent, or by the agents' patterns; runs before
 *			the directory is visible (kernel/cgroup/cgroup.c, cgroup_mkdir)
 * cgroup_rmdir		and forgotten; labels of what still runs stay
 * cgroup_attach_task	a task that is moved in is labelled; one that is moved out stays labelled
 * sched_process_fork	a child born in a bound cgroup, also by a foreign CLONE_INTO_CGROUP; that
 *			nobody's child is nobody's is remembered before it runs
 * label_tasks		not a hook: an iterator that the core runs once cgroups that were there
 *			before are bound; labels every task and thread in them
 * task_alloc		a child has its parent's label; a subject may not clone into another cgroup
 *
 * A cgroup may be that of a run as well: who is moved or born into it by a process outside of every
 * agent has entered the run (subject.bpf.h). An agent that was allowed to move processes gives
 * nobody a run, and neither does the iterator.
 */
#include "object.bpf.h"

#define CLONE_INTO_CGROUP_FLAG 0x200000000ull /* include/uapi/linux/sched.h */

static __always_inline __u64 cgroup_id(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, kn, id);
}

/* The v2 hierarchy has id 0 (cgroup_init); ids of v1 directories are other numbers' namesakes. */
static __always_inline int cgroup_is_v2(struct cgroup *cgroup)
{
	return BPF_CORE_READ(cgroup, root, hierarchy_id) == 0;
}

struct ancestor_walk {
	struct cgroup *cgroup;
	struct subject found;
};

static long ancestor_step(__u32 index, void *context)
{
	struct ancestor_walk *walk = context;
	struct cgroup *cgroup = walk->cgroup;
	struct cgroup_subsys_state *parent;
	struct writ_cgroup *bound;
	__u64 id = cgroup_id(cgroup);

	(void)index;
	bound = bpf_map_lookup_elem(&cgroups, &id);
	if (bound) {
		walk->found.agent = bound->agent;
		walk->found.run = bound->run;
		return 1;
	}
	parent = BPF_CORE_READ(cgroup, self.parent);
	if (!parent)
		return 1;
	walk->cgroup = BPF_CORE_READ(parent, cgroup);
	return 0;
}

/* Agent and run of the nearest bound cgroup, from @cgroup upwards; agent 0: there is none. */
static __always_inline struct subject cgroup_subject(struct cgroup *cgroup)
{
	struct ancestor_walk walk = {.cgroup = cgroup};

	bpf_loop(WRIT_CGROUP_DEPTH_MAX, ancestor_step, &walk, 0);
	return walk.found;
}

/* Who comes into @cgroup by the current task's doing. */
static __always_inline struct subject cgroup_entry(struct cgroup *cgroup)
{
	struct subject entry = cgroup_subject(cgroup);

	if (entry.run && subject_current())
		entry.run = 0;
	return entry;
}

/* Agent whose pattern matches the object, 0: none. */
static __always_inline __u32 cgroup_match(struct scratch *scratch, struct writ_node *settings)
{
	(void)judge(scratch, *(volatile __u64 *)&settings->cgroup_image);
	return scratch->decision.allow;
}

/* Puts a cgroup's path at the end of the text; its first byte, or WRIT_TEXT_PATH_END. */
static __always_inline __u32 cgroup_path(struct writ_text *text, const char *path)
{
	long size = bpf_probe_read_kernel_str(text->bytes, WRIT_CGROUP_PATH_SIZE, path);
	__u32 at, len;

	if (size <= 1 || size > WRIT_CGROUP_PATH_SIZE)
		return WRIT_TEXT_PATH_END;
	len = (__u32)size - 1;
	at = WRIT_TEXT_PATH_END - len;
	if (len >= WRIT_CGROUP_PATH_SIZE || bpf_probe_read_kernel(&text->bytes[at], len, path))
		return WRIT_TEXT_PATH_END;
	return at;
}

static __always_inline void cgroup_bind(struct scratch *scratch, __u64 id,
					const struct subject *as)
{
	struct writ_cgroup bound = {.agent = as->agent, .run = as->run};
	struct decision *d = &scratch->decision;

	if (bpf_map_update_elem(&cgroups, &id, &bound, BPF_ANY)) {
		COUNT(enrol_failed);
		return;
	}
	d->agent = as->agent;
	d->now = bpf_ktime_get_boot_ns();
	event_submit(scratch, WRIT_EVENT_ENROL, WRIT_VERDICT_NONE);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_mkdir, struct cgroup *cgroup, const char *path)
{
	struct writ_node *settings;
	struct scratch *scratch;
	struct subject as;
	__u32 zero = 0;

	if (!cgroup_is_v2(cgroup))
		return 0;
	scratch = bpf_map_lookup_elem(&cgroup_scratch, &zero);
	settings = bpf_map_lookup_elem(&node, &zero);
	if (!scratch || !settings)
		return 0;
	__builtin_memset(&scratch->decision, 0, sizeof(scratch->decision));
	scratch->exec_turn = 0; /* it was another task's */
	scratch->decision.at = cgroup_path(&scratch->text, path);
	as = cgroup_subject(cgroup);
	if (!as.agent)
		as.agent = cgroup_match(scratch, settings);
	if (as.agent)
		cgroup_bind(scratch, cgroup_id(cgroup), &as);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_rmdir, struct cgroup *cgroup, const char *path)
{
	__u64 id = cgroup_id(cgroup);

	if (cgroup_is_v2(cgroup))
		bpf_map_delete_elem(&cgroups, &id);
	return 0;
}

SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(cgroup_attach_task, struct cgroup *cgroup, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	struct subject entry;

	if (!cgroup_is_v2(cgroup))
		return 0;
	entry = cgroup_entry(cgroup);
	if (!entry.agent)
		return 0;
	(void)subject_label_as(task, &entry); /* no memory: the live cgroup is the second source */
	subjects_changed(); /* all its threads move, and only one comes here */
	return 0;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct subject entry;

	/* plain loads: every fork of the host comes here */
	if (child->cgroups->dfl_cgrp == parent->cgroups->dfl_cgrp) {
		subject_born(parent, child); /* and task_alloc gave it what an agent's has */
		return 0;
	}
	entry = cgroup_entry(BPF_CORE_READ(child, cgroups, dfl_cgrp));
	if (entry.agent)
		(void)subject_label_as(child, &entry);
	return 0;
}

SEC("iter/task")
int label_tasks(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct subject found;

	if (!context->meta->seq_num || !task) /* the cgroups are bound; the threads are labelled */
		subjects_changed();
	if (!task) /* the end of the iteration */
		return 0;
	found = cgroup_subject(BPF_CORE_READ(task, cgroups, dfl_cgrp));
	if (found.agent)
		(void)subject_label(task, found.agent);
	return 0;
}

SEC("lsm/task_alloc")
int BPF_PROG(task_alloc, struct task_struct *task, unsigned long clone_flags, int ret)
{
	__u32 agent, reason = WRIT_REASON_NONE;
	struct scratch *scratch;
	struct subject as;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	as.agent = agent;
	subject_entered(bpf_get_current_task_btf(), &as);
	if (subject_label_as(task, &as))
		reason = WRIT_REASON_NO_MEMORY;
	else if (clone_flags & CLONE_INTO_CGROUP_FLAG)
		reason = WRIT_REASON_GUARDRAIL;
	else
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_FORK, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	scratch->decision.reason = reason;
	return decision_end(scratch);
}
