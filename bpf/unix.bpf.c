// SPDX-License-Identifier: GPL-2.0-only
/*
 * Unix sockets: whom an agent speaks to on this host.
 *
 * unix_stream_connect	connecting a stream or seqpacket socket: needs `connect`. To a listener that
 *			the core has marked anybody may connect, and who did is noted with the
 *			server's end of the connection. It stays so whatever becomes of the process,
 *			and whoever has the other end later.
 * unix_may_send	a datagram to a name, and connecting a datagram socket: needs `send`.
 *
 * Judged is the bound socket, never the caller's words for it. A socket of the agent's own is no
 * exception. Socket pairs have no name and are reached by nobody else: they are left alone.
 * Descriptors inside of messages are judged where they are received.
 *
 * A server in a mount namespace of its own (a container, a service with a private /tmp) binds on a
 * mount that is not in the agent's. The socket's file may be in both all the same: then each path
 * that it has in the agent's must be allowed, and none there is a deny (paths.bpf.c).
 */
#include "paths.bpf.h"
#include "unix.bpf.h"

static __always_inline struct scratch *unix_begin(__u32 agent, __u32 operation, __u32 access)
{
	struct scratch *scratch = scratch_begin(agent, operation, access);

	if (scratch)
		scratch->decision.family = AF_UNIX;
	return scratch;
}

/*
 * Writ's own socket may have another path in the agent's namespace than writd protects. So the
 * words that it was bound with are judged first: they open nothing, whoever has chosen them.
 */
static __always_inline int unix_is_own(struct scratch *scratch, struct sock *sk)
{
	scratch->decision.reason = WRIT_REASON_NONE;
	unix_words(scratch, sk);
	(void)decide(scratch);
	return scratch->decision.reason == WRIT_REASON_PROTECTED ||
	       scratch->decision.reason == WRIT_REASON_ADDRESS_ERROR;
}

static __always_inline int unix_decide(__u32 agent, struct sock *sk, __u32 operation, __u32 access)
{
	struct scratch *scratch = unix_begin(agent, operation, access);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	unix_object(scratch, sk);
	if (scratch->decision.reason != WRIT_REASON_DETACHED)
		return decision_end(scratch);
	if (unix_is_own(scratch, sk))
		return decision_finish(scratch) ? -EPERM : 0;
	scratch = unix_begin(agent, operation, access);
	if (!scratch)
		return -EPERM;
	(void)paths_judge(scratch, (__u64)unix_dentry(sk));
	return decision_finish(scratch) ? -EPERM : 0;
}

/* Who connects, with the server's end @newsk. -ENOMEM: nobody could tell, so it is refused. */
static __always_inline int peer_note(struct sock *newsk, __u32 agent)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct writ_peer_mark *mark =
		bpf_sk_storage_get(&peers, newsk, NULL, BPF_SK_STORAGE_GET_F_CREATE);

	if (!mark)
		return -ENOMEM;
	mark->cgroup = bpf_get_current_cgroup_id();
	mark->started = task->group_leader->start_boottime;
	mark->run = agent ? subject_run(task) : 0;
	mark->agent = agent;
	mark->pid = task->tgid;
	mark->uid = (__u32)bpf_get_current_uid_gid();
	return 0;
}

/* The socket that serves agents is open to all of them, whatever their roles say; recorded. */
static __always_inline int unix_serve(__u32 agent, struct sock *sk)
{
	struct scratch *scratch;

	if (!agent)
		return 0;
	scratch = unix_begin(agent, WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	unix_object(scratch, sk);
	scratch->decision.reason = WRIT_REASON_NONE;
	(void)decide_start(scratch);
	(void)decided(scratch, WRIT_REASON_AGENT_SOCKET, 0);
	return decision_finish(scratch) ? -EPERM : 0;
}

SEC("lsm/unix_stream_connect")
int BPF_PROG(unix_stream_connect, struct sock *sock, struct sock *other, struct sock *newsk,
	     int ret)
{
	struct writ_peer_mark *listener;
	__u32 agent;

	if (ret)
		return ret;
	listener = bpf_sk_storage_get(&peers, other, NULL, 0);
	agent = subject_current();
	if (listener && listener->flags & WRIT_PEER_LISTENER)
		return peer_note(newsk, agent) ? -EPERM : unix_serve(agent, other);
	if (!agent)
		return 0;
	return unix_decide(agent, other, WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT);
}

/*
 * Comes with each datagram. One to the socket's own peer needs no second decision: the peer was
 * set by a connect that was judged here, or by socketpair, or before the task was an agent's.
 */
SEC("lsm/unix_may_send")
int BPF_PROG(unix_may_send, struct socket *sock, struct socket *other, int ret)
{
	struct unix_sock *from;
	struct sock *to;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	from = (void *)sock->sk;
	to = other->sk;
	if (from && to && BPF_CORE_READ(from, peer) == to)
		return 0;
	if (!to)
		return -EPERM; /* nobody is there any more */
	return unix_decide(agent, to, WRIT_OP_SEND, WRIT_ACCESS_SEND);
}
