/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of a request: judged, written down, its ticket validated, proposed to the core; then
 * given, waiting for people, or refused. What is in force has had its row as ISSUING before, so a
 * crash loses no grant. Whatever fails refuses, but for one case: once the core may have given it
 * and does not say so, the row stays ISSUING until the core can be asked.
 */
#ifndef WRIT_BROKER_FLOW_H
#define WRIT_BROKER_FLOW_H

#include "broker/broker.h"

struct writ_flow_asker {
	const struct writ_attest_row *caller;
	int fd; /* its connection */
	bool by_operator;
};

struct writ_flow_result {
	uint64_t id; /* row of the ledger; 0: it could not be written */
	enum writ_request_state state;
	enum writ_refusal refusal; /* REFUSED, and ISSUING when the core was lost */
	uint32_t retry_after;	   /* seconds */
	uint32_t needed;	   /* PENDING: approvals */
	uint32_t given;
	char message[WRIT_MESSAGE_SIZE];
	char remedy[WRIT_REMEDY_SIZE];
};

struct writ_flow_question {
	struct writ_flow_asker asker;
	const struct writ_request *request; /* of ask.h's form; of an agent's, whatever agent */
	struct writ_flow_result result;	    /* comes out */
};

#define WRIT_FLOW_TOGETHER_MAX 32u

/*
 * Requests that go their way together, each to its end, or to where it has to wait: PENDING for
 * people, OPEN for the validator. Whatever is refused is in `result`, and in the ledger if that can
 * be written. At most WRIT_FLOW_TOGETHER_MAX, each of another agent: what is refused to an agent
 * counts for its next request.
 *
 * The core works while the broker has other things to do, and what is written down is written in
 * a group of the caller's (writ_ledger_group()), whose outcome is @err. begin() judges them and
 * writes them down; behind the group's end begun() lets those go on that need more than the core,
 * or less. put() asks the core for the others; take() takes its answers and writes down what it
 * gave; behind the group's end end() does the rest, and every `result` is there. One round may
 * begin while another is put. begin(): @err is that of opening the group; none is written then.
 */
struct writ_flow_round;
struct writ_flow_round *writ_flow_begin(struct writ_broker *broker,
					struct writ_flow_question *questions, size_t n, int err);
void writ_flow_begun(struct writ_flow_round *round, int err);
void writ_flow_put(struct writ_flow_round *round);
void writ_flow_take(struct writ_flow_round *round);
void writ_flow_end(struct writ_flow_round *round, int err);

/* The core has been asked for something: it will be heard. */
bool writ_flow_waits(const struct writ_flow_round *round);

/* The validator has spoken: a writ_validate_done whose context is the broker. Wakes who waits. */
void writ_flow_validated(void *context, uint64_t request, enum writ_refusal refusal,
			 const char *message);

/*
 * The asker does not want request @id in @state any more; @proposal is the core's. 0; -EALREADY: it
 * is decided; -EBUSY: it is being issued; else the core's or the ledger's error, and it goes on.
 */
int writ_flow_withdraw(struct writ_broker *broker, uint64_t id, enum writ_request_state state,
		       uint64_t proposal, char ret_error[WRIT_ERROR_SIZE]);

#endif
