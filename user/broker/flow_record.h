/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core is told of requests that came to nothing, for the log: the broker can't write to it. A
 * refusal stands whether the core takes it or not; what it does not take is told in writd's log.
 */
#ifndef WRIT_BROKER_FLOW_RECORD_H
#define WRIT_BROKER_FLOW_RECORD_H

#include "broker/broker.h"

/*
 * @request of who made the connection @fd was refused, or (NONE) is withdrawn; @id: its row of the
 * ledger, 0: it has none.
 */
void writ_flow_record(struct writ_broker *broker, const struct writ_request *request, int fd,
		      uint64_t id, enum writ_refusal refusal);

/* Likewise what people approved as @proposal, and was not issued. The core forgets it. */
void writ_flow_record_proposal(struct writ_broker *broker, uint64_t proposal,
			       enum writ_refusal refusal);

#endif
