/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a hook fills and decide() answers. It lives in the scratch of the task, in map memory: what
 * the verifier finds there may be anything, so it proves each function once and follows no values
 * from hook to decision to record. Pointers can't be kept there.
 */
#ifndef WRIT_DECISION_BPF_H
#define WRIT_DECISION_BPF_H

#include "vmlinux.h"
#include "writ/match.h"

/* IPv6 or IPv4-mapped, network order. */
struct address {
	__u32 words[4];
};

/* What is allowed for sure, and what may be: of a directory's insides they may differ. */
struct rights {
	__u32 sure;
	__u32 possible;
};

struct decision {
	/* in */
	__u32 at;	 /* the object's bytes are text[at, WRIT_TEXT_PATH_END) */
	__u32 name_len;	 /* of the path's last name, where path_build() or a directory gave it */
	__u64 directory; /* number of the path before that name (directory.bpf.h), 0: it has none */
	__u32 agent;	 /* index */
	__u32 operation; /* enum writ_operation */
	__u32 access;	 /* bits that are needed, all of them */
	__u32 any;	 /* or any of these instead */
	__u32 family;	 /* AF_* of a socket operation */
	__u32 protocol;	 /* enum writ_protocol; not 0: the object is address and port, not text */
	__u32 port;
	struct address address;
	__u64 run; /* of an exec: that the program will be in; else decide_start() asks the label */
	__u64 viewer; /* address of the mount namespace whose paths these are; 0: the task's */
	/* out */
	__u32 reason;  /* a hook that sets one before decide() has it stand, as the deny it is */
	__u32 monitor; /* the agent's mode: a deny is recorded, not enforced */
	__u32 image;
	__u32 image_at;
	__u32 accept;
	__u32 audit;	/* of that accept entry; 0: what is decided is recorded */
	__u32 argv_len; /* bytes of argv behind the object, for the record */
	__u32 flags;	/* of the record */
	__u64 grant;
	__u64 expires;
	__u64 now; /* boot ns, one reading for the whole decision */
	__u64 pointer; /* as_number()'s */
	/* path_build()'s: the path holds as long as these stand, see path.bpf.c */
	__u32 renames;
	__u32 mounts;
	/* decide()'s own */
	__u64 role;  /* WRIT_REF */
	__u64 order; /* of the agent's grants */
	__u64 generation;
	__u64 ends;
	__u64 protected_image; /* WRIT_REF; 0: it is not asked */
	__u32 missing; /* needed bits that nothing has allowed yet */
	__u32 counted; /* an entry command of counted uses was met: what is found holds once */
	__u32 hit;     /* what the last image said: accept index and its bits */
	__u32 allow;
	__u32 deny;
	/* rights_judge()'s: of the object, and of all that is below it */
	struct rights here;
	struct rights below;
};

/*
 * What is remembered of a directory, with its inode. `version` is odd while it is being written,
 * and 0 before it first was.
 */
#define DIRECTORY_TEXT_MAX 384u
/*
 * The sequences have 32 bits and come round after 2^31 renames. Nobody makes so many in this time,
 * which is 14 ns for each.
 */
#define DIRECTORY_AGE_NS 30000000000ull
struct directory {
	__u64 version;
	__u64 number; /* of this path, given to no other: struct writ_caches.directories */
	__u64 kept;   /* boot ns */
	__u64 dentry; /* addresses: of it, of the mount that it was reached by, of its namespace */
	__u64 mount;
	__u64 namespace;
	__u32 renames; /* sequences at which the path was true */
	__u32 mounts;
	__u32 len;
	__u32 pad;
	__u8 text[DIRECTORY_TEXT_MAX]; /* no slash at the end; nothing for the root */
};

/* With the task storage's own header it must stay below 8192 bytes, see WRIT_TEXT_SIZE. */
struct scratch {
	struct decision decision;
	/* which program the task runs, see program.bpf.h; no decision touches these */
	__u64 exec;	 /* 0: not known */
	__u64 exec_turn; /* 0: not asked yet */
	struct writ_text text;
};
_Static_assert(sizeof(struct scratch) <= 8192 - 256, "scratch fits task storage");

#endif
