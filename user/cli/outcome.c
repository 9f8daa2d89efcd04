/* SPDX-License-Identifier: Apache-2.0 */
/* See outcome.h. */
#include "cli/outcome.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/form.h"
#include "cli/output.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define WAIT_MAX 60u /* seconds that the broker keeps one question waiting */
#define PAUSE_NS 200000000L
#define TEXT_SIZE 1024

int writ_outcome_patience(const struct writ_cli *cli, struct writ_patience *patience)
{
	return patience->text ? writ_form_time(cli, "wait", patience->text, &patience->ns)
			      : WRIT_EXIT_OK;
}

static const json_t *request_of(const json_t *answer)
{
	return json_object_get(answer, "request");
}

const json_t *writ_outcome_grant(const json_t *answer)
{
	const json_t *grant = json_object_get(answer, "grant");

	return json_is_object(grant) ? grant : NULL;
}

static bool is_undecided(const json_t *answer)
{
	const char *state = writ_fields_text(request_of(answer), "state");

	return !strcmp(state, "open") || !strcmp(state, "pending") || !strcmp(state, "issuing");
}

/* Seconds that the next question may take; 0: no more. */
static unsigned int next_wait(const struct writ_patience *patience, uint64_t until)
{
	uint64_t now = writ_time_boot(), left;

	if (!patience->text)
		return WAIT_MAX;
	left = now < until ? (until - now + WRIT_NS_PER_SECOND - 1) / WRIT_NS_PER_SECOND : 0;
	return left < WAIT_MAX ? (unsigned int)left : WAIT_MAX;
}

/* Asks how the request of *@answer stands, once that has changed or @wait seconds are over. */
static int ask_again(const struct writ_call *call, unsigned int wait, json_t **answer)
{
	uint64_t id = writ_fields_number(request_of(*answer), "id");
	struct writ_call again = {.cli = call->cli,
				  .operators = call->operators,
				  .method = "GET",
				  .seconds = WRIT_CALL_SECONDS + wait};
	unsigned int status = 0;
	json_t *next = NULL;
	char target[64];
	int err;

	(void)snprintf(target, sizeof(target), "/v1/requests/%" PRIu64 "?wait=%u", id, wait);
	again.target = target;
	err = writ_call_send(&again, &status, &next);
	if (err && !call->cli->json)
		(void)fprintf(stderr, "request %" PRIu64 " was made, and goes on\n", id);
	if (err)
		return err;
	json_decref(*answer);
	*answer = next;
	return WRIT_EXIT_OK;
}

int writ_outcome_await(const struct writ_call *call, const struct writ_patience *patience,
		       json_t **ret_answer)
{
	uint64_t until = writ_time_boot() + patience->ns;
	_cleanup_json_ json_t *answer = NULL;
	unsigned int status = 0, wait;
	int err = writ_call_send(call, &status, &answer);

	while (!err && patience->wait && is_undecided(answer)) {
		wait = next_wait(patience, until);
		if (!wait)
			break;
		err = ask_again(call, wait, &answer);
		if (!err && is_undecided(answer)) /* a broker that doesn't wait gets no storm */
			(void)nanosleep(&(const struct timespec){.tv_nsec = PAUSE_NS}, NULL);
	}
	if (!err)
		*ret_answer = take_ptr(answer);
	return err;
}

/* Why it lasts less long than @asked, if it does. */
static void print_clip(const json_t *grant, const char *asked, const char *span)
{
	const char *clip = writ_fields_text(grant, "clip");

	if (!strcmp(clip, "playbook") || !strcmp(clip, "role"))
		(void)printf("asked for %s: clipped to the %s that the %s allows\n", asked, span,
			     clip);
	if (!strcmp(clip, "window"))
		(void)printf("asked for %s: clipped to the %s until the change window closes\n",
			     asked, span);
}

static void print_ticket(const json_t *json)
{
	char text[TEXT_SIZE];

	if (*writ_fields_text(json, "ticket"))
		(void)printf(" (ticket %s)", writ_output_text(writ_fields_text(json, "ticket"),
							      text, sizeof(text)));
}

/* "PLAYBOOK to AGENT" */
static void print_what(const json_t *json)
{
	char playbook[TEXT_SIZE], agent[TEXT_SIZE];

	(void)printf(
		"%s to %s",
		writ_output_text(writ_fields_text(json, "playbook"), playbook, sizeof(playbook)),
		writ_output_text(writ_fields_text(json, "agent"), agent, sizeof(agent)));
}

void writ_outcome_print_grant(const json_t *grant, const char *asked)
{
	int64_t begins = writ_fields_time(grant, "begins_at");
	int64_t expires = writ_fields_time(grant, "expires_at");
	char span[32], moment[64];

	writ_time_format(expires > begins ? (uint64_t)(expires - begins + 500000000) /
						    WRIT_NS_PER_SECOND * WRIT_NS_PER_SECOND
					  : 0,
			 span, sizeof(span));
	(void)printf("granted %" PRIu64 ": ", writ_fields_number(grant, "id"));
	print_what(grant);
	(void)printf(" for %s", span);
	print_ticket(grant);
	if (!strcmp(writ_fields_text(grant, "state"), "pending"))
		(void)printf(", from %s",
			     writ_fields_moment(grant, "begins_at", moment, sizeof(moment)));
	(void)printf(", until %s\n",
		     writ_fields_moment(grant, "expires_at", moment, sizeof(moment)));
	print_clip(grant, asked, span);
	if (!strcmp(writ_fields_text(grant, "scope"), "run"))
		(void)printf("held by its run alone: 'writ exec %" PRIu64 " -- COMMAND'\n",
			     writ_fields_number(grant, "id"));
}

static int say_undecided(const json_t *request)
{
	uint64_t id = writ_fields_number(request, "id");
	const char *state = writ_fields_text(request, "state");

	(void)printf("pending: request %" PRIu64 ", ", id);
	print_what(request);
	print_ticket(request);
	if (strcmp(state, "pending")) {
		(void)printf(", is being %s\n", strcmp(state, "open") ? "issued" : "checked");
	} else {
		(void)printf(", waits for approval");
		if (writ_fields_number(request, "needed"))
			(void)printf(" by %" PRIu64, writ_fields_number(request, "needed"));
		(void)printf("\noperators decide it: 'writ pending', then 'writ approve'\n");
	}
	if (*writ_fields_text(request, "requester")) /* an operator */
		(void)printf("then it is issued at once: see 'writ grants'\n");
	else
		(void)printf("then it is issued at once; 'writ request --id %" PRIu64
			     " --wait' waits for it\n",
			     id);
	return WRIT_EXIT_PENDING;
}

/* A request that was refused has the fields of an error. */
static int say_refused(const struct writ_cli *cli, const json_t *answer)
{
	json_t *request = json_object_get(answer, "request");
	_cleanup_json_ json_t *error = json_pack("{s:O}", "error", request);

	return writ_call_refuse(cli, error, writ_fields_number(request, "id"));
}

int writ_outcome_say(const struct writ_cli *cli, const json_t *answer, const char *asked)
{
	const json_t *request = request_of(answer), *grant = writ_outcome_grant(answer);
	const char *state = writ_fields_text(request, "state");
	int code = WRIT_EXIT_OK;

	if (json_object_get(answer, "error"))
		return writ_call_refuse(cli, answer, writ_fields_number(request, "id"));
	if (!strcmp(state, "refused"))
		return say_refused(cli, answer);
	if (!strcmp(state, "withdrawn"))
		return writ_options_fail(cli, WRIT_EXIT_FAILED,
					 "request %" PRIu64 " was withdrawn: ask again",
					 writ_fields_number(request, "id"));
	if (!grant && !is_undecided(answer))
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "the broker's answer is none: install writ and writd of "
					 "the same version");
	if (cli->json) {
		code = writ_output_json(json_incref((json_t *)answer));
		return code || grant ? code : WRIT_EXIT_PENDING;
	}
	if (!grant)
		return say_undecided(request);
	writ_outcome_print_grant(grant, asked);
	return WRIT_EXIT_OK;
}
