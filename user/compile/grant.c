/* SPDX-License-Identifier: Apache-2.0 */
/* See grant.h. Checks go on after a fault wherever the next one still makes sense. */
#include "compile/grant.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/bindings.h"
#include "compile/parameters.h"
#include "compile/pattern.h"
#include "compile/policy.h"
#include "compile/ruleset.h"
#include "compile/values.h"
#include "lib/cleanup.h"
#include "lib/time.h"

static bool is_terminated(const char *field, size_t size)
{
	return memchr(field, '\0', size) != NULL;
}

static int check_strings(const struct writ_request *request, struct writ_diagnostics *diags)
{
	if (is_terminated(request->agent, sizeof(request->agent)) &&
	    is_terminated(request->playbook, sizeof(request->playbook)) &&
	    is_terminated(request->ticket, sizeof(request->ticket)) &&
	    is_terminated(request->sponsor, sizeof(request->sponsor)))
		return 0;
	return writ_diagnostics_error(
		diags, NULL, "agent, playbook, ticket or sponsor is too long; the most is %u bytes",
		WRIT_NAME_SIZE - 1);
}

/* "; it may use: a, b" for the error. */
static void list_playbooks(const struct writ_policy_role *role, char *text, size_t size)
{
	size_t used = (size_t)snprintf(text, size, "%s",
				       role->n_playbooks ? "it may use: " : "it may use none");

	for (size_t i = 0; i < role->n_playbooks && used < size; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? ", " : "",
					 role->playbooks[i]);
}

static int find_parties(const struct writ_policy *policy, const struct writ_request *request,
			struct writ_diagnostics *diags, struct writ_grant_plan *plan)
{
	char list[512];

	plan->agent = writ_policy_agent(policy, request->agent);
	if (!plan->agent) {
		(void)writ_diagnostics_error(diags, NULL,
					     "agent \"%s\" is unknown; `writ agents` lists those "
					     "that policy has",
					     request->agent);
		return -ENOENT;
	}
	plan->role = plan->agent->role;
	list_playbooks(plan->role, list, sizeof(list));
	plan->playbook = writ_policy_playbook(policy, request->playbook);
	if (!plan->playbook) {
		(void)writ_diagnostics_error(diags, NULL, "playbook \"%s\" is unknown; role %s: %s",
					     request->playbook, plan->role->name, list);
		return -ENOENT;
	}
	if (!writ_policy_may_use(plan->role, plan->playbook->name)) {
		(void)writ_diagnostics_error(diags, NULL, "role %s may not use playbook %s; %s",
					     plan->role->name, plan->playbook->name, list);
		return -EACCES;
	}
	return 0;
}

static bool is_for(const struct writ_policy_playbook *playbook, const char *environment)
{
	for (size_t i = 0; i < playbook->n_environments; i++)
		if (!strcmp(playbook->environments[i], environment))
			return true;
	return !playbook->n_environments;
}

static int check_environment(const struct writ_policy *policy, const struct writ_grant_plan *plan,
			     struct writ_diagnostics *diags)
{
	if (!is_for(plan->playbook, plan->agent->environment))
		return writ_diagnostics_error(
			diags, NULL, "playbook %s is not for environment %s, which agent %s is of",
			plan->playbook->name, plan->agent->environment, plan->agent->name);
	if (!policy->node || !strcmp(plan->agent->environment, policy->node->environment))
		return 0;
	return writ_diagnostics_error(
		diags, NULL,
		"agent %s belongs to environment %s, this node to %s; ask on a node "
		"of its own",
		plan->agent->name, plan->agent->environment, policy->node->environment);
}

static int check_risk(const struct writ_grant_plan *plan, struct writ_diagnostics *diags)
{
	if (plan->playbook->risk <= plan->role->risk)
		return 0;
	return writ_diagnostics_error(
		diags, NULL, "the risk of playbook %s is above what role %s may take; ask a person",
		plan->playbook->name, plan->role->name);
}

static bool has_control_byte(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			return true;
	return false;
}

static int check_sponsor(const struct writ_policy_playbook *playbook, const char *sponsor,
			 struct writ_diagnostics *diags)
{
	if (has_control_byte(sponsor))
		return writ_diagnostics_error(diags, NULL, "sponsor: holds a control byte");
	if (*sponsor || !playbook->needs_sponsor)
		return 0;
	return writ_diagnostics_error(
		diags, NULL, "playbook %s needs a sponsor; give --sponsor with who answers for it",
		playbook->name);
}

static int check_ticket(const struct writ_policy_playbook *playbook, const char *ticket,
			struct writ_diagnostics *diags)
{
	if (has_control_byte(ticket))
		return writ_diagnostics_error(diags, NULL, "ticket: holds a control byte");
	if (!playbook->ticket)
		return 0;
	if (!*ticket)
		return writ_diagnostics_error(
			diags, NULL, "playbook %s needs a ticket; give --ticket that matches %s",
			playbook->name, playbook->ticket);
	if (!writ_pattern_match(playbook->ticket_regex, ticket))
		return writ_diagnostics_error(diags, NULL, "ticket \"%s\" does not match %s",
					      ticket, playbook->ticket);
	return 0;
}

static void clip(struct writ_grant_plan *plan, uint64_t most_ns, enum writ_clip why)
{
	if (plan->ttl_ns <= most_ns)
		return;
	plan->ttl_ns = most_ns;
	plan->clip = why;
}

static int check_times(const struct writ_request *request, struct writ_diagnostics *diags,
		       struct writ_grant_plan *plan)
{
	const struct writ_policy_playbook *playbook = plan->playbook;

	plan->ttl_ns = request->ttl_ns ? request->ttl_ns : playbook->ttl_default_ns;
	clip(plan, playbook->ttl_max_ns, WRIT_CLIP_PLAYBOOK);
	if (plan->role->ttl_max_ns)
		clip(plan, plan->role->ttl_max_ns, WRIT_CLIP_ROLE);
	plan->delay_ns = request->delay_ns;
	if (plan->delay_ns > WRIT_TTL_MAX_SECONDS * WRIT_NS_PER_SECOND)
		return writ_diagnostics_error(
			diags, NULL, "the grant would begin in more than %u days; ask later",
			WRIT_TTL_MAX_SECONDS / 86400);
	return 0;
}

int writ_grant_build(const struct writ_policy_playbook *playbook,
		     const struct writ_policy_agent *agent, const char *const *values,
		     struct writ_diagnostics *diags, struct writ_blob *ret_image)
{
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	struct writ_glob_parameters parameters;
	struct writ_bindings bindings;
	char what[WRIT_NAME_SIZE + 32];
	int err;

	writ_bindings_init(&bindings, playbook->parameters, playbook->n_parameters);
	writ_bindings_set_agent(&bindings, agent);
	for (size_t i = 0; i < playbook->n_parameters; i++)
		bindings.values[i] = values && values[i]
					     ? values[i]
					     : writ_values_stand_in(&playbook->parameters[i]);
	parameters = writ_bindings_values(&bindings);
	(void)snprintf(what, sizeof(what), "the rules of playbook \"%s\"", playbook->name);
	writ_ruleset_init(&set, &parameters, diags);
	if (playbook->max_uses && playbook->entry < playbook->rules.n_exec)
		set.entry = &playbook->rules.exec[playbook->entry];
	err = writ_ruleset_add(&set, &playbook->rules);
	return err ? err : writ_ruleset_build(&set, what, &playbook->at, ret_image);
}

static int note(int err, enum writ_refusal refusal, enum writ_refusal *first)
{
	if (err && *first == WRIT_REFUSAL_NONE)
		*first = refusal;
	return err;
}

/* All but the image; @plan and @first say how far it came. */
static int review(const struct writ_policy *policy, const struct writ_request *request,
		  struct writ_diagnostics *diags, struct writ_grant_plan *plan,
		  const char *values[WRIT_PARAMETERS_MAX], enum writ_refusal *first)
{
	int err = note(check_strings(request, diags), WRIT_REFUSAL_MALFORMED, first);

	if (err)
		return err;
	err = find_parties(policy, request, diags, plan);
	if (err)
		return note(err,
			    err == -EACCES ? WRIT_REFUSAL_ROLE
			    : plan->agent  ? WRIT_REFUSAL_UNKNOWN_PLAYBOOK
					   : WRIT_REFUSAL_UNKNOWN_AGENT,
			    first);
	(void)note(writ_parameters_check(plan->playbook, request, diags, values),
		   WRIT_REFUSAL_PARAMETERS, first);
	(void)note(check_environment(policy, plan, diags), WRIT_REFUSAL_ENVIRONMENT, first);
	(void)note(check_ticket(plan->playbook, request->ticket, diags), WRIT_REFUSAL_TICKET,
		   first);
	(void)note(check_sponsor(plan->playbook, request->sponsor, diags), WRIT_REFUSAL_SPONSOR,
		   first);
	(void)note(check_risk(plan, diags), WRIT_REFUSAL_RISK, first);
	(void)note(check_times(request, diags, plan), WRIT_REFUSAL_MALFORMED, first);
	return *first == WRIT_REFUSAL_NONE ? 0 : -EINVAL;
}

enum writ_refusal writ_grant_review(const struct writ_policy *policy,
				    const struct writ_request *request,
				    struct writ_diagnostics *diags, struct writ_grant_plan *plan)
{
	const char *values[WRIT_PARAMETERS_MAX] = {NULL};
	enum writ_refusal first = WRIT_REFUSAL_NONE;

	*plan = (struct writ_grant_plan){0};
	(void)review(policy, request, diags, plan, values, &first);
	return first;
}

bool writ_grant_may_ask(const struct writ_policy *policy, const struct writ_policy_agent *agent,
			const struct writ_policy_playbook *playbook)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	const struct writ_grant_plan plan = {
		.agent = agent, .role = agent->role, .playbook = playbook};

	return !check_environment(policy, &plan, &diags) && !check_risk(&plan, &diags);
}

int writ_grant_compile(const struct writ_policy *policy, const struct writ_request *request,
		       struct writ_diagnostics *diags, struct writ_grant_plan *ret_plan)
{
	const char *values[WRIT_PARAMETERS_MAX] = {NULL};
	enum writ_refusal first = WRIT_REFUSAL_NONE;
	struct writ_grant_plan plan = {0};
	int err = review(policy, request, diags, &plan, values, &first);

	if (!err)
		err = writ_grant_build(plan.playbook, plan.agent, values, diags, &plan.image);
	if (err)
		return err;
	writ_parameters_format(plan.playbook, values, plan.parameters, sizeof(plan.parameters));
	*ret_plan = plan;
	return 0;
}

int writ_grant_check(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags)
{
	_cleanup_(writ_blob_free) struct writ_blob image = {0};

	return writ_grant_build(playbook, NULL, NULL, diags, &image);
}

void writ_grant_plan_free(struct writ_grant_plan *plan)
{
	writ_blob_free(&plan->image);
}
