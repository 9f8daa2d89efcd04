/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the HTTP surface's tests serve: one route for each thing that a handler may do. `text` has
 * the last answer.
 */
#ifndef TEST_HTTP_ROUTES_H
#define TEST_HTTP_ROUTES_H

#include "http_helper.h"

#define HOST "Host: x\r\n"
#define GET(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"

static atomic_int asked;
static atomic_int ready;

static void whoami(struct writ_broker *broker, const struct writ_http_request *request,
		   struct writ_http_answer *answer)
{
	(void)broker;
	answer->status = 200;
	answer->body =
		json_pack("{s:s, s:i, s:b}", "agent", request->caller->agent, "uid",
			  (int)request->caller->uid, "suspended", (int)request->caller->suspended);
}

static void echo(struct writ_broker *broker, const struct writ_http_request *request,
		 struct writ_http_answer *answer)
{
	const char *query = writ_http_query(request, "q");

	(void)broker;
	answer->status = 201;
	answer->body = json_pack("{s:i, s:I, s:s, s:s, s:O?}", "bytes", (int)request->body_len,
				 "id", (json_int_t)request->id, "name", request->name, "q",
				 query ? query : "", "json", request->json);
}

static void waits(struct writ_broker *broker, const struct writ_http_request *request,
		  struct writ_http_answer *answer)
{
	const char *seconds = writ_http_query(request, "wait");

	(void)broker;
	atomic_fetch_add(&asked, 1);
	if (!atomic_load(&ready) && !request->expired) {
		answer->wait = seconds ? (unsigned int)atoi(seconds) : 60;
		return;
	}
	answer->status = request->expired ? 202 : 200;
	answer->body = json_pack("{s:b}", "expired", request->expired);
}

static struct {
	struct writ_http_kept kept;
	void *connection;
	atomic_int released;
} keeper;

static void release_keeper(struct writ_http_kept *kept)
{
	(void)kept;
	atomic_fetch_add(&keeper.released, 1);
}

static void keeps(struct writ_broker *broker, const struct writ_http_request *request,
		  struct writ_http_answer *answer)
{
	keeper.kept.release = release_keeper;
	keeper.connection = request->connection;
	*request->kept = &keeper.kept;
	waits(broker, request, answer);
}

static void never_answers(struct writ_broker *broker, const struct writ_http_request *request,
			  struct writ_http_answer *answer)
{
	(void)broker;
	(void)request;
	answer->wait = 1;
}

static void large(struct writ_broker *broker, const struct writ_http_request *request,
		  struct writ_http_answer *answer)
{
	char text[1 << 16];

	(void)broker;
	(void)request;
	memset(text, 'x', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	answer->status = 200;
	answer->body = json_pack("{s:s}", "text", text);
}

static void as_text(struct writ_broker *broker, const struct writ_http_request *request,
		    struct writ_http_answer *answer)
{
	(void)broker;
	(void)request;
	answer->status = 200;
	answer->type = "text/plain; version=0.0.4; charset=utf-8";
	answer->text = "a 1\n";
	answer->text_len = 4;
}

const struct writ_route writ_routes[] = {
	{"GET", "/v1/whoami", true, true, whoami},
	{"POST", "/v1/requests", true, true, echo},
	{"GET", "/v1/requests/{id}", true, true, echo},
	{"GET", "/v1/agents/{name}/denials", false, true, echo},
	{"GET", "/v1/wait", true, true, waits},
	{"GET", "/v1/keeps", true, true, keeps},
	{"GET", "/v1/never", true, true, never_answers},
	{"GET", "/v1/large", true, true, large},
	{"GET", "/metrics", false, true, as_text},
	{0},
};

static char text[1 << 18];

#endif
