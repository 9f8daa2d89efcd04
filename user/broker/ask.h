/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON of a request for a grant -> the message to the core. Pure; the body is not trusted. */
#ifndef WRIT_BROKER_ASK_H
#define WRIT_BROKER_ASK_H

#include <jansson.h>
#include <stdbool.h>

#include "broker/evaluate.h"

/*
 * Reads @root (NULL: there is no body) into the fields that the asker gives: playbook, parameters,
 * ticket, sponsor, reason, ttl, delay, context, and, with @push, the agent; all else is 0. Strings
 * come out whole, as valid UTF-8 without control signs. 0, or -EINVAL and every fault in
 * @ret_fault, each with the path of its value ("parameters.service: ..."), as far as they fit into
 * the one line.
 */
int writ_ask_read(const json_t *root, bool push, struct writ_request *ret_request,
		  char ret_fault[WRIT_MESSAGE_SIZE]);

#endif
