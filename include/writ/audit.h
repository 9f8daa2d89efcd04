/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Between the core and the process `writ-audit`: the descriptors that it is started with, the page
 * in which it says how far it is, and the words of the channel (SOCK_SEQPACKET). Neither side waits
 * for the other, and the core believes nothing that comes back: it is for people to look at.
 */
#ifndef WRIT_AUDIT_H
#define WRIT_AUDIT_H

#include "writ/abi.h"

#define WRIT_AUDIT_VERSION 2u

/*
 * Maps marked + are handed over for mapping their memory read-only, which takes a descriptor that
 * may write; it is closed before the first record is read. Those marked - are descriptors that can
 * only read.
 */
enum writ_audit_fd {
	WRIT_AUDIT_FD_CHANNEL = 3,
	WRIT_AUDIT_FD_PAGE,	/* struct writ_audit_page */
	WRIT_AUDIT_FD_EVENTS,	/* the ring; kept, for its consumer writes its position */
	WRIT_AUDIT_FD_ACCOUNTS, /* mapped for writing, then closed */
	WRIT_AUDIT_FD_PROGRAMS, /* likewise */
	WRIT_AUDIT_FD_AGENTS,	/* + */
	WRIT_AUDIT_FD_TABLES,	/* + */
	WRIT_AUDIT_FD_NODE,	/* + */
	WRIT_AUDIT_FD_INFOS,	/* - grant_infos */
	WRIT_AUDIT_FD_COUNTERS, /* - */
	WRIT_AUDIT_FD_END,
};

/* The core to writ-audit: one of these in a packet. */
enum writ_audit_word {
	WRIT_AUDIT_DRAIN = 1, /* now, not at the next look */
	WRIT_AUDIT_STOP,      /* put away what there is, and end */
	WRIT_AUDIT_POLICY,    /* another policy is in force: read it again, for remedies */
};

/*
 * writ-audit to the core: records as they were in the ring, of denials and of enrolments, each a
 * packet; its argv is left out, and its object cut at its end. The newest ones: what finds no room
 * in the channel makes way for what is newer.
 */
#define WRIT_AUDIT_OBJECT_SIZE 1024u

/* Why records, or lines, are missing: each gap line has one of these words. */
#define WRIT_GAP_LIST(X)                                                                        \
	X(RING_FULL, "ring_full")	    /* the kernel found no room in the ring */          \
	X(UNACCOUNTED, "unaccounted")	    /* a number that never came */                      \
	X(LATE, "late")			    /* takes back earlier unaccounted ones: negative */ \
	X(WRITE_FAILED, "write_failed")	    /* lines given up while the disk failed */          \
	X(TRUNCATED_LINE, "truncated_line") /* a line above was cut by a crash */               \
	X(BAD_RECORD, "bad_record")	    /* makes no sense; missing 0: unaccounted later */  \
	X(UNKNOWN_TYPE, "unknown_type")	    /* of a type that this build does not know */

enum writ_gap_reason {
#define X(name, word) WRIT_GAP_##name,
	WRIT_GAP_LIST(X)
#undef X
		WRIT_GAP_COUNT,
};

/* Words that a record has and this build has not are counted as the first of their list, "none". */
#define WRIT_AUDIT_DECISIONS (WRIT_VERDICT_COUNT * WRIT_OP_COUNT * WRIT_REASON_COUNT)

static inline __u32 writ_audit_decision(__u32 verdict, __u32 operation, __u32 reason)
{
	verdict = verdict < WRIT_VERDICT_COUNT ? verdict : WRIT_VERDICT_NONE;
	operation = operation < WRIT_OP_COUNT ? operation : WRIT_OP_NONE;
	reason = reason < WRIT_REASON_COUNT ? reason : WRIT_REASON_NONE;
	return (verdict * WRIT_OP_COUNT + operation) * WRIT_REASON_COUNT + reason;
}

/*
 * What has happened since this writd started, whichever process counted it, and how the log is now.
 * writ-audit adds to it when the lines are written, without locks: a number for itself is whole. A
 * writ-audit that is killed may leave out the lines of its last moment.
 */
struct writ_audit_figures {
	__u64 gaps[WRIT_GAP_COUNT]; /* lines that say so */
	__u64 lost[WRIT_GAP_COUNT]; /* what they say is missing; LATE: what came after all */
	__u64 log_written;	    /* bytes */
	__u64 log_bytes;	    /* of all segments that are there, packed as they are */
	__u64 log_segments;	    /* that are there, with the open one */
	__u64 segment;		    /* the open one's number */
	__u64 checkpoints;	    /* signed, and on the disk */
	__u64 checkpoint_ns;	    /* boot time of the last one; 0: none yet */
	__u64 unsigned_lines;	    /* behind it */
	__u64 waiting_bytes;	    /* of lines that the disk has not taken */
	__u64 write_errors;	    /* tries to write lines that failed */
	__u64 decisions[WRIT_AUDIT_DECISIONS]; /* by writ_audit_decision() */
};

/* Totals, since this writd started, whichever process counted them. */
struct writ_audit_page {
	__u32 version; /* the core's, as the next two */
	__u32 cpus;    /* that this kernel may have */
	__u64 ring_size;
	__u64 records; /* writ-audit's, as all that follow; see audit/stream.h */
	__u64 written;
	__u64 canaries;
	__u64 skipped;
	__u64 dropped;
	__u64 bad;
	__s64 missing;
	__u64 remedies_left_out;
	__u64 rounds; /* counts drainings that left nothing to write */
	__u64 segment;	  /* that is being written, */
	__u64 checkpoint; /* and the next one's number in it; known from the first round on */
	__u64 spilled; /* bytes that are in the spill, and not in the log */
	__s32 error;  /* -errno that keeps lines waiting; 0: the log takes them */
	__u32 pad;
	struct writ_audit_figures figures;
};
_Static_assert(__builtin_offsetof(struct writ_audit_page, figures) == 120, "writ_audit_page");
_Static_assert(sizeof(struct writ_audit_figures) ==
		       8u * (2u * WRIT_GAP_COUNT + 9u + WRIT_AUDIT_DECISIONS),
	       "writ_audit_figures");

#endif
