/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writ-forward with a real rsyslog, which this starts with its own configuration and certificates
 * on the loopback: over a Unix socket and over TLS, with servers that are down, wrong or restarted.
 */
#include "forward_helper.h"

#define LINES 500

static pid_t rsyslog;

static void start_rsyslog(unsigned int port)
{
	char conf[128], pid[128], text[2048];

	(void)snprintf(conf, sizeof(conf), "%s/rsyslog.conf", trail_directory);
	(void)snprintf(pid, sizeof(pid), "%s/rsyslog.pid", trail_directory);
	(void)snprintf(
		text, sizeof(text),
		"global(workDirectory=\"%1$s\" maxMessageSize=\"128k\" "
		"defaultNetstreamDriver=\"ossl\" defaultNetstreamDriverCAFile=\"%1$s/ca.pem\" "
		"defaultNetstreamDriverCertFile=\"%1$s/server.pem\" "
		"defaultNetstreamDriverKeyFile=\"%1$s/server.key\")\n"
		"module(load=\"imuxsock\" sysSock.use=\"off\")\n"
		"module(load=\"imtcp\" streamDriver.name=\"ossl\" streamDriver.mode=\"1\" "
		"streamDriver.authMode=\"x509/certvalid\")\n"
		"template(name=\"all\" type=\"string\" string=\"%%pri%% %%syslogfacility-text%% "
		"%%hostname%% %%app-name%% %%msgid%% %%structured-data%% %%msg%%\\n\")\n"
		"input(type=\"imuxsock\" socket=\"%1$s/log.sock\" unlink=\"on\" "
		"rateLimit.interval=\"0\" useSysTimeStamp=\"off\" useSpecialParser=\"off\")\n"
		"input(type=\"imtcp\" port=\"%2$u\" address=\"127.0.0.1\")\n"
		"action(type=\"omfile\" file=\"%1$s/received\" template=\"all\")\n",
		trail_directory, port);
	trail_write(conf, text, strlen(text));
	rsyslog = fork();
	assert_true(rsyslog >= 0);
	if (!rsyslog) {
		char output[128];

		(void)snprintf(output, sizeof(output), "%s/rsyslog.log", trail_directory);
		(void)dup2(open(output, O_WRONLY | O_CREAT | O_APPEND, 0644), 2);
		(void)dup2(2, 1);
		(void)execlp("rsyslogd", "rsyslogd", "-n", "-f", conf, "-i", pid, NULL);
		(void)execl("/usr/sbin/rsyslogd", "rsyslogd", "-n", "-f", conf, "-i", pid, NULL);
		_exit(98);
	}
}

static void end_rsyslog(int signal)
{
	(void)kill(rsyslog, signal);
	(void)waitpid(rsyslog, NULL, 0);
	rsyslog = 0;
}

static int tear_down(void **state)
{
	if (rsyslog > 0)
		end_rsyslog(SIGKILL);
	return forward_tear_down(state);
}

/* A CA, a server and a client signed by it; another CA that signed nothing here. */
static void make_certificates(void)
{
	shell("cd %s && exec >/dev/null 2>&1 && "
	      "for ca in ca other; do openssl req -x509 -newkey ec -pkeyopt "
	      "ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=$ca -keyout $ca.key -out $ca.pem; "
	      "done && for who in server client; do openssl req -newkey ec -pkeyopt "
	      "ec_paramgen_curve:P-256 -nodes -subj /CN=$who -keyout $who.key -out $who.csr && "
	      "printf 'subjectAltName=DNS:siem.example' >ext && openssl x509 -req -in $who.csr -CA "
	      "ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out $who.pem; done && "
	      "chmod a+r *.key",
	      trail_directory);
}

static void policy_tls(unsigned int port, const char *ca, const char *name)
{
	char audit[1024];

	(void)snprintf(
		audit, sizeof(audit),
		"  sinks:\n    - {name: siem, type: syslog, address: \"tls:127.0.0.1:%2$u\", "
		"ca: %1$s/%3$s.pem, certificate: %1$s/client.pem, key: %1$s/client.key, "
		"server_name: %4$s}\n",
		trail_directory, port, ca, name);
	forward_policy(audit);
}

static void stdout_gets_every_line(void **state)
{
	(void)state;
	forward_policy("  sinks:\n    - {name: out, type: stdout}\n");
	forward_put(LINES);
	forward_start();
	wait_until(found_in("stdout") == LINES);
	writ_trail_rotate(forward.trail);
	forward_put(LINES);
	wait_until(found_in("stdout") == 2 * LINES);
	wait_until(!forward.page->rows[0].behind_lines);
	assert_string_equal(forward.page->rows[0].name, "out");
	assert_int_equal(forward_end(), 0);
	forward_put(3);
	forward_start(); /* from its cursor */
	wait_until(found_in("stdout") == 2 * LINES + 3);
	assert_int_equal(forward_end(), 0);
	shell("[ $(grep -c '\"n\":' %s/stdout) = %d ]", trail_directory, 2 * LINES + 3);
}

static void syslog_over_a_unix_socket(void **state)
{
	char audit[256];

	(void)state;
	make_certificates();
	(void)snprintf(audit, sizeof(audit),
		       "  sinks:\n    - {name: local, type: syslog, address: %s/log.sock}\n",
		       trail_directory);
	forward_policy(audit);
	forward_put(LINES);
	forward_start();
	wait_until(forward.page->rows[0].retries > 0); /* nobody is there yet */
	assert_true(says("stderr", "log.sock"));
	start_rsyslog(free_port());
	wait_until(found_in("received") == LINES);
	assert_true(says("received", "84 authpriv "));
	assert_true(says("received", " writ decision "));
	assert_true(says("received", "[writ@32473 agent=\"web\" verdict=\"deny\""));
	wait_until(forward.page->rows[0].state == WRIT_FORWARD_CURRENT);
	wait_until(forward.page->rows[0].sent_lines >= LINES);
	assert_int_equal(forward_end(), 0);
}

/* Who is not signed by the CA of policy, or has another name, gets nothing. */
static void tls_to_the_wrong_server(void **state)
{
	const unsigned int port = free_port();

	(void)state;
	make_certificates();
	start_rsyslog(port);
	policy_tls(port, "other", "siem.example");
	forward_put(10);
	forward_start();
	wait_until(says("stderr", "certificate refused"));
	policy_tls(port, "ca", "elsewhere.example");
	(void)kill(forward.pid, SIGHUP);
	wait_until(says("stderr", "certificate refused: hostname mismatch"));
	assert_int_equal(found_in("received"), 0);
	assert_int_equal(forward.page->rows[0].sent_lines, 0);
	policy_tls(port, "ca", "siem.example"); /* the control */
	(void)kill(forward.pid, SIGHUP);
	wait_until(found_in("received") == 10);
	assert_int_equal(forward_end(), 0);
}

/* The server ends and comes back in the middle, twice: all lines are there. */
static void tls_with_a_server_that_restarts(void **state)
{
	const unsigned int port = free_port();

	(void)state;
	make_certificates();
	policy_tls(port, "ca", "siem.example");
	start_rsyslog(port);
	forward_start();
	for (int i = 0; i < 10; i++) {
		forward_put(LINES);
		if (i == 3 || i == 6) {
			end_rsyslog(i == 3 ? SIGTERM : SIGKILL);
			forward_put(LINES);
			start_rsyslog(port);
		}
	}
	wait_until(found_in("received") == 12 * LINES);
	assert_true(forward.page->rows[0].retries > 0);
	wait_until(!forward.page->rows[0].behind_lines);
	assert_int_equal(forward_end(), 0);
}

/* Another server that takes all it gets, until it is told to hang. */
static void start_s_server(unsigned int port)
{
	char where[32], path[128];
	int input[2]; /* never at its end: that would end the connection */

	assert_int_equal(pipe2(input, O_CLOEXEC), 0);
	(void)snprintf(where, sizeof(where), "127.0.0.1:%u", port);
	(void)snprintf(path, sizeof(path), "%s/received", trail_directory);
	rsyslog = fork();
	assert_true(rsyslog >= 0);
	if (!rsyslog) {
		(void)dup2(input[0], 0);
		(void)dup2(open(path, O_WRONLY | O_CREAT | O_APPEND, 0644), 1);
		if (!chdir(trail_directory))
			(void)execlp("openssl", "openssl", "s_server", "-quiet", "-accept", where,
				     "-cert", "server.pem", "-key", "server.key", NULL);
		_exit(98);
	}
}

/*
 * It hangs: its kernel acknowledges what it never reads. Then it dies. The lines that it had not
 * read are not taken, and go to the next one.
 */
static void tls_to_a_server_that_hangs_and_dies(void **state)
{
	const unsigned int port = free_port();

	(void)state;
	make_certificates();
	policy_tls(port, "ca", "siem.example");
	start_s_server(port);
	forward_start();
	forward_put(10);
	wait_until(found_in("received") == 10);
	(void)kill(rsyslog, SIGSTOP);
	forward_put(50);
	(void)usleep(1000000);
	end_rsyslog(SIGKILL);
	assert_int_equal(found_in("received"), 10);
	start_rsyslog(port);
	wait_until(found_in("received") == 60);
	assert_int_equal(forward_end(), 0);
}

static void a_faulty_policy_changes_nothing(void **state)
{
	(void)state;
	forward_policy("  sinks:\n    - {name: out, type: stdout}\n");
	forward_start();
	forward_put(5);
	wait_until(found_in("stdout") == 5);
	forward_policy("  sinks:\n    - {name: out, type: nonsense}\n");
	(void)kill(forward.pid, SIGHUP);
	wait_until(says("stderr", "what was valid before goes on"));
	forward_put(5);
	wait_until(found_in("stdout") == 10);
	assert_int_equal(forward_end(), 0);
	forward_start();
	assert_int_equal(forward_end() != 0, true); /* and to begin with, it is an error */
}

/* What is more than the backlog is left out, counted, and told. */
static void behind_skip(void **state)
{
	(void)state;
	forward_policy("  sinks:\n    - {name: out, type: stdout, behind: skip, backlog: 1MiB}\n");
	forward_put(20000);
	forward_start();
	wait_until(says("stdout", "\"n\":19999,"));
	assert_true(says("stdout", "\"event\":\"skipped\""));
	assert_true(forward.page->rows[0].skipped_lines > 1000);
	assert_int_equal(found_in("stdout") + forward.page->rows[0].skipped_lines, 20001);
	assert_int_equal(forward_end(), 0);
}

#define FORWARD_TEST(name) cmocka_unit_test_setup_teardown(name, forward_set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FORWARD_TEST(stdout_gets_every_line),
		FORWARD_TEST(syslog_over_a_unix_socket),
		FORWARD_TEST(tls_to_the_wrong_server),
		FORWARD_TEST(tls_with_a_server_that_restarts),
		FORWARD_TEST(tls_to_a_server_that_hangs_and_dies),
		FORWARD_TEST(a_faulty_policy_changes_nothing),
		FORWARD_TEST(behind_skip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
