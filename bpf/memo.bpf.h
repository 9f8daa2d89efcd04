/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Verdicts, remembered: most names that an agent uses it uses again. In: a decision that
 * decide_start() has begun. Out: its lower half, as decide() left it the last time that the same
 * agent asked for the same access to the same name, by the same role, grants and run. The key is
 * compared in full, never by a hash of it. What changes with time has `until`.
 *
 * An entry is used by all CPUs: its version is odd while one writes, and a reader looks at it
 * before and after.
 */
#ifndef WRIT_MEMO_BPF_H
#define WRIT_MEMO_BPF_H

#include "decide.bpf.h"
#include "path.bpf.h"

#define MEMO_MIX 0x9e3779b97f4a7c15ull /* 2^64 over the golden ratio: spreads what differs */

static __always_inline const __u64 *memo_tail(const struct scratch *scratch)
{
	return (const __u64 *)&scratch->text.bytes[PATH_TAIL_AT];
}

/* Where the verdict on the object would be; NULL: it is not of those that are remembered. */
static __always_inline struct writ_memo *memo_place(const struct scratch *scratch)
{
	const struct decision *d = &scratch->decision;
	const __u64 *tail = memo_tail(scratch);
	struct writ_caches *caches = writ_caches();
	__u64 hash = d->directory;

	if (!caches || !d->directory || d->name_len > 8u * WRIT_MEMO_TAIL)
		return NULL;
	hash = (hash ^ tail[WRIT_MEMO_TAIL - 1]) * MEMO_MIX;
	hash = (hash ^ tail[WRIT_MEMO_TAIL - 2]) * MEMO_MIX;
	hash = (hash ^ ((__u64)d->agent << 32 | d->access)) * MEMO_MIX;
	return &caches->memos[hash >> 32 & (WRIT_MEMOS - 1u)];
}

static __always_inline int memo_is_of(const struct writ_memo *v,
					 const struct scratch *scratch)
{
	const struct decision *d = &scratch->decision;
	const __u64 *tail = memo_tail(scratch);
	__u64 other = v->directory ^ d->directory;

	for (__u32 i = 0; i < WRIT_MEMO_TAIL; i++)
		other |= v->tail[i] ^ tail[i];
	other |= (v->name_len ^ d->name_len) | (v->agent ^ d->agent) | (v->access ^ d->access) |
		 (v->any ^ d->any);
	other |= (v->role ^ d->role) | (v->protected_image ^ d->protected_image) |
		 (v->order ^ d->order) | (v->generation ^ d->generation) | (v->run ^ d->run);
	return !other && d->now < v->until;
}

/* 1: found, and the decision has it. */
static __always_inline int memo_find(struct scratch *scratch)
{
	const struct writ_memo *v = memo_place(scratch);
	struct decision *d = &scratch->decision;
	__u64 version;

	if (!v)
		return 0;
	version = *(volatile __u64 *)&v->version;
	if (version & 1 || !memo_is_of(v, scratch))
		return 0;
	d->image = v->image;
	d->image_at = v->image_at;
	d->accept = v->accept;
	d->audit = v->audit;
	d->missing = v->missing;
	d->grant = v->grant;
	d->expires = v->expires;
	d->reason = v->reason;
	barrier();
	if (version == *(volatile __u64 *)&v->version)
		return 1;
	d->reason = WRIT_REASON_NONE;
	d->grant = 0;
	d->expires = 0;
	return 0;
}

struct memo_time {
	const struct decision *decision;
	__u64 until;
};

/* The next moment at which a grant begins or ends. */
static long memo_time_step(__u32 index, void *context)
{
	struct memo_time *time = context;
	struct writ_grant *grant;
	__u32 entry;

	grant = grant_at(time->decision, index, &entry);
	if (!grant)
		return 1;
	if (grant->not_before > time->decision->now && grant->not_before < time->until)
		time->until = grant->not_before;
	if (grant->expires > time->decision->now && grant->expires < time->until)
		time->until = grant->expires;
	return 0;
}

/* Remembers the decision, unless another CPU is writing there. */
static __always_inline void memo_keep(const struct scratch *scratch)
{
	const struct decision *d = &scratch->decision;
	struct memo_time time = {.decision = d, .until = ~0ull};
	struct writ_memo *v = memo_place(scratch);
	const __u64 *tail = memo_tail(scratch);
	__u64 version;

	if (!v)
		return;
	bpf_loop(WRIT_GRANTS_PER_AGENT, memo_time_step, &time, 0);
	version = *(volatile __u64 *)&v->version;
	if (version & 1 ||
	    __sync_val_compare_and_swap(&v->version, version, version + 1) != version)
		return;
	v->directory = d->directory;
	for (__u32 i = 0; i < WRIT_MEMO_TAIL; i++)
		v->tail[i] = tail[i];
	v->name_len = d->name_len;
	v->agent = d->agent;
	v->access = d->access;
	v->any = d->any;
	v->role = d->role;
	v->protected_image = d->protected_image;
	v->order = d->order;
	v->generation = d->generation;
	v->run = d->run;
	v->until = time.until;
	v->reason = d->reason;
	v->image = d->image;
	v->image_at = d->image_at;
	v->accept = d->accept;
	v->audit = d->audit;
	v->missing = d->missing;
	v->grant = d->grant;
	v->expires = d->expires;
	__sync_fetch_and_add(&v->version, 1); /* a barrier: after the rest */
}

#endif
