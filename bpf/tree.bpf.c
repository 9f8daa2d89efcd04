// SPDX-License-Identifier: GPL-2.0-only
/*
 * The tree of names: what an agent makes, removes and moves.
 *
 * path_mknod	a file comes to be, also by open(O_CREAT): a creation that is refused leaves nothing
 *		behind. Of a socket it is its bind to a path, which socket_bind can't resolve.
 *		Device nodes are guarded whatever path they are to have.
 * path_mkdir, path_symlink			create
 * path_unlink, path_rmdir			delete
 * path_link	link at the source, create at the target
 * path_rename	delete at the source, create at the target (both, at both, for an exchange), and of
 *		a directory the same on everything below it
 *
 * A new name must not carry a right that the old one lacks: a file that can't be read would be read
 * by another name. Both names of a link or rename are on one mount, the kernel allows no other.
 */
#include "file.bpf.h"
#include "guard.bpf.h"
#include "rights.bpf.h"

/* One name, one right. @agent is not 0. */
static __always_inline int name_judge(__u32 agent, const struct path *dir, struct dentry *dentry,
				      __u32 operation, __u32 access)
{
	struct scratch *scratch = scratch_begin(agent, operation, access);

	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_name(scratch, dir, dentry);
	return decision_end(scratch) ? -EPERM : 0;
}

static __always_inline int dentry_is_directory(struct dentry *dentry)
{
	return (BPF_CORE_READ(dentry, d_inode, i_mode) & S_IFMT) == S_IFDIR;
}

/* 0:0 is no device: a mark that overlay file systems leave where a file was removed. */
static __always_inline int mode_is_device(__u32 mode, __u32 device)
{
	__u32 type = mode & S_IFMT;

	return type == S_IFBLK || (type == S_IFCHR && device);
}

SEC("lsm/path_mknod")
int BPF_PROG(path_mknod, const struct path *dir, struct dentry *dentry, unsigned short mode,
	     unsigned int device, int ret)
{
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_MKNOD, WRIT_ACCESS_CREATE);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	if ((mode & S_IFMT) == S_IFSOCK) {
		scratch->decision.operation = WRIT_OP_BIND;
		scratch->decision.access = WRIT_ACCESS_BIND;
	}
	object_name(scratch, dir, dentry);
	if (mode_is_device(mode, device) && !scratch->decision.reason &&
	    !guard_opens(scratch, WRIT_FAMILY_DEVICE))
		scratch->decision.reason = WRIT_REASON_GUARDRAIL;
	(void)decide(scratch);
	/* Within a path look-up it is an open, whose own decision says what came to be. */
	if (decision_allows(&scratch->decision) &&
	    BPF_CORE_READ(bpf_get_current_task_btf(), nameidata))
		return 0;
	return decision_finish(scratch) ? -EPERM : 0;
}

SEC("lsm/path_mkdir")
int BPF_PROG(path_mkdir, const struct path *dir, struct dentry *dentry, unsigned short mode,
	     int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	return name_judge(agent, dir, dentry, WRIT_OP_MKDIR, WRIT_ACCESS_CREATE);
}

SEC("lsm/path_symlink")
int BPF_PROG(path_symlink, const struct path *dir, struct dentry *dentry, const char *to, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	return name_judge(agent, dir, dentry, WRIT_OP_SYMLINK, WRIT_ACCESS_CREATE);
}

SEC("lsm/path_unlink")
int BPF_PROG(path_unlink, const struct path *dir, struct dentry *dentry, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	return name_judge(agent, dir, dentry, WRIT_OP_UNLINK, WRIT_ACCESS_DELETE);
}

SEC("lsm/path_rmdir")
int BPF_PROG(path_rmdir, const struct path *dir, struct dentry *dentry, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	return name_judge(agent, dir, dentry, WRIT_OP_RMDIR, WRIT_ACCESS_DELETE);
}

/* A link or rename in the making: two decisions one after the other on the same scratch. */
struct move {
	__u32 agent;
	__u32 operation;
	__u32 exchange;
	__u32 below;	      /* a directory is among what moves */
	struct rights here;   /* at the first name */
	struct rights inside; /* and below it */
};

/* Judges one of the two names; NULL: no memory. */
static __always_inline struct scratch *move_judge(const struct move *move, const struct path *dir,
						  struct dentry *dentry, __u32 access)
{
	struct scratch *scratch = scratch_begin(move->agent, move->operation, access);

	if (!scratch)
		return NULL;
	object_name(scratch, dir, dentry);
	(void)rights_judge(scratch, move->below);
	return scratch;
}

static __always_inline int move_source(struct move *move, const struct path *dir,
				       struct dentry *dentry, __u32 access)
{
	struct scratch *scratch = move_judge(move, dir, dentry, access);

	if (!scratch)
		return scratch_refuse(move->agent) ? -EPERM : 0;
	move->here = scratch->decision.here;
	move->inside = scratch->decision.below;
	return decision_finish(scratch) ? -EPERM : 0;
}

static __always_inline int move_widens(const struct move *move, const struct decision *d)
{
	if (rights_widen(&move->here, &d->here) ||
	    (move->below && rights_widen(&move->inside, &d->below)))
		return 1;
	return move->exchange && (rights_widen(&d->here, &move->here) ||
				  (move->below && rights_widen(&d->below, &move->inside)));
}

static __always_inline int move_target(struct move *move, const struct path *dir,
				       struct dentry *dentry, __u32 access)
{
	struct scratch *scratch = move_judge(move, dir, dentry, access);

	if (!scratch)
		return scratch_refuse(move->agent) ? -EPERM : 0;
	if (decision_allows(&scratch->decision) && move_widens(move, &scratch->decision))
		rights_refuse(scratch, WRIT_REASON_WIDENING);
	return decision_finish(scratch) ? -EPERM : 0;
}

SEC("lsm/path_link")
int BPF_PROG(path_link, struct dentry *old_dentry, const struct path *new_dir,
	     struct dentry *new_dentry, int ret)
{
	struct move move = {.operation = WRIT_OP_LINK};

	if (ret)
		return ret;
	move.agent = subject_current();
	if (!move.agent)
		return 0;
	if (move_source(&move, new_dir, old_dentry, WRIT_ACCESS_LINK))
		return -EPERM;
	return move_target(&move, new_dir, new_dentry, WRIT_ACCESS_CREATE);
}

SEC("lsm/path_rename")
int BPF_PROG(path_rename, const struct path *old_dir, struct dentry *old_dentry,
	     const struct path *new_dir, struct dentry *new_dentry, unsigned int flags, int ret)
{
	struct move move = {.operation = WRIT_OP_RENAME};
	__u32 source = WRIT_ACCESS_DELETE, target = WRIT_ACCESS_CREATE;

	if (ret)
		return ret;
	move.agent = subject_current();
	if (!move.agent)
		return 0;
	move.exchange = flags & RENAME_EXCHANGE;
	move.below = dentry_is_directory(old_dentry) ||
		     (move.exchange && dentry_is_directory(new_dentry));
	if (flags & (RENAME_EXCHANGE | RENAME_WHITEOUT))
		source |= WRIT_ACCESS_CREATE;
	if (BPF_CORE_READ(new_dentry, d_inode)) /* what is there goes */
		target |= WRIT_ACCESS_DELETE;
	if (move_source(&move, old_dir, old_dentry, source))
		return -EPERM;
	return move_target(&move, new_dir, new_dentry, target);
}
