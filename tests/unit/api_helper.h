/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API's surroundings for its tests: a core that answers what the test says, a ledger in memory,
 * a verdict that the test sets, and one caller. What goes in is a real body, what comes out a real
 * answer; every answer is held against docs/openapi.yaml.
 */
#ifndef WRIT_TESTS_API_HELPER_H
#define WRIT_TESTS_API_HELPER_H

#include "policy_helper.h"

#include "api_ledger.h"
#include "broker/api.h"
#include "broker/flow.h"
#include "broker/remedy.h"
#include "broker/routes.h"
#include "broker/validate.h"
#include "broker/waiting.h"
#include "lib/time.h"
#include "openapi_helper.h"

#define NOW (INT64_C(1800000000) * 1000000000)
#define CONNECTION 700 /* a number of a descriptor: the core is a fake, nobody uses it */

static struct {
	struct writ_broker broker;
	struct writ_evaluation verdict; /* what evaluation says */
	struct writ_evaluation later;	/* what it says from the second time on, with `changes` */
	bool changes;
	struct writ_evaluation denial; /* what writ_evaluate_denial() adds */
	unsigned int evaluations;
	unsigned int woken;
	struct writ_asker asker; /* what evaluation was told of who asks */
	/* the core */
	int code; /* of every verb, but with `verb` of that one */
	uint32_t verb;
	const char *error;
	struct writ_reply rows[4]; /* instead of its own */
	size_t n_rows;
	uint32_t needed;
	struct writ_request asked; /* the last question, and the descriptor with it */
	int passed;
	uint64_t next;
	/* the validator */
	int start;
	char input[8192];
	/* the caller, and what it sends */
	struct writ_attest_row agent;
	struct writ_attest_row operator;
	char query[256]; /* "a=b&c=d", no escapes */
	const char *remedy;
} api;

int64_t writ_broker_now(void)
{
	return NOW;
}

void writ_evaluate(const struct writ_policy *policy, const struct writ_request *request,
		   const struct writ_asker *asker, const struct writ_history *history, int64_t now,
		   struct writ_evaluation *ret_evaluation)
{
	assert_non_null(history);
	assert_int_equal(now, NOW);
	assert_true(request->agent[0]);
	api.asker = *asker;
	*ret_evaluation = api.changes && api.evaluations ? api.later : api.verdict;
	if (!policy)
		ret_evaluation->refusal = WRIT_REFUSAL_POLICY;
	api.evaluations++;
}

void writ_evaluate_denial(const struct writ_policy_node *node, const struct writ_history *history,
			  enum writ_refusal refusal, struct writ_evaluation *evaluation)
{
	(void)node;
	assert_non_null(history);
	assert_int_not_equal(refusal, WRIT_REFUSAL_NONE);
	evaluation->retry_after = api.denial.retry_after;
	evaluation->suspend = api.denial.suspend;
}

const char *writ_evaluate_refusal(enum writ_refusal refusal)
{
	static const char *const words[] = {
#define X(name, word) word,
		WRIT_REFUSAL_LIST(X)
#undef X
	};

	return words[refusal];
}

int writ_remedy_find(const struct writ_policy *policy, const char *agent,
		     const struct writ_denial_row *denial, char ret_remedy[WRIT_REMEDY_SIZE])
{
	assert_non_null(policy);
	assert_string_equal(agent, "bot");
	assert_non_null(denial);
	if (!api.remedy)
		return -ENOMEM;
	(void)snprintf(ret_remedy, WRIT_REMEDY_SIZE, "%s", api.remedy);
	return 0;
}

int writ_validate_start(struct writ_validations *validations, const struct writ_policy_node *node,
			uint64_t request, const char *input)
{
	(void)validations;
	(void)node;
	trace("validate");
	assert_int_equal(request, ledger.n_requests);
	(void)snprintf(api.input, sizeof(api.input), "%s", input);
	return api.start;
}

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

int writ_core_ask(struct writ_core *core, const struct writ_request *request, int pass,
		  writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE])
{
	bool fails = api.code && (!api.verb || api.verb == request->verb);
	struct writ_reply row = {0};

	(void)core;
	trace(verb_word(request->verb));
	api.asked = *request;
	api.passed = pass;
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

#define API_POLICY                                                                 \
	"apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: prod\n---\n" ROLE  \
	"playbooks: [p]\nfiles: [{path: /etc/x, allow: [read]}]\n---\n" PLAYBOOK   \
	"description: turns a page\nticket: CHG-[0-9]+\nparameters:\n"             \
	"  service: {pattern: '[a-z]+'}\nfiles: [{path: '/srv/{service}', allow: " \
	"[write]}]\n" AGENT("bot", "/bot") AGENT("other", "/other")

static struct writ_policy *api_policy; /* loaded once, for all cases */

static int api_set_up(void **state)
{
	(void)state;
	ledger_free();
	writ_waiting_closep(&api.broker.waiting);
	if (!api_policy)
		api_policy = good_policy(API_POLICY);
	memset(&api, 0, sizeof(api));
	api.broker.policy = api_policy;
	api.error = "the core says no";
	api.remedy = "";
	api.agent = (struct writ_attest_row){.uid = 1000, .pid = 42, .agent_index = 2};
	(void)strcpy(api.agent.agent, "bot");
	(void)strcpy(api.agent.role, "r");
	(void)strcpy(api.agent.environment, "prod");
	api.operator=(struct writ_attest_row){.uid = 0, .pid = 43, .is_operator = 1};
	return 0;
}

static int api_tear_down(void **state)
{
	(void)state;
	writ_waiting_closep(&api.broker.waiting);
	ledger_free();
	return 0;
}

/* After the last case. */
static int api_leave(void **state)
{
	(void)state;
	writ_policy_free(api_policy);
	json_decref(openapi_root);
	return 0;
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
	json_decref(call->json);
	match.route->handler(&api.broker, &request, &answer);
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

#define API_TEST(function) cmocka_unit_test_setup_teardown(function, api_set_up, api_tear_down)

#endif
