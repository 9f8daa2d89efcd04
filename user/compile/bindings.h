/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `{name}` may stand for in the rules of one role or playbook: its parameters in their order,
 * then the variables {agent} and {environment}. Names here, values where an image is made.
 */
#ifndef WRIT_COMPILE_BINDINGS_H
#define WRIT_COMPILE_BINDINGS_H

#include "compile/glob.h"
#include "compile/model.h"

enum writ_variable {
	WRIT_VARIABLE_AGENT,
	WRIT_VARIABLE_ENVIRONMENT,
	WRIT_VARIABLES,
};

#define WRIT_BINDINGS_MAX (WRIT_PARAMETERS_MAX + WRIT_VARIABLES)

struct writ_bindings {
	const char *names[WRIT_BINDINGS_MAX];
	const char *values[WRIT_BINDINGS_MAX];
	bool whole[WRIT_BINDINGS_MAX]; /* the value is a whole path */
	size_t count;
};

/* The names: of @n @parameters (0 in a role), then of the variables; no values. */
void writ_bindings_init(struct writ_bindings *bindings,
			const struct writ_policy_parameter *parameters, size_t n);

/*
 * The variables' values for @agent, which must outlive the bindings. NULL: values that no agent
 * has, so that a rule with a variable speaks of nobody.
 */
void writ_bindings_set_agent(struct writ_bindings *bindings, const struct writ_policy_agent *agent);

/* For writ_ruleset_init(), once every value is set; points into @bindings. */
struct writ_glob_parameters writ_bindings_values(const struct writ_bindings *bindings);

/* True for a variable's name, which no parameter may have. */
bool writ_bindings_reserved(const char *name);

#endif
