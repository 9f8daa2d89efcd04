/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of Unix sockets as a decision's object: the path of the socket's file, or "@" and the
 * abstract name, which is any bytes (unix(7)). See unix.bpf.c.
 */
#ifndef WRIT_UNIX_BPF_H
#define WRIT_UNIX_BPF_H

#include "object.bpf.h"

#define UNIX_PATH_MAX 108u
#define UNIX_NAME_AT 2 /* of sun_path in struct sockaddr_un */

/* @first and the @len bytes at @rest, which is kernel memory. */
static __always_inline void unix_name(struct scratch *scratch, char first, const void *rest,
				      __u32 len)
{
	__u32 at;

	barrier_var(len); /* or its bounds are checked on another register than the one used */
	if (len >= UNIX_PATH_MAX) {
		scratch->decision.reason = WRIT_REASON_ADDRESS_ERROR;
		return;
	}
	barrier_var(len);
	at = WRIT_TEXT_PATH_END - len;
	if (len && bpf_probe_read_kernel(&scratch->text.bytes[at], len, rest)) {
		scratch->decision.reason = WRIT_REASON_ADDRESS_ERROR;
		return;
	}
	scratch->text.bytes[at - 1] = first;
	scratch->decision.at = at - 1;
}

/*
 * "@" and the @len bytes at @name. Behind the NUL that makes a name abstract all bytes count, also
 * further NULs: a padded name is another name.
 */
static __always_inline void unix_abstract(struct scratch *scratch, const void *name, __u32 len)
{
	unix_name(scratch, '@', name, len);
}

/*
 * The path that @sk was bound with, in the binder's words: for a deny alone. It ends with a NUL,
 * which the length counts; a relative one gets a slash in its first byte's place.
 */
static __always_inline void unix_words(struct scratch *scratch, struct sock *sk)
{
	struct unix_address *address = BPF_CORE_READ((struct unix_sock *)sk, addr);
	__u32 len = (__u32)BPF_CORE_READ(address, len) - UNIX_NAME_AT - 2u;

	unix_name(scratch, '/', (void *)address->name + UNIX_NAME_AT + 1, len);
}

/* The socket's file as it was bound; NULL: it has an abstract name, or none. */
static __always_inline struct dentry *unix_dentry(struct sock *sk)
{
	return BPF_CORE_READ((struct unix_sock *)sk, path.dentry);
}

/*
 * Where the socket's file is, seen through the mount that it was bound on: what the caller wrote
 * (a link, a relative path, another mount, another name of the same inode) does not matter. A file
 * that is gone is unlinked on every mount.
 */
static __always_inline void unix_path(struct scratch *scratch, struct dentry *dentry,
				      struct vfsmount *vfsmount)
{
	__u32 reason;

	object_path(scratch, dentry, vfsmount);
	reason = scratch->decision.reason;
	if ((!reason || reason == WRIT_REASON_DETACHED) && !BPF_CORE_READ(dentry, d_hash.pprev))
		scratch->decision.reason = WRIT_REASON_UNLINKED;
}

/* The object is the bound socket @sk; one without a name can't be named by a rule. */
static __always_inline void unix_object(struct scratch *scratch, struct sock *sk)
{
	struct unix_sock *socket = (void *)sk;
	struct unix_address *address = BPF_CORE_READ(socket, addr);
	__u32 len;

	if (!address) {
		scratch->decision.reason = WRIT_REASON_ADDRESS_ERROR;
		return;
	}
	if (unix_dentry(sk)) {
		unix_path(scratch, unix_dentry(sk), BPF_CORE_READ(socket, path.mnt));
		return;
	}
	len = (__u32)BPF_CORE_READ(address, len) - UNIX_NAME_AT - 1u;
	unix_abstract(scratch, (void *)address->name + UNIX_NAME_AT + 1, len);
}

#endif
