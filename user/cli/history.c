/* SPDX-License-Identifier: Apache-2.0 */
/* See history.h. */
#include "cli/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cli/call.h"
#include "cli/command.h"
#include "cli/control.h"
#include "cli/fields.h"
#include "cli/http.h"
#include "cli/output.h"

#define LIMIT_SHOWN "50"
#define PAGE_MAX 1000u /* rows that the broker gives at a time */

/* Adds "&key=value" to @target. */
static int add(const struct writ_cli *cli, char *target, size_t size, const char *key,
	       const char *value)
{
	size_t len = strlen(target);
	int n;

	if (!value)
		return WRIT_EXIT_OK;
	n = snprintf(target + len, size - len, "%c%s=", strchr(target, '?') ? '&' : '?', key);
	if (n < 0 || (size_t)n >= size - len ||
	    writ_http_encode(value, target + len + n, size - len - (size_t)n))
		return writ_options_usage(cli, "--%s is too long", key);
	return WRIT_EXIT_OK;
}

static int fill(const struct writ_cli *cli, const struct writ_history_filter *filter, char *target,
		size_t size)
{
	int err = add(cli, target, size, "agent", filter->agent);

	if (!err)
		err = add(cli, target, size, "playbook", filter->playbook);
	if (!err)
		err = add(cli, target, size, "ticket", filter->ticket);
	return err ? err : add(cli, target, size, "since", filter->since);
}

static const char *or_none(const char *text)
{
	return *text ? text : "-";
}

static int add_row(struct writ_table *table, const json_t *grant)
{
	char id[24], issued[64], state[256], who[1024], parameters[2048], words[1024];
	const char *by = writ_fields_text(grant, "requester");

	(void)snprintf(id, sizeof(id), "%" PRIu64, writ_fields_number(grant, "id"));
	(void)snprintf(state, sizeof(state), "%.120s%s%.120s", writ_fields_text(grant, "state"),
		       *writ_fields_text(grant, "ended_by") ? " by " : "",
		       writ_fields_text(grant, "ended_by"));
	(void)writ_fields_words(grant, "approvers", words, sizeof(words));
	(void)snprintf(who, sizeof(who), "%.200s%s%.700s", *by ? by : "itself", *words ? "; " : "",
		       words);
	return writ_output_row(
		table,
		(const char *[]){
			id, writ_fields_moment(grant, "issued_at", issued, sizeof(issued)),
			writ_fields_text(grant, "agent"), writ_fields_text(grant, "playbook"),
			or_none(writ_fields_text(grant, "ticket")), state, who,
			writ_fields_pairs(grant, "parameters", parameters, sizeof(parameters))});
}

static int print_table(const struct writ_cli *cli, const json_t *grants)
{
	static const char *const heading[] = {"ID",	"ISSUED", "AGENT",	     "PLAYBOOK",
					      "TICKET", "STATE",  "ASKED; APPROVED", "PARAMETERS"};
	_cleanup_table_ struct writ_table table = {.n_columns = 8};
	int err = writ_output_row(&table, heading);
	const json_t *grant;
	size_t i;

	json_array_foreach(grants, i, grant) err = err ? err : add_row(&table, grant);
	if (err)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
	writ_output_table(&table);
	return WRIT_EXIT_OK;
}

/* The next page into @grants: at most @limit rows, below id @before (0: the newest). */
static int take_page(const struct writ_cli *cli, const char *filtered, uint64_t limit,
		     json_t *grants, uint64_t *before)
{
	struct writ_call call = {.cli = cli, .operators = true, .method = "GET"};
	_cleanup_json_ json_t *answer = NULL;
	char target[WRIT_HTTP_TARGET_MAX], since[48] = "";
	int err;

	if (*before)
		(void)snprintf(since, sizeof(since), "&before=%" PRIu64, *before);
	(void)snprintf(target, sizeof(target), "%.3900s%climit=%" PRIu64 "%s", filtered,
		       strchr(filtered, '?') ? '&' : '?', limit < PAGE_MAX ? limit : PAGE_MAX,
		       since);
	call.target = target;
	err = writ_call_ask(&call, &answer);
	if (err)
		return err;
	*before = writ_fields_number(answer, "next");
	if (json_array_extend(grants, json_object_get(answer, "grants")))
		return writ_options_fail(cli, WRIT_EXIT_UNREACHABLE,
					 "the broker's answer is none: install writ and writd of "
					 "the same version");
	return WRIT_EXIT_OK;
}

static int take(const struct writ_cli *cli, const char *filtered, uint64_t limit, json_t *grants)
{
	uint64_t before = 0;
	size_t had;
	int err;

	do {
		had = json_array_size(grants);
		err = take_page(cli, filtered, limit - had, grants, &before);
	} while (!err && before && json_array_size(grants) > had &&
		 json_array_size(grants) < limit);
	return err;
}

int writ_history_show(const struct writ_cli *cli, const struct writ_history_filter *filter)
{
	char filtered[WRIT_HTTP_TARGET_MAX - 128] = "/v1/grants";
	_cleanup_json_ json_t *grants = json_array();
	__u64 limit = 0;
	int err = writ_control_number(cli, "limit", "writ help grants",
				      filter->limit ? filter->limit : LIMIT_SHOWN, &limit);

	if (!err)
		err = fill(cli, filter, filtered, sizeof(filtered));
	if (!err)
		err = take(cli, filtered, limit, grants);
	if (err)
		return err;
	if (cli->json)
		return writ_output_json(json_incref(grants));
	if (json_array_size(grants))
		return print_table(cli, grants);
	(void)printf("The ledger has no such grant.\n");
	return WRIT_EXIT_OK;
}
