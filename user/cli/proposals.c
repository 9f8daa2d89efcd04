/* SPDX-License-Identifier: Apache-2.0 */
/* See proposals.h. What an agent wrote stands on lines of its own, behind what the core knows. */
#include "cli/proposals.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "lib/time.h"

static const char *const states[] = {
	[WRIT_PROPOSAL_READY] = "ready",
	[WRIT_PROPOSAL_PENDING] = "pending",
	[WRIT_PROPOSAL_REFUSED] = "refused",
	[WRIT_PROPOSAL_GONE] = "gone",
};

static void set(json_t *json, const char *key, json_t *value)
{
	if (json_object_set_new(json, key, value))
		abort(); /* out of memory: nothing that is half a row is printed */
}

static void set_number(json_t *json, const char *key, uint64_t number)
{
	set(json, key, json_integer((json_int_t)number));
}

static void set_texts(json_t *json, const struct writ_proposal_row *row)
{
	const struct {
		const char *key, *text;
	} texts[] = {
		{"agent", row->agent},	       {"role", row->role},
		{"playbook", row->playbook},   {"ticket", row->ticket},
		{"sponsor", row->sponsor},     {"requester", row->requester},
		{"why", row->reason},	       {"parameters", row->parameters},
		{"approvers", row->approvers}, {"answer", row->answer},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		set(json, texts[i].key, writ_output_string(texts[i].text));
}

json_t *writ_proposals_row(const struct writ_proposal_row *row)
{
	_cleanup_json_ json_t *json = json_object();
	size_t n_states = sizeof(states) / sizeof(states[0]);

	set_number(json, "proposal", row->proposal);
	set_number(json, "request", row->ledger);
	set(json, "state", json_string(row->state < n_states ? states[row->state] : "unknown"));
	set(json, "proposed", writ_output_moment(row->proposed_ns));
	set(json, "until", writ_output_moment(row->until_ns));
	set(json, "ttl_seconds", json_real((double)row->ttl_ns / 1e9));
	set(json, "delay_seconds", json_real((double)row->delay_ns / 1e9));
	set(json, "clipped", json_boolean(row->clip != WRIT_CLIP_NONE));
	set_number(json, "needed", row->needed);
	set_number(json, "given", row->given);
	set_number(json, "uid", row->uid);
	set(json, "by_operator", json_boolean(row->by_operator));
	set_texts(json, row);
	return json_incref(json);
}

static void put(const char *label, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(const char *label, const char *format, ...)
{
	char value[4096], text[4096];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	(void)printf("    %-11s %s\n", label, writ_output_text(value, text, sizeof(text)));
}

static const char *span(uint64_t to, uint64_t from, char ret_text[32])
{
	writ_time_format(to > from ? (to - from) / WRIT_NS_PER_SECOND * WRIT_NS_PER_SECOND : 0,
			 ret_text, 32);
	return ret_text;
}

static void print_asker(const struct writ_proposal_row *row, uint64_t now)
{
	char ago[32], left[32];

	(void)span(now, row->proposed_ns, ago);
	(void)span(row->until_ns, now, left);
	if (row->by_operator)
		put("asked by", "%s (operator, uid %u), %s ago; waits %s more", row->requester,
		    row->uid, ago, left);
	else
		put("asked by", "the agent itself (uid %u), %s ago; waits %s more", row->uid, ago,
		    left);
}

static void print_time(const struct writ_proposal_row *row)
{
	char ttl[32], delay[32];

	writ_time_format(row->ttl_ns, ttl, sizeof(ttl));
	writ_time_format(row->delay_ns, delay, sizeof(delay));
	put("for", "%s%s%s from its issue%s", ttl, row->delay_ns ? ", beginning " : "",
	    row->delay_ns ? delay : "", row->clip ? " (more was asked for)" : "");
}

void writ_proposals_print(const struct writ_proposal_row *row, uint64_t now)
{
	char head[2048], text[4096];

	(void)snprintf(head, sizeof(head), "%s for %s (%s)", row->playbook, row->agent, row->role);
	(void)printf("%s%-3" PRIu64 " %s%s\n", writ_output_colour(WRIT_COLOUR_BOLD),
		     (uint64_t)row->proposal, writ_output_text(head, text, sizeof(text)),
		     writ_output_plain());
	put("parameters", "%s", *row->parameters ? row->parameters : "none");
	print_time(row);
	print_asker(row, now);
	put("approvals", "%u of %u%s%s", row->given, row->needed, *row->approvers ? ": " : "",
	    row->approvers);
	if (*row->ticket)
		put("ticket", "%s", row->ticket);
	if (*row->sponsor)
		put("sponsor", "%s", row->sponsor);
	if (*row->reason)
		put("why", "%s", row->reason);
}

void writ_proposals_print_head(const char *what, const struct writ_proposal_row *row)
{
	char head[2048], text[4096];

	(void)snprintf(head, sizeof(head), "%s to %s", row->playbook, row->agent);
	(void)printf("%s %" PRIu64 ": %s", what, (uint64_t)row->proposal,
		     writ_output_text(head, text, sizeof(text)));
	if (*row->parameters)
		(void)printf(" (%s)", writ_output_text(row->parameters, text, sizeof(text)));
}

int writ_proposals_decide(const struct writ_cli *cli, const struct writ_arguments *arguments,
			  struct writ_request *request,
			  void (*print)(const struct writ_proposal_row *row))
{
	_cleanup_answer_ struct writ_answer answer = {0};
	int err;

	if (arguments->count != 1 || arguments->rest)
		return writ_options_usage(cli, "name one request by its number in 'writ pending'");
	err = writ_control_number(cli, "request", "writ pending", arguments->positional[0],
				  &request->proposal);
	if (!err)
		err = writ_control_ask(cli, request, &answer);
	if (err)
		return err;
	if (answer.count != 1)
		return writ_options_fail(cli, WRIT_EXIT_FAILED,
					 "writd took the decision but did not show it: see "
					 "'writ pending'");
	if (cli->json)
		return writ_output_json(writ_proposals_row(&answer.rows[0].proposal));
	print(&answer.rows[0].proposal);
	return WRIT_EXIT_OK;
}
