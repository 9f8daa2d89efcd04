// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process does to another one. Own are the processes of the same agent; everybody else's,
 * another agent's too, are not. The object is the target's pid, name, and what is done to it.
 *
 * ptrace_access_check	ptrace attach and seize, process_vm_readv and _writev, pidfd_getfd,
 *			kcmp, /proc/PID/mem, maps, environ, fd, ns and their like
 * ptrace_traceme	asking a parent that is not its own to trace it
 * task_kill		kill, tkill, tgkill, rt_sigqueueinfo, pidfd_send_signal; signal 0 asks
 *			only whether there is such a process, and is let through
 * task_movememory	move_pages, migrate_pages
 * task_setnice, task_setioprio, task_setscheduler, task_setrlimit
 *			priority, scheduling, affinity and limits
 */
#include "guard.bpf.h"

#define PTRACE_MODE_NOAUDIT 4u /* asked by what lists processes: /proc/PID/stat and its like */

static const char word_attach[] = "attach";
static const char word_read[] = "read";
static const char word_traceme[] = "traceme";
static const char word_signal[] = "signal";
static const char word_memory[] = "memory";
static const char word_nice[] = "nice";
static const char word_ioprio[] = "ioprio";
static const char word_scheduler[] = "scheduler";
static const char word_limit[] = "limit";

/* The agent that acts on @task, which is not its own; 0: nothing to judge. */
static __always_inline __u32 task_is_foreign(struct task_struct *task)
{
	struct task_struct *current = bpf_get_current_task_btf();
	__u32 agent = subject_current();

	if (!agent || task->tgid == current->tgid || subject_of(task) == agent)
		return 0;
	return agent;
}

static __always_inline int task_guard(struct task_struct *task, __u32 operation, __u32 family,
				      const char *what, __u32 number)
{
	__u32 agent = task_is_foreign(task);
	struct scratch *scratch;

	if (!agent)
		return 0;
	scratch = scratch_begin(agent, operation, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_task(scratch, task, what, number);
	return guard_end(scratch, family);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	if (!(mode & PTRACE_MODE_NOAUDIT))
		return task_guard(child, WRIT_OP_PTRACE, WRIT_FAMILY_PTRACE,
				  mode & PTRACE_MODE_ATTACH ? word_attach : word_read, 0);
	agent = task_is_foreign(child);
	return agent ? guard_silent(agent, WRIT_FAMILY_PTRACE) : 0;
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(ptrace_traceme, struct task_struct *parent, int ret)
{
	if (ret)
		return ret;
	return task_guard(parent, WRIT_OP_PTRACE, WRIT_FAMILY_PTRACE, word_traceme, 0);
}

SEC("lsm/task_kill")
int BPF_PROG(task_kill, struct task_struct *task, struct kernel_siginfo *info, int signal,
	     const struct cred *cred, int ret)
{
	if (ret)
		return ret;
	if (!signal)
		return 0;
	return task_guard(task, WRIT_OP_SIGNAL, WRIT_FAMILY_SIGNAL, word_signal, (__u32)signal);
}

SEC("lsm/task_movememory")
int BPF_PROG(task_movememory, struct task_struct *task, int ret)
{
	if (ret)
		return ret;
	return task_guard(task, WRIT_OP_CONTROL, WRIT_FAMILY_SIGNAL, word_memory, 0);
}

SEC("lsm/task_setnice")
int BPF_PROG(task_setnice, struct task_struct *task, int nice, int ret)
{
	if (ret)
		return ret;
	return task_guard(task, WRIT_OP_CONTROL, WRIT_FAMILY_SIGNAL, word_nice, 0);
}

SEC("lsm/task_setioprio")
int BPF_PROG(task_setioprio, struct task_struct *task, int priority, int ret)
{
	if (ret)
		return ret;
	return task_guard(task, WRIT_OP_CONTROL, WRIT_FAMILY_SIGNAL, word_ioprio, 0);
}

SEC("lsm/task_setscheduler")
int BPF_PROG(task_setscheduler, struct task_struct *task, int ret)
{
	if (ret)
		return ret;
	return task_guard(task, WRIT_OP_CONTROL, WRIT_FAMILY_SIGNAL, word_scheduler, 0);
}

SEC("lsm/task_setrlimit")
int BPF_PROG(task_setrlimit, struct task_struct *task, unsigned int resource, struct rlimit *limit,
	     int ret)
{
	if (ret)
		return ret;
	return task_guard(task, WRIT_OP_CONTROL, WRIT_FAMILY_SIGNAL, word_limit, 0);
}
