/* SPDX-License-Identifier: Apache-2.0 */
/* See role.h. */
#include "compile/role.h"

#include <stdio.h>

#include "compile/bindings.h"
#include "compile/ruleset.h"
#include "lib/cleanup.h"

bool writ_role_varies(const struct writ_policy_role *role)
{
	return role->uses_agent || role->uses_environment;
}

/* @agent NULL: for nobody. */
static int compile(const struct writ_policy_role *role, const struct writ_policy_agent *agent,
		   struct writ_diagnostics *diags, struct writ_blob *ret_image)
{
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	struct writ_glob_parameters parameters;
	struct writ_bindings bindings;
	char what[WRIT_NAME_SIZE + 32];
	int err;

	writ_bindings_init(&bindings, NULL, 0);
	writ_bindings_set_agent(&bindings, agent);
	parameters = writ_bindings_values(&bindings);
	(void)snprintf(what, sizeof(what), "the rules of role \"%s\"", role->name);
	writ_ruleset_init(&set, &parameters, diags);
	err = 0;
	for (size_t i = 0; i < role->n_lineage && !err; i++) {
		set.capabilities |= role->lineage[i]->capabilities;
		set.kernel |= role->lineage[i]->kernel;
		err = writ_ruleset_add(&set, &role->lineage[i]->rules);
	}
	return err ? err : writ_ruleset_build(&set, what, &role->at, ret_image);
}

int writ_role_compile(const struct writ_policy *policy, const struct writ_policy_role *role,
		      struct writ_diagnostics *diags, struct writ_blob *ret_image)
{
	(void)policy;
	return compile(role, NULL, diags, ret_image);
}

int writ_role_compile_agent(const struct writ_policy_agent *agent, struct writ_diagnostics *diags,
			    struct writ_blob *ret_image)
{
	return compile(agent->role, agent, diags, ret_image);
}
