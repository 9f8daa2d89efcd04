/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See remedy.h. Offers come from offers.h, which compiles and decides each of them; playbooks that
 * no request of the agent could have are left out.
 */
#include "compile/remedy.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "compile/grant.h"
#include "lib/cleanup.h"

/* Would a further grant change it? */
static bool is_of_grants(uint32_t reason)
{
	return reason == WRIT_REASON_NO_RULE || reason == WRIT_REASON_EXPIRED ||
	       reason == WRIT_REASON_NOT_YET_ACTIVE || reason == WRIT_REASON_REVOKED ||
	       reason == WRIT_REASON_USED_UP || reason == WRIT_REASON_ARGV_MISMATCH;
}

static bool is_of_run(const struct writ_remedy_denial *denial)
{
	return denial->reason == WRIT_REASON_OTHER_RUN && denial->grant;
}

static bool is_of_program(uint32_t operation)
{
	return operation == WRIT_OP_OPEN_EXEC || operation == WRIT_OP_EXEC ||
	       operation == WRIT_OP_ARGV;
}

/*
 * The denial as a question. A program's arguments are not in it, so it is asked for some. An
 * operation on two names is asked for what it needed of the one that is named.
 */
static int pose(const struct writ_remedy_denial *denial, struct writ_explain_question *question)
{
	const char *why;

	/* an object that fills its field may have been cut: of that no offer is certain */
	if (strnlen(denial->object, WRIT_REMEDY_OBJECT_SIZE) >= WRIT_REMEDY_OBJECT_SIZE - 1)
		return -EINVAL;
	question->path = denial->object;
	question->access = denial->access;
	question->operation = denial->operation;
	if (writ_explain_is_socket(denial->operation))
		return writ_explain_peer(denial->object, question, &why);
	if (denial->object[0] != '/')
		return -EINVAL;
	if (is_of_program(denial->operation))
		question->operation = WRIT_OP_EXEC;
	else if (!question->access)
		return -EINVAL;
	else if (denial->operation != WRIT_OP_MAP)
		question->operation = WRIT_OP_OPEN;
	return 0;
}

bool writ_remedy_may_help(const struct writ_remedy_denial *denial)
{
	struct writ_explain_question question = {0};

	return is_of_run(denial) || (is_of_grants(denial->reason) && !pose(denial, &question));
}

/* The offer joins those that there are, if its command fits. */
static void take(struct writ_remedy *remedy, const struct writ_explain_offer *offer)
{
	const char *values[WRIT_PARAMETERS_MAX];

	for (size_t i = 0; i < WRIT_PARAMETERS_MAX; i++)
		values[i] = offer->values[i];
	if (writ_command_join(remedy->text, offer->playbook, values))
		remedy->offers[remedy->n_offers++] = *offer;
}

int writ_remedy_find(struct writ_explainer *explainer, const char *agent,
		     const struct writ_remedy_denial *denial, struct writ_remedy *ret_remedy)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	struct writ_explain_question question = {.agent = agent};
	struct writ_explain_answer answer = {0};
	int err;

	*ret_remedy = (struct writ_remedy){0};
	if (is_of_run(denial)) {
		ret_remedy->run = denial->grant;
		(void)snprintf(ret_remedy->text, WRIT_REMEDY_SIZE,
			       "writ exec %" PRIu64 " -- COMMAND", denial->grant);
		return 0;
	}
	if (!explainer || !is_of_grants(denial->reason) || pose(denial, &question))
		return 0;
	err = writ_explain_ask(explainer, &question, &diags, &answer);
	if (err) /* what can't be asked has no offers */
		return err == -ENOMEM ? err : 0;
	for (size_t i = 0; i < answer.n_offers; i++)
		if (writ_grant_may_ask(writ_explain_policy(explainer), answer.agent,
				       answer.offers[i].playbook))
			take(ret_remedy, &answer.offers[i]);
	return 0;
}
