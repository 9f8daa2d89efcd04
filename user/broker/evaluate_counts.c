/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which refusals are held against the agent: evaluation goes by it, and the ledger's count of
 * denials in a row does.
 */
#include "broker/evaluate.h"

/* Is it the fault of who asked? A refusal that time, a person or the node must heal is not. */
#define COUNTS_LIST(X)                                                                       \
	X(NONE, false)                                                                       \
	X(MALFORMED, true)                                                                   \
	X(NOT_AN_AGENT, false)	  /* there is nobody to hold it against */                   \
	X(UNKNOWN_AGENT, false)	  /* the policy has changed, not the agent */                \
	X(SUSPENDED, false)	  /* it can't become worse */                                \
	X(FROZEN, false)	  /* the node's state */                                     \
	X(UNKNOWN_PLAYBOOK, true) /* a guess */                                              \
	X(ROLE, true)		  /* a reach for more */                                     \
	X(PARAMETERS, true)                                                                  \
	X(ENVIRONMENT, true) /* a reach for another environment's */                         \
	X(WINDOW, false)     /* was told when */                                             \
	X(TICKET, true)                                                                      \
	X(TICKET_REFUSED, true) /* a number that is none of its tickets */                   \
	X(VALIDATOR, false)	/* the node's command failed */                              \
	X(SPONSOR, true)                                                                     \
	X(RISK, true)	       /* a reach for more */                                        \
	X(CONCURRENCY, false)  /* others may hold them */                                    \
	X(COOLDOWN, false)     /* was told when */                                           \
	X(RATE, false)	       /* was told when */                                           \
	X(BACKOFF, false)      /* was told when: a client that retries must not be ruined */ \
	X(DENIED, true)	       /* a person said no */                                        \
	X(NOT_APPROVED, false) /* nobody looked */                                           \
	X(POLICY, false)       /* the node's state */                                        \
	X(CORE, false)	       /* passed here, so it is no guess */                          \
	X(UNAVAILABLE, false)  /* the node's state */

#define X(name, counts) +1
_Static_assert((0 COUNTS_LIST(X)) == WRIT_REFUSAL_COUNT, "each refusal counts or does not");
#undef X

bool writ_evaluate_counts(enum writ_refusal refusal)
{
	static const bool counts[] = {
#define X(name, value) [WRIT_REFUSAL_##name] = (value),
		COUNTS_LIST(X)
#undef X
	};

	return (uint32_t)refusal < WRIT_REFUSAL_COUNT && counts[refusal];
}
