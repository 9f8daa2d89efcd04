/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines that no ring record stands for: gaps, the life of a grant, and what the daemon did.
 * Each function writes one line with its newline to @ret_line, which has WRIT_LINE_SIZE bytes
 * (WRIT_GAP_SIZE for a gap), and returns its length. They can't fail.
 */
#ifndef WRIT_AUDIT_LIFECYCLE_H
#define WRIT_AUDIT_LIFECYCLE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/line.h"
#include "writ/control.h"

#define WRIT_GAP_LIST(X)                                                                        \
	X(RING_FULL, "ring_full")	    /* the kernel found no room in the ring */          \
	X(UNACCOUNTED, "unaccounted")	    /* a number that never came */                      \
	X(LATE, "late")			    /* takes back earlier unaccounted ones: negative */ \
	X(WRITE_FAILED, "write_failed")	    /* lines given up while the disk failed */          \
	X(TRUNCATED_LINE, "truncated_line") /* a line above was cut by a crash */               \
	X(BAD_RECORD, "bad_record")	    /* makes no sense; missing 0: unaccounted later */  \
	X(UNKNOWN_TYPE, "unknown_type")	    /* of a type that this writd is too old for */

enum writ_gap_reason {
#define X(name, word) WRIT_GAP_##name,
	WRIT_GAP_LIST(X)
#undef X
		WRIT_GAP_COUNT,
};

#define WRIT_GAP_NO_CPU UINT32_MAX /* the key "cpu" is left out */

/* Keys, a time stamp of 29 bytes, a word of 14, two numbers of 20: less than 160. */
#define WRIT_GAP_SIZE 192u

/* @wall_ns: nanoseconds since 1970. @missing: records; for write_failed lines of any type. */
size_t writ_lifecycle_gap(int64_t wall_ns, enum writ_gap_reason reason, uint32_t cpu,
			  int64_t missing, char *ret_line);

#define WRIT_GRANT_EVENT_LIST(X)                                                          \
	X(ISSUED, "issued")                                                               \
	X(EXPIRED, "expired")                                                             \
	X(REVOKED, "revoked")                                                             \
	X(COMPLETED, "completed") /* its run is empty, or its agent said so */            \
	X(USED_UP, "used_up")

enum writ_grant_event {
#define X(name, word) WRIT_GRANT_EVENT_##name,
	WRIT_GRANT_EVENT_LIST(X)
#undef X
		WRIT_GRANT_EVENT_COUNT,
};

/*
 * @by: who did it now (the revoker, say), NULL for nobody. @boot_ns: the moment, from which
 * seconds_left is counted; the wall time comes from it and the resolver's offset.
 */
size_t writ_lifecycle_grant(const struct writ_resolver *resolver, enum writ_grant_event event,
			    const struct writ_grant_info *grant, const char *by, uint64_t boot_ns,
			    char *ret_line);

#define WRIT_PROPOSAL_EVENT_LIST(X)                                                      \
	X(PROPOSED, "proposed") /* people must approve */                                \
	X(APPROVED, "approved") /* by one of them; state says whether others are missing */ \
	X(REFUSED, "refused")                                                            \
	X(GONE, "gone") /* withdrawn, too old, or given by policy no more */

enum writ_proposal_event {
#define X(name, word) WRIT_PROPOSAL_EVENT_##name,
	WRIT_PROPOSAL_EVENT_LIST(X)
#undef X
		WRIT_PROPOSAL_EVENT_COUNT,
};

/* A step of a request that waits for people. @by: who took it, NULL for nobody. */
size_t writ_lifecycle_proposal(const struct writ_resolver *resolver, enum writ_proposal_event event,
			       const struct writ_proposal_row *row,
			       const struct writ_context *context, const char *by, uint64_t boot_ns,
			       char *ret_line);

#define WRIT_DAEMON_EVENT_LIST(X)                                                            \
	X(STARTED, "started")		    /* loaded the programs */                        \
	X(ADOPTED, "adopted")		    /* found them running and took them over */      \
	X(STOPPED, "stopped")		    /* enforcement goes on */                        \
	X(UNLOADED, "unloaded")		    /* enforcement ended, as asked by an operator */ \
	X(PIN_LOST, "pin_lost")		    /* a pin was gone; it is pinned again, or can't be */ \
	X(POLICY_APPLIED, "policy_applied") /* after read-back */                            \
	X(POLICY_REFUSED, "policy_refused") /* the running policy stays */                   \
	X(FROZEN, "frozen")		    /* no grants on this node, until thawed */       \
	X(THAWED, "thawed")                                                                  \
	X(SUSPENDED, "suspended")	    /* an agent: its role gives nothing, either */   \
	X(RESUMED, "resumed")                                                                \
	X(BROKER_DIED, "broker_died")	    /* it is started again */                        \
	X(BROKER_FAILING, "broker_failing") /* died too often: nothing is issued by it */    \
	X(BROKER_RECOVERED, "broker_recovered")                                              \
	X(SHARED_IDENTITY, "shared_identity") /* one agent's name in cgroups of two trees */

enum writ_daemon_event {
#define X(name, word) WRIT_DAEMON_EVENT_##name,
	WRIT_DAEMON_EVENT_LIST(X)
#undef X
		WRIT_DAEMON_EVENT_COUNT,
};

/* @detail: one line for people, NULL for none; cut at WRIT_LINE_RULE_SIZE bytes. */
size_t writ_lifecycle_daemon(const struct writ_resolver *resolver, enum writ_daemon_event event,
			     uint64_t generation, const char *detail, uint64_t boot_ns,
			     char *ret_line);

#endif
