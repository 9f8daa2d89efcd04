/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What a request for a grant is made of, and the words of its life: the same in policy, API,
 * ledger, audit and messages to the core. Strings are NUL-terminated within their field.
 */
#ifndef WRIT_REQUEST_H
#define WRIT_REQUEST_H

#include "writ/abi.h"

#define WRIT_CONTEXT_SIZE 72u	 /* one word of an agent's context; a SHA-256 in hex fits */
#define WRIT_REASON_SIZE 256u	 /* why it is asked, in the asker's words */
#define WRIT_GROUPS_MAX 8u	 /* groups of one playbook's approvers */
#define WRIT_APPROVALS_MAX 5u	 /* people that one playbook may ask for */
#define WRIT_WINDOWS_MAX 16u	 /* change windows of one playbook */
#define WRIT_ENVIRONMENTS_MAX 8u /* environments that one playbook is for */
#define WRIT_USES_MAX 1000000u	 /* of one grant */
#define WRIT_CONCURRENCY_MAX (WRIT_AGENTS_MAX * WRIT_GRANTS_PER_AGENT) /* all slots of a node */
#define WRIT_RATE_MAX 100000u	 /* grants that a playbook's rate may count */
#define WRIT_ZONE_SIZE 64u	 /* name of a time zone with its NUL */
#define WRIT_BREAK_GLASS_SECONDS 3600u /* a break_glass playbook's longest grant */
#define WRIT_SUSPEND_AFTER_MAX 1000u   /* denials in a row that suspend an agent */
#define WRIT_VALIDATOR_SECONDS 60u     /* the longest time that a ticket validator may have */
#define WRIT_SPIFFE_SIZE 256u

/* The agent's own words, stored and repeated in the record, never judged. "" where not given. */
struct writ_context {
	char session[WRIT_CONTEXT_SIZE];
	char prompt[WRIT_CONTEXT_SIZE]; /* digest of the prompt */
	char tool_call[WRIT_CONTEXT_SIZE];
	char parent[WRIT_CONTEXT_SIZE]; /* task that this one is a part of */
};
_Static_assert(sizeof(struct writ_context) == 4 * WRIT_CONTEXT_SIZE, "writ_context");

struct writ_parameter {
	char name[WRIT_NAME_SIZE];
	char value[WRIT_VALUE_SIZE];
};

/* Who holds a grant: the tasks of its run alone, or all of the agent's. */
#define WRIT_SCOPE_LIST(X) \
	X(RUN, "run")      \
	X(AGENT, "agent")

enum writ_scope {
#define X(name, word) WRIT_SCOPE_##name,
	WRIT_SCOPE_LIST(X)
#undef X
	WRIT_SCOPE_COUNT,
};

/* What becomes of the run's processes when its grant ends; CUT: what they have open fails. */
#define WRIT_ON_END_LIST(X)  \
	X(CUT, "cut")        \
	X(FREEZE, "freeze")  \
	X(KILL, "kill")

enum writ_on_end {
#define X(name, word) WRIT_ON_END_##name,
	WRIT_ON_END_LIST(X)
#undef X
	WRIT_ON_END_COUNT,
};

/* How a grant ended. */
#define WRIT_END_LIST(X)                                                              \
	X(NONE, "none")		/* it lives, or has not begun */                      \
	X(COMPLETED, "completed") /* its run is empty, or the agent said so */        \
	X(EXPIRED, "expired")                                                         \
	X(REVOKED, "revoked")	/* by an operator, or by a policy without it */      \
	X(USED_UP, "used_up")                                                         \
	X(REBOOT, "reboot")

enum writ_end {
#define X(name, word) WRIT_END_##name,
	WRIT_END_LIST(X)
#undef X
	WRIT_END_COUNT,
};

/* Why a grant lasts less long than was asked. */
#define WRIT_CLIP_LIST(X)                                          \
	X(NONE, "none")                                            \
	X(PLAYBOOK, "playbook") /* the playbook's maximum */       \
	X(ROLE, "role")		/* the role's */                   \
	X(WINDOW, "window")	/* the change window closes */

enum writ_clip {
#define X(name, word) WRIT_CLIP_##name,
	WRIT_CLIP_LIST(X)
#undef X
	WRIT_CLIP_COUNT,
};

/* Why a request is refused. Final for these words; `retry_after` says when asking again helps. */
#define WRIT_REFUSAL_LIST(X)                                                                     \
	X(NONE, "none")                                                                          \
	X(MALFORMED, "malformed")	    /* not a request: a field's form, size or type */     \
	X(NOT_AN_AGENT, "not_an_agent")	    /* the caller is in no agent */                       \
	X(UNKNOWN_AGENT, "unknown_agent")   /* policy does not have it (any more) */              \
	X(SUSPENDED, "suspended")	    /* until an operator resumes it */                    \
	X(FROZEN, "frozen")		    /* no grants on this node until an operator thaws */  \
	X(UNKNOWN_PLAYBOOK, "unknown_playbook")                                                  \
	X(ROLE, "role")			    /* the role may not use the playbook */               \
	X(PARAMETERS, "parameters")	    /* missing, unknown, or not of its type or pattern */ \
	X(ENVIRONMENT, "environment")	    /* agent, playbook and node are not of one */         \
	X(WINDOW, "window")		    /* outside of the change windows */                   \
	X(TICKET, "ticket")		    /* missing, or not of the pattern */                  \
	X(TICKET_REFUSED, "ticket_refused") /* by the external validator */                       \
	X(VALIDATOR, "validator")	    /* which gave no clean answer in time */              \
	X(SPONSOR, "sponsor")		    /* missing, or nobody of that name */                 \
	X(RISK, "risk")			    /* the playbook's is above the role's */              \
	X(CONCURRENCY, "concurrency")	    /* so many grants of it live already */               \
	X(COOLDOWN, "cooldown")		    /* too soon after the last one */                     \
	X(RATE, "rate")			    /* so many in so long */                              \
	X(BACKOFF, "backoff")		    /* denied too often; grows with each denial */        \
	X(DENIED, "denied")		    /* by an operator */                                  \
	X(NOT_APPROVED, "not_approved")	    /* nobody approved it in time */                      \
	X(POLICY, "policy")		    /* no policy is in force */                           \
	X(CORE, "core")			    /* the core did not take it; it says why */           \
	X(UNAVAILABLE, "unavailable")	    /* core or ledger can't be asked now */

enum writ_refusal {
#define X(name, word) WRIT_REFUSAL_##name,
	WRIT_REFUSAL_LIST(X)
#undef X
	WRIT_REFUSAL_COUNT,
};

#endif
