// SPDX-License-Identifier: GPL-2.0-only
/*
 * Decision -> record in the ring, and the hook's answer. The record is built in the task's text,
 * its header right before the object, and leaves as one piece of just its own length. A full ring
 * is counted, and the next record that fits carries the count.
 */
#include "event.bpf.h"
#include "program.bpf.h"
#include "writ/event.h"

#define EVENT_HEADER ((__u32)sizeof(struct writ_event))
_Static_assert(sizeof(struct writ_event) <= WRIT_TEXT_HEAD,
	       "a header fits before the longest path");

#define EVENT_WAKE_EACH 16u /* looks how much waits with each so-many-th record of a CPU */

static __always_inline __u64 event_wakeup(__u64 sequence)
{
	if (sequence % EVENT_WAKE_EACH)
		return BPF_RB_NO_WAKEUP;
	return bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) >= EVENT_WAKE_BYTES
		       ? BPF_RB_FORCE_WAKEUP
		       : BPF_RB_NO_WAKEUP;
}

/*
 * The verifier adds the largest start to the largest length, so each class of object length gets
 * its own bounds; @argv_max is what still fits. -E2BIG: not of this class.
 */
static __always_inline long event_output(struct writ_text *text, __u32 at, __u32 argv_len,
					 __u64 flags, __u32 object_max, __u32 object_min,
					 __u32 argv_max)
{
	__u32 len;

	/* barriers: one comparison at a time, on the very register that becomes the address */
	barrier_var(at);
	if (at < WRIT_TEXT_PATH_END - object_max)
		return -E2BIG;
	barrier_var(at);
	if (at > WRIT_TEXT_PATH_END - object_min)
		return -E2BIG;
	barrier_var(at);
	if (argv_len > argv_max)
		argv_len = argv_max;
	barrier_var(argv_len);
	len = EVENT_HEADER + WRIT_TEXT_PATH_END - at + argv_len;
	barrier_var(len);
	if (len > EVENT_HEADER + object_max + argv_max)
		return -E2BIG;
	return bpf_ringbuf_output(&events, &text->bytes[at - EVENT_HEADER], len, flags);
}

static __always_inline __u32 event_argv_max(__u32 object_len)
{
	return object_len <= 256 ? WRIT_ARGV_SIZE : object_len <= 1024 ? 2048 : 256;
}

/* A global function, so that the verifier proves the classes once. 0, or -errno: lost. */
int event_send(struct writ_text *text, __u32 at, __u32 argv_len, __u64 flags)
{
	long err;

	if (!text)
		return -EINVAL;
	err = event_output(text, at, argv_len, flags, 256, 0, WRIT_ARGV_SIZE);
	if (err == -E2BIG)
		err = event_output(text, at, argv_len, flags, 1024, 257, 2048);
	if (err == -E2BIG)
		err = event_output(text, at, argv_len, flags, WRIT_PATH_SIZE - 1, 1025, 256);
	return (int)err;
}

static __always_inline void event_fill_process(struct writ_event *event, struct scratch *scratch)
{
	struct task_struct *task = bpf_get_current_task_btf();

	/* what bpf_get_current_pid_tgid() gives, without the call */
	event->pid = task->tgid;
	event->tid = task->pid;
	event->exec = program_of(scratch, task);
	event->uid = task->cred->uid.val;
	event->start_ns = task->group_leader->start_boottime;
	event->cgroup = bpf_get_current_cgroup_id();
	event->cpu = bpf_get_smp_processor_id();
	/* a third of what bpf_get_current_comm() takes, which looks for the NUL; it is there */
	(void)bpf_probe_read_kernel(event->comm, sizeof(event->comm), task->comm);
}

static __always_inline void event_fill(struct writ_event *event, const struct decision *d,
				       __u32 type, __u32 verdict, __u32 at)
{
	event->version = WRIT_EVENT_VERSION;
	event->type = type;
	event->boot_ns = d->now;
	event->grant = d->grant;
	event->expires = d->expires;
	event->agent = d->agent;
	event->image = d->image;
	event->image_at = d->image_at;
	event->accept = d->accept;
	event->access = d->access;
	event->operation = d->operation;
	event->verdict = verdict;
	event->reason = d->reason;
	event->flags = d->flags;
	event->family = d->family;
	event->port = d->port;
	event->protocol = d->protocol;
	__builtin_memcpy(event->address, &d->address, sizeof(event->address));
	event->object_len = WRIT_TEXT_PATH_END - at;
	event->argv_len = d->argv_len;
}

/* An object's first byte, held to its bounds in a form whose every step the verifier follows. */
static __always_inline __u32 event_start(__u32 at)
{
	if (at > WRIT_TEXT_PATH_END)
		at = WRIT_TEXT_PATH_END;
	barrier_var(at);
	if (at < WRIT_TEXT_HEAD)
		at = WRIT_TEXT_HEAD;
	barrier_var(at);
	return at;
}

static __always_inline void event_count(struct writ_counters *counts, __u32 verdict)
{
	if (verdict == WRIT_VERDICT_ALLOW)
		__sync_fetch_and_add(&counts->allowed, 1);
	else if (verdict == WRIT_VERDICT_DENY)
		__sync_fetch_and_add(&counts->denied, 1);
	else if (verdict == WRIT_VERDICT_WOULD_DENY)
		__sync_fetch_and_add(&counts->would_denied, 1);
}

/* Cuts argv to what fits behind the object. */
static __always_inline void event_cut(struct decision *d, __u32 at)
{
	__u32 argv_max = event_argv_max(WRIT_TEXT_PATH_END - at);

	if (d->argv_len <= argv_max)
		return;
	d->argv_len = argv_max;
	d->flags |= WRIT_EVENT_ARGV_CUT;
}

int event_submit(struct scratch *scratch, __u32 type, __u32 verdict)
{
	struct writ_counters *counts = writ_counters();
	struct writ_event *event;
	struct decision *d;
	__u64 sequence;
	__u32 at;

	if (!counts || !scratch)
		return -EINVAL;
	event_count(counts, verdict);
	d = &scratch->decision;
	at = event_start(d->at);
	event_cut(d, at);
	sequence = __sync_fetch_and_add(&counts->sequence, 1) + 1;
	event = (void *)&scratch->text.bytes[at - EVENT_HEADER];
	event_fill(event, d, type, verdict, at);
	event_fill_process(event, scratch);
	event->len = EVENT_HEADER + event->object_len + event->argv_len;
	event->lost = counts->lost;
	event->sequence = sequence;
	if (event_send(&scratch->text, at, d->argv_len, event_wakeup(sequence))) {
		__sync_fetch_and_add(&counts->lost, 1);
		return -ENOBUFS;
	}
	return 0;
}

static __always_inline __u32 decision_verdict(const struct decision *d)
{
	if (decision_allows(d))
		return WRIT_VERDICT_ALLOW;
	if (d->reason == WRIT_REASON_PROTECTED)
		return WRIT_VERDICT_DENY; /* Writ's own: whatever the mode */
	return d->monitor ? WRIT_VERDICT_WOULD_DENY : WRIT_VERDICT_DENY;
}

/*
 * Does policy want no record of it? Only if the entry says so of every bit that was needed; a
 * decision that needs none (of a fork, say) is no rule's, and always recorded.
 */
static __always_inline int decision_is_quiet(const struct decision *d)
{
	return d->access && !(d->access & ~(d->audit & WRIT_AUDIT_QUIET));
}

static __always_inline void decision_count(__u32 verdict)
{
	struct writ_counters *counts = writ_counters();

	if (counts)
		event_count(counts, verdict);
}

/*
 * The verdict depends on the record in one case, which only narrows: an allow whose record policy
 * requires is a deny when there is no room.
 */
int decision_finish(struct scratch *scratch)
{
	const struct decision *d;
	__u32 verdict, required;

	if (!scratch)
		return -EPERM;
	d = &scratch->decision;
	verdict = decision_verdict(d);
	required = d->access & (d->audit >> WRIT_AUDIT_REQUIRED_SHIFT);
	if (decision_is_quiet(d))
		decision_count(verdict);
	else if (event_submit(scratch, WRIT_EVENT_DECISION, verdict) && required &&
		 verdict == WRIT_VERDICT_ALLOW)
		return -EPERM;
	return verdict == WRIT_VERDICT_DENY ? -EPERM : 0;
}
