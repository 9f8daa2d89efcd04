/* SPDX-License-Identifier: Apache-2.0 */
/* cli/http.c: what is a whole answer, and each way in which there is none. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/http.h"
#include "fake_broker.h"

static struct writ_http_reply reply;

static int ask_for(unsigned int seconds, const char *body)
{
	const struct writ_http_call call = {
		.socket = broker.path,
		.method = body ? "POST" : "GET",
		.target = "/v1/whoami?last=2",
		.body = body,
		.seconds = seconds,
	};
	int err;

	broker_start();
	err = writ_http_ask(&call, &reply);
	broker_stop();
	return err;
}

/* Asks once; the answer is @bytes and then the end. */
static int ask(const char *bytes, size_t len)
{
	broker_forget();
	broker_bytes(bytes, len, 0);
	return ask_for(5, NULL);
}

#define ASK(text) ask(text, sizeof(text) - 1)

static void assert_body(const char *body)
{
	assert_int_equal(reply.len, strlen(body));
	assert_string_equal(reply.body, body);
	writ_http_release(&reply);
}

static void test_request(void **state)
{
	(void)state;
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"), 0);
	assert_int_equal(reply.status, 200);
	assert_body("{}");
	assert_string_equal(broker.turns[0].request,
			    "GET /v1/whoami?last=2 HTTP/1.1\r\nHost: writ\r\n"
			    "Accept: application/json\r\nConnection: close\r\n"
			    "Content-Length: 0\r\n\r\n");
	broker_forget();
	broker_says(202, "{\"a\": 1}");
	assert_int_equal(ask_for(5, "{\"playbook\": \"p\"}"), 0);
	assert_int_equal(reply.status, 202);
	assert_body("{\"a\": 1}");
	assert_non_null(strstr(broker.turns[0].request, "Content-Type: application/json\r\n"
							"Content-Length: 17\r\n\r\n"
							"{\"playbook\": \"p\"}"));
}

static void test_lengths(void **state)
{
	(void)state;
	assert_int_equal(ASK("HTTP/1.0 404 Not Found\r\nconTent-length:\t 3 \r\n\r\nabcd"), 0);
	assert_int_equal(reply.status, 404);
	assert_body("abc");
	assert_int_equal(ASK("HTTP/1.1 200\r\n\r\nto the end"), 0);
	assert_body("to the end");
	assert_int_equal(ASK("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n"), 0);
	assert_body("");
	/* the answer is whole, though the connection stays open */
	broker_forget();
	broker_bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n1", 39, 1);
	assert_int_equal(ask_for(5, NULL), 0);
	assert_body("1");
}

static void test_chunks(void **state)
{
	static const char whole[] = "HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n"
				    "4\r\n{\"a\"\r\nA;x=y\r\n: \"bcdefg\"\r\n1\r\n}\r\n"
				    "0\r\nTrailer: x\r\n\r\n";

	(void)state;
	assert_int_equal(ask(whole, sizeof(whole) - 1), 0);
	assert_body("{\"a\": \"bcdefg\"}");
	for (size_t len = 0; len < sizeof(whole) - 1; len++) { /* any part of it is none */
		assert_int_equal(writ_http_parse(whole, len, false, &reply), 0);
		assert_int_equal(writ_http_parse(whole, len, true, &reply), -ECONNRESET);
	}
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n"),
			 -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n"),
			 -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\r\nab\r\n"),
			 -EPROTO);
	assert_int_equal(
		ASK("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nab"),
		-EMSGSIZE);
}

static void test_cut(void **state)
{
	(void)state;
	assert_int_equal(ASK(""), -ECONNRESET);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Le"), -ECONNRESET);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{}"), -ECONNRESET);
	assert_null(reply.body); /* untouched */
}

static void test_no_http(void **state)
{
	(void)state;
	assert_int_equal(ASK("SSH-2.0-OpenSSH_9\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/2.0 200 OK\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 2xx OK\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 2000 OK\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 100 Continue\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 600 X\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nno field\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\n: x\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"), -EPROTO);
}

/* What two readers could read differently. */
static void test_two_lengths(void **state)
{
	(void)state;
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n1"),
			 -EPROTO);
	assert_int_equal(
		ASK("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n1"),
		-EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n1"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\n1"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length : 1\r\n\r\n1"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length:\r\n\r\n1"), -EPROTO);
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length: 1a\r\n\r\n1"), -EPROTO);
}

static void test_head_limit(void **state)
{
	static char text[WRIT_HTTP_HEAD_MAX + 8];
	size_t start = strlen("HTTP/1.1 200 OK\r\nA: ");

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "HTTP/1.1 200 OK\r\nA: ", start);
	memcpy(text + WRIT_HTTP_HEAD_MAX - 4, "\r\n\r\n", 4);
	assert_int_equal(writ_http_parse(text, WRIT_HTTP_HEAD_MAX, true, &reply), 1);
	writ_http_release(&reply);
	memcpy(text + WRIT_HTTP_HEAD_MAX - 4, "xxx\r\n\r\n", 7);
	assert_int_equal(writ_http_parse(text, WRIT_HTTP_HEAD_MAX + 3, true, &reply), -EMSGSIZE);
	assert_int_equal(writ_http_parse(text, WRIT_HTTP_HEAD_MAX + 1, false, &reply), -EMSGSIZE);
	assert_int_equal(writ_http_parse(text, WRIT_HTTP_HEAD_MAX, false, &reply), 0);
}

static void test_huge(void **state)
{
	static const char head[] = "HTTP/1.1 200 OK\r\n\r\n";
	size_t len = WRIT_HTTP_REPLY_MAX + 1;
	char *text = malloc(len);

	(void)state;
	assert_int_equal(ASK("HTTP/1.1 200 OK\r\nContent-Length: 16777217\r\n\r\n1"), -EMSGSIZE);
	assert_non_null(text);
	memset(text, 'x', len);
	memcpy(text, head, sizeof(head) - 1);
	assert_int_equal(ask(text, len), -EMSGSIZE);
	assert_int_equal(ask(text, len - 1), 0);
	assert_int_equal(reply.len, len - 1 - (sizeof(head) - 1));
	writ_http_release(&reply);
	free(text);
}

static void test_no_end(void **state)
{
	(void)state;
	broker_bytes("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{", 39, 1);
	assert_int_equal(ask_for(1, NULL), -ETIMEDOUT);
	broker_forget();
	broker_bytes("", 0, 1);
	assert_int_equal(ask_for(1, "{}"), -ETIMEDOUT);
}

/* A body that the other end doesn't take: what it says is heard all the same. */
static void test_answer_before_the_end_of_the_request(void **state)
{
	size_t len = 4u << 20;
	char *body = malloc(len + 1);

	(void)state;
	assert_non_null(body);
	memset(body, ' ', len);
	body[len] = '\0';
	broker_says(413, "{}");
	assert_int_equal(ask_for(5, body), 0);
	assert_int_equal(reply.status, 413);
	assert_body("{}");
	free(body);
}

static void test_nobody_there(void **state)
{
	struct writ_http_call call = {
		.socket = "/nonexistent/x", .method = "GET", .target = "/", .seconds = 1};
	char path[200], target[WRIT_HTTP_TARGET_MAX + 2];

	(void)state;
	assert_int_equal(writ_http_ask(&call, &reply), -ENOENT);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	call.socket = path;
	assert_int_equal(writ_http_ask(&call, &reply), -ENAMETOOLONG);
	memset(target, 'a', sizeof(target));
	target[sizeof(target) - 1] = '\0';
	call = (struct writ_http_call){broker.path, "GET", target, NULL, 1};
	assert_int_equal(writ_http_ask(&call, &reply), -EMSGSIZE);
}

/* The queue of a listener that nobody serves is full: no wait without end. */
static void test_nobody_accepts(void **state)
{
	const struct writ_http_call call = {broker.path, "GET", "/", NULL, 1};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int waiting[8], n = 0;

	(void)state;
	(void)strcpy(address.sun_path, broker.path);
	for (; n < 8; n++) {
		waiting[n] = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(waiting[n], (const struct sockaddr *)&address, sizeof(address)))
			break;
	}
	assert_in_range(n, 1, 7);
	assert_int_equal(writ_http_ask(&call, &reply), -EAGAIN);
	for (; n >= 0; n--)
		(void)close(waiting[n]);
}

static void test_encode(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(writ_http_encode("aZ0-._~", text, sizeof(text)), 0);
	assert_string_equal(text, "aZ0-._~");
	assert_int_equal(writ_http_encode("a b&c=\xc3\xa4/%", text, sizeof(text)), 0);
	assert_string_equal(text, "a%20b%26c%3D%C3%A4%2F%25");
	assert_int_equal(writ_http_encode("1234", text, 5), 0);
	assert_int_equal(writ_http_encode("12345", text, 5), -EMSGSIZE);
	assert_int_equal(writ_http_encode("12%", text, 5), -EMSGSIZE);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, broker_set_up, broker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request),	 TEST(test_lengths),
		TEST(test_chunks),	 TEST(test_cut),
		TEST(test_no_http),	 TEST(test_two_lengths),
		TEST(test_head_limit),	 TEST(test_huge),
		TEST(test_no_end),	 TEST(test_answer_before_the_end_of_the_request),
		TEST(test_nobody_there), TEST(test_nobody_accepts),
		TEST(test_encode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
