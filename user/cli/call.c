/* SPDX-License-Identifier: Apache-2.0 */
/* See call.h. */
#include "cli/call.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/fields.h"
#include "cli/http.h"
#include "cli/output.h"
#include "lib/cleanup.h"
#include "writ/control.h"

#define LINE_SIZE 4096

static const char *socket_of(const struct writ_call *call)
{
	const char *path = call->cli->socket;

	if (!path)
		path = getenv(call->operators ? "WRIT_OPERATOR_SOCKET" : "WRIT_AGENT_SOCKET");
	if (path && *path)
		return path;
	return call->operators ? WRIT_OPERATOR_SOCKET : WRIT_AGENT_SOCKET;
}

static unsigned int seconds_of(const struct writ_call *call)
{
	return call->seconds ? call->seconds : WRIT_CALL_SECONDS;
}

static int not_permitted(const struct writ_call *call, const char *socket)
{
	if (call->operators)
		return writ_options_fail(call->cli, WRIT_EXIT_NOT_PERMITTED,
					 "no permission for %s: it is for root outside of every "
					 "agent, and for members of the operators' group; an agent "
					 "asks with 'writ request'",
					 socket);
	return writ_options_fail(call->cli, WRIT_EXIT_NOT_PERMITTED,
				 "no permission for %s: see 'ls -l %s' and 'writ audit tail'",
				 socket, socket);
}

/* Where there is no socket no broker is meant to be: that is nothing to speak of. */
static int pass_over(const char *socket, int err)
{
	char text[LINE_SIZE];

	if (err != -ENOENT)
		(void)fprintf(stderr,
			      "writ: the broker at %s does not answer: asking writd itself\n",
			      writ_output_text(socket, text, sizeof(text)));
	return WRIT_EXIT_UNREACHABLE;
}

static int fail(const struct writ_call *call, const char *socket, int err)
{
	if (call->fallback)
		return pass_over(socket, err);
	switch (err) {
	case -EACCES:
	case -EPERM:
		return not_permitted(call, socket);
	case -ENOENT:
	case -ECONNREFUSED:
		return writ_options_fail(call->cli, WRIT_EXIT_UNREACHABLE,
					 "no broker answers on %s: is writd running, and with a "
					 "broker? An operator sees it in 'writ status'",
					 socket);
	case -EAGAIN:
	case -ETIMEDOUT:
		return writ_options_fail(call->cli, WRIT_EXIT_UNREACHABLE,
					 "the broker at %s gave no whole answer for %u s: what was "
					 "asked may have been done; 'writ status' shows whether it "
					 "runs",
					 socket, seconds_of(call));
	case -ECONNRESET:
		return writ_options_fail(call->cli, WRIT_EXIT_UNREACHABLE,
					 "the broker at %s closed the connection in mid-answer: "
					 "what was asked may have been done; try again",
					 socket);
	case -EPROTO:
	case -EMSGSIZE:
		return writ_options_fail(call->cli, WRIT_EXIT_UNREACHABLE,
					 "what answers at %s is no broker of this version (%s)%s: "
					 "install the same writ and writd",
					 socket, WRIT_VERSION,
					 err == -EMSGSIZE ? ", or says too much" : "");
	}
	return writ_options_fail(call->cli, WRIT_EXIT_UNREACHABLE,
				 "can't reach the broker at %s: %s", socket, strerror(-err));
}

static int ask_http(const struct writ_call *call, struct writ_http_reply *ret)
{
	const char *socket = socket_of(call);
	_cleanup_free_ char *body = call->body ? json_dumps(call->body, JSON_COMPACT) : NULL;
	const struct writ_http_call http = {
		.socket = socket,
		.method = call->method,
		.target = call->target,
		.body = body,
		.seconds = seconds_of(call),
	};
	int err = call->body && !body ? -ENOMEM : writ_http_ask(&http, ret);

	return err ? fail(call, socket, err) : WRIT_EXIT_OK;
}

/* NULL: it is none. */
static json_t *json_of(const struct writ_http_reply *reply)
{
	return reply->status == 204
		       ? json_object()
		       : json_loadb(reply->body, reply->len, JSON_REJECT_DUPLICATES, NULL);
}

int writ_call_send(const struct writ_call *call, unsigned int *ret_status, json_t **ret_answer)
{
	__attribute__((cleanup(writ_http_release))) struct writ_http_reply reply = {0};
	_cleanup_json_ json_t *answer = NULL;
	int err = ask_http(call, &reply);

	if (err)
		return err;
	answer = json_of(&reply);
	if (!answer)
		return fail(call, socket_of(call), -EPROTO);
	*ret_status = reply.status;
	*ret_answer = take_ptr(answer);
	return WRIT_EXIT_OK;
}

/* Lines of printable ASCII: nothing else reaches a terminal. */
static bool is_plain(const struct writ_http_reply *reply)
{
	for (size_t i = 0; i < reply->len; i++)
		if (reply->body[i] != '\n' && (reply->body[i] < ' ' || reply->body[i] > '~'))
			return false;
	return reply->len && reply->body[reply->len - 1] == '\n';
}

int writ_call_text(const struct writ_call *call, char **ret_text)
{
	__attribute__((cleanup(writ_http_release))) struct writ_http_reply reply = {0};
	_cleanup_json_ json_t *answer = NULL;
	int err = ask_http(call, &reply);

	if (err)
		return err;
	if (reply.status == 200 && is_plain(&reply)) {
		*ret_text = take_ptr(reply.body);
		return WRIT_EXIT_OK;
	}
	answer = reply.status >= 400 ? json_of(&reply) : NULL;
	if (!answer)
		return fail(call, socket_of(call), -EPROTO);
	return writ_call_refuse(call->cli, answer, 0);
}

const char *writ_call_reason(const json_t *answer)
{
	return writ_fields_text(json_object_get(answer, "error"), "reason");
}

/* Words that are no verdict on what was asked for, and what they are instead. */
static const struct {
	const char *reason;
	int exit;
} others[] = {
	{"not_an_agent", WRIT_EXIT_NOT_PERMITTED}, {"not_an_operator", WRIT_EXIT_NOT_PERMITTED},
	{"unavailable", WRIT_EXIT_UNREACHABLE},	   {"connections", WRIT_EXIT_UNREACHABLE},
	{"malformed", WRIT_EXIT_FAILED},	   {"policy", WRIT_EXIT_FAILED},
};

static int exit_of(const char *reason)
{
	static const char *const refusals[] = {
#define X(name, word) word,
		WRIT_REFUSAL_LIST(X)
#undef X
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (!strcmp(others[i].reason, reason))
			return others[i].exit;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++)
		if (!strcmp(refusals[i], reason))
			return WRIT_EXIT_REFUSED;
	return WRIT_EXIT_FAILED;
}

static int refuse_as_json(const struct writ_cli *cli, const json_t *error, int exit, uint64_t id)
{
	int code = exit < cli->least ? cli->least : exit;
	_cleanup_json_ json_t *line =
		json_pack("{s:s, s:i, s:s, s:s, s:I}", "error", writ_fields_text(error, "message"),
			  "exit", code, "reason", writ_fields_text(error, "reason"), "remedy",
			  writ_fields_text(error, "remedy"), "retry_after",
			  (json_int_t)writ_fields_number(error, "retry_after"));

	if (line && id)
		(void)json_object_set_new(line, "request", json_integer((json_int_t)id));
	(void)fflush(stdout);
	if (!line || json_dumpf(line, stderr, JSON_SORT_KEYS | JSON_ENSURE_ASCII))
		return writ_options_fail(cli, exit, "out of memory");
	(void)fputc('\n', stderr);
	return code;
}

static void put_line(const char *label, const char *text)
{
	char safe[LINE_SIZE];

	if (*text)
		(void)fprintf(stderr, "%-10s %s\n", label,
			      writ_output_text(text, safe, sizeof(safe)));
}

int writ_call_refuse(const struct writ_cli *cli, const json_t *answer, uint64_t id)
{
	const json_t *error = json_object_get(answer, "error");
	const char *reason = writ_fields_text(error, "reason");
	const char *message = writ_fields_text(error, "message");
	int exit = exit_of(reason), code;
	char span[32];

	if (cli->json)
		return refuse_as_json(cli, error, exit, id);
	if (exit == WRIT_EXIT_REFUSED)
		code = writ_options_fail(cli, exit, "refused (%s): %s", reason, message);
	else
		code = writ_options_fail(cli, exit, "%s", *message ? message : "refused");
	put_line("remedy", writ_fields_text(error, "remedy"));
	if (writ_fields_number(error, "retry_after"))
		(void)fprintf(stderr, "%-10s in %s\n", "ask again",
			      writ_fields_span(error, "retry_after", span, sizeof(span)));
	if (id)
		(void)fprintf(stderr, "%-10s %" PRIu64 "\n", "request", id);
	return code;
}

static uint64_t request_of(const json_t *answer)
{
	return writ_fields_number(json_object_get(answer, "request"), "id");
}

int writ_call_ask(const struct writ_call *call, json_t **ret_answer)
{
	_cleanup_json_ json_t *answer = NULL;
	unsigned int status = 0;
	int err = writ_call_send(call, &status, &answer);

	if (err)
		return err;
	if (status >= 400 || json_object_get(answer, "error"))
		return writ_call_refuse(call->cli, answer, request_of(answer));
	*ret_answer = take_ptr(answer);
	return WRIT_EXIT_OK;
}
