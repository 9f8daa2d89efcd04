/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The record that the hooks put into the ring buffer. Header, then a tail of object_len bytes (a
 * path, raw, no NUL) and argv_len bytes (arguments, each ended by NUL). A reader takes `len` as
 * the record's length, refuses one that is shorter than its fixed part, and skips types and tail
 * bytes that it does not know.
 */
#ifndef WRIT_EVENT_H
#define WRIT_EVENT_H

#include "writ/abi.h"

#define WRIT_EVENT_VERSION 2u

enum writ_event_type {
	WRIT_EVENT_DECISION = 1,
	WRIT_EVENT_ENROL = 2, /* a cgroup was bound to an agent; the object is its path */
	/* what the core did: the object is a payload of note.h, the operation a step of its list */
	WRIT_EVENT_GRANT = 3,
	WRIT_EVENT_PROPOSAL = 4,
	WRIT_EVENT_DAEMON = 5,
	WRIT_EVENT_REQUEST = 6,
	/* a program took over a process: the object is its path, argv as the kernel laid it out */
	WRIT_EVENT_EXEC = 7,
};

#define WRIT_EVENT_OBJECT_CUT 1u /* flags: the object is only its last bytes */
#define WRIT_EVENT_ARGV_CUT 2u	 /* flags: there was more argv */

struct writ_event {
	__u16 version;
	__u16 type;
	__u32 len;	/* of the whole record */
	__u64 sequence; /* per CPU, from 1, without holes: a hole is a lost record */
	__u64 lost;	/* records lost on this CPU since load, so far */
	__u64 boot_ns;	/* CLOCK_BOOTTIME */
	__u64 cgroup;	/* id of the task's live cgroup */
	__u64 grant;	/* id of the grant that decided or ran out, 0: none */
	union {
		__u64 expires; /* of that grant, boot ns */
		__u64 by;      /* of type EXEC: id of the exec whose program made this one; 0 */
	};
	__u64 start_ns; /* boot time at which the process started; with pid its identity */
	__u64 exec;	/* id of the exec that gave it its program; 0: before Writ, or not known */
	__u32 cpu;
	__u32 agent; /* index */
	__u32 pid;   /* tgid as the initial pid namespace sees it */
	__u32 tid;
	__u32 uid;
	__u32 image;	/* id of the image that decided, 0: none */
	__u32 image_at; /* its offset in the arena */
	__u32 accept;	/* its accept entry, 0: no rule */
	__u32 access;	/* bits that the operation needed */
	__u8 operation;
	__u8 verdict;
	__u8 reason;
	__u8 flags;
	__u16 family;	  /* AF_* of a socket operation, 0 else */
	__u16 port;	  /* host byte order */
	__u8 address[16]; /* IPv6 or IPv4-mapped */
	__u32 protocol;	  /* enum writ_protocol */
	char comm[16];	  /* what the process calls itself: never evidence */
	__u32 object_len; /* of the tail */
	__u32 argv_len;
};
_Static_assert(sizeof(struct writ_event) == 160, "writ_event");
_Static_assert(__builtin_offsetof(struct writ_event, object_len) == 152, "writ_event tail");

#endif
