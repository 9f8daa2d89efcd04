/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See advice.h. Each role and playbook is compiled once more, together with landmarks (reach.c):
 * the accept entries of that image say which rules meet where, so nothing is guessed from globs. A
 * set that grows too large by it goes without advice.
 */
#include "compile/advice.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/bindings.h"
#include "compile/capabilities.h"
#include "compile/env.h"
#include "compile/families.h"
#include "compile/policy.h"
#include "compile/terms.h"
#include "compile/values.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define LONG_TTL_SECONDS 86400u

bool writ_advice_same(const struct writ_ruleset *set, uint32_t a, uint32_t b)
{
	const struct writ_position *x = set->positions[a], *y = set->positions[b];

	return x->line == y->line && x->column == y->column && !strcmp(x->file, y->file);
}

/* Builds the image of @set, whose first @n_own rules are judged. */
static int judge(struct writ_ruleset *set, uint32_t n_own, struct writ_diagnostics *diags)
{
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	struct writ_advice_subject subject = {
		.set = set, .n_own = n_own, .first_place = (uint32_t)set->n_rules};
	int err = writ_reach_add(set);

	if (!err)
		err = writ_ruleset_build(set, "the rules and landmarks", NULL, &image);
	if (err)
		return err == -ENOMEM ? err : 0;
	subject.image = image.bytes;
	err = writ_reach_find(&subject, diags);
	return err ? err : writ_shadow_find(&subject, diags);
}

static int advise_role(const struct writ_policy_role *role, struct writ_diagnostics *diags)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics unheard = {0};
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	struct writ_glob_parameters parameters;
	struct writ_bindings bindings;
	uint32_t n_own = 0;
	int err = 0;

	writ_bindings_init(&bindings, NULL, 0);
	writ_bindings_set_agent(&bindings, NULL);
	parameters = writ_bindings_values(&bindings);
	writ_ruleset_init(&set, &parameters, &unheard);
	for (size_t i = 0; i < role->n_lineage && !err; i++) {
		err = writ_ruleset_add(&set, &role->lineage[i]->rules);
		n_own = i ? n_own : (uint32_t)set.n_rules;
	}
	if (!err)
		err = judge(&set, n_own, diags);
	return err == -ENOMEM ? err : 0;
}

/* Values that differ from each other, so that rules with different parameters do, too. */
static int advise_playbook(const struct writ_policy_playbook *playbook,
			   struct writ_diagnostics *diags)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics unheard = {0};
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	char texts[WRIT_PARAMETERS_MAX][WRIT_NAME_SIZE + 1];
	struct writ_glob_parameters parameters;
	struct writ_bindings bindings;
	int err;

	writ_bindings_init(&bindings, playbook->parameters, playbook->n_parameters);
	for (size_t i = 0; i < playbook->n_parameters; i++) {
		const struct writ_policy_parameter *parameter = &playbook->parameters[i];

		(void)snprintf(texts[i], sizeof(texts[i]), "/%s", parameter->name);
		bindings.values[i] = parameter->type == WRIT_PARAMETER_ADDRESS
					     ? writ_values_stand_in(parameter)
					     : texts[i] + (parameter->type != WRIT_PARAMETER_PATH);
	}
	writ_bindings_set_agent(&bindings, NULL);
	parameters = writ_bindings_values(&bindings);
	writ_ruleset_init(&set, &parameters, &unheard);
	err = writ_ruleset_add(&set, &playbook->rules);
	if (!err)
		err = judge(&set, (uint32_t)set.n_rules, diags);
	return err == -ENOMEM ? err : 0;
}

static int check_users(const struct writ_policy *policy, struct writ_diagnostics *diags)
{
	_cleanup_free_ bool *used = calloc(policy->n_playbooks + 1, sizeof(*used));

	if (!used)
		return -ENOMEM;
	for (size_t r = 0; r < policy->n_roles; r++)
		for (size_t i = 0; i < policy->roles[r].n_playbooks; i++)
			used[writ_policy_playbook(policy, policy->roles[r].playbooks[i]) -
			     policy->playbooks] = true;
	for (size_t i = 0; i < policy->n_playbooks; i++)
		if (!used[i])
			(void)writ_diagnostics_warn(diags, &policy->playbooks[i].at,
						    "Playbook \"%s\": no role may use it",
						    policy->playbooks[i].name);
	return 0;
}

static void check_ttl(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags)
{
	if (playbook->ttl_max_ns > LONG_TTL_SECONDS * WRIT_NS_PER_SECOND)
		(void)writ_diagnostics_warn(diags, &playbook->ttl_at,
					    "ttl: grants of playbook \"%s\" may live for more than "
					    "a day",
					    playbook->name);
}

/* Is it said of a role that this one extends already? */
static bool told_of_another(const struct writ_policy_role *role,
			    const struct writ_policy_playbook *playbook)
{
	for (size_t i = 1; i < role->n_lineage; i++)
		if (playbook->risk > role->lineage[i]->risk &&
		    writ_policy_may_use(role->lineage[i], playbook->name))
			return true;
	return false;
}

/* Playbooks that are listed and never granted; an inherited one is listed in another role. */
static void check_risk(const struct writ_policy *policy, const struct writ_policy_role *role,
		       struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < role->n_playbooks; i++) {
		const struct writ_policy_playbook *playbook =
			writ_policy_playbook(policy, role->playbooks[i]);

		if (playbook->risk > role->risk && !told_of_another(role, playbook))
			(void)writ_diagnostics_warn(
				diags, &role->playbooks_at[i],
				"playbook \"%s\" is of risk %s, and role \"%s\" may have no more "
				"than %s: it is never granted",
				playbook->name, writ_terms_risk(playbook->risk), role->name,
				writ_terms_risk(role->risk));
	}
}

int writ_advice_give(const struct writ_policy *policy, struct writ_diagnostics *diags)
{
	int err = check_users(policy, diags);

	for (size_t i = 0; i < policy->n_roles && !err; i++) {
		writ_capabilities_advise(&policy->roles[i], diags);
		writ_families_advise(&policy->roles[i], diags);
		check_risk(policy, &policy->roles[i], diags);
		err = advise_role(&policy->roles[i], diags);
		err = err ? err : writ_uncounted_find(policy, &policy->roles[i], diags);
	}
	for (size_t i = 0; i < policy->n_playbooks && !err; i++) {
		check_ttl(&policy->playbooks[i], diags);
		writ_terms_advise(&policy->playbooks[i], diags);
		writ_env_advise(&policy->playbooks[i], diags);
		err = advise_playbook(&policy->playbooks[i], diags);
		err = err ? err : writ_wide_find(&policy->playbooks[i], diags);
	}
	return err;
}
