/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Guardrails: what no agent may do, even as root, unless its role opens the family (allow_kernel)
 * or lists the capability. In: an agent and what it is about to do. Out: the same verdict and
 * record as of any other decision, with an object that a person can use: a path, a word, or the
 * process it is done to. No rule of files or network is asked.
 *
 * The object is for the record alone. When it can't be built the record has none, and the verdict
 * is the same.
 */
#ifndef WRIT_GUARD_BPF_H
#define WRIT_GUARD_BPF_H

#include "object.bpf.h"

#define GUARD_TEXT_MAX 256u

/* All are global functions, proven once. See guard.bpf.c. */

/* Judges by the role's families alone: reason ROLE, or GUARDRAIL, or what decide_start() says. */
extern int guard(struct scratch *scratch, __u32 family);

/* 1: the role of @scratch's agent opens @family. 0: it does not, or can't be read. */
extern int guard_opens(struct scratch *scratch, __u32 family);

/* The reason to refuse @capability to @agent; WRIT_REASON_NONE: its role lists it. */
extern __u32 guard_capability(__u32 agent, __u32 capability);

/* Moves what was written to the text's head, @size bytes with their NUL, to where objects end. */
extern int object_place(struct scratch *scratch, __u32 size);

/* The object is text made as by printf(3), cut at GUARD_TEXT_MAX. */
#define object_format(scratch, format, args...)                                                   \
	object_place(scratch, (__u32)BPF_SNPRINTF((char *)&(scratch)->text.bytes[WRIT_TEXT_HEAD], \
						  GUARD_TEXT_MAX, format, args))

/* The object is the word at @from, kernel memory. */
static __always_inline void object_word(struct scratch *scratch, const char *from)
{
	long size = bpf_probe_read_kernel_str(&scratch->text.bytes[WRIT_TEXT_HEAD], GUARD_TEXT_MAX,
					      from);

	if (size > 0)
		(void)object_place(scratch, (__u32)size);
}

/* The object is another process: its pid in the initial namespace, its name, what is done to it. */
static __always_inline void object_task(struct scratch *scratch, struct task_struct *task,
					const char *what, __u32 number)
{
	__u64 pid = (__u32)BPF_CORE_READ(task, tgid);
	char comm[16] = {};

	BPF_CORE_READ_STR_INTO(&comm, task, comm);
	if (number)
		(void)object_format(scratch, "%d %s %s %d", pid, comm, what, number);
	else
		(void)object_format(scratch, "%d %s %s", pid, comm, what);
}

/* How guarded hooks end. */
static __always_inline int guard_end(struct scratch *scratch, __u32 family)
{
	(void)guard(scratch, family);
	return decision_finish(scratch) ? -EPERM : 0;
}

/* A guarded hook whose object is the word at @what, kernel memory. @agent 0: unmanaged. */
static __always_inline int guard_word(__u32 agent, __u32 operation, __u32 family, const char *what)
{
	struct scratch *scratch;

	if (!agent)
		return 0;
	scratch = scratch_begin(agent, operation, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_word(scratch, what);
	return guard_end(scratch, family);
}

/* A guarded hook whose object is @path. @agent 0: unmanaged. */
static __always_inline int guard_path(__u32 agent, __u32 operation, __u32 family,
				      const struct path *path)
{
	struct scratch *scratch;

	if (!agent)
		return 0;
	scratch = scratch_begin(agent, operation, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_path(scratch, BPF_CORE_READ(path, dentry), BPF_CORE_READ(path, mnt));
	return guard_end(scratch, family);
}

/* A question that the kernel asks in silence: the same answer, and no record. */
static __always_inline int guard_silent(__u32 agent, __u32 family)
{
	struct scratch *scratch = scratch_begin(agent, WRIT_OP_NONE, 0);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	(void)guard(scratch, family);
	return decision_allows(&scratch->decision) || scratch->decision.monitor ? 0 : -EPERM;
}

#endif
