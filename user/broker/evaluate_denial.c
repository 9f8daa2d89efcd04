/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Denials in a row: how long the agent is not heard after one, and when it is one too many; what
 * counts as one is in evaluate_counts.c. An agent that guesses waits longer for each guess, and
 * then for a person.
 */
#include "broker/evaluate.h"

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
	uint64_t wait = node->backoff_ns, most = node->backoff_max_ns;

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
	uint32_t most = node->suspend_after;
	uint32_t denials = history->denials < UINT32_MAX ? history->denials + 1 : UINT32_MAX;
	uint32_t wait;

	if (!writ_evaluate_counts(refusal))
		return;
	wait = writ_evaluate_seconds(writ_evaluate_backoff(node, denials));
	if (evaluation->retry_after < wait)
		evaluation->retry_after = wait;
	evaluation->suspend = most && denials >= most;
}
