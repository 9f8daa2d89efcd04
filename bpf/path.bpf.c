// SPDX-License-Identifier: GPL-2.0-only
/*
 * Absolute path of a dentry on a mount, as seen from the root of the task's mount namespace:
 * dentry -> parent -> mount, backwards into the scratch's text, ending at WRIT_TEXT_PATH_END.
 * chroot changes nothing. The result stands only if neither rename_lock nor mount_lock moved
 * meanwhile (fs/dcache.c, fs/namespace.c: seqlocks whose first word is the sequence, odd while
 * written). Whatever has no such path gets a reason instead.
 */
#include "compat.bpf.h"
#include "path.bpf.h"

#define PATH_MOVED (~0u) /* no reason of abi.h: a rename or a mount came in between */
#define PATH_TRIES 4 /* a walk takes about a microsecond: four in a row are lost only to a storm */

extern const void rename_lock __ksym;
extern const void mount_lock __ksym;

struct path_walk {
	struct writ_text *text;
	struct dentry *dentry;
	struct mount *mount;
	struct dentry *mount_root;
	__u32 name_len; /* of the first component that was found */
	__u32 reason;	/* enum writ_reason; WRIT_REASON_NONE: well so far */
	__u32 done;   /* the first byte of the path so far is text->cursor */
};

static __always_inline __u32 path_sequence(const void *lock)
{
	__u32 sequence = 1; /* odd: unreadable is never valid */

	if (can_cast())
		return cast(lock, struct seqcount)->sequence;
	(void)bpf_probe_read_kernel(&sequence, sizeof(sequence), lock);
	return sequence;
}

#define WORDS_CAST 5u /* longer names are left to a helper */

/* No byte of a name is 0, so a word that is can't be read. */
long path_name(struct writ_text *text, __u64 name, __u32 len)
{
	__u32 at;

	barrier_var(len); /* one comparison at a time, on the register that is the length */
	if (!text || !len || len > NAME_MAX)
		return -EINVAL;
	barrier_var(len);
	at = WRIT_TEXT_PATH_END - len;
	if (!can_cast() || len > WORDS_CAST * WORD)
		return bpf_probe_read_kernel(&text->bytes[at], len, (const void *)name);
#pragma unroll
	for (__u32 i = 0; i < WORDS_CAST; i++) {
		__u64 word;

		if (i * WORD >= len)
			break;
		word = cast_word((const void *)(name + i * WORD));
		if (!word)
			return -EFAULT;
		text_put(text, at + i * WORD, word);
	}
	return 0;
}

int path_stands(const struct decision *d)
{
	return d && d->renames == path_sequence(&rename_lock) &&
	       d->mounts == path_sequence(&mount_lock);
}

__u32 path_mounts_sequence(void)
{
	return path_sequence(&mount_lock);
}

static long path_stop(struct path_walk *walk, __u32 reason)
{
	walk->reason = reason;
	walk->done = 1;
	return 1;
}

/* The walk stands on the root of a mount: goes on at its mount point, or has arrived. */
static __always_inline long path_cross(struct path_walk *walk)
{
	struct mount *mount = walk->mount;
	struct mount *parent = BPF_CORE_READ(mount, mnt_parent);

	if (!parent)
		return path_stop(walk, WRIT_REASON_PATH_ERROR);
	if (parent == mount)
		return path_stop(walk, WRIT_REASON_NONE);
	walk->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
	walk->mount = parent;
	walk->mount_root = BPF_CORE_READ(parent, mnt.mnt_root);
	return 0;
}

/* One component, or one mount. The signature is bpf_loop's. */
static long path_step(__u32 index, void *context)
{
	struct path_walk *walk = context;
	struct dentry *dentry = walk->dentry, *parent;
	struct qstr name;
	__u32 len, at;

	(void)index;
	if (dentry == walk->mount_root)
		return path_cross(walk);
	parent = BPF_CORE_READ(dentry, d_parent);
	if (!parent || parent == dentry)
		return path_stop(walk, WRIT_REASON_DISCONNECTED);
	if (bpf_core_read(&name, sizeof(name), &dentry->d_name))
		return path_stop(walk, WRIT_REASON_PATH_ERROR);
	len = name.len;
	if (len == 0 || len > NAME_MAX)
		return path_stop(walk, WRIT_REASON_PATH_ERROR);
	at = walk->text->cursor - len;
	barrier_var(at); /* one comparison at a time, on the register that becomes the address */
	if (at >= WRIT_TEXT_PATH_END)
		return path_stop(walk, WRIT_REASON_PATH_TOO_LONG);
	barrier_var(at);
	if (at <= WRIT_TEXT_HEAD + 1) /* the slash comes before it; 4095 bytes are a path's most */
		return path_stop(walk, WRIT_REASON_PATH_TOO_LONG);
	barrier_var(at);
	if (bpf_probe_read_kernel(&walk->text->bytes[at], len, name.name))
		return path_stop(walk, WRIT_REASON_PATH_ERROR);
	if (!walk->name_len)
		walk->name_len = len;
	walk->text->bytes[at - 1] = '/';
	walk->text->cursor = at - 1;
	walk->dentry = parent;
	return 0;
}

static __always_inline void path_start(struct path_walk *walk, struct dentry *dentry,
				       struct vfsmount *vfsmount)
{
	walk->dentry = dentry;
	walk->mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	walk->mount_root = BPF_CORE_READ(vfsmount, mnt_root);
	walk->text->cursor = WRIT_TEXT_PATH_END;
	walk->name_len = 0;
	path_clear_tail(walk->text);
	walk->reason = WRIT_REASON_NONE;
	walk->done = 0;
}

/* No path, no access: what can't have one is told from superblock and mount, never from text. */
static __always_inline __u32 path_refusal(const struct decision *d, struct dentry *dentry,
					  struct vfsmount *vfsmount)
{
	struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
	struct task_struct *task = bpf_get_current_task_btf();
	struct mnt_namespace *own = d->viewer ? (struct mnt_namespace *)d->viewer
					      : BPF_CORE_READ(task, nsproxy, mnt_ns);
	struct mnt_namespace *its = BPF_CORE_READ(mount, mnt_ns);

	if (!dentry || !vfsmount)
		return WRIT_REASON_PATH_ERROR;
	if (BPF_CORE_READ(vfsmount, mnt_sb, s_flags) & SB_NOUSER)
		return WRIT_REASON_ANONYMOUS;
	if (!own || own != its)
		return WRIT_REASON_DETACHED;
	return WRIT_REASON_NONE;
}

/*
 * One walk. A global function: the verifier proves it once, not once for each of the tries and of
 * what it knows before them.
 */
__u32 path_try(struct scratch *scratch, __u64 dentry_at, __u64 vfsmount_at)
{
	struct path_walk walk = {};
	struct decision *d;

	if (!scratch)
		return WRIT_REASON_NO_MEMORY;
	d = &scratch->decision;
	walk.text = &scratch->text;
	d->renames = path_sequence(&rename_lock);
	d->mounts = path_sequence(&mount_lock);
	path_start(&walk, (void *)dentry_at, (void *)vfsmount_at);
	bpf_loop(WRIT_PATH_DEPTH_MAX + WRIT_MOUNT_DEPTH_MAX + 1, path_step, &walk, 0);
	if ((d->renames | d->mounts) & 1 || !path_stands(d))
		return PATH_MOVED;
	d->name_len = walk.name_len;
	return walk.done ? walk.reason : WRIT_REASON_PATH_ERROR;
}

__u32 path_build(struct scratch *scratch, __u64 dentry_at, __u64 vfsmount_at)
{
	struct vfsmount *vfsmount = (void *)vfsmount_at;
	struct dentry *dentry = (void *)dentry_at;
	struct decision *d;
	__u32 reason;

	if (!scratch)
		return WRIT_REASON_NO_MEMORY;
	d = &scratch->decision;
	d->at = WRIT_TEXT_PATH_END;
	d->name_len = 0;
	d->directory = 0;
	reason = path_refusal(d, dentry, vfsmount);
	if (reason)
		return reason;
	for (int i = 0; i < PATH_TRIES; i++) {
		reason = path_try(scratch, dentry_at, vfsmount_at);
		if (reason == PATH_MOVED) {
			COUNT(path_retries);
			continue;
		}
		d->at = scratch->text.cursor;
		if (dentry == BPF_CORE_READ(vfsmount, mnt_root))
			d->name_len = 0; /* it is not in the directory that d_parent says */
		if (d->at == WRIT_TEXT_PATH_END && !reason) {
			scratch->text.bytes[WRIT_TEXT_PATH_END - 1] = '/'; /* the root itself */
			d->at = WRIT_TEXT_PATH_END - 1;
		}
		return reason;
	}
	return WRIT_REASON_PATH_ERROR;
}
