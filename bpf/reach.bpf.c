// SPDX-License-Identifier: GPL-2.0-only
/*
 * The end of a grant reaches what is open: files and sockets that it opened (reach.bpf.h) are
 * judged again once a grant of their agent has ended, by what the agent may do then.
 *
 * reach_file_permission	each read, write and readdir, and what is spliced into a socket
 * reach_mmap_file		a file is mapped; mappings that are there stay
 * reach_socket_sendmsg		each send on a connection
 * reach_socket_recvmsg		and each receive
 * agents_of_tasks		not a hook: an iterator, the agent of each task that has one
 *
 * These hooks are in the way of every read of the host, so they are attached while there may be
 * something to reach, and no longer (user/kernel/reach.c). ftruncate and its like need none of it:
 * they are judged each time. What the agent had before the grant, or by its role, was never noted.
 *
 * A file whose name is gone meanwhile can't be judged by it. It stays open as long as the grant
 * that opened it.
 */
#include "file.bpf.h"
#include "reach_judge.bpf.h"

/* What is allowed again has no record: nothing new was opened. */
static __always_inline int reach_answer(struct scratch *scratch, const struct writ_reach *reach)
{
	struct decision *d = &scratch->decision;

	(void)decide(scratch);
	if (decision_allows(d) || (reach_lost_name(d) && reach_grant_lives(d, reach)))
		return 0;
	return decision_finish(scratch) ? -EPERM : 0;
}

static __always_inline int reach_judge_file(__u32 agent, struct file *file, __u32 operation,
					    __u32 access)
{
	struct inode *inode = file->f_inode;
	struct writ_reach *reach;
	struct scratch *scratch;
	__u64 *place, before;

	if (!inode)
		return 0;
	reach = bpf_inode_storage_get(&reaches, inode, NULL, 0);
	if (!reach || !reach_is_of(reach, agent))
		return 0;
	place = &reach->stamps[access == WRIT_ACCESS_WRITE ? WRIT_REACH_WRITE : WRIT_REACH_READ];
	before = *(volatile __u64 *)place;
	if (reach_stands_now(before, agent))
		return 0;
	scratch = scratch_begin(agent, operation, access);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	if (!object_find_file(scratch, file))
		object_build_file(scratch, file);
	if (reach_answer(scratch, reach))
		return -EPERM;
	(void)reach_swap(place, before, reach_stamp(&scratch->decision));
	return 0;
}

/* To the verifier of old kernels @file is never NULL (mapping.bpf.c): so it is read as a number. */
SEC("lsm/mmap_file")
int BPF_PROG(reach_mmap_file, struct file *file, unsigned long asked, unsigned long prot,
	     unsigned long flags, int ret)
{
	__u64 number = 0;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	if (bpf_probe_read_kernel(&number, sizeof(number), ctx))
		return -EPERM;
	if (!number || !file)
		return 0;
	if (file->f_flags & FMODE_EXEC_FLAG || file->f_mode & FMODE_NOACCOUNT)
		return 0;
	if (prot & PROT_WRITE && flags & MAP_SHARED)
		return reach_judge_file(agent, file, WRIT_OP_MAP, WRIT_ACCESS_WRITE);
	if (prot & PROT_READ)
		return reach_judge_file(agent, file, WRIT_OP_MAP, WRIT_ACCESS_READ);
	return 0;
}

/* One side. @stamp: of the first side that was judged: what changed since counts against both. */
static __always_inline int reach_judge_side(__u32 agent, struct sock *sk,
					    struct writ_sock_reach *reach, __u32 operation,
					    __u32 own, __u64 *stamp)
{
	__u32 access = reach_side(reach, own);
	struct scratch *scratch;

	if (!access)
		return 0;
	scratch = scratch_begin(agent, operation, access);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	reach_object(scratch, sk, reach, own);
	if (reach_answer(scratch, &reach->note))
		return -EPERM;
	if (!*stamp)
		*stamp = reach_stamp(&scratch->decision);
	return 0;
}

static __always_inline int reach_judge_sock(struct socket *sock, __u32 operation)
{
	__u32 agent = subject_current();
	struct sock *sk = sock->sk;
	__u64 *place, before, stamp = 0;
	struct writ_sock_reach *reach;

	if (!agent || !sk)
		return 0;
	reach = bpf_sk_storage_get(&sock_reaches, sk, NULL, 0);
	if (!reach || !reach_is_of(&reach->note, agent))
		return 0;
	place = &reach->note.stamps[WRIT_REACH_READ];
	before = *(volatile __u64 *)place;
	if (reach_stands_now(before, agent))
		return 0;
	if (reach_judge_side(agent, sk, reach, operation, 0, &stamp) ||
	    reach_judge_side(agent, sk, reach, operation, 1, &stamp))
		return -EPERM;
	if (stamp)
		(void)reach_swap(place, before, stamp);
	return 0;
}

/*
 * What the kernel reads of a program that it starts was judged as an exec. A socket comes here too
 * by read, write, splice and sendfile; of the last two no other hook is told before 6.5, which
 * dropped sendpage: until then pages went to the protocol without a message.
 */
SEC("lsm/file_permission")
int BPF_PROG(reach_file_permission, struct file *file, int mask, int ret)
{
	struct socket *sock;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent || file->f_flags & FMODE_EXEC_FLAG || file->f_mode & FMODE_NOACCOUNT)
		return 0;
	sock = bpf_sock_from_file(file);
	if (sock)
		return reach_judge_sock(sock, mask & MAY_WRITE ? WRIT_OP_SEND : WRIT_OP_RECV)
			       ? -EPERM
			       : 0;
	if (mask & MAY_WRITE)
		return reach_judge_file(agent, file, WRIT_OP_WRITE, WRIT_ACCESS_WRITE);
	if (mask & MAY_READ)
		return reach_judge_file(agent, file, WRIT_OP_READ, WRIT_ACCESS_READ);
	return 0;
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(reach_socket_sendmsg, struct socket *sock, struct msghdr *message, int size, int ret)
{
	if (ret)
		return ret;
	return reach_judge_sock(sock, WRIT_OP_SEND) ? -EPERM : 0;
}

SEC("lsm/socket_recvmsg")
int BPF_PROG(reach_socket_recvmsg, struct socket *sock, struct msghdr *message, int size, int flags,
	     int ret)
{
	if (ret)
		return ret;
	return reach_judge_sock(sock, WRIT_OP_RECV) ? -EPERM : 0;
}

/* Out: a label for each task that is an agent's. */
SEC("iter/task")
int agents_of_tasks(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct writ_label *label, found = {};

	if (!task)
		return 0;
	found.agent = subject_of(task);
	if (!found.agent)
		return 0;
	label = bpf_task_storage_get(&labels, task, NULL, 0);
	if (label)
		found.run = label->run;
	(void)bpf_seq_write(context->meta->seq, &found, sizeof(found));
	return 0;
}
