/* SPDX-License-Identifier: Apache-2.0 */
/* See mend.h. Playbooks that no request of the agent could have are left out. */
#include "broker/mend.h"

#include <stdio.h>
#include <string.h>

#include "compile/grant.h"
#include "compile/policy.h"
#include "compile/suggest.h"
#include "compile/values.h"

/* Those that were given and are sound; the others are NULL. */
static void find_given(const struct writ_policy_playbook *playbook,
		       const struct writ_request *request,
		       const char *ret_values[WRIT_PARAMETERS_MAX])
{
	for (size_t i = 0; i < WRIT_PARAMETERS_MAX; i++)
		ret_values[i] = NULL;
	for (uint32_t k = 0; request && k < request->n_parameters; k++) {
		const struct writ_parameter *given = &request->parameters[k];

		for (size_t i = 0; i < playbook->n_parameters; i++)
			if (!ret_values[i] && !strcmp(given->name, playbook->parameters[i].name) &&
			    !writ_values_fault(&playbook->parameters[i], given->value))
				ret_values[i] = given->value;
	}
}

static bool join(char line[WRIT_REMEDY_SIZE], const struct writ_policy_playbook *playbook,
		 const struct writ_request *request)
{
	const char *values[WRIT_PARAMETERS_MAX];

	find_given(playbook, request, values);
	return writ_command_join(line, playbook, values);
}

void writ_mend_command(const struct writ_policy_playbook *playbook,
		       const struct writ_request *request, char ret_remedy[WRIT_REMEDY_SIZE])
{
	ret_remedy[0] = '\0';
	(void)join(ret_remedy, playbook, request);
}

static const struct writ_policy_playbook *
playbook_of(const struct writ_policy *policy, const struct writ_policy_agent *agent, size_t index)
{
	const struct writ_policy_playbook *playbook =
		writ_policy_playbook(policy, agent->role->playbooks[index]);

	return playbook && writ_grant_may_ask(policy, agent, playbook) ? playbook : NULL;
}

/* The one that is nearest to @meant, and near; NULL: none is. */
static const struct writ_policy_playbook *
near_to(const struct writ_policy *policy, const struct writ_policy_agent *agent, const char *meant)
{
	const struct writ_policy_playbook *best = NULL;
	size_t least = WRIT_NAME_SIZE;

	for (size_t i = 0; i < agent->role->n_playbooks; i++) {
		const struct writ_policy_playbook *playbook = playbook_of(policy, agent, i);
		size_t distance = playbook ? writ_suggest_distance(meant, playbook->name) : least;

		if (distance >= least || !writ_suggest_near(meant, distance))
			continue;
		best = playbook;
		least = distance;
	}
	return best;
}

void writ_mend_offers(const struct writ_policy *policy, const struct writ_policy_agent *agent,
		      const char *meant, char ret_remedy[WRIT_REMEDY_SIZE])
{
	const struct writ_policy_playbook *playbook = near_to(policy, agent, meant);

	ret_remedy[0] = '\0';
	if (playbook) {
		(void)join(ret_remedy, playbook, NULL);
		return;
	}
	for (size_t i = 0; i < agent->role->n_playbooks; i++) {
		playbook = playbook_of(policy, agent, i);
		if (playbook && !join(ret_remedy, playbook, NULL))
			return;
	}
}

/* Its names are the policy's: evaluation found them there. */
void writ_mend_late(const struct writ_policy *policy, const struct writ_request *request,
		    enum writ_refusal refusal, char ret_remedy[WRIT_REMEDY_SIZE])
{
	const struct writ_policy_playbook *playbook =
		policy ? writ_policy_playbook(policy, request->playbook) : NULL;

	ret_remedy[0] = '\0';
	if (refusal == WRIT_REFUSAL_TICKET_REFUSED && playbook)
		writ_mend_command(playbook, request, ret_remedy);
	else if (refusal == WRIT_REFUSAL_VALIDATOR)
		(void)snprintf(ret_remedy, WRIT_REMEDY_SIZE,
			       "an operator looks at the command of the Node document: "
			       "ticket_validator");
	else if (refusal == WRIT_REFUSAL_FROZEN)
		(void)snprintf(ret_remedy, WRIT_REMEDY_SIZE, "an operator lifts it: writ thaw");
	else if (refusal == WRIT_REFUSAL_SUSPENDED)
		(void)snprintf(ret_remedy, WRIT_REMEDY_SIZE,
			       "an operator looks at it and lifts it: writ resume %s",
			       request->agent);
	else if (refusal == WRIT_REFUSAL_POLICY)
		(void)snprintf(ret_remedy, WRIT_REMEDY_SIZE,
			       "an operator mends it: writ policy check");
}
