/* SPDX-License-Identifier: Apache-2.0 */
/* See role.h. */
#include "compile/role.h"

#include <stdio.h>

#include "compile/ruleset.h"
#include "lib/cleanup.h"

int writ_role_compile(const struct writ_policy *policy, const struct writ_policy_role *role,
		      struct writ_diagnostics *diags, struct writ_blob *ret_image)
{
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	char what[WRIT_NAME_SIZE + 32];
	int err;

	(void)policy;
	(void)snprintf(what, sizeof(what), "the rules of role \"%s\"", role->name);
	writ_ruleset_init(&set, NULL, diags);
	err = writ_ruleset_add(&set, &role->rules);
	return err ? err : writ_ruleset_build(&set, what, &role->at, ret_image);
}
