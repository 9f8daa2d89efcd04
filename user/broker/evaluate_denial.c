/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Denials in a row: what counts as one, how long the agent is not heard after it, and when it is
 * one too many. An agent that guesses waits longer for each guess, and then for a person.
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

const char *writ_evaluate_refusal(enum writ_refusal refusal)
{
	static const char *const words[] = {
#define X(name, word) [WRIT_REFUSAL_##name] = (word),
		WRIT_REFUSAL_LIST(X)
#undef X
	};

	return (uint32_t)refusal < WRIT_REFUSAL_COUNT ? words[refusal] : "unknown";
}

uint64_t writ_evaluate_backoff(const struct writ_policy_node *node, uint32_t denials)
{
	uint64_t wait = node ? node->backoff_ns : WRIT_EVALUATE_BACKOFF_NS;
	uint64_t most = node ? node->backoff_max_ns : WRIT_EVALUATE_BACKOFF_MAX_NS;

	if (!denials)
		return 0;
	while (--denials && wait && wait < most)
		wait = wait > most / 2 ? most : 2 * wait;
	return wait;
}

uint32_t writ_evaluate_seconds(uint64_t ns)
{
	uint64_t seconds = ns / WRIT_NS_PER_SECOND + (ns % WRIT_NS_PER_SECOND != 0);

	return seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX;
}

void writ_evaluate_denial(const struct writ_policy_node *node, const struct writ_history *history,
			  enum writ_refusal refusal, struct writ_evaluation *evaluation)
{
	uint32_t most = node ? node->suspend_after : WRIT_EVALUATE_SUSPEND_AFTER;
	uint32_t denials = history->denials < UINT32_MAX ? history->denials + 1 : UINT32_MAX;
	uint32_t wait;

	if (!writ_evaluate_counts(refusal))
		return;
	wait = writ_evaluate_seconds(writ_evaluate_backoff(node, denials));
	if (evaluation->retry_after < wait)
		evaluation->retry_after = wait;
	evaluation->suspend = most && denials >= most;
}
