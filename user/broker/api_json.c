/* SPDX-License-Identifier: Apache-2.0 */
/* See api_json.h. Times are RFC 3339 in UTC, durations whole seconds, never rounded to nothing. */
#include "broker/api_json.h"

#include <stdio.h>
#include <string.h>

#include "broker/spiffe.h"
#include "lib/cleanup.h"
#include "lib/escape.h"
#include "lib/time.h"
#include "writ/names.h"

static const char *const states[] = {
#define X(name, word) word,
	WRIT_REQUEST_STATE_LIST(X)};
static const char *const ends[] = {WRIT_END_LIST(X)};
static const char *const clips[] = {WRIT_CLIP_LIST(X)};
static const char *const scopes[] = {WRIT_SCOPE_LIST(X)
#undef X
};

#define WORD_OF(words, number) \
	((number) < sizeof(words) / sizeof((words)[0]) ? (words)[number] : "unknown")

const char *writ_api_state(enum writ_request_state state)
{
	return WORD_OF(states, (uint32_t)state);
}

const char *writ_api_end(enum writ_end end)
{
	return WORD_OF(ends, (uint32_t)end);
}

void writ_api_put(json_t **object, const char *key, json_t *value)
{
	if (json_object_set_new(*object, key, value)) {
		json_decref(*object);
		*object = NULL;
	}
}

json_t *writ_api_text(const char *text)
{
	size_t len = text ? strlen(text) : 0;
	json_t *json = json_string(text ? text : "");
	_cleanup_free_ char *escaped = json ? NULL : malloc(WRIT_ESCAPE_SIZE(len));

	if (json || !escaped)
		return json;
	(void)writ_escape_text(text, len, escaped, WRIT_ESCAPE_SIZE(len));
	return json_string(escaped);
}

static json_t *integer(uint64_t number)
{
	return json_integer((json_int_t)number);
}

static json_t *integer_or_null(uint64_t number, uint64_t null)
{
	return number == null ? json_null() : integer(number);
}

static json_t *moment(int64_t wall_ns)
{
	char text[WRIT_TIME_STAMP_SIZE];

	if (wall_ns <= 0)
		return json_null();
	writ_time_stamp(wall_ns, text, sizeof(text));
	return json_string(text);
}

static json_t *seconds(uint64_t ns)
{
	return integer(ns / WRIT_NS_PER_SECOND + (ns % WRIT_NS_PER_SECOND ? 1 : 0));
}

static json_t *context_of(const struct writ_context *context)
{
	json_t *json = json_object();

	writ_api_put(&json, "session", writ_api_text(context->session));
	writ_api_put(&json, "prompt", writ_api_text(context->prompt));
	writ_api_put(&json, "tool_call", writ_api_text(context->tool_call));
	writ_api_put(&json, "parent", writ_api_text(context->parent));
	return json;
}

/* The ledger's text; null when it is not the object that was put there. */
static json_t *parameters_of(const char *text)
{
	json_t *json = json_loads(text ? text : "", JSON_REJECT_DUPLICATES, NULL);

	if (json_is_object(json))
		return json;
	json_decref(json);
	return json_null();
}

/* "alice,bob" */
static json_t *names_of(const char *text)
{
	json_t *json = json_array();

	while (text && *text) {
		size_t len = strcspn(text, ",");
		char name[WRIT_NAME_SIZE];

		(void)snprintf(name, sizeof(name), "%.*s", (int)len, text);
		if (json_array_append_new(json, writ_api_text(name))) {
			json_decref(json);
			return NULL;
		}
		text += len + (text[len] ? 1 : 0);
	}
	return json;
}

json_t *writ_api_spiffe(const char *environment, const char *agent, uint64_t grant)
{
	char id[WRIT_SPIFFE_SIZE];

	if (writ_spiffe_id(environment ? environment : "", agent ? agent : "", grant, id))
		return json_null();
	return writ_api_text(id);
}

char *writ_api_parameters(const struct writ_request *request)
{
	_cleanup_json_ json_t *json = json_object();

	for (uint32_t i = 0; i < request->n_parameters; i++)
		writ_api_put(&json, request->parameters[i].name,
			     writ_api_text(request->parameters[i].value));
	return json ? json_dumps(json, JSON_COMPACT) : NULL;
}

json_t *writ_api_request(const struct writ_ledger_request *row, const struct writ_votes *votes)
{
	json_t *json = json_object();

	writ_api_put(&json, "id", integer(row->id));
	writ_api_put(&json, "state", json_string(writ_api_state(row->state)));
	writ_api_put(&json, "reason", json_string(writ_evaluate_refusal(row->refusal)));
	writ_api_put(&json, "message", writ_api_text(row->message));
	writ_api_put(&json, "remedy", writ_api_text(row->remedy));
	writ_api_put(&json, "retry_after", integer(row->retry_after));
	writ_api_put(&json, "asked_at", moment(row->asked_at));
	writ_api_put(&json, "decided_at", moment(row->decided_at));
	writ_api_put(&json, "agent", writ_api_text(row->agent));
	writ_api_put(&json, "role", writ_api_text(row->role));
	writ_api_put(&json, "environment", writ_api_text(row->environment));
	writ_api_put(&json, "playbook", writ_api_text(row->playbook));
	writ_api_put(&json, "parameters", parameters_of(row->parameters));
	writ_api_put(&json, "ticket", writ_api_text(row->ticket));
	writ_api_put(&json, "sponsor", writ_api_text(row->sponsor));
	writ_api_put(&json, "why", writ_api_text(row->reason));
	writ_api_put(&json, "requester", writ_api_text(row->requester));
	writ_api_put(&json, "ttl_seconds", seconds(row->ttl_ns));
	writ_api_put(&json, "delay_seconds", seconds(row->delay_ns));
	writ_api_put(&json, "needed", integer_or_null(votes->needed, WRIT_VOTES_UNKNOWN));
	writ_api_put(&json, "given", integer_or_null(votes->given, WRIT_VOTES_UNKNOWN));
	writ_api_put(&json, "context", context_of(&row->context));
	writ_api_put(&json, "grant", integer_or_null(row->grant, 0));
	writ_api_put(&json, "repeats", integer(row->repeats));
	writ_api_put(&json, "repeated_at", moment(row->repeated_at));
	return json;
}

/* Between its end by the clock and the core's word of it a grant is expired, not active. */
static const char *grant_state(const struct writ_ledger_grant *row, int64_t now)
{
	if (row->ended_at)
		return writ_api_end(row->end);
	if (now >= row->expires_at)
		return writ_api_end(WRIT_END_EXPIRED);
	return now < row->begins_at ? "pending" : "active";
}

static json_t *seconds_left(const struct writ_ledger_grant *row, int64_t now)
{
	if (row->ended_at || now >= row->expires_at)
		return json_integer(0);
	return seconds((uint64_t)(row->expires_at - now));
}

static void put_who(json_t **json, const struct writ_ledger_grant *row)
{
	writ_api_put(json, "agent", writ_api_text(row->agent));
	writ_api_put(json, "role", writ_api_text(row->role));
	writ_api_put(json, "environment", writ_api_text(row->environment));
	writ_api_put(json, "playbook", writ_api_text(row->playbook));
	writ_api_put(json, "parameters", parameters_of(row->parameters));
	writ_api_put(json, "ticket", writ_api_text(row->ticket));
	writ_api_put(json, "sponsor", writ_api_text(row->sponsor));
	writ_api_put(json, "requester", writ_api_text(row->requester));
	writ_api_put(json, "approvers", names_of(row->approvers));
	writ_api_put(json, "context", context_of(&row->context));
}

json_t *writ_api_grant(const struct writ_ledger_grant *row, int64_t now)
{
	json_t *json = json_object(), *cut = json_object();

	writ_api_put(&json, "id", integer(row->id));
	writ_api_put(&json, "request", integer_or_null(row->request, 0));
	writ_api_put(&json, "spiffe", writ_api_spiffe(row->environment, row->agent, row->id));
	writ_api_put(&json, "state", json_string(grant_state(row, now)));
	writ_api_put(&json, "scope", json_string(WORD_OF(scopes, row->scope)));
	writ_api_put(&json, "clip", json_string(WORD_OF(clips, row->clip)));
	writ_api_put(&json, "issued_at", moment(row->issued_at));
	writ_api_put(&json, "begins_at", moment(row->begins_at));
	writ_api_put(&json, "expires_at", moment(row->expires_at));
	writ_api_put(&json, "ended_at", moment(row->ended_at));
	writ_api_put(&json, "end", json_string(writ_api_end(row->end)));
	writ_api_put(&json, "ended_by", writ_api_text(row->ended_by));
	writ_api_put(&json, "seconds_left", seconds_left(row, now));
	writ_api_put(&json, "break_glass", json_boolean(row->break_glass));
	put_who(&json, row);
	writ_api_put(&cut, "files", integer(row->cut_files));
	writ_api_put(&cut, "sockets", integer(row->cut_sockets));
	writ_api_put(&json, "cut", cut);
	return json;
}

static json_t *access_of(uint32_t access)
{
	json_t *json = json_array();

	for (uint32_t bit = 0; bit < WRIT_ACCESS_BITS; bit++)
		if (access & (1u << bit) &&
		    json_array_append_new(json, json_string(writ_access_name(bit)))) {
			json_decref(json);
			return NULL;
		}
	return json;
}

/* Raw bytes that the core had from a process: always escaped, so that they can be told apart. */
static json_t *escaped(const char *bytes, size_t size)
{
	size_t len = strnlen(bytes, size);
	_cleanup_free_ char *text = malloc(WRIT_ESCAPE_SIZE(len));

	if (!text)
		return NULL;
	(void)writ_escape_text(bytes, len, text, WRIT_ESCAPE_SIZE(len));
	return json_string(text);
}

/* A value that no command can show is null there, too: it is for the asker to write. */
static json_t *offer_of(const struct writ_explain_offer *offer)
{
	json_t *json = json_object(), *values = json_object();

	for (size_t i = 0; i < offer->playbook->n_parameters; i++)
		writ_api_put(&values, offer->playbook->parameters[i].name,
			     writ_command_shows(offer->values[i]) ? json_string(offer->values[i])
								  : json_null());
	writ_api_put(&json, "playbook", writ_api_text(offer->playbook->name));
	writ_api_put(&json, "parameters", values);
	return json;
}

/* As the audit log has them under `remedy`. */
static json_t *offers_of(const struct writ_remedy *remedy)
{
	_cleanup_json_ json_t *list = json_array();
	json_t *run = NULL;

	if (!list)
		return NULL;
	for (size_t i = 0; i < remedy->n_offers; i++)
		if (json_array_append_new(list, offer_of(&remedy->offers[i])))
			return NULL;
	if (!remedy->run)
		return take_ptr(list);
	run = json_object();
	writ_api_put(&run, "exec", integer(remedy->run));
	return json_array_append_new(list, run) ? NULL : take_ptr(list);
}

json_t *writ_api_denial(const struct writ_denial_row *row, const struct writ_remedy *remedy,
			int64_t offset)
{
	json_t *json = json_object();

	writ_api_put(&json, "time", moment((int64_t)row->time_ns + offset));
	writ_api_put(&json, "cpu", integer(row->cpu));
	writ_api_put(&json, "sequence", integer(row->sequence));
	writ_api_put(&json, "pid", integer(row->pid));
	writ_api_put(&json, "comm", escaped(row->comm, sizeof(row->comm)));
	writ_api_put(&json, "operation", json_string(writ_operation_name(row->operation)));
	writ_api_put(&json, "access", access_of(row->access));
	writ_api_put(&json, "object", escaped(row->object, sizeof(row->object)));
	writ_api_put(&json, "reason", json_string(writ_reason_name(row->reason)));
	writ_api_put(&json, "grant", integer_or_null(row->grant, 0));
	writ_api_put(&json, "remedy", writ_api_text(remedy->text));
	writ_api_put(&json, "offers", offers_of(remedy));
	return json;
}
