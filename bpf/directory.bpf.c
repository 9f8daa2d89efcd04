// SPDX-License-Identifier: GPL-2.0-only
/*
 * Why what is remembered is true. A directory's path changes by a rename of it or above it, or by a
 * mount, and each moves the sequence of rename_lock or mount_lock (__d_move, fs/dcache.c;
 * lock_mount_hash, fs/mount.h). The path was true at the sequences kept with it, and is used only
 * while they stand. It lives and dies with the inode, so that no directory, dentry or mount that
 * comes to lie where another one was is taken for it: while a directory's inode lives, its name
 * can't change but by a rename that the kernel does itself. Where it can (d_revalidate: network
 * file systems, FUSE), nothing is kept.
 *
 * An entry is looked at anew after a while: the sequences are numbers that come round.
 *
 * Several tasks may use one entry: its version is odd while one writes, and a reader looks at it
 * before and after. A path that is found the same again keeps its number, and verdicts with it.
 */
#include "directory.bpf.h"

static __always_inline __u64 version_read(struct directory *directory)
{
	return *(volatile __u64 *)&directory->version;
}

#define WORDS_COPIED 8u /* longer texts are left to a helper, which takes 80 and 1 a byte */

/*
 * The directory's @len bytes to text[@at]. Whole words, so up to seven bytes behind it are written
 * too: what comes there is written later.
 */
static __always_inline long directory_copy(struct writ_text *text, __u32 at,
					   const struct directory *directory, __u32 len)
{
	if (len > WORDS_COPIED * WORD)
		return bpf_probe_read_kernel(&text->bytes[at], len, directory->text);
#pragma unroll
	for (__u32 i = 0; i < WORDS_COPIED; i++) {
		if (i * WORD >= len)
			break;
		text_put(text, at + i * WORD, WORD_AT(directory->text, i * WORD));
	}
	return 0;
}

int directory_path(struct scratch *scratch, struct directory *directory, __u64 name, __u32 len)
{
	struct writ_text *text;
	struct decision *d;
	__u32 before, slash, at;
	__u64 version;

	if (!scratch || !directory)
		return 0;
	d = &scratch->decision;
	text = &scratch->text;
	version = version_read(directory);
	if (!version || version & 1 || d->now - directory->kept > DIRECTORY_AGE_NS)
		return 0;
	barrier_var(len); /* one comparison at a time, on the register that is the length */
	if (!len || len > NAME_MAX)
		return 0;
	barrier_var(len);
	before = directory->len;
	barrier_var(before);
	if (before > DIRECTORY_TEXT_MAX)
		return 0;
	barrier_var(before);
	path_clear_tail(text);
	slash = WRIT_TEXT_PATH_END - 1 - len;
	at = slash - before;
	if (directory_copy(text, at, directory, before) || path_name(text, name, len))
		return 0;
	text->bytes[slash] = '/';
	d->at = at;
	d->name_len = len;
	d->directory = directory->number;
	d->renames = directory->renames;
	d->mounts = directory->mounts;
	if (version == version_read(directory) && path_stands(d))
		return 1;
	COUNT(path_retries);
	return 0;
}

struct comparison {
	struct writ_text *text;
	struct directory *directory;
	__u32 at;
	__u32 left; /* bytes */
};

/* One word, or one byte of the rest; ends with the first that differs. */
static long comparison_step(__u32 index, void *context)
{
	struct comparison *c = context;
	__u32 here = c->at, there = c->directory->len - c->left, size = 1;

	(void)index;
	if (!c->left)
		return 1;
	barrier_var(here);
	if (here > WRIT_TEXT_SIZE - WORD)
		return 1;
	barrier_var(here);
	barrier_var(there);
	if (there > DIRECTORY_TEXT_MAX - WORD) /* the last bytes of the longest: taken as other */
		return 1;
	barrier_var(there);
	if (c->left >= WORD) {
		if (WORD_AT(c->text->bytes, here) != WORD_AT(c->directory->text, there))
			return 1;
		size = WORD;
	} else if (c->text->bytes[here] != c->directory->text[there]) {
		return 1;
	}
	c->at += size;
	c->left -= size;
	return 0;
}

/* Is the path of @len bytes at text[@at] the one that is kept? */
static __always_inline int directory_is_same(struct writ_text *text, struct directory *directory,
					     __u32 at, __u32 len)
{
	struct comparison c = {.text = text, .directory = directory, .at = at, .left = len};

	if (!directory->number || directory->len != len)
		return 0;
	bpf_loop(DIRECTORY_TEXT_MAX / WORD + WORD, comparison_step, &c, 0);
	return !c.left;
}

/* 0, or -EFAULT: the entry is of no use, and has number 0. */
static __always_inline int directory_fill(struct scratch *scratch, struct directory *directory,
					  __u32 at, __u32 len)
{
	struct writ_caches *caches = writ_caches();

	directory->number = 0;
	barrier_var(len);
	if (!caches || len > DIRECTORY_TEXT_MAX)
		return -EFAULT;
	barrier_var(len);
	barrier_var(at);
	if (at > WRIT_TEXT_PATH_END - 2u)
		return -EFAULT;
	barrier_var(at);
	directory->len = len;
	if (bpf_probe_read_kernel(directory->text, len, &scratch->text.bytes[at]))
		return -EFAULT;
	directory->number = __sync_fetch_and_add(&caches->directories, 1) + 1;
	return 0;
}

/* Kept for another mount or namespace, for which it still holds. */
static __always_inline int directory_is_anothers(const struct directory *directory,
						 const struct decision *d, __u64 vfsmount)
{
	return directory->number && directory->renames == d->renames &&
	       directory->mounts == d->mounts && directory->mount != vfsmount;
}

int directory_keep(struct scratch *scratch, struct directory *directory, __u64 dentry_at,
		   __u64 vfsmount_at)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct dentry *dentry = (struct dentry *)dentry_at;
	struct decision *d;
	__u64 version;
	__u32 len;

	if (!scratch || !directory)
		return 0;
	d = &scratch->decision;
	version = version_read(directory);
	len = WRIT_TEXT_PATH_END - d->at - d->name_len - 1;
	if (!d->name_len || len > DIRECTORY_TEXT_MAX || version & 1 ||
	    directory_is_anothers(directory, d, vfsmount_at) ||
	    __sync_val_compare_and_swap(&directory->version, version, version + 1) != version)
		return 0;
	if (directory_is_same(&scratch->text, directory, d->at, len) ||
	    !directory_fill(scratch, directory, d->at, len)) {
		directory->dentry = (__u64)BPF_CORE_READ(dentry, d_parent);
		directory->mount = vfsmount_at;
		directory->namespace = (__u64)BPF_CORE_READ(task, nsproxy, mnt_ns);
		directory->kept = d->now;
		directory->renames = d->renames;
		directory->mounts = d->mounts;
		if (path_stands(d)) /* the parent that was read is the one in the path */
			d->directory = directory->number;
		else
			directory->number = 0;
	}
	__sync_fetch_and_add(&directory->version, 1); /* a barrier: after the rest */
	return 0;
}
