/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP surface over real sockets: who may call, what a request must be, and every limit of its
 * size at its last value and one past it. test_http_time.c has the limits of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "http_routes.h"
#include "lib/log.h"

static int post(const char *body, size_t len, const char *headers)
{
	static char request[1 << 18];

	(void)snprintf(request, sizeof(request),
		       "POST /v1/requests HTTP/1.1\r\n" HOST "%sContent-Length: %zu\r\n\r\n%.*s",
		       headers, len, (int)len, body);
	return ask_as("agent-1", web.agents, request, text, sizeof(text));
}

static void a_caller_is_who_connected(void **state)
{
	int fd = connect_as("agent-3", web.agents);
	int before = atomic_load(&web.attested);

	(void)state;
	assert_int_equal(ask_on(fd, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"agent\":\"agent-3\""));
	assert_non_null(strstr(text, "Content-Type: application/json"));
	assert_null(strstr(text, "Server:"));
	assert_int_equal(ask_on(fd, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_true(atomic_load(&web.attested) <= before + 1); /* once for the connection */
	(void)close(fd);
	assert_int_equal(ask_as("agent-4", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"agent\":\"agent-4\""));
}

static void who_is_in_no_agent_is_told_so(void **state)
{
	(void)state;
	assert_int_equal(ask_as("user-0", web.agents, GET("/v1/whoami"), text, sizeof(text)), 403);
	assert_non_null(strstr(text, "\"reason\":\"not_an_agent\""));
	assert_non_null(strstr(text, "writ run"));
	assert_int_equal(ask_as("operator-1", web.agents, GET("/v1/whoami"), text, sizeof(text)),
			 403);
}

static void who_is_no_operator_is_told_so(void **state)
{
	(void)state;
	assert_int_equal(ask_as("user-7", web.operators, GET("/v1/whoami"), text, sizeof(text)),
			 403);
	assert_non_null(strstr(text, "\"reason\":\"not_an_operator\""));
	assert_int_equal(ask_as("agent-1", web.operators, GET("/v1/whoami"), text, sizeof(text)),
			 403);
	assert_int_equal(ask_as("operator-1", web.operators, GET("/v1/whoami"), text, sizeof(text)),
			 200);
}

static void without_attestation_there_is_no_connection(void **state)
{
	(void)state;
	atomic_store(&web.mute, 1);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 503);
	assert_non_null(strstr(text, "\"reason\":\"core\""));
	assert_non_null(strstr(text, "the map can't be read"));
	atomic_store(&web.mute, 0);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
}

static void an_open_connection_is_attested_again(void **state)
{
	int fd = connect_as("agent-1", web.agents);

	(void)state;
	assert_int_equal(ask_on(fd, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"suspended\":false"));
	atomic_store(&web.suspended, 1);
	assert_int_equal(ask_on(fd, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_non_null(strstr(text, "\"suspended\":false"));
	(void)eventfd_write(web.again, 1);
	while (strstr(text, "\"suspended\":false")) /* the other thread has not seen it yet */
		assert_int_equal(ask_on(fd, GET("/v1/whoami"), text, sizeof(text)), 200);
	atomic_store(&web.mute, 1);
	(void)eventfd_write(web.again, 1);
	while (ask_on(fd, GET("/v1/whoami"), text, sizeof(text)) == 200)
		;
	assert_non_null(strstr(text, "\"reason\":\"core\""));
	(void)close(fd);
}

static void paths_and_methods(void **state)
{
	(void)state;
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/nothing"), text, sizeof(text)),
			 404);
	assert_non_null(strstr(text, "\"reason\":\"not_found\""));
	assert_int_equal(
		ask_as("agent-1", web.agents, GET("/v1/agents/a/denials"), text, sizeof(text)),
		404);
	assert_int_equal(
		ask_as("agent-1", web.agents, GET("/v1/requests/5%00"), text, sizeof(text)), 404);
	assert_int_equal(
		ask_as("agent-1", web.agents, GET("/v1/requests/5?q=%20a%00b"), text, sizeof(text)),
		201);
	assert_non_null(strstr(text, "\"id\":5"));
	assert_non_null(strstr(text, "\"q\":\" a\\u0001b\""));
	assert_int_equal(ask_as("agent-1", web.agents,
				"PUT /v1/requests HTTP/1.1\r\n" HOST "Content-Length: 0\r\n\r\n",
				text, sizeof(text)),
			 405);
	assert_non_null(strstr(text, "Allow: POST, OPTIONS"));
	assert_int_equal(ask_as("agent-1", web.agents,
				"OPTIONS /v1/whoami HTTP/1.1\r\n" HOST "\r\n", text, sizeof(text)),
			 204);
	assert_non_null(strstr(text, "Allow: GET, HEAD, OPTIONS"));
	assert_int_equal(ask_as("operator-1", web.operators, GET("/v1/agents/bot/denials"), text,
				sizeof(text)),
			 201);
	assert_non_null(strstr(text, "\"name\":\"bot\""));
}

static void head_is_get_without_its_body(void **state)
{
	int fd = connect_as("agent-1", web.agents);

	(void)state;
	say(fd, "HEAD /v1/whoami HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n");
	(void)shutdown(fd, SHUT_WR);
	assert_int_equal(hear(fd, text, sizeof(text)), 200);
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\n");
	(void)close(fd);
}

static void a_body_is_json_or_nothing(void **state)
{
	(void)state;
	assert_int_equal(post("", 0, ""), 201);
	assert_non_null(strstr(text, "\"json\":null"));
	assert_int_equal(post("{\"a\":1}", 7, "Content-Type: application/json\r\n"), 201);
	assert_non_null(strstr(text, "\"json\":{\"a\":1}"));
	assert_int_equal(post("{}", 2, "Content-Type: Application/JSON; charset=utf-8\r\n"), 201);
	assert_int_equal(post("{}", 2, "Content-Type: application/jsonx\r\n"), 415);
	assert_int_equal(post("a=b", 3, "Content-Type: application/x-www-form-urlencoded\r\n"),
			 415);
	assert_non_null(strstr(text, "\"reason\":\"media_type\""));
	assert_int_equal(post("[1]", 3, ""), 400);
	assert_int_equal(post("{\"a\":1,\"a\":2}", 13, ""), 400);
	assert_int_equal(post("{\"a\":1} x", 9, ""), 400);
	assert_int_equal(post("{\"a\":\"\xff\"}", 9, ""), 400);
	assert_int_equal(post("{\"a\":\"\\u0000\"}", 14, ""), 400);
	assert_non_null(strstr(text, "\"reason\":\"malformed\""));
	assert_int_equal(ask_as("agent-1", web.agents,
				"GET /v1/whoami HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}",
				text, sizeof(text)),
			 400);
}

/* {"a":{"a": ... }} with @depth objects. */
static int post_nested(unsigned int depth)
{
	char body[1024] = "";

	for (unsigned int i = 0; i < depth; i++)
		(void)strcat(body, "{\"[{\\\"\":");
	(void)strcat(body, "1");
	for (unsigned int i = 0; i < depth; i++)
		(void)strcat(body, "}");
	return post(body, strlen(body), "");
}

static void nesting_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(post_nested(WRIT_HTTP_DEPTH_MAX), 201);
	assert_int_equal(post_nested(WRIT_HTTP_DEPTH_MAX + 1), 400);
	assert_non_null(strstr(text, "nested deeper than 8"));
}

/* A JSON object of exactly @len bytes. */
static char *sized_body(size_t len)
{
	char *body = malloc(len + 1);

	memset(body, ' ', len);
	memcpy(body, "{}", 2);
	body[len] = '\0';
	return body;
}

static int post_sized(size_t len, const char *headers)
{
	char *body = sized_body(len);
	int status = post(body, len, headers);

	free(body);
	return status;
}

static void a_body_has_a_limit(void **state)
{
	(void)state;
	assert_int_equal(post_sized(WRIT_HTTP_BODY_MAX, ""), 201);
	assert_non_null(strstr(text, "\"bytes\":65536"));
	assert_int_equal(post_sized(WRIT_HTTP_BODY_MAX + 1, ""), 413);
	assert_non_null(strstr(text, "\"reason\":\"too_large\""));
	assert_int_equal(post_sized(WRIT_HTTP_BODY_MAX + 1, "Expect: 100-continue\r\n"), 413);
}

static int post_chunked(size_t len, size_t chunk)
{
	int fd = connect_as("agent-1", web.agents);
	char *body = sized_body(len);
	char head[32];
	int status;

	say(fd, "POST /v1/requests HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n");
	for (size_t done = 0; done < len;) {
		size_t n = len - done < chunk ? len - done : chunk;
		char kept = body[done + n];

		(void)snprintf(head, sizeof(head), "%zx\r\n", n);
		say(fd, head);
		body[done + n] = '\0';
		say(fd, body + done);
		body[done + n] = kept;
		say(fd, "\r\n");
		done += n;
	}
	say(fd, "0\r\n\r\n");
	status = hear(fd, text, sizeof(text));
	free(body);
	(void)close(fd);
	return status;
}

static void a_body_without_length_has_the_same_limit(void **state)
{
	(void)state;
	assert_int_equal(post_chunked(WRIT_HTTP_BODY_MAX, 1000), 201);
	assert_non_null(strstr(text, "\"bytes\":65536"));
	assert_int_equal(post_chunked(WRIT_HTTP_BODY_MAX + 1, 1000), 413);
	assert_int_equal(post_chunked(16 * WRIT_HTTP_BODY_MAX + 1, 60000), 0); /* closed */
}

static void headers_have_a_limit(void **state)
{
	static char request[64 << 10];
	char value[32 << 10];

	(void)state;
	memset(value, 'h', sizeof(value));
	value[WRIT_HTTP_MEMORY / 4] = '\0';
	(void)snprintf(request, sizeof(request), "GET /v1/whoami HTTP/1.1\r\n" HOST "X: %s\r\n\r\n",
		       value);
	assert_int_equal(ask_as("agent-1", web.agents, request, text, sizeof(text)), 200);
	value[WRIT_HTTP_MEMORY / 4] = 'h';
	value[WRIT_HTTP_MEMORY] = '\0';
	(void)snprintf(request, sizeof(request), "GET /v1/whoami HTTP/1.1\r\n" HOST "X: %s\r\n\r\n",
		       value);
	assert_int_equal(ask_as("agent-1", web.agents, request, text, sizeof(text)), 431);
}

static void a_large_answer_comes_whole(void **state)
{
	(void)state;
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/large"), text, sizeof(text)), 200);
	assert_true(strlen(strstr(text, "\r\n\r\n")) > (1 << 16));
}

/* What Prometheus reads: the type says the version, and who is no operator has no such path. */
static void an_answer_may_be_text(void **state)
{
	(void)state;
	assert_int_equal(ask_as("operator-1", web.operators, GET("/metrics"), text, sizeof(text)),
			 200);
	assert_non_null(strstr(text, "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"));
	assert_string_equal(strstr(text, "\r\n\r\n"), "\r\n\r\na 1\n");
	assert_int_equal(ask_as("agent-1", web.agents, GET("/metrics"), text, sizeof(text)), 404);
	assert_int_equal(ask_as("user-1", web.operators, GET("/metrics"), text, sizeof(text)), 403);
}

static void requests_in_one_stream_are_answered_in_order(void **state)
{
	int fd = connect_as("agent-1", web.agents);

	(void)state;
	say(fd, GET("/v1/requests/1") GET("/v1/requests/2") GET("/v1/nothing"));
	assert_int_equal(hear(fd, text, sizeof(text)), 201);
	assert_non_null(strstr(text, "\"id\":1"));
	assert_int_equal(hear(fd, text, sizeof(text)), 201);
	assert_non_null(strstr(text, "\"id\":2"));
	assert_int_equal(hear(fd, text, sizeof(text)), 404);
	(void)close(fd);
}

static void one_caller_has_so_many_connections(void **state)
{
	int fds[WRIT_HTTP_PER_CALLER_MAX];

	(void)state;
	for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++)
		fds[i] = connect_as("agent-1", web.agents);
	assert_int_equal(
		ask_on(fds[WRIT_HTTP_PER_CALLER_MAX - 1], GET("/v1/whoami"), text, sizeof(text)),
		200);
	assert_int_equal(ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 503);
	assert_non_null(strstr(text, "\"reason\":\"connections\""));
	assert_non_null(strstr(text, "Retry-After: 1"));
	assert_int_equal(ask_as("agent-2", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_int_equal(ask_as("operator-1", web.operators, GET("/v1/whoami"), text, sizeof(text)),
			 200);
	(void)close(fds[0]);
	while (ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)) != 200)
		; /* the server has not seen the end yet */
	for (size_t i = 1; i < WRIT_HTTP_PER_CALLER_MAX; i++)
		(void)close(fds[i]);
}

/* As many agents as it takes to use all that agents may use together. */
static void operators_have_connections_of_their_own(void **state)
{
	const size_t count = WRIT_HTTP_CONNECTIONS_MAX - WRIT_HTTP_RESERVED;
	struct rlimit files;
	char who[32];
	int *fds;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &files), 0);
	if (files.rlim_max < 2 * count + 100)
		skip();
	files.rlim_cur = files.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &files), 0);
	fds = calloc(count, sizeof(*fds));
	for (size_t i = 0; i < count; i++) {
		(void)snprintf(who, sizeof(who), "agent-%zu", i / WRIT_HTTP_PER_CALLER_MAX);
		fds[i] = connect_as(who, web.agents);
	}
	assert_int_equal(ask_on(fds[count - 1], GET("/v1/whoami"), text, sizeof(text)), 200);
	assert_int_equal(ask_as("agent-99", web.agents, GET("/v1/whoami"), text, sizeof(text)),
			 503);
	assert_non_null(strstr(text, "the broker has too many connections"));
	assert_int_equal(ask_as("operator-1", web.operators, GET("/v1/whoami"), text, sizeof(text)),
			 200);
	for (size_t i = 0; i < count; i++)
		(void)close(fds[i]);
	free(fds);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, web_set_up, web_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_caller_is_who_connected),
		CASE(who_is_in_no_agent_is_told_so),
		CASE(who_is_no_operator_is_told_so),
		CASE(without_attestation_there_is_no_connection),
		CASE(an_open_connection_is_attested_again),
		CASE(paths_and_methods),
		CASE(head_is_get_without_its_body),
		CASE(a_body_is_json_or_nothing),
		CASE(nesting_has_a_limit),
		CASE(a_body_has_a_limit),
		CASE(a_body_without_length_has_the_same_limit),
		CASE(headers_have_a_limit),
		CASE(a_large_answer_comes_whole),
		CASE(an_answer_may_be_text),
		CASE(requests_in_one_stream_are_answered_in_order),
		CASE(one_caller_has_so_many_connections),
		CASE(operators_have_connections_of_their_own),
	};

	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
