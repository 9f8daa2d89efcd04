// SPDX-License-Identifier: GPL-2.0-only
/*
 * Writ's own processes.
 *
 * guard_ptrace_access_check	another process wants their memory, registers or descriptors: no
 *				process may, for these lead to the maps; reading what /proc shows of
 *				any process is not meant
 * guard_task_kill		an agent sends them a signal; root outside every agent may
 * guard_task_setrlimit	an agent sets their limits, one of which kills as well
 *
 * These hold in mode monitor too, and for a role that is allowed ptrace or signals.
 */
#include "protect.bpf.h"

static __always_inline void guard_task(__u32 agent, __u32 operation)
{
	struct scratch *scratch = guard_begin(agent, operation);

	if (scratch)
		guard_end(scratch);
}

SEC("lsm/ptrace_access_check")
int BPF_PROG(guard_ptrace_access_check, struct task_struct *child, unsigned int mode, int ret)
{
	if (ret)
		return ret;
	if (!(mode & PTRACE_MODE_ATTACH) || !owner_keeps(child) || owner_current())
		return 0;
	guard_task(subject_current(), WRIT_OP_PTRACE);
	return -EPERM;
}

/* What an agent does to @task, which is Writ's own: -EPERM. Root outside of every agent may. */
static __always_inline int guard_from_agents(struct task_struct *task)
{
	__u32 agent;

	if (!owner_keeps(task))
		return 0;
	agent = subject_current();
	if (!agent)
		return 0;
	guard_task(agent, WRIT_OP_SIGNAL);
	return -EPERM;
}

SEC("lsm/task_kill")
int BPF_PROG(guard_task_kill, struct task_struct *target, void *info, int signal,
	     const struct cred *cred, int ret)
{
	return ret ? ret : guard_from_agents(target);
}

SEC("lsm/task_setrlimit")
int BPF_PROG(guard_task_setrlimit, struct task_struct *task, unsigned int resource,
	     struct rlimit *limit, int ret)
{
	return ret ? ret : guard_from_agents(task);
}
