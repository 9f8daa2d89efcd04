/* SPDX-License-Identifier: Apache-2.0 */
/* See flow_record.h. */
#include "broker/flow_record.h"

#include "broker/flow_core.h"
#include "lib/log.h"

/* A core that is lost is told by who asks next, and the broker ends. */
static void tell(struct writ_broker *broker, struct writ_request *record, int fd)
{
	char error[WRIT_ERROR_SIZE] = "";
	int err;

	record->verb = WRIT_VERB_RECORD;
	err = writ_core_ask(broker->core, record, fd, NULL, NULL, error);
	if (err && !writ_flow_core_lost(err))
		writ_warning("request %llu is refused, and the core does not put that on record: "
			     "%s",
			     (unsigned long long)record->ledger, error);
}

void writ_flow_record(struct writ_broker *broker, const struct writ_request *request, int fd,
		      uint64_t id, enum writ_refusal refusal)
{
	struct writ_request record = *request;

	record.flags = 0;
	record.n_parameters = 0; /* they are not of the record */
	record.proposal = 0;
	record.ledger = id;
	record.refusal = refusal;
	tell(broker, &record, fd);
}

void writ_flow_record_proposal(struct writ_broker *broker, uint64_t proposal,
			       enum writ_refusal refusal)
{
	struct writ_request record = {.proposal = proposal, .refusal = refusal};

	tell(broker, &record, -1);
}
