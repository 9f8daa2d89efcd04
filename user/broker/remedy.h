/* SPDX-License-Identifier: Apache-2.0 */
/* A denied operation -> what its agent may ask for: playbooks with their parameters. Pure. */
#ifndef WRIT_BROKER_REMEDY_H
#define WRIT_BROKER_REMEDY_H

#include "broker/evaluate.h"

/*
 * One line for @denial of @agent, of the form of a command: "writ request rotate-certificate
 * service=billing --ticket TICKET", several joined by " or "; for `other_run` the `writ exec` that
 * reaches the grant; "" when nothing that the role may ask for would allow it. 0 or -ENOMEM.
 */
int writ_remedy_find(const struct writ_policy *policy, const char *agent,
		     const struct writ_denial_row *denial, char ret_remedy[WRIT_REMEDY_SIZE]);

#endif
