/* SPDX-License-Identifier: Apache-2.0 */
/* See bindings.h. */
#include "compile/bindings.h"

#include <string.h>

static const char *const variables[WRIT_VARIABLES] = {
	[WRIT_VARIABLE_AGENT] = "agent",
	[WRIT_VARIABLE_ENVIRONMENT] = "environment",
};

void writ_bindings_init(struct writ_bindings *bindings,
			const struct writ_policy_parameter *parameters, size_t n)
{
	*bindings = (struct writ_bindings){.count = n + WRIT_VARIABLES};
	for (size_t i = 0; i < n; i++) {
		bindings->names[i] = parameters[i].name;
		bindings->whole[i] = parameters[i].type == WRIT_PARAMETER_PATH;
	}
	for (size_t i = 0; i < WRIT_VARIABLES; i++)
		bindings->names[n + i] = variables[i];
}

void writ_bindings_set_agent(struct writ_bindings *bindings, const struct writ_policy_agent *agent)
{
	const char **values = bindings->values + bindings->count - WRIT_VARIABLES;

	/* no name holds a brace */
	values[WRIT_VARIABLE_AGENT] = agent ? agent->name : "{agent}";
	values[WRIT_VARIABLE_ENVIRONMENT] = agent ? agent->environment : "{environment}";
}

struct writ_glob_parameters writ_bindings_values(const struct writ_bindings *bindings)
{
	return (struct writ_glob_parameters){.names = bindings->names,
					     .values = bindings->values,
					     .whole = bindings->whole,
					     .count = bindings->count};
}

bool writ_bindings_reserved(const char *name)
{
	for (size_t i = 0; i < WRIT_VARIABLES; i++)
		if (!strcmp(variables[i], name))
			return true;
	return false;
}
