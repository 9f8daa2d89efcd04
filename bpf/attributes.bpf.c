// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a file is apart from its content: mode, owner, times, extended attributes; and its size.
 *
 * path_chmod, path_chown			attributes
 * inode_setattr	times: attributes; size, by truncate(2) and ftruncate(2): write. Mode and
 *			owner were judged above; open(O_TRUNC) was by file_open; what a write
 *			changes by itself (set-user-id is dropped) is no act of the agent.
 * inode_setxattr, inode_removexattr		attributes; ACLs too, up to 6.1
 * inode_set_acl, inode_remove_acl		since 6.2: the same of ACLs
 * inode_file_setattr	since 6.17: flags such as immutable, by ioctl and by file_setattr(2)
 *
 * What an overlay file system does to its layers is not judged, see subject_acts_beneath(). Files
 * on the kernel's own file systems have no attributes that policy could name.
 */
#include "file.bpf.h"
#include "paths.bpf.h"

/* The agent whose act must be judged on an inode of @sb; 0: nobody's. */
static __always_inline __u32 attributes_agent(struct inode *inode)
{
	__u32 agent = subject_current();

	if (!agent || subject_acts_beneath() || inode_is_nameless(inode))
		return 0;
	return agent;
}

static __always_inline int path_judge(const struct path *path, __u32 operation)
{
	__u32 agent = attributes_agent(BPF_CORE_READ(path, dentry, d_inode));
	struct scratch *scratch;

	if (!agent)
		return 0;
	scratch = scratch_begin(agent, operation, WRIT_ACCESS_ATTRIBUTES);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_name(scratch, path, path->dentry);
	return decision_end(scratch) ? -EPERM : 0;
}

static __always_inline int dentry_judge(struct dentry *dentry, __u32 operation, __u32 access)
{
	__u32 agent = attributes_agent(BPF_CORE_READ(dentry, d_inode));
	struct scratch *scratch;

	if (!agent)
		return 0;
	scratch = scratch_begin(agent, operation, access);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	(void)paths_judge(scratch, (__u64)dentry);
	return decision_finish(scratch) ? -EPERM : 0;
}

SEC("lsm/path_chmod")
int BPF_PROG(path_chmod, const struct path *path, unsigned short mode, int ret)
{
	if (ret)
		return ret;
	return path_judge(path, WRIT_OP_CHMOD);
}

SEC("lsm/path_chown")
int BPF_PROG(path_chown, const struct path *path, unsigned int uid, unsigned int gid, int ret)
{
	if (ret)
		return ret;
	return path_judge(path, WRIT_OP_CHOWN);
}

/* A size is set: by open(O_TRUNC), through a descriptor, or by path. */
static __always_inline int size_judge(struct dentry *dentry, struct iattr *attr, __u32 valid)
{
	struct file *file = BPF_CORE_READ(attr, ia_file);
	__u32 agent;

	if (valid & ATTR_OPEN)
		return 0;
	if (!(valid & ATTR_FILE))
		return dentry_judge(dentry, WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE);
	agent = attributes_agent(BPF_CORE_READ(dentry, d_inode));
	if (!agent)
		return 0;
	return file_judge(agent, file, WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE, 0);
}

static __always_inline int attributes_judge(struct dentry *dentry, struct iattr *attr)
{
	__u32 valid = BPF_CORE_READ(attr, ia_valid);

	if (valid & ATTR_SIZE)
		return size_judge(dentry, attr, valid);
	if (valid & (ATTR_ATIME | ATTR_MTIME))
		return dentry_judge(dentry, WRIT_OP_UTIMES, WRIT_ACCESS_ATTRIBUTES);
	return 0;
}

SEC("lsm/inode_setattr")
int inode_setattr(unsigned long long *ctx)
{
	if (INODE_SETATTR_HAS_IDMAP) {
		int ret = (int)ctx[3];

		if (ret)
			return ret;
		return attributes_judge(hook_argument(ctx, 1), hook_argument(ctx, 2));
	} else {
		int ret = (int)ctx[2];

		if (ret)
			return ret;
		return attributes_judge(hook_argument(ctx, 0), hook_argument(ctx, 1));
	}
}

SEC("lsm/inode_setxattr")
int BPF_PROG(inode_setxattr, void *idmap, struct dentry *dentry, const char *name,
	     const void *value, unsigned long size, int flags, int ret)
{
	if (ret)
		return ret;
	return dentry_judge(hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(inode_removexattr, void *idmap, struct dentry *dentry, const char *name, int ret)
{
	if (ret)
		return ret;
	return dentry_judge(hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

SEC("lsm/inode_set_acl")
int BPF_PROG(inode_set_acl, void *idmap, struct dentry *dentry, const char *name, void *acl,
	     int ret)
{
	if (ret)
		return ret;
	return dentry_judge(hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

SEC("lsm/inode_remove_acl")
int BPF_PROG(inode_remove_acl, void *idmap, struct dentry *dentry, const char *name, int ret)
{
	if (ret)
		return ret;
	return dentry_judge(hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

/* By its older way in, which is an ioctl: see mapping.bpf.c. */
SEC("lsm/inode_file_setattr")
int BPF_PROG(inode_file_setattr, struct dentry *dentry, void *attributes, int ret)
{
	if (ret)
		return ret;
	return dentry_judge(hook_argument(ctx, 0), WRIT_OP_IOCTL, WRIT_ACCESS_ATTRIBUTES);
}
