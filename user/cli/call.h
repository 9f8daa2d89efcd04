/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question to the broker, and its answer as JSON: which socket, what can fail on the way,
 * and what a refusal says. Nothing of an answer is trusted: what is not of its form is said to
 * be none.
 */
#ifndef WRIT_CLI_CALL_H
#define WRIT_CLI_CALL_H

#include <jansson.h>
#include <stdint.h>

#include "cli/options.h"

#define WRIT_CALL_SECONDS 15u /* the broker's own limits are shorter */

struct writ_call {
	const struct writ_cli *cli;
	bool operators; /* operator.sock, else agent.sock */
	const char *method;
	const char *target;   /* as writ_http_call has it */
	const json_t *body;   /* borrowed; NULL: none */
	bool fallback;	      /* without an answer another way is tried: that is all that is said */
	unsigned int seconds; /* for all of it; 0: WRIT_CALL_SECONDS */
};

/*
 * Sends it and takes an answer of any status, refusals too. Returns WRIT_EXIT_OK with both, or an
 * exit code after saying why there is no answer. @ret_answer is an object or an array, owned.
 */
int writ_call_send(const struct writ_call *call, unsigned int *ret_status, json_t **ret_answer);

/* The same, and a refusal is said and becomes an exit code: @ret_answer is what was asked for. */
int writ_call_ask(const struct writ_call *call, json_t **ret_answer);

/*
 * The same of an answer that is text: lines of printable ASCII, of which other answers are said to
 * be none. @ret_text is owned.
 */
int writ_call_text(const struct writ_call *call, char **ret_text);

/* The word of a refusal's reason, "" if @answer is none. */
const char *writ_call_reason(const json_t *answer);

/*
 * Says a refusal on standard error: reason, message, remedy, when to ask again; with --json as one
 * object. @id: of the request, 0: none. Returns its exit code.
 */
int writ_call_refuse(const struct writ_cli *cli, const json_t *answer, uint64_t id);

#endif
