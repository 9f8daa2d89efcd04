/* SPDX-License-Identifier: Apache-2.0 */
/* What an agent may ask for instead: a denied operation, or a request, -> playbooks. Pure. */
#ifndef WRIT_BROKER_REMEDY_H
#define WRIT_BROKER_REMEDY_H

#include "broker/evaluate.h"

/*
 * One line for @denial of @agent, of the form of a command: "writ request rotate-certificate
 * service=billing --ticket TICKET", several joined by " or "; for `other_run` the `writ exec` that
 * reaches the grant; "" when nothing that the role may ask for would allow it. A word in capitals
 * is for the asker to fill in. Of a program, playbooks that let it run with some arguments: those
 * of the denied one are not in @denial. 0 or -ENOMEM.
 */
int writ_remedy_find(const struct writ_policy *policy, const char *agent,
		     const struct writ_denial_row *denial, char ret_remedy[WRIT_REMEDY_SIZE]);

/*
 * The command that asks for @playbook, with those parameters of @request (NULL: none) that are
 * sound; "" when it does not fit.
 */
void writ_remedy_command(const struct writ_policy_playbook *playbook,
			 const struct writ_request *request, char ret_remedy[WRIT_REMEDY_SIZE]);

/*
 * The commands for what @agent may ask for, as many as fit: the one whose name is near to @meant,
 * else all. "" when there is none.
 */
void writ_remedy_offers(const struct writ_policy *policy, const struct writ_policy_agent *agent,
			const char *meant, char ret_remedy[WRIT_REMEDY_SIZE]);

#endif
