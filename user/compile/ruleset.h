/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules -> image: collects the rules of one role, one grant or all cgroup patterns, and builds the
 * image that says the same. The one pipeline behind role.c, grant.c and cgroups.c:
 *
 *   rule -> glob -> alternatives -> literals + nfa -> dfa -> minimise -> trie -> image
 *
 * One rule may become several image rules, where it gives different rights in different places
 * (X itself and what is below it; a program and its arguments): `why` then names what holds there.
 */
#ifndef WRIT_COMPILE_RULESET_H
#define WRIT_COMPILE_RULESET_H

#include "compile/arena.h"
#include "compile/glob.h"
#include "compile/image.h"
#include "compile/literals.h"
#include "compile/model.h"
#include "compile/ports.h"
#include "compile/rule_text.h"

struct writ_ruleset {
	struct writ_diagnostics *diags;
	const struct writ_glob_parameters *parameters; /* with values; NULL: none */
	struct writ_nfa nfa;
	struct writ_literals paths; /* how rules begin */
	struct writ_literals execs;
	struct writ_image_rule *rules;
	size_t n_rules;
	size_t rules_capacity;
	const struct writ_position **positions; /* of each image rule */
	size_t positions_capacity;
	struct writ_ports_rule *network;
	size_t n_network;
	size_t network_capacity;
	struct writ_rule_text text;
	struct writ_glob glob;	 /* scratch */
	struct writ_arena arena; /* rules with their parameters replaced */
	uint64_t capabilities;	 /* 1 << CAP_*; set by whoever adds the rules */
	uint32_t kernel;	 /* 1 << WRIT_FAMILY_*; likewise */
	const struct writ_exec_rule *entry; /* whose executions are counted; NULL: none; likewise */
};

/* @parameters and the rules that are added must outlive the set. */
void writ_ruleset_init(struct writ_ruleset *set, const struct writ_glob_parameters *parameters,
		       struct writ_diagnostics *diags);

/* Both: 0, -ENOMEM, or -EINVAL with the error added. */
int writ_ruleset_add(struct writ_ruleset *set, const struct writ_rules *rules);

/* The agent's cgroup pattern, with @value as `allow`. */
int writ_ruleset_add_agent(struct writ_ruleset *set, const struct writ_policy_agent *agent,
			   uint32_t value);

/*
 * Once, when all rules are in. @what and @at name the whole in errors. 0, -ENOMEM, or -EINVAL with
 * the rules to blame added.
 */
int writ_ruleset_build(struct writ_ruleset *set, const char *what, const struct writ_position *at,
		       struct writ_blob *ret_image);

/* Fit for _cleanup_(writ_ruleset_free). */
void writ_ruleset_free(struct writ_ruleset *set);

#endif
