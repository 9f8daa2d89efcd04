/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and its answer: admitted or refused by its head, its body collected and parsed, its
 * handler asked, once or, if that waits, again. Nothing reaches a handler but a whole request of a
 * caller who may use this socket.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/body.h"
#include "broker/broker.h"
#include "broker/connection.h"
#include "broker/routes.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

/* Of a body without a stated length that is too large: read so far, for the 413, then closed. */
#define SWALLOW_MAX (16 * WRIT_HTTP_BODY_MAX)

struct writ_exchange {
	struct MHD_Connection *mhd;
	struct writ_routes_match match;
	struct writ_body body;
	size_t received; /* bytes of the body, also those not kept */
	uint64_t until;	 /* boot ns: the handler waits at most until then; 0: it never did */
	bool waiting;	 /* suspended */
	struct writ_http_kept *kept;
};

static struct writ_connection *connection_of(struct MHD_Connection *mhd)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

	return info ? info->socket_context : NULL;
}

static const char *header(struct MHD_Connection *mhd, const char *name)
{
	return MHD_lookup_connection_value(mhd, MHD_HEADER_KIND, name);
}

const char *writ_http_query(const struct writ_http_request *request, const char *name)
{
	return MHD_lookup_connection_value(request->connection, MHD_GET_ARGUMENT_KIND, name);
}

/* The answer's bytes: its text, or its JSON; NULL: out of memory. */
static struct MHD_Response *response_of(struct writ_http_answer *answer)
{
	char *json = answer->body ? json_dumps(answer->body, JSON_COMPACT) : NULL;
	struct MHD_Response *response;

	if (answer->text)
		return MHD_create_response_from_buffer(answer->text_len,
						       (void *)(uintptr_t)answer->text,
						       MHD_RESPMEM_MUST_COPY);
	response = MHD_create_response_from_buffer(json ? strlen(json) : 0, json,
						   json ? MHD_RESPMEM_MUST_FREE
							: MHD_RESPMEM_PERSISTENT);
	if (!response)
		free(json);
	else if (json)
		(void)MHD_add_response_header(response, "Content-Type", "application/json");
	return response;
}

/* Gives @answer, and its body up. */
static enum MHD_Result reply(struct writ_connection *connection, struct MHD_Connection *mhd,
			     struct writ_http_answer *answer)
{
	struct MHD_Response *response = response_of(answer);
	char seconds[16];
	enum MHD_Result result;

	json_decref(answer->body);
	answer->body = NULL;
	if (!response)
		return MHD_NO;
	(void)snprintf(seconds, sizeof(seconds), "%u", answer->retry_after);
	if (answer->text)
		(void)MHD_add_response_header(response, "Content-Type", answer->type);
	(void)MHD_add_response_header(response, "Cache-Control", "no-store");
	if (answer->retry_after)
		(void)MHD_add_response_header(response, "Retry-After", seconds);
	if (answer->allow)
		(void)MHD_add_response_header(response, "Allow", answer->allow);
	result = MHD_queue_response(mhd, answer->status, response);
	MHD_destroy_response(response);
	connection->deadline = writ_time_boot() + WRIT_HTTP_IDLE_SECONDS * WRIT_NS_PER_SECOND;
	writ_http_due(connection->http, connection->deadline);
	return result;
}

/* What the core says of the caller may have changed since the connection was made. */
static int attest_again(struct writ_connection *connection, char ret_error[WRIT_ERROR_SIZE])
{
	struct writ_http *http = connection->http;
	struct writ_caller *caller = NULL;
	struct writ_attest_row who = {0};
	uint64_t attestation = http->attestation;
	int err;

	if (connection->attestation == attestation)
		return 0;
	err = writ_listen_attest(http, connection->fd, &who, ret_error);
	if (err)
		return err;
	if (!writ_quota_is(connection->caller, &who)) {
		(void)strcpy(ret_error, "you have too many connections");
		err = writ_quota_enter(http->quota, &who, writ_time_boot(), &caller);
		if (err)
			return err;
		writ_quota_leave(connection->caller);
		connection->caller = caller;
	}
	connection->who = who;
	connection->attestation = attestation;
	return 0;
}

/* May the caller use this socket at all, and now? */
static bool admit_caller(struct writ_connection *connection, struct writ_http_answer *answer)
{
	char error[WRIT_ERROR_SIZE];

	if (!writ_quota_request(connection->caller, writ_time_boot())) {
		writ_http_refuse(answer, WRIT_REFUSAL_RATE, "too many requests in one second",
				 "ask less often; GET /v1/requests/{id}?wait=60 waits for you", 1);
		return false;
	}
	if (attest_again(connection, error)) {
		writ_http_refuse(answer, WRIT_REFUSAL_CORE, error, "ask again, or see writd's log",
				 1);
		return false;
	}
	if (connection->operators && !connection->who.is_operator)
		writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_AN_OPERATOR,
			       "you are no operator of this node",
			       "be root outside of every agent, or of the group that the policy's "
			       "node names as `operators`");
	else if (!connection->operators && !connection->who.agent_index)
		writ_http_refuse(answer, WRIT_REFUSAL_NOT_AN_AGENT,
				 "your process is in no agent's cgroup",
				 "start it by 'writ run AGENT -- COMMAND'; operators use "
				 "operator.sock",
				 0);
	else
		return true;
	return false;
}

static bool admit_path(struct writ_connection *connection, const char *method, const char *path,
		       struct writ_routes_match *match, struct writ_http_answer *answer)
{
	int err = writ_routes_find(writ_routes, method, path, connection->operators, match);

	if (!err)
		return true;
	answer->allow = match->allow;
	if (err == -ENOENT) {
		answer->allow = NULL;
		writ_http_fail(answer, WRIT_HTTP_ERROR_NOT_FOUND, "there is nothing at this path",
			       connection->operators ? "see the API's description"
						     : "GET /v1/whoami is where to begin");
	} else if (!strcmp(method, "OPTIONS")) {
		answer->status = 204;
	} else {
		writ_http_fail(answer, WRIT_HTTP_ERROR_METHOD, "not by this method", match->allow);
	}
	return false;
}

/* "application/json", with parameters or without. */
static bool is_json(const char *type)
{
	static const char json[] = "application/json";

	return !type || (!strncasecmp(type, json, sizeof(json) - 1) &&
			 strchr("; \t", type[sizeof(json) - 1]));
}

/* By its head. Transfer-Encoding has no stated length: see take_body(). */
static bool admit_body(struct MHD_Connection *mhd, const char *method,
		       struct writ_http_answer *answer)
{
	const char *length = header(mhd, "Content-Length");
	unsigned long long bytes = length ? strtoull(length, NULL, 10) : 0;

	if (strcmp(method, "POST") && (bytes || header(mhd, "Transfer-Encoding")))
		writ_http_refuse(answer, WRIT_REFUSAL_MALFORMED, "this method takes no body", "",
				 0);
	else if (!is_json(header(mhd, "Content-Type")))
		writ_http_fail(answer, WRIT_HTTP_ERROR_MEDIA_TYPE, "the body must be JSON",
			       "send it with 'Content-Type: application/json'");
	else if (bytes > WRIT_HTTP_BODY_MAX)
		writ_body_refuse_size(answer);
	else
		return true;
	return false;
}

static enum MHD_Result begin(struct writ_connection *connection, struct MHD_Connection *mhd,
			     const char *path, const char *method, void **ret_exchange)
{
	struct writ_exchange *exchange = calloc(1, sizeof(*exchange));
	struct writ_http_answer answer = {0};

	if (!exchange)
		return MHD_NO;
	exchange->mhd = mhd;
	connection->exchange = exchange;
	*ret_exchange = exchange;
	if (admit_caller(connection, &answer) &&
	    admit_path(connection, method, path, &exchange->match, &answer) &&
	    admit_body(mhd, method, &answer))
		return MHD_YES;
	return reply(connection, mhd, &answer);
}

static enum MHD_Result take_body(struct writ_exchange *exchange, const char *data, size_t *size)
{
	exchange->received += *size;
	if (exchange->received > SWALLOW_MAX)
		return MHD_NO;
	if (exchange->received <= WRIT_HTTP_BODY_MAX && writ_body_add(&exchange->body, data, *size))
		return MHD_NO;
	*size = 0;
	return MHD_YES;
}

/* The handler has to wait; true: it does so. */
static bool suspend(struct writ_connection *connection, struct writ_exchange *exchange,
		    struct writ_http_answer *answer)
{
	uint64_t seconds = answer->wait < WRIT_HTTP_WAIT_MAX ? answer->wait : WRIT_HTTP_WAIT_MAX;
	uint64_t now = writ_time_boot();

	if (!exchange->until)
		exchange->until = now + seconds * WRIT_NS_PER_SECOND;
	if (now >= exchange->until)
		return false;
	json_decref(answer->body);
	answer->body = NULL;
	exchange->waiting = true;
	MHD_suspend_connection(exchange->mhd);
	writ_http_due(connection->http, exchange->until);
	return true;
}

static enum MHD_Result ask_handler(struct writ_connection *connection,
				   struct writ_exchange *exchange, const char *method,
				   const char *path)
{
	struct writ_http_answer answer = {0};
	const struct writ_http_request request = {
		.method = method,
		.path = path,
		.body = exchange->body.bytes ? exchange->body.bytes : "",
		.body_len = exchange->body.len,
		.json = exchange->body.json,
		.fd = connection->fd,
		.operators = connection->operators,
		.expired = exchange->until && writ_time_boot() >= exchange->until,
		.caller = &connection->who,
		.connection = exchange->mhd,
		.id = exchange->match.id,
		.name = exchange->match.name,
		.kept = &exchange->kept,
	};

	exchange->match.route->handler(connection->http->broker, &request, &answer);
	if (answer.wait && suspend(connection, exchange, &answer))
		return MHD_YES;
	if (answer.wait || !answer.status)
		writ_http_refuse(&answer, WRIT_REFUSAL_UNAVAILABLE, "there is no answer", "", 1);
	return reply(connection, exchange->mhd, &answer);
}

static enum MHD_Result finish(struct writ_connection *connection, struct writ_exchange *exchange,
			      const char *method, const char *path)
{
	struct writ_http_answer answer = {0};

	connection->deadline = 0;
	if (exchange->received > WRIT_HTTP_BODY_MAX)
		writ_body_refuse_size(&answer);
	else if (exchange->body.json || !writ_body_parse(&exchange->body, &answer))
		return ask_handler(connection, exchange, method, path);
	return reply(connection, exchange->mhd, &answer);
}

enum MHD_Result writ_exchange_serve(void *context, struct MHD_Connection *mhd, const char *url,
				    const char *method, const char *version, const char *data,
				    size_t *size, void **exchange)
{
	struct writ_connection *connection = connection_of(mhd);

	(void)context;
	(void)version;
	if (!connection)
		return MHD_NO;
	if (!*exchange)
		return begin(connection, mhd, url, method, exchange);
	if (*size)
		return take_body(*exchange, data, size);
	return finish(connection, *exchange, method, url);
}

void writ_exchange_end(void *context, struct MHD_Connection *mhd, void **exchange,
		       enum MHD_RequestTerminationCode why)
{
	struct writ_connection *connection = connection_of(mhd);
	struct writ_exchange *ending = *exchange;

	(void)context;
	(void)why;
	*exchange = NULL;
	if (connection) {
		connection->exchange = NULL;
		connection->deadline =
			writ_time_boot() + WRIT_HTTP_IDLE_SECONDS * WRIT_NS_PER_SECOND;
		writ_http_due(connection->http, connection->deadline);
	}
	if (ending && ending->kept)
		ending->kept->release(ending->kept);
	if (ending)
		writ_body_free(&ending->body);
	free(ending);
}

uint64_t writ_exchange_waits(const struct writ_exchange *exchange)
{
	return exchange->waiting ? exchange->until : 0;
}

bool writ_exchange_is_kept(const struct writ_exchange *exchange)
{
	return exchange->kept;
}

void writ_exchange_resume(struct writ_exchange *exchange)
{
	exchange->waiting = false;
	MHD_resume_connection(exchange->mhd);
}

void writ_http_resume(struct writ_http *http, void *mhd)
{
	struct writ_connection *connection = connection_of(mhd);

	if (!connection || !connection->exchange || !writ_exchange_waits(connection->exchange))
		return;
	writ_exchange_resume(connection->exchange);
	http->kick = true;
}
