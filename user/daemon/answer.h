/* SPDX-License-Identifier: Apache-2.0 */
/* What the functions that answer requests share: one for each verb, the table is answer.c's. */
#ifndef WRIT_DAEMON_ANSWER_H
#define WRIT_DAEMON_ANSWER_H

#include <stdio.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"

struct question {
	struct writ_daemon *daemon;
	const struct writ_peer *peer;
	const struct writ_request *request;
	struct writ_client *client;
	char *error; /* WRIT_ERROR_SIZE */
};

#define say(q, ...) ((void)snprintf((q)->error, WRIT_ERROR_SIZE, __VA_ARGS__))

typedef int writ_answer_function(struct question *q);

/* -ENODATA, with what helps: a policy was refused, and nothing can be issued by it. */
int writ_answer_no_policy(struct question *q);

/* The agent that the request names; 0 and a message when there is none. */
uint32_t writ_answer_agent(struct question *q);

/* Who asks, for the record: the user's name, or "broker". */
void writ_answer_who(const struct question *q, char ret_name[WRIT_NAME_SIZE]);

int writ_answer_row(struct question *q, const struct writ_grant_info *info, uint32_t state,
		    uint32_t clip);

writ_answer_function writ_answer_status; /* answer_node.c */
writ_answer_function writ_answer_sinks;
writ_answer_function writ_answer_agents;
writ_answer_function writ_answer_enrolled;
writ_answer_function writ_answer_apply;
writ_answer_function writ_answer_denials;
writ_answer_function writ_answer_metrics; /* answer_metrics.c */
writ_answer_function writ_answer_grants; /* answer_grants.c */
writ_answer_function writ_answer_revoke;
writ_answer_function writ_answer_done;
writ_answer_function writ_answer_attest; /* answer_proposals.c */
writ_answer_function writ_answer_propose;
writ_answer_function writ_answer_issue;
writ_answer_function writ_answer_withdraw;
writ_answer_function writ_answer_proposals;
writ_answer_function writ_answer_approve;
writ_answer_function writ_answer_refuse;
writ_answer_function writ_answer_record; /* answer_requests.c */
writ_answer_function writ_answer_freeze; /* answer_switches.c */
writ_answer_function writ_answer_thaw;
writ_answer_function writ_answer_suspend;
writ_answer_function writ_answer_resume;

#endif
