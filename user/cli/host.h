/* SPDX-License-Identifier: Apache-2.0 */
/* What only this host knows about a policy: where its paths lead. */
#ifndef WRIT_CLI_HOST_H
#define WRIT_CLI_HOST_H

#include "compile/policy.h"

/*
 * A warning for each rule whose literal beginning passes through a symbolic link of this host: the
 * kernel asks for the path behind it, so such a rule never matches. What does not exist is passed
 * over.
 */
void writ_host_links(const struct writ_policy *policy, struct writ_diagnostics *diags);

#endif
