/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP surface and time: who is slow, who waits, who asks too often, who sends rubbish and
 * stays; and that one caller takes nothing from another. The clock that the code under test reads
 * is this file's (`--wrap`), so what takes 15 s is seen after some steps of it.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "http_routes.h"
#include "lib/log.h"
#include "lib/time.h"

#define STEP_MS 10			 /* of the machine's time */
#define STEP_NS (WRIT_NS_PER_SECOND / 2) /* of the clock's, in each */
#define STEPS_MAX 6000			 /* a server that never ends it fails, not hangs */

uint64_t __real_writ_time_boot(void);
uint64_t __wrap_writ_time_boot(void);

static atomic_uint_fast64_t ahead;

uint64_t __wrap_writ_time_boot(void)
{
	return __real_writ_time_boot() + atomic_load(&ahead);
}

static void time_goes_on(void)
{
	const struct timespec pause = {.tv_nsec = STEP_MS * 1000000};

	(void)nanosleep(&pause, NULL);
	atomic_fetch_add(&ahead, STEP_NS);
	(void)eventfd_write(web.tick, 1);
}

/* An answer, or 0: the end of the stream. Time goes on until it begins. */
static int hear_late(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	for (int i = 0; i < STEPS_MAX && !poll(&poll_fd, 1, 0); i++)
		time_goes_on();
	return hear(fd, text, sizeof(text));
}

/* 64 connections that send a byte now and then; meanwhile another agent asks all it likes. */
static void slow_senders_take_nothing_from_others(void **state)
{
	static const char request[] = GET("/v1/whoami");
	int fds[WRIT_HTTP_PER_CALLER_MAX];

	(void)state;
	for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++)
		fds[i] = connect_as("agent-1", web.agents);
	for (size_t byte = 0; byte < sizeof(request) - 2; byte++) {
		for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++)
			assert_int_equal(send(fds[i], request + byte, 1, MSG_NOSIGNAL), 1);
		assert_int_equal(
			ask_as("agent-2", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	}
	for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++)
		(void)close(fds[i]);
}

static void a_request_that_is_never_whole_is_closed(void **state)
{
	uint64_t began = writ_time_boot();
	int fd = connect_as("agent-1", web.agents);
	int silent = connect_as("agent-1", web.agents);
	int sent = 0;

	(void)state;
	say(fd, "GET /v1/whoami HTTP/1.1\r\nX: ");
	for (; send(fd, "x", 1, MSG_NOSIGNAL) == 1; sent++) /* never silent, never done */
		time_goes_on();
	assert_true(sent > 1);
	assert_int_equal(hear_late(fd), 0);
	assert_int_equal(hear_late(silent), 0);
	assert_true(writ_time_boot() - began >= WRIT_HTTP_IDLE_SECONDS * WRIT_NS_PER_SECOND);
	(void)close(fd);
	(void)close(silent);
}

static void who_waits_is_woken(void **state)
{
	int fd = connect_as("agent-1", web.agents);

	(void)state;
	atomic_store(&ready, 0);
	atomic_store(&asked, 0);
	say(fd, GET("/v1/wait?wait=60"));
	while (!atomic_load(&asked))
		;
	(void)eventfd_write(web.wake, 1); /* for nothing: it goes on waiting */
	while (atomic_load(&asked) < 2)
		;
	assert_int_equal(recv(fd, text, 1, MSG_DONTWAIT), -1);
	atomic_store(&ready, 1);
	(void)eventfd_write(web.wake, 1);
	assert_int_equal(hear(fd, text, sizeof(text)), 200);
	assert_int_equal(ask_on(fd, GET("/v1/whoami"), text, sizeof(text)), 200);
	(void)close(fd);
}

static void who_waits_long_enough_is_answered(void **state)
{
	uint64_t began = writ_time_boot();
	int fd = connect_as("agent-1", web.agents);

	(void)state;
	atomic_store(&ready, 0);
	say(fd, GET("/v1/wait?wait=60"));
	assert_int_equal(hear_late(fd), 202);
	assert_non_null(strstr(text, "\"expired\":true"));
	assert_true(writ_time_boot() - began >= 60 * WRIT_NS_PER_SECOND);
	say(fd, GET("/v1/never"));
	assert_int_equal(hear_late(fd), 503);
	(void)close(fd);
}

static void who_waits_and_leaves_is_forgotten(void **state)
{
	(void)state;
	atomic_store(&ready, 0);
	for (size_t i = 0; i < WRIT_HTTP_PER_CALLER_MAX; i++) {
		int fd = connect_as("agent-9", web.agents);

		say(fd, GET("/v1/wait?wait=60"));
		(void)close(fd);
	}
	(void)eventfd_write(web.wake, 1);
	atomic_store(&ready, 1);
	(void)eventfd_write(web.wake, 1);
	while (ask_as("agent-9", web.agents, GET("/v1/whoami"), text, sizeof(text)) != 200)
		(void)eventfd_write(web.wake, 1);
}

/* The server of this case ends while one waits, and one has sent a part. */
static void it_ends_with_connections_open(void **state)
{
	int fd = connect_as("agent-1", web.agents);
	int half = connect_as("agent-1", web.agents);

	(void)state;
	atomic_store(&ready, 0);
	atomic_store(&asked, 0);
	say(half, "POST /v1/requests HTTP/1.1\r\n" HOST "Content-Length: 10\r\n\r\n{");
	say(fd, GET("/v1/wait?wait=60"));
	while (!atomic_load(&asked))
		;
	(void)web_tear_down(NULL);
	assert_int_equal(hear(fd, text, sizeof(text)), 0);
	assert_int_equal(hear(half, text, sizeof(text)), 0);
	(void)close(fd);
	(void)close(half);
	assert_int_equal(web_set_up(NULL), 0);
}

static void requests_in_a_second_have_a_limit(void **state)
{
	int fd = connect_as("agent-5", web.agents);
	int other = connect_as("agent-6", web.agents);
	int status = 200;
	int served = 0;

	(void)state;
	/* Pipelined, so that they come within a second. */
	for (int i = 0; i < 20000 && status == 200; i++) {
		say(fd, GET("/v1/whoami") GET("/v1/whoami") GET("/v1/whoami") GET("/v1/whoami"));
		for (int k = 0; k < 4 && status == 200; k++) {
			status = hear(fd, text, sizeof(text));
			served += status == 200;
		}
	}
	if (status == 200)
		skip(); /* this machine does not get through 2000 in a second */
	assert_int_equal(status, 429);
	assert_true(served >= (int)WRIT_HTTP_RATE_MAX);
	assert_non_null(strstr(text, "\"reason\":\"rate\""));
	assert_int_equal(ask_on(other, GET("/v1/whoami"), text, sizeof(text)), 200);
	(void)close(fd);
	(void)close(other);
}

static void rubbish_is_refused(void **state)
{
	static const char *const rubbish[] = {
		"\r\n\r\n\r\n",
		"GET\r\n\r\n",
		"\x16\x03\x01\x02",
		"GET /v1/whoami HTTP/9.9\r\n\r\n",
		"GET /v1/whoami HTTP/1.1\r\n\r\n", /* without a host */
		"POST /v1/requests HTTP/1.1\r\n" HOST "Content-Length: -5\r\n\r\n",
		"POST /v1/requests HTTP/1.1\r\n" HOST
		"Content-Length: 99999999999999999999\r\n\r\n",
		"POST /v1/requests HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rubbish) / sizeof(*rubbish); i++) {
		int fd = connect_as("agent-1", web.agents);

		say(fd, rubbish[i]);
		(void)shutdown(fd, SHUT_WR);
		assert_true(hear_late(fd) != 200);
		(void)close(fd);
		assert_int_equal(
			ask_as("agent-1", web.agents, GET("/v1/whoami"), text, sizeof(text)), 200);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, web_set_up, web_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(slow_senders_take_nothing_from_others),
		CASE(a_request_that_is_never_whole_is_closed),
		CASE(who_waits_is_woken),
		CASE(who_waits_long_enough_is_answered),
		CASE(who_waits_and_leaves_is_forgotten),
		CASE(it_ends_with_connections_open),
		CASE(requests_in_a_second_have_a_limit),
		CASE(rubbish_is_refused),
	};

	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
