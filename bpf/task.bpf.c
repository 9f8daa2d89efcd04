// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a process does to another one. Own are the processes of the same agent; everybody else's,
 * another agent's too, are not. The object is the target's pid, name, and what is done to it.
 *
 * ptrace_access_check	ptrace attach and seize, process_vm_readv and _writev, pidfd_getfd,
 *			kcmp, /proc/PID/mem, maps, environ, fd, ns and their like
 * ptrace_traceme	asking a parent that is not its own to trace it
 *			For these two a run of the same agent is another process, too: who is not in
 *			it has neither its memory nor its descriptors, and does not come to trace it
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

/* The agent of the current task, when @traced is in a run that @tracer does not hold; else 0. */
static __always_inline __u32 run_is_other(struct task_struct *traced, struct task_struct *tracer)
{
	__u32 agent = subject_current();
	struct subject in;

	if (!agent || traced->tgid == tracer->tgid)
		return 0;
	subject_entered(traced, &in);
	return in.run && in.run != subject_run(tracer) ? agent : 0;
}

static __always_inline int task_judge(struct task_struct *task, __u32 agent, __u32 operation,
				      __u32 family, const char *what, __u32 number)
{
	struct scratch *scratch = scratch_begin(agent, operation, 0);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_task(scratch, task, what, number);
	return guard_end(scratch, family);
}

static __always_inline int task_guard(struct task_struct *task, __u32 operation, __u32 family,
				      const char *what, __u32 number)
{
	__u32 agent = task_is_foreign(task);

	return agent ? task_judge(task, agent, operation, family, what, number) : 0;
}

/* Another run of the same agent: as a guardrail, with a reason of its own. */
static __always_inline int run_guard(struct task_struct *task, __u32 agent, const char *what)
{
	struct scratch *scratch = scratch_begin(agent, WRIT_OP_PTRACE, 0);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_task(scratch, task, what, 0);
	(void)guard(scratch, WRIT_FAMILY_PTRACE);
	if (scratch->decision.reason == WRIT_REASON_GUARDRAIL)
		scratch->decision.reason = WRIT_REASON_OTHER_RUN;
	return decision_finish(scratch) ? -EPERM : 0;
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	const char *what = mode & PTRACE_MODE_ATTACH ? word_attach : word_read;
	__u32 agent, other;

	if (ret)
		return ret;
	agent = task_is_foreign(child);
	other = agent ? 0 : run_is_other(child, bpf_get_current_task_btf());
	if (!agent && !other)
		return 0;
	if (mode & PTRACE_MODE_NOAUDIT)
		return guard_silent(agent | other, WRIT_FAMILY_PTRACE);
	if (other)
		return run_guard(child, other, what);
	return task_judge(child, agent, WRIT_OP_PTRACE, WRIT_FAMILY_PTRACE, what, 0);
}

SEC("lsm/ptrace_traceme")
int BPF_PROG(ptrace_traceme, struct task_struct *parent, int ret)
{
	__u32 other;

	if (ret)
		return ret;
	other = run_is_other(bpf_get_current_task_btf(), parent);
	if (other && subject_of(parent) == other)
		return run_guard(parent, other, word_traceme);
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
