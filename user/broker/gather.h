/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that have come in one turn of the loop go their way together (flow.h): at a high rate
 * they share what writing one down costs, and at a low one none waits for another. Those of one
 * agent go one after the other, a turn each.
 */
#ifndef WRIT_BROKER_GATHER_H
#define WRIT_BROKER_GATHER_H

#include "broker/broker.h"

/* What is in `kept` of an HTTP request from writ_gather_add() on. */
struct writ_gathered;

/*
 * Takes @wanted, of @request, whose handler is called again when it has its answer. The HTTP
 * request owns what is kept in it. -ENOMEM; -EMFILE, -ENFILE.
 */
int writ_gather_add(struct writ_broker *broker, const struct writ_http_request *request,
		    const struct writ_request *wanted);

/* The answer to what was added of @request. -EAGAIN: there is none yet. */
int writ_gather_take(const struct writ_http_request *request, struct writ_http_answer *ret_answer);

/*
 * In every turn of the loop, in this order. begin(): those that are there, one of each agent, are
 * judged and written down, while the core works on the round before; then that one's answers are
 * taken and written down. Is a group of the ledger's open now, which others may use? end(): what is
 * written is on record, or it is to be settled, and the round before has its answers. Are there
 * some, for which HTTP has to run? put(): the core is asked for those that begin() took. Others may
 * ask the core behind end() and put().
 */
bool writ_gather_begin(struct writ_broker *broker);
bool writ_gather_end(struct writ_broker *broker);
void writ_gather_put(void);

/*
 * All that is in hand, to its answer; before the policy by which it was judged is replaced, or the
 * ledger brought together with the core, which does not have yet what is written down to be issued.
 */
bool writ_gather_finish(struct writ_broker *broker);

/* The round that the core has, to its answers; before it is asked for something else. */
bool writ_gather_finish_asked(struct writ_broker *broker);

/* Some are left for the next turn, and nothing that is outstanding will wake it. */
bool writ_gather_waits(const struct writ_broker *broker);

#endif
