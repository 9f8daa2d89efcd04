/* SPDX-License-Identifier: Apache-2.0 */
/* See suppose.h. */
#include "compile/suppose.h"

#include <errno.h>
#include <stdio.h>

#include "compile/bindings.h"
#include "compile/image_match.h"
#include "compile/parameters.h"
#include "compile/role.h"
#include "compile/ruleset.h"
#include "compile/values.h"
#include "lib/cleanup.h"

static int place(const struct writ_blob *image, struct writ_tables **ret_tables)
{
	struct writ_tables *tables = writ_tables_new();

	if (!tables)
		return -ENOMEM;
	(void)writ_tables_place(tables, 0, image); /* an image is smaller than an arena */
	*ret_tables = tables;
	return 0;
}

int writ_suppose_image(const struct writ_policy_playbook *playbook,
		       const struct writ_policy_agent *agent, const char *const *values,
		       struct writ_diagnostics *diags, struct writ_tables **ret_tables)
{
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
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
	err = writ_ruleset_add(&set, &playbook->rules);
	if (!err)
		err = writ_ruleset_build(&set, what, &playbook->at, &image);
	return err ? err : place(&image, ret_tables);
}

int writ_suppose_grant(const struct writ_policy_playbook *playbook,
		       const struct writ_policy_agent *agent, const struct writ_request *request,
		       struct writ_diagnostics *diags, struct writ_tables **ret_tables)
{
	const char *values[WRIT_PARAMETERS_MAX] = {NULL};
	int err = writ_parameters_check(playbook, request, diags, values);

	return err ? err : writ_suppose_image(playbook, agent, values, diags, ret_tables);
}

int writ_suppose_role(const struct writ_policy_agent *agent, struct writ_diagnostics *diags,
		      struct writ_tables **ret_tables)
{
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_role_compile_agent(agent, diags, &image);

	return err ? err : place(&image, ret_tables);
}
