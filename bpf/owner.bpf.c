// SPDX-License-Identifier: GPL-2.0-only
/*
 * Who gets the signals of a descriptor. fcntl(F_SETOWN) names a process and F_SETSIG a signal; when
 * input comes, the kernel sends it, checks user ids only, and asks nobody who it was that wanted
 * it. So an agent may name itself and nobody else.
 *
 * file_fcntl	F_SETOWN to another process or group; F_SETOWN_EX, whose argument is the
 *		caller's memory and could change behind the check
 */
#include "guard.bpf.h"

#define F_SETOWN 8u /* include/uapi/asm-generic/fcntl.h, the same on x86-64 and arm64 */
#define F_SETOWN_EX 15u

static const char word_owner[] = "F_SETOWN_EX";

/* @task's number in its own pid namespace, which is the one that it names processes in. */
static __always_inline int task_number(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	struct upid at = {};

	if (level > 32u || bpf_core_read(&at, sizeof(at), &pid->numbers[level]))
		return -1; /* nobody's */
	return at.nr;
}

static __always_inline int owner_is_itself(int number)
{
	struct task_struct *task = bpf_get_current_task_btf();

	return !number || number == task_number(task) || number == task_number(task->group_leader);
}

SEC("lsm/file_fcntl")
int BPF_PROG(file_fcntl, struct file *file, unsigned int command, unsigned long argument, int ret)
{
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	if (command != F_SETOWN && command != F_SETOWN_EX)
		return 0;
	agent = subject_current();
	if (!agent || (command == F_SETOWN && owner_is_itself((int)argument)))
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_OWNER, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	if (command == F_SETOWN)
		(void)object_format(scratch, "%d", (long)(int)argument);
	else
		object_word(scratch, word_owner);
	return guard_end(scratch, WRIT_FAMILY_SIGNAL);
}
