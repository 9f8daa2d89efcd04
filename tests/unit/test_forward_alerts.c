/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writ-forward tells people: a command and a web server of python3 on the loopback, which is down,
 * slow or refuses; and live subscribers on a socket.
 */
#include "forward_helper.h"

#include <sys/un.h>

static pid_t server;

static void start_server(unsigned int port, int status)
{
	char code[1024];

	(void)snprintf(code, sizeof(code),
		       "import http.server,sys\n"
		       "class H(http.server.BaseHTTPRequestHandler):\n"
		       "  def do_POST(self):\n"
		       "    body=self.rfile.read(int(self.headers['Content-Length']))\n"
		       "    open('%s/posted','ab').write(self.path.encode()+b' '+body+b'\\n')\n"
		       "    self.send_response(%d)\n"
		       "    self.send_header('Location','/elsewhere')\n"
		       "    self.end_headers()\n"
		       "  do_GET=do_POST\n"
		       "  def log_message(self,*a): pass\n"
		       "http.server.HTTPServer(('127.0.0.1',%u),H).serve_forever()\n",
		       trail_directory, status, port);
	server = fork();
	assert_true(server >= 0);
	if (!server) {
		(void)execlp("python3", "python3", "-c", code, NULL);
		_exit(98);
	}
}

static void end_server(void)
{
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
	server = 0;
}

static int tear_down(void **state)
{
	if (server > 0)
		end_server();
	return forward_tear_down(state);
}

/* Its row: behind those of the sinks, of which there is none here. */
static const struct writ_forward_row *row(void)
{
	return &forward.page->rows[0];
}

static void start_with(const char *alert)
{
	char audit[512];

	(void)snprintf(audit, sizeof(audit),
		       "  alerts:\n    - {name: burst, when: denials, count: 5, within: 1m, %s}\n",
		       alert);
	forward_policy(audit);
	forward_put(1); /* is there before: no news */
	forward_start();
	wait_until(row()->state == WRIT_FORWARD_CURRENT);
	(void)usleep(300000);
}

static void a_command_gets_the_message(void **state)
{
	char alert[256];

	(void)state;
	shell("printf '#!/bin/sh\\nexec cat >>%1$s/state/told\\n' >%1$s/notify && chmod 755 "
	      "%1$s/notify",
	      trail_directory);
	(void)snprintf(alert, sizeof(alert), "every: 2s, command: [%s/notify]", trail_directory);
	start_with(alert);
	forward_put(4);
	(void)usleep(1500000);
	assert_false(says("state/told", "burst"));
	forward_put(1);
	wait_until(says("state/told", "\"count\":5"));
	assert_true(says("state/told", "\"alert\":\"burst\""));
	forward_put(20); /* within the pause: counted */
	wait_until(says("state/told", "\"count\":20"));
	shell("[ $(wc -l <%s/state/told) = 2 ]", trail_directory);
	assert_int_equal(forward_end(), 0);
}

/* One that hangs is killed with what it started; the alert is told again. */
static void a_command_that_hangs(void **state)
{
	char alert[256];

	(void)state;
	shell("printf '#!/bin/sh\\necho x >>%1$s/state/began\\nsleep 99 & wait\\n' >%1$s/notify && "
	      "chmod 755 %1$s/notify",
	      trail_directory);
	(void)snprintf(alert, sizeof(alert), "every: 1s, command: [%s/notify]", trail_directory);
	start_with(alert);
	forward_put(5);
	wait_until(says("stderr", "killed"));
	assert_int_equal(row()->sent_lines, 0);
	assert_true(row()->retries >= 1);
	assert_int_equal(forward_end(), 0);
}

static void a_webhook_that_is_down_and_up(void **state)
{
	const unsigned int port = free_port();
	char alert[256];

	(void)state;
	(void)snprintf(alert, sizeof(alert), "every: 1s, webhook: \"http://127.0.0.1:%u/alarm\"",
		       port);
	start_with(alert);
	forward_put(5);
	wait_until(row()->retries >= 1);
	assert_true(says("stderr", "told again later"));
	start_server(port, 200);
	wait_until(says("posted", "/alarm {"));
	assert_true(says("posted", "\"count\":5"));
	wait_until(row()->sent_lines == 1);
	assert_int_equal(forward_end(), 0);
}

/* A redirection is an answer like any other that is not 2xx: nothing goes elsewhere. */
static void a_webhook_that_points_elsewhere(void **state)
{
	const unsigned int port = free_port();
	char alert[256];

	(void)state;
	start_server(port, 302);
	(void)usleep(500000);
	(void)snprintf(alert, sizeof(alert), "every: 1s, webhook: \"http://127.0.0.1:%u/alarm\"",
		       port);
	start_with(alert);
	forward_put(5);
	wait_until(says("stderr", "it answers 302"));
	assert_false(says("posted", "/elsewhere"));
	assert_int_equal(row()->sent_lines, 0);
	assert_int_equal(forward_end(), 0);
}

/* A line that was changed after it was written. */
static void a_broken_chain_is_an_alert(void **state)
{
	_cleanup_free_ char *bytes = NULL;
	char audit[256];
	size_t len;

	(void)state;
	shell("printf '#!/bin/sh\\nexec cat >>%1$s/state/told\\n' >%1$s/notify && chmod 755 "
	      "%1$s/notify",
	      trail_directory);
	(void)snprintf(audit, sizeof(audit),
		       "  alerts:\n    - {name: log, when: log, command: [%s/notify]}\n",
		       trail_directory);
	forward_policy(audit);
	forward_put(1);
	forward_start();
	wait_until(row()->state == WRIT_FORWARD_CURRENT);
	(void)usleep(300000);
	forward_put(5);
	(void)usleep(1500000);
	assert_false(says("state/told", "log"));
	assert_int_equal(forward_end(), 0);
	forward_put(3);
	bytes = trail_read(trail_log, &len);
	memcpy(strstr(bytes, "\"n\":7"), "\"n\":9", 5);
	trail_write(trail_log, bytes, len);
	forward_start();
	wait_until(says("state/told", "\"when\":\"log\""));
	assert_int_equal(forward_end(), 0);
}

/* --- live subscribers ------------------------------------------------------------------- */

static struct sockaddr_un live_address;

static void start_live(void)
{
	live_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(live_address.sun_path, sizeof(live_address.sun_path), "%s/audit.sock",
		       trail_directory);
	forward.live_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(
		bind(forward.live_fd, (struct sockaddr *)&live_address, sizeof(live_address)), 0);
	assert_int_equal(listen(forward.live_fd, 8), 0);
	forward_policy("  sync: none\n");
	forward_start();
	wait_until(row()->state == WRIT_FORWARD_CURRENT);
}

static FILE *subscribe(const char *ask)
{
	const struct timeval limit = {.tv_sec = 15};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	FILE *file;

	assert_int_equal(connect(fd, (struct sockaddr *)&live_address, sizeof(live_address)), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)), 0);
	assert_int_equal(write(fd, ask, strlen(ask)), strlen(ask));
	file = fdopen(fd, "r");
	assert_non_null(file);
	return file;
}

static const char *next_line(FILE *file)
{
	static char line[2048];

	return fgets(line, sizeof(line), file) ? line : "";
}

static void live_lines_from_the_start_and_from_now(void **state)
{
	_cleanup_fclose_ FILE *all = NULL, *now = NULL, *none = NULL, *bad = NULL;
	char wanted[32];

	(void)state;
	forward_put(20);
	start_live();
	all = subscribe("{\"from\":\"start\",\"agent\":\"web\",\"verdict\":\"deny\"}\n");
	now = subscribe("{\"type\":\"decision\"}\n");
	none = subscribe("{\"from\":\"start\",\"agent\":\"other\"}\n");
	bad = subscribe("{\"agnet\":\"web\"}\n"); /* a filter that is misread would show all */
	assert_non_null(strstr(next_line(bad), "\"refused\""));
	assert_string_equal(next_line(bad), "");
	assert_non_null(strstr(next_line(now), "\"event\":\"begun\""));
	forward_put(5);
	for (unsigned int i = 0; i < 25; i++) {
		(void)snprintf(wanted, sizeof(wanted), "\"n\":%u,", i);
		assert_non_null(strstr(next_line(all), wanted));
		if (i >= 20)
			assert_non_null(strstr(next_line(now), wanted));
	}
	assert_int_equal(forward_end(), 0);
	assert_int_equal(row()->sent_lines, 31); /* and none for `none` */
}

static void expect(FILE *file, unsigned int from, unsigned int to)
{
	char wanted[32];

	for (unsigned int i = from; i < to; i++) {
		(void)snprintf(wanted, sizeof(wanted), "\"n\":%u,", i);
		assert_non_null(strstr(next_line(file), wanted));
	}
}

/* Who has got no line yet knows all the same where it was. */
static void live_cut_off_before_its_first_line(void **state)
{
	_cleanup_fclose_ FILE *now = NULL, *rest = NULL;
	const char *place;
	char ask[128];

	(void)state;
	forward_put(20);
	start_live();
	now = subscribe("{}\n");
	place = strstr(next_line(now), "\"after\"");
	assert_non_null(place);
	(void)snprintf(ask, sizeof(ask), "{%.74s,\"type\":\"decision\"}\n", place);
	assert_int_equal(forward_end(), 0);
	assert_string_equal(next_line(now), "");
	forward_put(5);
	forward_start();
	rest = subscribe(ask);
	expect(rest, 20, 25);
	assert_int_equal(forward_end(), 0);
}

/* The chain of the last line that was read, as the next request has it. */
static const char *after(const char *line)
{
	static char ask[256];
	const char *chain = strstr(line, "\"chain\":\"");

	assert_non_null(chain);
	(void)snprintf(ask, sizeof(ask), "{\"after\":\"%.64s\",\"type\":\"decision\"}\n",
		       chain + strlen("\"chain\":\""));
	return ask;
}

/* Killed, while lines are written and the log is rotated: who says what it had misses none. */
static void live_goes_on_where_it_was(void **state)
{
	_cleanup_fclose_ FILE *all = NULL, *rest = NULL, *same = NULL;
	char last[2048], ask[256];

	(void)state;
	forward_put(10);
	writ_trail_rotate(forward.trail);
	forward_put(10);
	start_live();
	all = subscribe("{\"from\":\"start\",\"type\":\"decision\"}\n");
	expect(all, 0, 6);
	(void)strcpy(last, next_line(all));
	(void)strcpy(ask, after(last));
	(void)kill(forward.pid, SIGKILL);
	(void)waitpid(forward.pid, NULL, 0);
	expect(all, 7, 20); /* what it had taken before */
	assert_string_equal(next_line(all), "");
	forward_put(5);
	writ_trail_rotate(forward.trail);
	forward_put(5);
	rest = subscribe(ask); /* waits for who comes next */
	forward_start();
	expect(rest, 7, 30);
	forward_put(3);
	expect(rest, 30, 33);
	same = subscribe(ask);
	expect(same, 7, 33);
	assert_int_equal(forward_end(), 0);
}

static void live_after_a_line_that_is_gone(void **state)
{
	_cleanup_fclose_ FILE *all = NULL, *bad = NULL;
	char ask[256];

	(void)state;
	forward_put(3);
	start_live();
	(void)snprintf(ask, sizeof(ask), "{\"after\":\"%064d\",\"type\":\"decision\"}\n", 7);
	all = subscribe(ask);
	assert_non_null(strstr(next_line(all), "\"event\":\"again\""));
	expect(all, 0, 3);
	bad = subscribe("{\"after\":\"7\"}\n");
	assert_non_null(strstr(next_line(bad), "\"refused\""));
	assert_int_equal(forward_end(), 0);
}

/* Who does not read gets, when the log has grown by 64 MiB, a last line that says so. */
static void live_left_behind(void **state)
{
	_cleanup_fclose_ FILE *lazy = NULL;
	const char *line;
	char last[2048] = "";

	(void)state;
	forward_put(1);
	start_live();
	lazy = subscribe("{}\n");
	assert_non_null(strstr(next_line(lazy), "\"event\":\"begun\""));
	for (int i = 0; i < 46; i++)
		forward_put(7000);
	wait_until(says("stderr", "does not read"));
	while (*(line = next_line(lazy)))
		(void)strcpy(last, line);
	assert_non_null(strstr(last, "\"left_behind\""));
	assert_int_equal(forward_end(), 0);
}

#define FORWARD_TEST(name) cmocka_unit_test_setup_teardown(name, forward_set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORWARD_TEST(a_command_gets_the_message),
		FORWARD_TEST(a_command_that_hangs),
		FORWARD_TEST(a_webhook_that_is_down_and_up),
		FORWARD_TEST(a_webhook_that_points_elsewhere),
		FORWARD_TEST(a_broken_chain_is_an_alert),
		FORWARD_TEST(live_lines_from_the_start_and_from_now),
		FORWARD_TEST(live_goes_on_where_it_was),
		FORWARD_TEST(live_cut_off_before_its_first_line),
		FORWARD_TEST(live_after_a_line_that_is_gone),
		FORWARD_TEST(live_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
