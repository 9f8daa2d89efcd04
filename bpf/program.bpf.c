// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which program a task runs. Each exec of an agent has an id, unique until the next boot. It
 * is in the task's label, which children have from their parent (task_alloc), so no fork needs a
 * record; and in each record. What it stands for, path and argv, one record says: that of the exec.
 *
 * What can miss: no memory for scratch or label, contention (6.1), or a process that came to be an
 * agent's and has executed nothing since. Its records then say 0: not known.
 */
#include "program.bpf.h"
#include "event.bpf.h"
#include "subject.bpf.h"

__u64 program_find(struct scratch *scratch)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);
	__u64 exec;

	if (!label || !scratch) /* asked again the next time: 6.1 may miss what is there */
		return 0;
	exec = label->exec_turn == task->self_exec_id ? label->exec : 0;
	scratch->exec = exec;
	scratch->exec_turn = task->self_exec_id;
	return exec;
}

int program_leave(struct scratch *scratch)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);

	if (!scratch)
		return -EINVAL;
	scratch->exec = label && label->exec_turn + 1 == task->self_exec_id ? label->exec : 0;
	scratch->exec_turn = task->self_exec_id;
	return 0;
}

/*
 * Never 0, and never given before in this boot: it counts from the boot time of the first one since
 * the maps were made, and nothing executes a thousand million times a second.
 */
static __always_inline __u64 program_number(__u64 now)
{
	struct writ_caches *caches = writ_caches();

	if (!caches)
		return 0;
	(void)__sync_val_compare_and_swap(&caches->execs, 0, now);
	return __sync_fetch_and_add(&caches->execs, 1) + 1;
}

/* A label that is not found: records of this task say the id, those of its children 0. */
static __always_inline void program_keep(struct scratch *scratch, struct task_struct *task,
					 __u64 exec)
{
	struct writ_label *label = bpf_task_storage_get(&labels, task, NULL, 0);

	scratch->exec = exec;
	scratch->exec_turn = task->self_exec_id;
	if (!label)
		return;
	label->exec = exec;
	label->exec_turn = task->self_exec_id;
}

int program_enter(struct scratch *scratch, __u32 unnamed)
{
	struct decision *d;
	__u64 by, exec;

	if (!scratch)
		return -EINVAL;
	d = &scratch->decision;
	by = scratch->exec;
	exec = program_number(d->now);
	program_keep(scratch, bpf_get_current_task_btf(), exec);
	d->operation = WRIT_OP_NONE;
	d->access = 0;
	d->reason = unnamed;
	d->image = 0;
	d->image_at = 0;
	d->accept = 0;
	d->grant = 0;
	d->expires = by; /* struct writ_event.by */
	return event_submit(scratch, WRIT_EVENT_EXEC, WRIT_VERDICT_NONE);
}
