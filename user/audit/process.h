/* SPDX-License-Identifier: Apache-2.0 */
/* The process `writ-audit`, from the descriptors that it is started with to its end. */
#ifndef WRIT_AUDIT_PROCESS_H
#define WRIT_AUDIT_PROCESS_H

#include "audit/copies.h"
#include "audit/names.h"
#include "audit/remedies.h"
#include "audit/ring.h"
#include "audit/stream.h"
#include "trail/pack.h"
#include "writ/audit.h"

/* How the log is kept, by keep.c. */
struct writ_keeping {
	char key[WRIT_SEGMENT_PATH_SIZE];
	struct writ_packer *packer;
	uint64_t segment;   /* that was open when the packer was woken last */
	uint64_t pruned_ns; /* boot time of the last look at what is too old */
	int trouble;	    /* last one told, 0: lines are signed */
	int pack_error;	    /* likewise of packing */
	int spilling;	    /* likewise of writing: lines are spilled */
	uint64_t returned;  /* spills of which that was told */
};

/* Of the log's figures, by figures.c. */
struct writ_figures {
	uint64_t written;     /* of this process, published so far */
	uint64_t checkpoints; /* likewise */
	uint64_t segment;     /* that was open when the files were counted last */
	uint64_t counted_ns;  /* boot time of that; 0: never */
	uint64_t closed;      /* bytes of closed segments then */
};

struct writ_audit_process {
	const char *log;
	const char *policy_path; /* NULL: denials have no remedies */
	const char *spill;	 /* NULL: none */
	struct writ_audit_page *page; /* shared with the core */
	struct writ_accounts *accounts;
	struct writ_names *names;
	struct writ_copies *copies;
	struct writ_remedies *remedies; /* NULL: no memory */
	struct writ_policy *policy;	/* as it was last sound on disk */
	struct writ_stream *stream;
	struct writ_stream_totals base; /* of the processes before this one */
	struct writ_ring *ring;
	int write_error; /* last one told, 0: the log takes lines */
	struct writ_keeping keeping;
	struct writ_figures figures;
};

/*
 * Maps what the descriptors hold and closes those that could change it; after this only the
 * channel, the ring, and the two maps to look up in are open. -errno, logged.
 */
int writ_inherit_maps(struct writ_audit_process *audit);

/*
 * Waits, for some seconds, until the writ-audit before this one is gone: two that write at once
 * would tear lines. The lock goes with the process. -errno, logged.
 */
int writ_confine_lock(const char *log);

/*
 * No capability, no new privileges, nobody may trace it; then Landlock, where the kernel has it:
 * the directories of @log and @spill (NULL: none) are written, @policy (NULL: none) is read, and
 * nothing else can be reached; and the system calls that are left. -errno, logged: not a record
 * may be read then.
 */
int writ_confine_drop(const char *log, const char *spill, const char *policy);

/* The system calls that it makes then: writd, whose filter it has as well, allows them. */
struct writ_seccomp_calls;
extern const struct writ_seccomp_calls writ_confine_allowed;

/*
 * Reads the policy for remedies. One that can't be read, or is refused: the last one stays, as it
 * does in the core.
 */
void writ_known_read(struct writ_audit_process *audit);
void writ_known_forget(struct writ_audit_process *audit);

/* What policy says of the log, or the defaults, into @ret; its strings are the process's. */
int writ_keep_settings(struct writ_audit_process *audit, struct writ_trail_settings *ret);

/* Packs what is closed; then about once a second, and when another policy was read. */
int writ_keep_open(struct writ_audit_process *audit);
void writ_keep_tick(struct writ_audit_process *audit);
void writ_keep_changed(struct writ_audit_process *audit);
void writ_keep_close(struct writ_audit_process *audit);

/* For metrics: what was counted, after a draining that ended with @err; and how the log is. */
void writ_figures_drained(struct writ_audit_process *audit, int err);
void writ_figures_tick(struct writ_audit_process *audit);

/* Takes records until the core says stop (0) or is gone (-EPIPE). */
int writ_loop_audit(struct writ_audit_process *audit);

#endif
