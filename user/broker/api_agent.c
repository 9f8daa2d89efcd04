/* SPDX-License-Identifier: Apache-2.0 */
/* See api.h: who an agent is, and what it does with its grants. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "broker/api.h"
#include "compile/policy.h"
#include "lib/time.h"

struct list {
	json_t *rows; /* NULL: out of memory */
	int64_t now;
};

static void add_grant(void *context, const struct writ_ledger_grant *row)
{
	struct list *list = context;

	if (json_array_append_new(list->rows, writ_api_grant(row, list->now))) {
		json_decref(list->rows);
		list->rows = NULL;
	}
}

/* A refused policy shows nothing that may be asked for: nothing would be given. */
static json_t *playbooks_of(const struct writ_policy *policy, const char *name)
{
	const struct writ_policy_agent *agent = policy ? writ_policy_agent(policy, name) : NULL;

	return agent ? writ_api_playbooks(policy, agent) : json_array();
}

void writ_api_whoami(struct writ_broker *broker, const struct writ_http_request *request,
		     struct writ_http_answer *answer)
{
	const struct writ_attest_row *who = request->caller;
	const struct writ_ledger_filter filter = {
		.agent = who->agent, .live = true, .limit = WRIT_GRANTS_PER_AGENT};
	struct list list = {.now = writ_broker_now()};
	json_t *body;

	if (!*who->agent) { /* no name would choose everybody's */
		writ_http_refuse(answer, WRIT_REFUSAL_NOT_AN_AGENT, "you are in no agent", "", 0);
		return;
	}
	body = json_object();
	list.rows = json_array();
	if (writ_ledger_grants(broker->ledger, &filter, add_grant, &list)) {
		json_decref(list.rows);
		json_decref(body);
		writ_api_ledger_failed(broker, answer);
		return;
	}
	writ_api_put(&body, "agent", writ_api_text(who->agent));
	writ_api_put(&body, "role", writ_api_text(who->role));
	writ_api_put(&body, "environment", writ_api_text(who->environment));
	writ_api_put(&body, "spiffe", writ_api_spiffe(who->environment, who->agent, who->run));
	writ_api_put(&body, "run", who->run ? json_integer((json_int_t)who->run) : json_null());
	writ_api_put(&body, "suspended", json_boolean(who->suspended));
	writ_api_put(&body, "frozen", json_boolean(who->frozen));
	writ_api_put(&body, "grants", list.rows);
	writ_api_put(&body, "playbooks", playbooks_of(broker->policy, who->agent));
	writ_api_give(answer, 200, body);
}

/* The agent's grant of that id; the newest, for ids begin anew when the core's file is lost. */
struct own {
	uint64_t id;
	bool found;
	bool ended;
	json_t *row;
	int64_t now;
};

static void visit_own(void *context, const struct writ_ledger_grant *row)
{
	struct own *own = context;

	if (own->found || row->id != own->id)
		return;
	own->found = true;
	own->ended = row->ended_at != 0;
	own->row = writ_api_grant(row, own->now);
}

/* Those that live are few; of those that have ended the newest are looked through. */
static int find_own(struct writ_broker *broker, const struct writ_http_request *request,
		    struct own *ret_own)
{
	struct writ_ledger_filter filter = {
		.agent = request->caller->agent, .live = true, .limit = WRIT_API_ROWS};
	int err;

	*ret_own = (struct own){.id = request->id, .now = writ_broker_now()};
	if (!*filter.agent)
		return 0; /* it has none; no name would choose everybody's */
	err = writ_ledger_grants(broker->ledger, &filter, visit_own, ret_own);
	filter.live = false;
	if (!err && !ret_own->found)
		err = writ_ledger_grants(broker->ledger, &filter, visit_own, ret_own);
	if (err) {
		json_decref(ret_own->row);
		*ret_own = (struct own){0};
	}
	return err;
}

/*
 * The core judges by the connection whose grant it is. Whoever the ledger does not know as its
 * holder hears that there is none, whatever the core has against it.
 */
static void refused(const struct own *own, int err, const char *error,
		    struct writ_http_answer *answer)
{
	if (own->found || err == -EPIPE || err == -ETIMEDOUT || err == -EPROTO)
		writ_api_core_failed(answer, err, error);
	else
		writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_FOUND, "there is no such grant", "");
}

static void give_own(struct own *own, struct writ_http_answer *answer)
{
	json_t *body = json_object();

	writ_api_put(&body, "grant", json_incref(own->row));
	writ_api_give(answer, 200, body);
}

/*
 * Asked again when a notice has come: the end stands in the ledger then, with what it cut. Until
 * that notice the core does not know the grant any more, and the ledger believes that it lives.
 */
static void end_own(struct writ_broker *broker, const struct writ_http_request *request,
		    const struct own *own, struct writ_http_answer *answer)
{
	struct writ_request question = {.verb = WRIT_VERB_DONE, .grant = request->id};
	char error[WRIT_ERROR_SIZE] = "";
	int err;

	if (request->expired) {
		broker->unsettled = writ_time_boot();
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE,
				 "the core has ended it, and the ledger does not have that yet", "",
				 1);
		return;
	}
	err = writ_core_ask(broker->core, &question, request->fd, NULL, NULL, error);
	if (!err || (err == -ENOENT && own->found))
		answer->wait = WRIT_API_DONE_SECONDS;
	else
		refused(own, err, error, answer);
}

/* The ledger can't say what becomes of it; the right has to end all the same. */
static void end_unread(struct writ_broker *broker, const struct writ_http_request *request,
		       struct writ_http_answer *answer)
{
	struct writ_request question = {.verb = WRIT_VERB_DONE, .grant = request->id};
	char error[WRIT_ERROR_SIZE];

	writ_api_ledger_failed(broker, answer);
	(void)writ_core_ask(broker->core, &question, request->fd, NULL, NULL, error);
}

void writ_api_done(struct writ_broker *broker, const struct writ_http_request *request,
		   struct writ_http_answer *answer)
{
	struct own own;

	if (find_own(broker, request, &own))
		end_unread(broker, request, answer);
	else if (own.ended)
		give_own(&own, answer);
	else
		end_own(broker, request, &own, answer);
	json_decref(own.row);
}

static void keep_exec(void *context, const struct writ_reply *reply)
{
	if (reply->type == WRIT_REPLY_EXEC)
		*(struct writ_exec_row *)context = reply->exec;
}

/* Entries of a playbook's `env`, each with its NUL. */
static json_t *env_of(const struct writ_exec_row *exec)
{
	uint32_t size = exec->env_size < sizeof(exec->env) ? exec->env_size : sizeof(exec->env);
	json_t *list = json_array();

	for (uint32_t at = 0; at < size; at += (uint32_t)strnlen(exec->env + at, size - at) + 1) {
		char entry[WRIT_ENV_SIZE + 1];

		(void)snprintf(entry, sizeof(entry), "%.*s", (int)(size - at), exec->env + at);
		if (json_array_append_new(list, writ_api_text(entry))) {
			json_decref(list);
			return NULL;
		}
	}
	return list;
}

/* The core decides alone; without the ledger a refusal has fewer words, no more. */
void writ_api_enter(struct writ_broker *broker, const struct writ_http_request *request,
		    struct writ_http_answer *answer)
{
	struct writ_request question = {.verb = WRIT_VERB_ENTER, .grant = request->id};
	struct writ_exec_row exec = {0};
	char error[WRIT_ERROR_SIZE] = "";
	json_t *body;
	struct own own;
	int err;

	(void)find_own(broker, request, &own);
	json_decref(own.row);
	err = writ_core_ask(broker->core, &question, request->fd, keep_exec, &exec, error);
	if (!err && !exec.agent[0]) {
		err = -EPROTO;
		(void)snprintf(error, sizeof(error), "the core did not say how to start a command");
	}
	if (err) {
		refused(&own, err, error, answer);
		return;
	}
	body = json_object();
	writ_api_put(&body, "agent", writ_api_text(exec.agent));
	writ_api_put(&body, "cgroup", writ_api_text(exec.cgroup));
	writ_api_put(&body, "env", env_of(&exec));
	writ_api_give(answer, 200, body);
}
