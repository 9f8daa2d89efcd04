// SPDX-License-Identifier: GPL-2.0-only
/*
 * A dentry without a mount, as hooks named inode_* get it. It has one path for each mount of its
 * file system, in the task's mount namespace, whose root is above it; which of them the caller came
 * by is not known, so each one must be allowed. A file system that is mounted once, as most are,
 * gives one path and one decision. No such path: a deny, as of any other object without one.
 *
 * The list of mounts may change meanwhile: what was found stands only if mount_lock did not move.
 */
#include "paths.bpf.h"

#define PATHS_TRIES 4	       /* as in path.bpf.c */
#define PATHS_MOUNTS_MAX 4096u /* of one file system, in all namespaces; more: path_error */

struct paths_search {
	struct scratch *scratch;
	__u64 dentry;
	__u64 end;  /* of a list: its head */
	__u64 next; /* struct mount; 0: that was the last */
	struct mnt_namespace *own;
	__u32 mounted; /* there is a mount of it in the own namespace */
	__u32 found;   /* and a path */
};

/* The mount whose member in the list is @link; 0 at the list's head. */
static __always_inline __u64 mount_of_link(const struct paths_search *search, __u64 link)
{
	if (!link || link == search->end)
		return 0;
	return link - bpf_core_field_offset(struct mount___list, mnt_instance);
}

static __always_inline __u64 mount_after(const struct paths_search *search, __u64 mount)
{
	if (bpf_core_field_exists(struct mount___chain, mnt_next_for_sb)) {
		barrier_var(mount);
		return (__u64)BPF_CORE_READ((struct mount___chain *)mount, mnt_next_for_sb);
	}
	barrier_var(mount);
	return mount_of_link(search,
			     (__u64)BPF_CORE_READ((struct mount___list *)mount, mnt_instance.next));
}

static __always_inline void search_start(struct paths_search *search, struct super_block *sb)
{
	search->mounted = 0;
	search->found = 0;
	if (bpf_core_field_exists(struct mount___chain, mnt_next_for_sb)) {
		barrier_var(sb); /* or clang computes both offsets first, and one does not exist */
		search->next = (__u64)BPF_CORE_READ((struct super_block___chain *)sb, s_mounts);
		return;
	}
	barrier_var(sb);
	search->end = (__u64)sb + bpf_core_field_offset(struct super_block___list, s_mounts);
	search->next = mount_of_link(
		search, (__u64)BPF_CORE_READ((struct super_block___list *)sb, s_mounts.next));
}

/* One mount. Ends the loop behind the last one, and with the first deny. */
static long search_step(__u32 index, void *context)
{
	struct paths_search *search = context;
	struct mount *mount = (struct mount *)search->next;
	struct decision *d = &search->scratch->decision;
	__u32 reason;

	(void)index;
	if (!mount)
		return 1;
	search->next = mount_after(search, (__u64)mount);
	if (BPF_CORE_READ(mount, mnt_ns) != search->own)
		return 0;
	search->mounted = 1;
	reason = path_build(search->scratch, search->dentry,
			    (__u64)mount + bpf_core_field_offset(struct mount, mnt));
	if (reason == WRIT_REASON_DISCONNECTED) /* not below this mount's root */
		return 0;
	search->found = 1;
	d->grant = 0;
	d->expires = 0;
	d->reason = reason;
	if (reason == WRIT_REASON_PATH_TOO_LONG)
		d->flags |= WRIT_EVENT_OBJECT_CUT;
	(void)decide(search->scratch);
	return decision_allows(d) ? 0 : 1;
}

/* The deny of a dentry for which no path was found. */
static __always_inline void search_failed(struct scratch *scratch, __u32 reason)
{
	scratch->decision.reason = reason;
	scratch->decision.at = WRIT_TEXT_PATH_END;
	(void)decide(scratch);
}

int paths_judge(struct scratch *scratch, __u64 dentry_at)
{
	struct dentry *dentry = (struct dentry *)dentry_at;
	struct super_block *sb = BPF_CORE_READ(dentry, d_sb);
	struct paths_search search = {.scratch = scratch, .dentry = dentry_at};

	if (!scratch)
		return 0;
	search.own = BPF_CORE_READ(bpf_get_current_task_btf(), nsproxy, mnt_ns);
	for (int i = 0; i < PATHS_TRIES; i++) {
		__u32 before = path_mounts_sequence();

		search_start(&search, sb);
		bpf_loop(PATHS_MOUNTS_MAX + 1, search_step, &search, 0);
		if (before & 1 || before != path_mounts_sequence()) {
			COUNT(path_retries);
			continue;
		}
		if (!search.found)
			search_failed(scratch, search.mounted ? WRIT_REASON_DISCONNECTED
							      : WRIT_REASON_DETACHED);
		else if (search.next && decision_allows(&scratch->decision))
			search_failed(scratch, WRIT_REASON_PATH_ERROR);
		return 0;
	}
	search_failed(scratch, WRIT_REASON_PATH_ERROR);
	return 0;
}
