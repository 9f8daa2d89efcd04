// SPDX-License-Identifier: GPL-2.0-only
/*
 * The sweep after the end of a grant: what did the end cut? No hooks: iterators that writd runs
 * (user/kernel/cut.c). The right is gone by itself (reach.bpf.c); these tell what there is to
 * count, and mark the sockets that nobody may use any more, which cut_close.bpf.c destroys.
 *
 * cut_descriptors	every descriptor of every task: whose sockets a grant gave and who may go on
 *			using them, as the hooks would say; files that their holders may not use
 * cut_mappings		the same of files that are mapped
 * cut_networks		the network namespaces that agents are in
 *
 * A socket is left alone if a process that its note does not speak of holds it too: one outside of
 * every agent, or another agent's. What can't be judged is left alone as well, and told: the hooks
 * refuse it, whatever is said here.
 */
#include "cut.bpf.h"
#include "file.bpf.h"

#define VM_WRITE 2ul /* include/linux/mm.h */
#define VM_SHARED 8ul
#define NO_NAMESPACE 1ull /* no mount's: such a task has no path to anything */

/* A decision as @task's: its run, its paths. NULL: no memory. */
static __always_inline struct scratch *cut_begin(struct task_struct *task, __u32 agent,
						 __u32 operation, __u32 access)
{
	struct scratch *scratch = scratch_begin(agent, operation, access);

	if (!scratch)
		return NULL;
	scratch->decision.run = subject_run(task);
	scratch->decision.viewer = (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
	if (!scratch->decision.viewer)
		scratch->decision.viewer = NO_NAMESPACE;
	return scratch;
}

static __always_inline __u32 cut_judge_held(struct task_struct *task, __u32 agent, struct sock *sk,
					    struct writ_sock_reach *reach)
{
	__u32 verdict = CUT_KEPT, access = reach_side(reach, 0);

	if (reach_stands_now(*(volatile __u64 *)&reach->note.stamps[WRIT_REACH_READ], agent))
		return CUT_KEPT;
	if (access)
		verdict = cut_side(cut_begin(task, agent, WRIT_OP_SEND, access), sk, reach, 0);
	access = reach_side(reach, 1);
	if (verdict == CUT_KEPT && access)
		verdict = cut_side(cut_begin(task, agent, WRIT_OP_SEND, access), sk, reach, 1);
	return verdict;
}

static __always_inline void cut_socket(struct bpf_iter__task_file *context, struct writ_cut *cut,
				       struct task_struct *task, struct sock *sk)
{
	struct writ_sock_reach *reach = bpf_sk_storage_get(&sock_reaches, sk, NULL, 0);
	__u32 sweep = cut_sweep(), verdict = CUT_KEPT;

	if (!reach || !reach->note.agent)
		return;
	if (cut->agent && reach_is_of(&reach->note, cut->agent))
		verdict = cut_judge_held(task, cut->agent, sk, reach);
	if (verdict != CUT_REFUSED)
		*(volatile __u32 *)&reach->sweep_kept = sweep;
	*(volatile __u32 *)&reach->sweep = sweep;
	cut->kind = WRIT_CUT_SOCKET;
	cut->flags = verdict == CUT_REFUSED ? 0 : WRIT_CUT_KEPT;
	cut->grant = reach->note.grant;
	cut->object = (__u64)sk;
	cut->network = BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
	cut_tell(context->meta, cut);
	if (verdict == CUT_UNKNOWN) {
		cut->kind = WRIT_CUT_UNKNOWN;
		cut_tell(context->meta, cut);
	}
}

/*
 * Is @file refused to @task? 1: @cut says so, and is to be told. What a note says of it only user
 * space can ask: iterators have no inode storage.
 */
static __always_inline int cut_file(struct writ_cut *cut, struct task_struct *task,
				    struct file *file, __u32 access)
{
	struct scratch *scratch;
	struct decision *d;

	if (!access || inode_is_nameless(BPF_CORE_READ(file, f_inode)))
		return 0;
	scratch = cut_begin(task, cut->agent, WRIT_OP_READ, access);
	if (!scratch) {
		cut->kind = WRIT_CUT_UNKNOWN;
		return 1;
	}
	d = &scratch->decision;
	object_file(scratch, file);
	(void)decide(scratch);
	if (decision_allows(d) || d->monitor)
		return 0;
	cut->grant = d->grant;
	cut->flags = reach_lost_name(d) ? WRIT_CUT_LOST : 0;
	return 1;
}

static __always_inline __u32 cut_access(__u32 mode)
{
	return (mode & FMODE_READ ? WRIT_ACCESS_READ : 0) |
	       (mode & FMODE_WRITE ? WRIT_ACCESS_WRITE : 0);
}

static __always_inline void cut_network(struct bpf_iter_meta *meta, struct writ_cut cut,
					struct task_struct *task)
{
	cut.kind = WRIT_CUT_NETWORK;
	cut.network = BPF_CORE_READ(task, nsproxy, net_ns, ns.inum);
	if (cut.network)
		cut_tell(meta, &cut);
}

SEC("iter/task_file")
int cut_descriptors(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct writ_cut cut = {.fd = context->fd, .kind = WRIT_CUT_FILE};
	struct socket *sock;
	struct sock *sk;

	if (!task || !file)
		return 0;
	cut.agent = subject_of(task);
	cut.pid = task->tgid;
	sock = bpf_sock_from_file(file);
	if (sock) {
		sk = sock->sk;
		if (sk)
			cut_socket(context, &cut, task, sk);
		return 0;
	}
	if (cut.agent && cut_file(&cut, task, file, cut_access(BPF_CORE_READ(file, f_mode))))
		cut_tell(context->meta, &cut);
	return 0;
}

SEC("iter/task")
int cut_networks(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct writ_cut cut = {};

	if (!task)
		return 0;
	cut.agent = subject_of(task);
	cut.pid = task->pid;
	if (cut.agent)
		cut_network(context->meta, cut, task);
	return 0;
}

/* Programs and libraries are mapped to be executed: that is another right, and no note is of it. */
SEC("iter/task_vma")
int cut_mappings(struct bpf_iter__task_vma *context)
{
	struct writ_cut cut = {.kind = WRIT_CUT_MAPPING};
	struct task_struct *task = context->task;
	struct vm_area_struct *vma = context->vma;
	unsigned long flags;
	struct file *file;
	__u32 access;

	if (!task || !vma)
		return 0;
	cut.agent = subject_of(task);
	if (!cut.agent)
		return 0;
	file = BPF_CORE_READ(vma, vm_file);
	flags = BPF_CORE_READ(vma, vm_flags);
	if (!file || flags & VM_EXEC)
		return 0;
	access = flags & VM_SHARED && flags & VM_WRITE ? WRIT_ACCESS_WRITE : WRIT_ACCESS_READ;
	cut.pid = task->tgid;
	cut.object = BPF_CORE_READ(vma, vm_start);
	cut.end = BPF_CORE_READ(vma, vm_end);
	if (cut_file(&cut, task, file, access))
		cut_tell(context->meta, &cut);
	return 0;
}
