/* SPDX-License-Identifier: Apache-2.0 */
/* A refused request -> what to ask for instead, as commands (compile/command.h). Pure. */
#ifndef WRIT_BROKER_MEND_H
#define WRIT_BROKER_MEND_H

#include "compile/command.h"
#include "writ/control.h"

/*
 * The command that asks for @playbook, with those parameters of @request (NULL: none) that are
 * sound; "" when it does not fit.
 */
void writ_mend_command(const struct writ_policy_playbook *playbook,
		       const struct writ_request *request, char ret_remedy[WRIT_REMEDY_SIZE]);

/*
 * The commands for what @agent may ask for, as many as fit: the one whose name is near to @meant,
 * else all. "" when there is none.
 */
void writ_mend_offers(const struct writ_policy *policy, const struct writ_policy_agent *agent,
		      const char *meant, char ret_remedy[WRIT_REMEDY_SIZE]);

/*
 * Of a request that evaluation let pass, and validator or core refused: what to ask for instead, or
 * who can help. "" when nothing is known to.
 */
void writ_mend_late(const struct writ_policy *policy, const struct writ_request *request,
		    enum writ_refusal refusal, char ret_remedy[WRIT_REMEDY_SIZE]);

#endif
