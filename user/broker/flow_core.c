/* SPDX-License-Identifier: Apache-2.0 */
/* See flow_core.h. */
#include "broker/flow_core.h"

#include <errno.h>
#include <stdio.h>

void writ_flow_core_row(void *context, const struct writ_reply *row)
{
	struct writ_flow_core *core = context;

	if (row->type == WRIT_REPLY_PROPOSAL) {
		core->has_proposal = true;
		core->proposal = row->proposal;
	} else if (row->type == WRIT_REPLY_GRANT) {
		core->has_grant = true;
		core->grant = row->grant;
	}
}

bool writ_flow_core_lost(int err)
{
	return err == -EPIPE || err == -ETIMEDOUT || err == -EPROTO;
}

enum writ_refusal writ_flow_core_refusal(int err)
{
	switch (err) {
	case -ESHUTDOWN:
		return WRIT_REFUSAL_FROZEN;
	case -EKEYREVOKED:
		return WRIT_REFUSAL_SUSPENDED;
	case -ENODATA:
		return WRIT_REFUSAL_POLICY;
	case -ETIME:
		return WRIT_REFUSAL_WINDOW;
	case -EBUSY:  /* no room for one more grant of the agent */
	case -EDQUOT: /* so many of its requests wait */
		return WRIT_REFUSAL_CONCURRENCY;
	case -ERESTART:
		return WRIT_REFUSAL_COOLDOWN;
	case -EUSERS:
		return WRIT_REFUSAL_RATE;
	case -ENOBUFS: /* so many of all agents' do */
		return WRIT_REFUSAL_UNAVAILABLE;
	default:
		return WRIT_REFUSAL_CORE;
	}
}

static int unclear(char error[WRIT_ERROR_SIZE], const char *what)
{
	(void)snprintf(error, WRIT_ERROR_SIZE, "%s", what);
	return -EPROTO;
}

int writ_flow_core_check(const struct writ_flow_core *core, int err, bool issuing,
			 char error[WRIT_ERROR_SIZE])
{
	if (err && core->has_grant)
		return unclear(error, "the core refused what it had issued");
	if (err)
		return err;
	if (core->has_grant) {
		if (!issuing || core->grant.info.ledger != core->ledger || !core->grant.info.id)
			return unclear(error, "the core issued what was not asked for");
		return 0;
	}
	if (!core->has_proposal || core->proposal.ledger != core->ledger ||
	    !core->proposal.proposal)
		return unclear(error, "the core took another proposal");
	if (core->proposal.state == WRIT_PROPOSAL_PENDING)
		return 0;
	if (issuing || core->proposal.state != WRIT_PROPOSAL_READY)
		return unclear(error, "the core neither issued the proposal nor keeps it");
	(void)snprintf(error, WRIT_ERROR_SIZE,
		       "the policy in force asks for no approval, the one on disk does; an "
		       "operator has to say 'writ policy apply'");
	return -ESTALE;
}

int writ_flow_core_withdraw(struct writ_core *core, uint64_t proposal,
			    char ret_error[WRIT_ERROR_SIZE])
{
	struct writ_request request = {.verb = WRIT_VERB_WITHDRAW, .proposal = proposal};
	int err = writ_core_ask(core, &request, -1, NULL, NULL, ret_error);

	return err == -ENOENT ? 0 : err; /* a core that has started since knows nothing of it */
}
