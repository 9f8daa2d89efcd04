/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A grant that nobody has asked for: what the kernel would hold if it were issued. Parameters are
 * checked as in grant.h; tickets, times and the agent's right to it are the caller's business.
 */
#ifndef WRIT_COMPILE_SUPPOSE_H
#define WRIT_COMPILE_SUPPOSE_H

#include "compile/model.h"
#include "writ/control.h"
#include "writ/match.h"

/* As many as the kernel keeps of one agent. */
#define WRIT_SUPPOSE_MAX WRIT_GRANTS_PER_AGENT

/*
 * The image of @playbook for @agent with @values[i] for its parameter i (a stand-in where that, or
 * @values, is NULL), in an arena of its own that the caller frees (writ_tables_free). 0, -EINVAL
 * with the errors in @diags, -ENOMEM.
 */
int writ_suppose_image(const struct writ_policy_playbook *playbook,
		       const struct writ_policy_agent *agent, const char *const *values,
		       struct writ_diagnostics *diags, struct writ_tables **ret_tables);

/* The same from a request's parameters, which are checked. */
int writ_suppose_grant(const struct writ_policy_playbook *playbook,
		       const struct writ_policy_agent *agent, const struct writ_request *request,
		       struct writ_diagnostics *diags, struct writ_tables **ret_tables);

/* The image of the role of @agent in an arena of its own. */
int writ_suppose_role(const struct writ_policy_agent *agent, struct writ_diagnostics *diags,
		      struct writ_tables **ret_tables);

#endif
