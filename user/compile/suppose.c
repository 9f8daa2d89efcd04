/* SPDX-License-Identifier: Apache-2.0 */
/* See suppose.h. */
#include "compile/suppose.h"

#include <errno.h>

#include "compile/grant.h"
#include "compile/image_match.h"
#include "compile/parameters.h"
#include "compile/role.h"
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
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	int err = writ_grant_build(playbook, agent, values, diags, &image);

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
