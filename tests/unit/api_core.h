/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API between a caller and a core that answers what the test says. What goes in is a real body,
 * what comes out a real answer; every answer is held against docs/openapi.yaml.
 */
#ifndef WRIT_TESTS_API_CORE_H
#define WRIT_TESTS_API_CORE_H

#include <sys/stat.h>

#include "policy_helper.h"

#include "broker/api.h"
#include "broker/flow.h"
#include "broker/gather.h"
#include "broker/routes.h"
#include "broker/waiting.h"
#include "lib/time.h"
#include "openapi_helper.h"

#define CONNECTION STDERR_FILENO /* any that is open: the core is a fake */

static char trace_text[1024]; /* what was asked and written, in order */

static void trace(const char *word)
{
	size_t used = strlen(trace_text);

	(void)snprintf(trace_text + used, sizeof(trace_text) - used, "%s%s", used ? " " : "", word);
}

static struct {
	struct writ_broker broker;
	struct writ_evaluation verdict; /* what evaluation says */
	struct writ_evaluation later;	/* what it says from the second time on, with `changes` */
	bool changes;
	void (*judge)(const struct writ_request *request, struct writ_evaluation *verdict);
	struct writ_evaluation denial; /* what writ_evaluate_denial() adds */
	unsigned int evaluations;
	unsigned int woken;
	unsigned int resumed;
	struct writ_asker asker; /* what evaluation was told of who asks */
	/* the core */
	int code; /* of every verb, but with `verb` of that one */
	uint32_t verb;
	const char *code_of; /* of this agent's requests alone; NULL: of all */
	const char *error;
	struct writ_reply rows[4]; /* instead of its own */
	size_t n_rows;
	uint32_t needed;
	struct writ_request asked; /* the last question, and the descriptor with it */
	int passed;
	ino_t passed_file; /* it was that of */
	struct writ_request ahead[WRIT_CORE_AHEAD]; /* put, and not taken */
	int ahead_of[WRIT_CORE_AHEAD];
	unsigned int put;
	unsigned int taken;
	struct writ_request recorded; /* the last RECORD, which is not `asked` */
	int recorded_of;
	unsigned int n_recorded;
	int record_code; /* what it says to these */
	uint64_t next;
	/* the validator */
	int start;
	char input[8192];
	/* the caller, and what it sends */
	struct writ_attest_row agent;
	struct writ_attest_row operator;
	char query[256]; /* "a=b&c=d", no escapes */
	const char *remedy; /* NULL: no memory */
	struct writ_remedy found; /* its parts */
	unsigned int remedies; /* how many were looked for */
	uint64_t remedy_ns;    /* what each takes, by `now` */
	uint64_t now;
} api;

const char *writ_http_query(const struct writ_http_request *request, const char *name)
{
	static char values[8][128];
	static unsigned int turn;
	char *value = values[turn++ % 8], form[64];
	const char *found;

	(void)request;
	(void)snprintf(form, sizeof(form), "&%s=", name);
	found = strstr(api.query, form);
	if (!found)
		return NULL;
	(void)snprintf(value, sizeof(values[0]), "%.*s", (int)strcspn(found + strlen(form), "&"),
		       found + strlen(form));
	return value;
}

void writ_http_wake(struct writ_http *http)
{
	(void)http;
	api.woken++;
}

void writ_http_resume(struct writ_http *http, void *connection)
{
	(void)http;
	(void)connection;
	api.resumed++;
}

static void core_proposal(struct writ_reply *row, const struct writ_request *request)
{
	bool issue = request->flags & WRIT_PROPOSE_ISSUE;

	row->type = WRIT_REPLY_PROPOSAL;
	row->proposal.proposal = ++api.next;
	row->proposal.ledger = request->ledger;
	row->proposal.needed = issue ? 0 : api.needed;
	row->proposal.state = issue ? WRIT_PROPOSAL_READY : WRIT_PROPOSAL_PENDING;
}

static void core_grant(struct writ_reply *row, const struct writ_request *request)
{
	uint64_t now = writ_time_boot();

	row->type = WRIT_REPLY_GRANT;
	row->grant.now_ns = now;
	row->grant.clip = WRIT_CLIP_ROLE;
	row->grant.info.id = ++api.next;
	row->grant.info.ledger = request->ledger;
	row->grant.info.issued = row->grant.info.not_before = now;
	row->grant.info.expires = now + 180 * WRIT_NS_PER_SECOND;
	row->grant.info.context = request->context;
	(void)strcpy(row->grant.info.agent_name, request->agent);
	(void)strcpy(row->grant.info.role_name, "r");
	(void)strcpy(row->grant.info.playbook, request->playbook);
	(void)strcpy(row->grant.info.ticket, request->ticket);
	(void)strcpy(row->grant.info.sponsor, request->sponsor);
}

static const char *verb_word(uint32_t verb)
{
	switch (verb) {
	case WRIT_VERB_PROPOSE:
		return "PROPOSE";
	case WRIT_VERB_WITHDRAW:
		return "WITHDRAW";
	case WRIT_VERB_SUSPEND:
		return "SUSPEND";
	case WRIT_VERB_RECORD:
		return "RECORD";
	case WRIT_VERB_DONE:
		return "DONE";
	case WRIT_VERB_ENTER:
		return "ENTER";
	case WRIT_VERB_DENIALS:
		return "DENIALS";
	default:
		return "ANOTHER";
	}
}

static int core_record(const struct writ_request *request, int pass, char *ret_error)
{
	api.recorded = *request;
	api.recorded_of = pass;
	api.n_recorded++;
	(void)strcpy(ret_error, api.record_code ? "not on record" : "");
	return api.record_code;
}

/* 0: none is open. */
static ino_t file_of(int fd)
{
	struct stat status;

	return fstat(fd, &status) ? 0 : status.st_ino;
}

static int core_answer(struct writ_core *core, const struct writ_request *request, int pass,
		       writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE])
{
	bool fails = api.code && (!api.verb || api.verb == request->verb) &&
		     (!api.code_of || !strcmp(api.code_of, request->agent));
	struct writ_reply row = {0};

	(void)core;
	if (request->verb == WRIT_VERB_RECORD)
		return core_record(request, pass, ret_error);
	api.asked = *request;
	api.passed = pass;
	api.passed_file = file_of(pass);
	(void)snprintf(ret_error, WRIT_ERROR_SIZE, "%s", fails ? api.error : "");
	for (size_t i = 0; i < api.n_rows && visitor; i++)
		visitor(context, &api.rows[i]);
	if (fails)
		return api.code;
	if (api.n_rows || request->verb != WRIT_VERB_PROPOSE)
		return 0;
	core_proposal(&row, request);
	visitor(context, &row);
	if (request->flags & WRIT_PROPOSE_ISSUE) {
		core_grant(&row, request);
		visitor(context, &row);
	}
	return 0;
}

/* In order, as they are answered: what is put first is taken first. */
int writ_core_put(struct writ_core *core, const struct writ_request *request, int pass,
		  char ret_error[WRIT_ERROR_SIZE])
{
	(void)core;
	*ret_error = '\0';
	trace(verb_word(request->verb));
	assert_true(api.put - api.taken < WRIT_CORE_AHEAD);
	api.ahead[api.put % WRIT_CORE_AHEAD] = *request;
	api.ahead_of[api.put++ % WRIT_CORE_AHEAD] = pass;
	return 0;
}

int writ_core_take(struct writ_core *core, enum writ_verb verb, writ_core_visitor *visitor,
		   void *context, char ret_error[WRIT_ERROR_SIZE])
{
	unsigned int at = api.taken++ % WRIT_CORE_AHEAD;

	assert_true(api.taken <= api.put);
	assert_int_equal(verb, api.ahead[at].verb);
	return core_answer(core, &api.ahead[at], api.ahead_of[at], visitor, context, ret_error);
}

int writ_core_ask(struct writ_core *core, const struct writ_request *request, int pass,
		  writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE])
{
	trace(verb_word(request->verb));
	assert_int_equal(api.taken, api.put);
	return core_answer(core, request, pass, visitor, context, ret_error);
}

#define API_POLICY                                                                 \
	"apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: prod\n---\n" ROLE  \
	"playbooks: [p]\nfiles: [{path: /etc/x, allow: [read]}]\n---\n" PLAYBOOK   \
	"description: turns a page\nticket: CHG-[0-9]+\nparameters:\n"             \
	"  service: {pattern: '[a-z]+'}\nfiles: [{path: '/srv/{service}', allow: " \
	"[write]}]\n" AGENT("bot", "/bot") AGENT("other", "/other")

/* Agents a1, a2, ..., each of which wants playbook p. */
static void __attribute__((unused)) ask_for_p(struct writ_attest_row *callers,
					      struct writ_request *wanted, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		callers[i] = api.agent;
		(void)snprintf(callers[i].agent, sizeof(callers[i].agent), "a%zu", i + 1);
		memset(&wanted[i], 0, sizeof(wanted[i]));
		(void)strcpy(wanted[i].playbook, "p");
	}
}

/* As the loop does with what came in a turn, by itself. */
static void __attribute__((unused)) go_together(struct writ_flow_question *questions, size_t n)
{
	struct writ_flow_round *round;
	int err = writ_ledger_group(api.broker.ledger);

	round = writ_flow_begin(&api.broker, questions, n, err);
	writ_flow_begun(round, writ_ledger_group_end(api.broker.ledger));
	writ_flow_put(round);
	(void)writ_ledger_group(api.broker.ledger);
	writ_flow_take(round);
	writ_flow_end(round, writ_ledger_group_end(api.broker.ledger));
}

struct call {
	bool operators;
	bool expired;
	const char *method;
	const char *target; /* path, perhaps with a query */
	const char *body;
	unsigned int status; /* what came */
	unsigned int wait;
	unsigned int retry_after;
	json_t *json;
};

/* Through the table of routes into its handler; what comes out has to be as openapi.yaml says. */
static void __attribute__((unused)) call(struct call *call)
{
	struct writ_http_request request = {.method = call->method,
					    .fd = CONNECTION,
					    .operators = call->operators,
					    .expired = call->expired};
	size_t path_len = strcspn(call->target, "?");
	struct writ_http_answer answer = {0};
	struct writ_http_kept *kept = NULL;
	struct writ_routes_match match;
	char path[128];
	json_error_t error;
	json_t *body = call->body ? json_loads(call->body, JSON_REJECT_DUPLICATES, &error) : NULL;

	if (call->body && !body)
		fail_msg("%s: %s", call->body, error.text);
	(void)snprintf(path, sizeof(path), "%.*s", (int)path_len, call->target);
	(void)snprintf(api.query, sizeof(api.query), "&%s",
		       call->target[path_len] ? call->target + path_len + 1 : "");
	assert_int_equal(writ_routes_find(writ_routes, call->method, path, call->operators, &match),
			 0);
	request.path = path;
	request.json = body;
	request.id = match.id;
	request.name = match.name;
	request.caller = call->operators ? &api.operator: & api.agent;
	request.kept = &kept;
	json_decref(call->json);
	match.route->handler(&api.broker, &request, &answer);
	if (kept) {
		assert_int_not_equal(answer.wait, 0);
		answer.wait = 0;
		assert_true(writ_gather_begin(&api.broker));
		(void)writ_gather_end(&api.broker);
		writ_gather_put();
		assert_true(writ_gather_finish_asked(&api.broker));
		match.route->handler(&api.broker, &request, &answer);
		kept->release(kept);
	}
	call->status = answer.status;
	call->wait = answer.wait;
	call->retry_after = answer.retry_after;
	call->json = answer.body;
	json_decref(body);
	if (!answer.wait)
		openapi_fits(call->method, match.route->path, answer.status, answer.body);
}

static void __attribute__((unused)) done(struct call *call)
{
	json_decref(call->json);
	call->json = NULL;
}

/* The text at "a.b.c" of the answer; integers and the like as JSON has them. Kept for a while. */
static __attribute__((unused)) const char *at(const struct call *call, const char *path)
{
	static char texts[8][2048];
	static unsigned int turn;
	char *text = texts[turn++ % 8], names[128], *rest = names;
	json_t *value = call->json;

	(void)snprintf(names, sizeof(names), "%s", path);
	for (char *name = strsep(&rest, "."); name; name = strsep(&rest, "."))
		value = json_is_array(value) ? json_array_get(value, strtoul(name, NULL, 10))
					     : json_object_get(value, name);
	if (json_is_string(value)) {
		(void)snprintf(text, sizeof(texts[0]), "%s", json_string_value(value));
	} else {
		char *dump = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);

		(void)snprintf(text, sizeof(texts[0]), "%s", dump ? dump : "(missing)");
		free(dump);
	}
	return text;
}

#endif
