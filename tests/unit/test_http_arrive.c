/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Connections between accept() and the core's word on who has made them, and who is woken of those
 * that wait. The loop is the test's own: the thread that serves is stopped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/connection.h"
#include "http_routes.h"

#define ARRIVALS (2 * WRIT_HTTP_ARRIVALS_MAX + 3)

static int fds[ARRIVALS];

static void *nothing(void *argument)
{
	return argument;
}

static int set_up(void **state)
{
	eventfd_t count;

	if (web_set_up(state) || eventfd_write(web.stop, 1) || pthread_join(web.thread, NULL) ||
	    eventfd_read(web.stop, &count))
		return -1;
	return pthread_create(&web.thread, NULL, nothing, NULL); /* for web_tear_down() to join */
}

static void arrive(size_t n)
{
	char who[32];

	for (size_t i = 0; i < n; i++) {
		(void)snprintf(who, sizeof(who), "agent-%zu", i);
		fds[i] = connect_as(who, web.agents);
	}
}

static void leave(size_t n)
{
	for (size_t i = 0; i < n; i++)
		(void)close(fds[i]);
}

/* No more questions are outstanding than may be; the first are heard, and their places taken. */
static void more_come_than_are_asked_about_at_a_time(void **state)
{
	struct writ_http *http = web.broker.http;

	(void)state;
	arrive(ARRIVALS);
	writ_http_accept(http);
	assert_int_equal(http->n_connections, 2 * WRIT_HTTP_ARRIVALS_MAX);
	assert_int_equal(http->n_arrivals, 3);
	writ_http_admit(http);
	assert_int_equal(http->n_connections, ARRIVALS);
	assert_int_equal(http->n_arrivals, 0);
	writ_http_admit(http); /* nobody is left, so nothing is waited for */
	for (size_t i = 0; i < ARRIVALS; i++) {
		say(fds[i], GET("/v1/whoami"));
		for (struct pollfd said = {.fd = fds[i], .events = POLLIN}; !poll(&said, 1, 0);)
			writ_http_run(http);
		assert_int_equal(hear(fds[i], text, sizeof(text)), 200);
	}
	leave(ARRIVALS);
}

static void the_answer_is_the_arrivals_own(void **state)
{
	struct writ_http *http = web.broker.http;

	(void)state;
	arrive(3);
	writ_http_accept(http);
	writ_http_admit(http);
	for (const struct writ_connection *each = http->connections; each; each = each->next)
		assert_string_equal(each->who.agent, each == http->connections ? "agent-2"
						     : each->next	       ? "agent-1"
									       : "agent-0");
	leave(3);
}

static void a_core_that_has_gone_turns_all_away(void **state)
{
	struct writ_http *http = web.broker.http;

	(void)state;
	assert_int_equal(writ_core_check(web.broker.core), 0);
	arrive(2);
	(void)shutdown(web.core, SHUT_RDWR);
	writ_http_accept(http);
	writ_http_admit(http);
	assert_int_equal(http->n_connections, 0);
	assert_int_equal(http->n_arrivals, 0);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(hear(fds[i], text, sizeof(text)), 503);
		assert_non_null(strstr(text, "the core is gone"));
	}
	assert_int_equal(writ_core_check(web.broker.core), -EPIPE); /* the loop's last turn */
	leave(2);
}

static void who_has_arrived_is_closed_with_the_server(void **state)
{
	(void)state;
	arrive(2);
	writ_http_accept(web.broker.http);
	assert_int_equal(web.broker.http->n_arrivals, 2);
	writ_http_closep(&web.broker.http);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(hear(fds[i], text, sizeof(text)), 0);
	leave(2);
}

static void run_until_asked(int times)
{
	for (int i = 0; i < 1000 && atomic_load(&asked) < times; i++) {
		writ_http_run(web.broker.http);
		(void)usleep(1000);
	}
	assert_int_equal(atomic_load(&asked), times);
}

/* Others' news are none for it: it is resumed by what it keeps. */
static void who_keeps_something_is_not_woken_by_others(void **state)
{
	struct writ_http *http = web.broker.http;

	(void)state;
	atomic_store(&asked, 0);
	atomic_store(&ready, 0);
	arrive(2);
	writ_http_accept(http);
	writ_http_admit(http);
	say(fds[0], GET("/v1/keeps"));
	run_until_asked(1);
	say(fds[1], GET("/v1/wait"));
	run_until_asked(2);
	writ_http_wake(http);
	run_until_asked(3);
	for (int i = 0; i < 10; i++)
		writ_http_run(http);
	assert_int_equal(atomic_load(&asked), 3);
	atomic_store(&ready, 1);
	writ_http_resume(http, keeper.connection);
	run_until_asked(4);
	assert_int_equal(hear(fds[0], text, sizeof(text)), 200);
	atomic_store(&keeper.released, 0);
	say(fds[0], GET("/v1/keeps"));
	atomic_store(&ready, 0);
	run_until_asked(5);
	writ_http_closep(&web.broker.http); /* that must end it all the same */
	assert_int_equal(atomic_load(&keeper.released), 1);
	leave(2);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, web_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(more_come_than_are_asked_about_at_a_time),
		CASE(the_answer_is_the_arrivals_own),
		CASE(a_core_that_has_gone_turns_all_away),
		CASE(who_has_arrived_is_closed_with_the_server),
		CASE(who_keeps_something_is_not_woken_by_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
