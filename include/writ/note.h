/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the core did, as records of the ring that the hooks use: one stream, numbered and counted
 * together. The core fills a struct writ_note and has the program `note` (bpf/note.bpf.c) put it
 * into the ring. The record is an event.h one: its operation says which step it was, its object is
 * the payload of its type.
 */
#ifndef WRIT_NOTE_H
#define WRIT_NOTE_H

#include "writ/control.h"
#include "writ/event.h"

#define WRIT_GRANT_EVENT_LIST(X)                                                \
	X(ISSUED, "issued")                                                     \
	X(EXPIRED, "expired")                                                   \
	X(REVOKED, "revoked")                                                   \
	X(COMPLETED, "completed") /* its run is empty, or its agent said so */  \
	X(USED_UP, "used_up")                                                   \
	X(CUT, "cut") /* what its end has cut is known; nothing: there is no such line */

enum writ_grant_event {
#define X(name, word) WRIT_GRANT_EVENT_##name,
	WRIT_GRANT_EVENT_LIST(X)
#undef X
	WRIT_GRANT_EVENT_COUNT,
};

#define WRIT_PROPOSAL_EVENT_LIST(X)                                                         \
	X(PROPOSED, "proposed") /* people must approve */                                   \
	X(APPROVED, "approved") /* by one of them; state says whether others are missing */ \
	X(REFUSED, "refused")                                                               \
	X(GONE, "gone") /* withdrawn, too old, or given by policy no more */

enum writ_proposal_event {
#define X(name, word) WRIT_PROPOSAL_EVENT_##name,
	WRIT_PROPOSAL_EVENT_LIST(X)
#undef X
	WRIT_PROPOSAL_EVENT_COUNT,
};

#define WRIT_REQUEST_EVENT_LIST(X)                                                    \
	X(REFUSED, "refused")                                                         \
	X(WITHDRAWN, "withdrawn") /* by who asked */                                  \
	X(COUNTED, "counted") /* so many more of the agent have no record of their own */

enum writ_request_event {
#define X(name, word) WRIT_REQUEST_EVENT_##name,
	WRIT_REQUEST_EVENT_LIST(X)
#undef X
	WRIT_REQUEST_EVENT_COUNT,
};

#define WRIT_DAEMON_EVENT_LIST(X)                                                             \
	X(STARTED, "started")		    /* loaded the programs */                         \
	X(UNATTACHED, "unattached")	    /* started for a load test: it enforces nothing */ \
	X(ADOPTED, "adopted")		    /* found them running and took them over */       \
	X(STOPPED, "stopped")		    /* enforcement goes on */                         \
	X(UNLOADED, "unloaded")		    /* enforcement ended, as asked by an operator */  \
	X(PIN_LOST, "pin_lost")		    /* a pin was gone; it is pinned again, or can't be */ \
	X(POLICY_APPLIED, "policy_applied") /* after read-back */                             \
	X(POLICY_REFUSED, "policy_refused") /* the running policy stays */                    \
	X(FROZEN, "frozen")		    /* no grants on this node, until thawed */        \
	X(THAWED, "thawed")                                                                   \
	X(SUSPENDED, "suspended")	    /* an agent: its role gives nothing, either */    \
	X(RESUMED, "resumed")                                                                 \
	X(BROKER_DIED, "broker_died")	    /* it is started again */                         \
	X(BROKER_FAILING, "broker_failing") /* died too often: nothing is issued until it lives */ \
	X(BROKER_RECOVERED, "broker_recovered")                                               \
	X(SHARED_IDENTITY, "shared_identity") /* one agent's name in cgroups of two trees */  \
	X(AUDIT_DIED, "audit_died")	    /* likewise; records waited in the ring */        \
	X(AUDIT_FAILING, "audit_failing")                                                     \
	X(AUDIT_RECOVERED, "audit_recovered")                                                 \
	X(AGENTS_STOPPED, "agents_stopped") /* the log takes no lines, and policy wants that */ \
	X(AGENTS_GO_ON, "agents_go_on")     /* it takes them again */                       \
	X(CUTTER_DIED, "cutter_died")	    /* ends are counted in part from now on */        \
	X(RECORDS_LOST, "records_lost") /* of what writd did, while the ring was full */      \
	X(FORWARD_DIED, "forward_died") /* it is started again, and goes on where it was */   \
	X(FORWARD_FAILING, "forward_failing")						      \
	X(FORWARD_RECOVERED, "forward_recovered")

enum writ_daemon_event {
#define X(name, word) WRIT_DAEMON_EVENT_##name,
	WRIT_DAEMON_EVENT_LIST(X)
#undef X
	WRIT_DAEMON_EVENT_COUNT,
};

#define WRIT_DETAIL_SIZE 1024u /* one line for people with its NUL */

/* Payload of WRIT_EVENT_GRANT; operation: enum writ_grant_event. */
struct writ_note_grant {
	struct writ_grant_info info;
	char by[WRIT_NAME_SIZE]; /* who did it now (the revoker, say); "" for nobody */
	char why[WRIT_REASON_SIZE]; /* ISSUED: in the asker's words; "": not given, not known */
};
_Static_assert(sizeof(struct writ_note_grant) ==
		       sizeof(struct writ_grant_info) + WRIT_NAME_SIZE + WRIT_REASON_SIZE,
	       "writ_note_grant");

/* Payload of WRIT_EVENT_PROPOSAL; operation: enum writ_proposal_event. */
struct writ_note_proposal {
	struct writ_proposal_row row;
	struct writ_context context;
	char by[WRIT_NAME_SIZE];
};
_Static_assert(sizeof(struct writ_note_proposal) ==
		       sizeof(struct writ_proposal_row) + sizeof(struct writ_context) +
			       WRIT_NAME_SIZE,
	       "writ_note_proposal");

/* Payload of WRIT_EVENT_REQUEST; operation: enum writ_request_event. */
struct writ_note_request {
	__u64 ledger;	/* its row; 0: it has none */
	__u64 proposal; /* that it waited as; 0: it did not */
	__u64 ttl_ns;	/* asked for; 0: the playbook's default */
	__u64 times;	/* COUNTED: how many */
	__u32 uid;	/* of the requester */
	__u32 refusal;	/* enum writ_refusal; NONE: WITHDRAWN, COUNTED */
	char agent[WRIT_NAME_SIZE]; /* "": operators' requests for none that there is */
	char role[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE]; /* as asked, whether there is one or not */
	char ticket[WRIT_TICKET_SIZE];
	char sponsor[WRIT_NAME_SIZE];
	char requester[WRIT_NAME_SIZE]; /* operator's name; "" for the agent itself */
	char reason[WRIT_REASON_SIZE];	/* why, in the asker's words */
	struct writ_context context;
};
_Static_assert(sizeof(struct writ_note_request) == 40 + 5 * WRIT_NAME_SIZE + WRIT_TICKET_SIZE +
							   WRIT_REASON_SIZE +
							   sizeof(struct writ_context),
	       "writ_note_request");

/* Payload of WRIT_EVENT_DAEMON; operation: enum writ_daemon_event. */
struct writ_note_daemon {
	__u64 generation; /* of policy */
	char version[32]; /* of writd */
	char detail[WRIT_DETAIL_SIZE]; /* "" for none */
};
_Static_assert(sizeof(struct writ_note_daemon) == 40 + WRIT_DETAIL_SIZE, "writ_note_daemon");

/*
 * What the program is run with. The core fills type, operation, agent, boot_ns and the payload;
 * sequence, lost, cpu and lengths are the program's. `end` holds WRIT_NOTE_END: the program reads
 * it, so the kernel refuses to run it with less.
 */
#define WRIT_NOTE_END 0x65746f6eu /* "note" */
struct writ_note {
	struct writ_event event;
	union {
		struct writ_note_grant grant;
		struct writ_note_proposal proposal;
		struct writ_note_request request;
		struct writ_note_daemon daemon;
	};
	__u32 end;
	__u32 pad;
};
_Static_assert(sizeof(struct writ_note) ==
		       sizeof(struct writ_event) + sizeof(struct writ_note_proposal) + 8,
	       "writ_note");
_Static_assert(sizeof(struct writ_note_proposal) < WRIT_PATH_SIZE, "an object of a record");

#endif
