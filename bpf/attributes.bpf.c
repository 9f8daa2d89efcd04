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

/* The agent whose act it is; 0: nobody's. Asked before anything is read, for the host's sake. */
static __always_inline __u32 attributes_agent(void)
{
	__u32 agent = subject_current();

	return agent && !subject_acts_beneath() ? agent : 0;
}

static __always_inline int dentry_is_nameless(struct dentry *dentry)
{
	return inode_is_nameless(BPF_CORE_READ(dentry, d_inode));
}

static __always_inline int path_judge(const struct path *path, __u32 operation)
{
	__u32 agent = attributes_agent();
	struct scratch *scratch;

	if (!agent || dentry_is_nameless(BPF_CORE_READ(path, dentry)))
		return 0;
	scratch = scratch_begin(agent, operation, WRIT_ACCESS_ATTRIBUTES);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_name(scratch, path, path->dentry);
	return decision_end(scratch) ? -EPERM : 0;
}

/* @agent is not 0. */
static __always_inline int dentry_judge(__u32 agent, struct dentry *dentry, __u32 operation,
					__u32 access)
{
	struct scratch *scratch;

	if (dentry_is_nameless(dentry))
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
static __always_inline int size_judge(__u32 agent, struct dentry *dentry, struct iattr *attr,
				      __u32 valid)
{
	if (valid & ATTR_OPEN)
		return 0;
	if (!(valid & ATTR_FILE))
		return dentry_judge(agent, dentry, WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE);
	if (dentry_is_nameless(dentry))
		return 0;
	return file_judge(agent, BPF_CORE_READ(attr, ia_file), WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE,
			  0);
}

static __always_inline int attributes_judge(__u32 agent, struct dentry *dentry, struct iattr *attr)
{
	__u32 valid = BPF_CORE_READ(attr, ia_valid);

	if (valid & ATTR_SIZE)
		return size_judge(agent, dentry, attr, valid);
	if (valid & (ATTR_ATIME | ATTR_MTIME))
		return dentry_judge(agent, dentry, WRIT_OP_UTIMES, WRIT_ACCESS_ATTRIBUTES);
	return 0;
}

SEC("lsm/inode_setattr")
int inode_setattr(unsigned long long *ctx)
{
	__u32 agent;

	if (INODE_SETATTR_HAS_IDMAP) { /* twice, or clang adds to ctx, which the verifier forbids */
		int ret = (int)ctx[3];

		if (ret)
			return ret;
	} else {
		int ret = (int)ctx[2];

		if (ret)
			return ret;
	}
	agent = attributes_agent();
	if (!agent)
		return 0;
	if (INODE_SETATTR_HAS_IDMAP)
		return attributes_judge(agent, hook_argument(ctx, 1), hook_argument(ctx, 2));
	return attributes_judge(agent, hook_argument(ctx, 0), hook_argument(ctx, 1));
}

SEC("lsm/inode_setxattr")
int BPF_PROG(inode_setxattr, void *idmap, struct dentry *dentry, const char *name,
	     const void *value, unsigned long size, int flags, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = attributes_agent();
	if (!agent)
		return 0;
	return dentry_judge(agent, hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

SEC("lsm/inode_removexattr")
int BPF_PROG(inode_removexattr, void *idmap, struct dentry *dentry, const char *name, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = attributes_agent();
	if (!agent)
		return 0;
	return dentry_judge(agent, hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

SEC("lsm/inode_set_acl")
int BPF_PROG(inode_set_acl, void *idmap, struct dentry *dentry, const char *name, void *acl,
	     int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = attributes_agent();
	if (!agent)
		return 0;
	return dentry_judge(agent, hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

SEC("lsm/inode_remove_acl")
int BPF_PROG(inode_remove_acl, void *idmap, struct dentry *dentry, const char *name, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = attributes_agent();
	if (!agent)
		return 0;
	return dentry_judge(agent, hook_argument(ctx, 1), WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES);
}

/* By its older way in, which is an ioctl: see mapping.bpf.c. */
SEC("lsm/inode_file_setattr")
int BPF_PROG(inode_file_setattr, struct dentry *dentry, void *attributes, int ret)
{
	__u32 agent;

	if (ret)
		return ret;
	agent = attributes_agent();
	if (!agent)
		return 0;
	return dentry_judge(agent, hook_argument(ctx, 0), WRIT_OP_IOCTL, WRIT_ACCESS_ATTRIBUTES);
}
