/* SPDX-License-Identifier: Apache-2.0 */
/* See flow.h: who asked takes it back, the core first: what it has forgotten nobody can approve. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "broker/flow.h"
#include "broker/flow_core.h"
#include "broker/flow_record.h"
#include "broker/waiting.h"

int writ_flow_withdraw(struct writ_broker *broker, uint64_t id, enum writ_request_state state,
		       uint64_t proposal, char ret_error[WRIT_ERROR_SIZE])
{
	struct writ_waiting waiting;
	int err = 0;

	if (state == WRIT_REQUEST_STATE_ISSUING)
		return -EBUSY;
	if (state != WRIT_REQUEST_STATE_OPEN && state != WRIT_REQUEST_STATE_PENDING)
		return -EALREADY;
	if (state == WRIT_REQUEST_STATE_PENDING)
		err = writ_flow_core_withdraw(broker->core, proposal, ret_error);
	if (err)
		return err;
	err = writ_ledger_refuse(broker->ledger, id, WRIT_REFUSAL_NONE, "withdrawn by the asker",
				 "", 0, writ_broker_now());
	if (err) {
		(void)snprintf(ret_error, WRIT_ERROR_SIZE, "the ledger can't be written: %s",
			       writ_ledger_error(broker->ledger));
		return err;
	}
	if (!writ_waiting_take(broker->waiting, id, &waiting)) {
		writ_flow_record(broker, &waiting.request, waiting.fd, id, WRIT_REFUSAL_NONE);
		(void)close(waiting.fd);
	}
	return 0;
}
