/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The external ticket validator: the node's command, with the request as JSON on stdin. It says yes
 * by exit status 0 and {"valid": true} on stdout, within its time; all else is no. It runs
 * beside the loop, as the broker's user, in no shell, with an empty environment but PATH. What it
 * starts in its process group ends with it.
 */
#ifndef WRIT_BROKER_VALIDATE_H
#define WRIT_BROKER_VALIDATE_H

#include "broker/evaluate.h"

#define WRIT_VALIDATIONS_MAX 64u       /* that run at a time; one more is refused: validator */
#define WRIT_VALIDATE_INPUT_MAX 65536u /* bytes of JSON: what a pipe takes before it is read */
#define WRIT_VALIDATE_OUTPUT_MAX 4096u /* bytes of stdout that are read; more is no clean answer */

struct writ_validations;

/*
 * @refusal: NONE, TICKET_REFUSED (it said {"valid": false}) or VALIDATOR (no clean answer);
 * @message: what it said or did, one line. May start another one.
 */
typedef void writ_validate_done(void *context, uint64_t request, enum writ_refusal refusal,
				const char *message);

int writ_validate_open(writ_validate_done *done, void *context,
		       struct writ_validations **ret_validations);

/* Kills those that run; nobody is told. */
void writ_validate_closep(struct writ_validations **validations);

/*
 * Starts it for ledger row @request. @input: JSON text. -EBUSY: too many; -EINVAL: the node has no
 * command; -E2BIG; -errno: not started. Waits until the program is loaded, not for what it does.
 */
int writ_validate_start(struct writ_validations *validations, const struct writ_policy_node *node,
			uint64_t request, const char *input);

int writ_validate_fd(const struct writ_validations *validations);      /* epoll: readable, run() */
int writ_validate_timeout(const struct writ_validations *validations); /* ms; -1: none runs */
void writ_validate_run(struct writ_validations *validations);

#endif
