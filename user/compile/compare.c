/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See compare.h. Agents of the same two roles change alike: each pair of roles is compared once,
 * and what came out is said again for every agent of it.
 */
#include "compile/compare.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/capabilities.h"
#include "compile/compare_rules.h"
#include "compile/compare_terms.h"
#include "compile/image_match.h"
#include "compile/parameters.h"
#include "compile/policy.h"
#include "compile/role.h"
#include "compile/suppose.h"
#include "lib/cleanup.h"
#include "lib/time.h"
#include "writ/names.h"

/* Two roles that were compared already, and where in `changes` what was found begins. */
struct pair {
	const struct writ_policy_role *before;
	const struct writ_policy_role *after;
	size_t first;
	size_t count;
};

struct compare {
	const struct writ_policy *before;
	const struct writ_policy *after;
	struct writ_diagnostics *diags;
	struct writ_comparison *out;
	struct pair *pairs;
	size_t n_pairs;
	size_t pairs_capacity;
	struct writ_change change; /* what the next changes have in common: agent, playbook */
};

const char *writ_compare_kind(enum writ_change_kind kind)
{
	static const char *const words[] = {
#define X(name, word) [WRIT_CHANGE_##name] = (word),
		WRIT_CHANGE_LIST(X)
#undef X
	};

	return words[kind];
}

static int add(struct compare *compare, struct writ_change change)
{
	return writ_compare_add(compare->out, &compare->change, change);
}

static int add_value(struct compare *compare, enum writ_change_kind kind,
		     enum writ_change_effect effect, const char *before, const char *after)
{
	if (!strcmp(before ? before : "", after ? after : ""))
		return 0;
	return add(compare, (struct writ_change){
				    .kind = kind,
				    .effect = effect,
				    .before = before,
				    .after = after,
			    });
}

/* @fixed: nothing in the images stands for something else (a parameter, the agent's name). */
static int compare_images(struct compare *compare, const struct writ_tables *before,
			  const struct writ_tables *after, bool fixed)
{
	struct writ_rights old = {0}, new = {0};
	int err;

	if (fixed && writ_rights_same_image(before, after))
		return 0;
	err = writ_rights_of(before, &compare->out->arena, &old);
	if (!err)
		err = writ_rights_of(after, &compare->out->arena, &new);
	return err ? err : writ_compare_rules(compare->out, &compare->change, &old, &new);
}

/* --- playbooks -------------------------------------------------------------------------------- */

static int add_span(struct compare *compare, enum writ_change_kind kind, uint64_t before,
		    uint64_t after)
{
	char old[32], new[32];
	const char *texts[2];

	writ_time_format(before, old, sizeof(old));
	writ_time_format(after, new, sizeof(new));
	texts[0] = writ_arena_text(&compare->out->arena, old, strlen(old));
	texts[1] = writ_arena_text(&compare->out->arena, new, strlen(new));
	if (!texts[0] || !texts[1])
		return -ENOMEM;
	return add_value(compare, kind, after > before ? WRIT_CHANGE_GAINS : WRIT_CHANGE_LOSES,
			 texts[0], texts[1]);
}

static int compare_parameters(struct compare *compare, const struct writ_policy_playbook *before,
			      const struct writ_policy_playbook *after)
{
	int err = 0;

	for (size_t i = 0; i < after->n_parameters && !err; i++) {
		const struct writ_policy_parameter *new = &after->parameters[i];
		const struct writ_policy_parameter *old = writ_parameters_find(before, new->name);
		struct writ_change change = {.kind = WRIT_CHANGE_PARAMETER,
					     .effect = WRIT_CHANGE_OTHER,
					     .object = new->name,
					     .before = old ? old->pattern : NULL,
					     .after = new->pattern};

		if (!old || strcmp(old->pattern, new->pattern))
			err = add(compare, change);
	}
	for (size_t i = 0; i < before->n_parameters && !err; i++) {
		const struct writ_policy_parameter *old = &before->parameters[i];

		if (!writ_parameters_find(after, old->name))
			err = add(compare, (struct writ_change){.kind = WRIT_CHANGE_PARAMETER,
								.effect = WRIT_CHANGE_OTHER,
								.object = old->name,
								.before = old->pattern});
	}
	return err;
}

static int compare_playbook(struct compare *compare, const struct writ_policy_agent *old,
			    const struct writ_policy_agent *new, const char *name)
{
	_cleanup_(writ_tables_freep) struct writ_tables *was = NULL, *is = NULL;
	const struct writ_policy_playbook *before = writ_policy_playbook(compare->before, name);
	const struct writ_policy_playbook *after = writ_policy_playbook(compare->after, name);
	int err = writ_suppose_image(before, old, NULL, compare->diags, &was);

	if (!err)
		err = writ_suppose_image(after, new, NULL, compare->diags, &is);
	compare->change.playbook = name;
	if (!err)
		err = compare_images(compare, was, is, false);
	if (!err)
		err = add_span(compare, WRIT_CHANGE_TTL, before->ttl_max_ns, after->ttl_max_ns);
	if (!err)
		err = add_span(compare, WRIT_CHANGE_DEFAULT, before->ttl_default_ns,
			       after->ttl_default_ns);
	if (!err)
		err = add_value(compare, WRIT_CHANGE_TICKET, WRIT_CHANGE_OTHER, before->ticket,
				after->ticket);
	if (!err)
		err = compare_parameters(compare, before, after);
	if (!err)
		err = writ_compare_terms(compare->out, &compare->change, before, after);
	compare->change.playbook = NULL;
	return err;
}

/* Those that one role lists and the other does not, and the contents of those that both do. */
static int compare_playbooks(struct compare *compare, const struct writ_policy_agent *old,
			     const struct writ_policy_agent *new)
{
	const struct writ_policy_role *before = old->role, *after = new->role;
	int err = 0;

	for (size_t i = 0; i < after->n_playbooks && !err; i++)
		if (!writ_policy_may_use(before, after->playbooks[i]))
			err = add(compare, (struct writ_change){.kind = WRIT_CHANGE_PLAYBOOK,
								.effect = WRIT_CHANGE_GAINS,
								.object = after->playbooks[i]});
	for (size_t i = 0; i < before->n_playbooks && !err; i++)
		if (!writ_policy_may_use(after, before->playbooks[i]))
			err = add(compare, (struct writ_change){.kind = WRIT_CHANGE_PLAYBOOK,
								.effect = WRIT_CHANGE_LOSES,
								.object = before->playbooks[i]});
		else
			err = compare_playbook(compare, old, new, before->playbooks[i]);
	return err;
}

/* --- agents ----------------------------------------------------------------------------------- */

static int compare_capabilities(struct compare *compare, const struct writ_tables *before,
				const struct writ_tables *after)
{
	uint64_t old = ((const struct writ_image *)(const void *)before->bytes)->capabilities;
	uint64_t new = ((const struct writ_image *)(const void *)after->bytes)->capabilities;
	int err = 0;

	for (uint32_t bit = 0; bit < WRIT_CAPABILITIES && !err; bit++) {
		struct writ_change change = {.kind = WRIT_CHANGE_CAPABILITY,
					     .effect = new >> bit & 1 ? WRIT_CHANGE_GAINS
								      : WRIT_CHANGE_LOSES,
					     .object = writ_capabilities_name(bit)};

		if ((old ^ new) >> bit & 1)
			err = add(compare, change);
	}
	return err;
}

static int compare_families(struct compare *compare, const struct writ_tables *before,
			    const struct writ_tables *after)
{
	uint32_t old = ((const struct writ_image *)(const void *)before->bytes)->kernel;
	uint32_t new = ((const struct writ_image *)(const void *)after->bytes)->kernel;
	int err = 0;

	for (uint32_t bit = 0; bit < WRIT_FAMILY_COUNT && !err; bit++) {
		struct writ_change change = {.kind = WRIT_CHANGE_KERNEL,
					     .effect = new >> bit & 1 ? WRIT_CHANGE_GAINS
								      : WRIT_CHANGE_LOSES,
					     .object = writ_family_name(bit)};

		if ((old ^ new) >> bit & 1)
			err = add(compare, change);
	}
	return err;
}

static int compare_roles(struct compare *compare, const struct writ_policy_agent *old,
			 const struct writ_policy_agent *new)
{
	_cleanup_(writ_tables_freep) struct writ_tables *was = NULL, *is = NULL;
	int err = writ_suppose_role(old, compare->diags, &was);

	if (!err)
		err = writ_suppose_role(new, compare->diags, &is);
	if (!err)
		err = compare_images(compare, was, is,
				     !writ_role_varies(old->role) && !writ_role_varies(new->role));
	if (!err)
		err = compare_capabilities(compare, was, is);
	if (!err)
		err = compare_families(compare, was, is);
	if (!err)
		err = writ_compare_limits(compare->out, &compare->change, old->role, new->role);
	return err ? err : compare_playbooks(compare, old, new);
}

/* What the pair of roles gave for another agent, said again. */
static int repeat(struct compare *compare, const struct pair *pair)
{
	const char *agent = compare->change.agent;
	struct writ_comparison *out = compare->out;

	if (writ_array_reserve(&out->changes, &out->capacity, out->count + pair->count,
			       sizeof(*out->changes)))
		return -ENOMEM;
	for (size_t i = 0; i < pair->count; i++) {
		out->changes[out->count] = out->changes[pair->first + i];
		out->changes[out->count++].agent = agent;
	}
	return 0;
}

static int compare_pair(struct compare *compare, const struct writ_policy_agent *old,
			const struct writ_policy_agent *new)
{
	struct pair pair = {old->role, new->role, compare->out->count, 0};
	int err;

	for (size_t i = 0; i < compare->n_pairs; i++)
		if (compare->pairs[i].before == pair.before &&
		    compare->pairs[i].after == pair.after)
			return repeat(compare, &compare->pairs[i]);
	err = compare_roles(compare, old, new);
	if (err)
		return err;
	pair.count = compare->out->count - pair.first;
	if (writ_array_reserve(&compare->pairs, &compare->pairs_capacity, compare->n_pairs + 1,
			       sizeof(pair)))
		return -ENOMEM;
	compare->pairs[compare->n_pairs++] = pair;
	return 0;
}

static int compare_agent(struct compare *compare, const struct writ_policy_agent *old,
			 const struct writ_policy_agent *new)
{
	bool looser = new->mode == WRIT_MODE_MONITOR;
	int err = add_value(compare, WRIT_CHANGE_ROLE, WRIT_CHANGE_OTHER, old->role->name,
			    new->role->name);

	if (!err)
		err = add_value(compare, WRIT_CHANGE_MODE,
				looser ? WRIT_CHANGE_GAINS : WRIT_CHANGE_LOSES,
				writ_mode_name(old->mode), writ_mode_name(new->mode));
	if (!err)
		err = add_value(compare, WRIT_CHANGE_CGROUP, WRIT_CHANGE_OTHER, old->cgroup,
				new->cgroup);
	if (!err)
		err = add_value(compare, WRIT_CHANGE_ENVIRONMENT, WRIT_CHANGE_OTHER,
				old->environment, new->environment);
	if (!err)
		err = add_value(compare, WRIT_CHANGE_INSTANCES,
				new->many ? WRIT_CHANGE_GAINS : WRIT_CHANGE_LOSES,
				old->many ? "many" : "one", new->many ? "many" : "one");
	return err ? err : compare_pair(compare, old, new);
}

static int compare_agents(struct compare *compare)
{
	int err = 0;

	for (size_t i = 0; i < compare->after->n_agents && !err; i++) {
		const struct writ_policy_agent *new = &compare->after->agents[i];
		const struct writ_policy_agent *old = writ_policy_agent(compare->before, new->name);

		compare->change.agent = new->name;
		err = old ? compare_agent(compare, old, new)
			  : add_value(compare, WRIT_CHANGE_AGENT, WRIT_CHANGE_GAINS, NULL,
				      new->role->name);
	}
	for (size_t i = 0; i < compare->before->n_agents && !err; i++) {
		const struct writ_policy_agent *old = &compare->before->agents[i];

		compare->change.agent = old->name;
		if (!writ_policy_agent(compare->after, old->name))
			err = add_value(compare, WRIT_CHANGE_AGENT, WRIT_CHANGE_LOSES,
					old->role->name, NULL);
	}
	return err;
}

int writ_compare(const struct writ_policy *before, const struct writ_policy *after,
		 struct writ_diagnostics *diags, struct writ_comparison *ret)
{
	struct compare compare = {.before = before, .after = after, .diags = diags, .out = ret};
	int err;

	*ret = (struct writ_comparison){0};
	err = compare_agents(&compare);
	free(compare.pairs);
	if (err)
		writ_compare_free(ret);
	return err;
}

void writ_compare_free(struct writ_comparison *comparison)
{
	writ_arena_free(&comparison->arena);
	free(comparison->changes);
	*comparison = (struct writ_comparison){0};
}
