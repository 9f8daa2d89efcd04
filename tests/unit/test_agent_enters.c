/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs by which an agent reads what was denied and enters a run, likewise against fixed bytes.
 */
#include "agent_verbs.h"

static void test_whoami(void **state)
{
	(void)state;
	broker_says(200, whoami);
	broker_says(200, "{\"agent\": \"a\", \"grants\": [], \"playbooks\": []}");
	broker_says(200, whoami);
	broker_start();
	assert_int_equal(CALL(whoami), 0);
	assert_string_equal(output,
			    "agent        billing-bot\n"
			    "role         web-operator\n"
			    "environment  prod\n"
			    "identity     spiffe://prod/agent/billing-bot/run/7\n"
			    "run of       7\n"
			    "frozen       no grant is issued on this node until 'writ thaw'\n"
			    "\n"
			    "Held now:\n"
			    "  7    rotate-certificate service=billing, 2m58s left; "
			    "'writ exec 7 -- COMMAND'\n"
			    "\n"
			    "May be asked for:\n"
			    "  writ request restart service=... --ticket ... --sponsor ...\n"
			    "      for          Restart \\xc2\\x9b a service.\n"
			    "      service      a name\n"
			    "      ticket       CHG-[0-9]+\n"
			    "      time         3m, at most 10m; 2 must approve\n");
	assert_int_equal(CALL(whoami), 0);
	assert_string_equal(output, "agent        a\n\nThe role may ask for no playbook.\n");
	assert_int_equal(CALL(whoami, "--json"), 0);
	broker_stop();
	assert_non_null(strstr(output, "\\u009B"));
	json_decref(parse());
	assert_int_equal(CALL(whoami, "x"), WRIT_EXIT_USAGE);
}

static void test_why(void **state)
{
	static const char denials[] =
		"{\"denials\": [{\"time\": \"2001-02-03T04:05:06.000007Z\", \"operation\": "
		"\"open\", \"object\": \"/etc/ssl/tls.key\", \"comm\": \"tee\", \"pid\": 44, "
		"\"reason\": \"no_rule\", \"remedy\": \"writ request p service=billing\"}, "
		"{\"time\": \"\\u001b[0m\", \"operation\": \"exec\", \"object\": \"/x\", "
		"\"comm\": \"sh\", \"pid\": 45, \"reason\": \"no_rule\", \"remedy\": \"\"}]}";

	(void)state;
	broker_says(200, denials);
	broker_says(200, "{\"denials\": []}");
	broker_says(200, denials);
	broker_start();
	assert_int_equal(CALL(why), 0);
	assert_string_equal(output,
			    "2001-02-03T04:05:06Z  open of /etc/ssl/tls.key by tee (pid 44): "
			    "no_rule\n"
			    "           remedy: writ request p service=billing\n"
			    "\\x1b[0m  exec of /x by sh (pid 45): no_rule\n"
			    "           remedy: none that the role may ask for\n");
	assert_int_equal(CALL(why, "--last", "3"), 0);
	assert_string_equal(output, "Nothing was denied lately.\n");
	assert_int_equal(CALL(why, "--agent", "a/b", "--json"), 0);
	json_decref(parse());
	broker_stop();
	assert_non_null(strstr(broker.turns[0].request, "GET /v1/denials?last=5 "));
	assert_non_null(strstr(broker.turns[1].request, "GET /v1/denials?last=3 "));
	assert_non_null(strstr(broker.turns[2].request, "GET /v1/agents/a%2Fb/denials?last=5 "));
	assert_int_equal(CALL(why, "--last", "0"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(why, "--agent", ""), WRIT_EXIT_USAGE);
}

/* The broker had no time for the oldest: that is not the same as none that there is. */
static void test_why_left_out(void **state)
{
	(void)state;
	broker_says(200, "{\"denials\": ["
			 "{\"operation\": \"open\", \"object\": \"/a\", \"remedy\": \"\"}, "
			 "{\"operation\": \"open\", \"object\": \"/b\", \"remedy\": \"\"}], "
			 "\"remedies_left_out\": 1}");
	broker_start();
	assert_int_equal(CALL(why), 0);
	broker_stop();
	assert_non_null(strstr(output, "remedy: not looked for, since the broker is busy; ask "
				       "again for fewer\n"));
	assert_non_null(strstr(output, "remedy: none that the role may ask for\n"));
	assert_true(strstr(output, "not looked for") < strstr(output, "none that"));
}

/* For every verb alike: it is one way to the broker. */
static void test_no_answer(void **state)
{
	static const char cut[] = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}";

	(void)state;
	broker_bytes(cut, sizeof(cut) - 1, 0);
	broker_bytes("rubbish\r\n\r\n", 11, 0);
	broker_says(200, "no JSON");
	broker_says(200, "{\"a\": 1, \"a\": 2}");
	broker_says(200, "\"text\"");
	broker_start();
	assert_int_equal(CALL(whoami), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "closed the connection in mid-answer"));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(CALL(whoami), WRIT_EXIT_UNREACHABLE);
		assert_non_null(strstr(errors, "is no broker of this version"));
	}
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_UNREACHABLE);
	broker_stop();
	assert_string_equal(output, "");
	assert_int_equal(CALL(whoami, "--socket", "/nonexistent/x"), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "no broker answers on /nonexistent/x"));
	assert_int_equal(CALL(done, "7", "--socket", "/nonexistent/x", "--json"),
			 WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "\"exit\": 3}"));
}

/* An answer that says neither yes, nor no, nor wait is none. */
static void test_empty_answers(void **state)
{
	(void)state;
	broker_says(200, "{}");
	broker_says(201, "{" REQUEST("granted") "}");
	broker_says(200, "[]");
	broker_start();
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "the broker's answer is none"));
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_UNREACHABLE);
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_UNREACHABLE);
	broker_stop();
}

/*
 * A broker that lies: this process is in no run, so nothing may be started. In a child, which the
 * command would replace.
 */
static void test_exec_is_not_inside(void **state)
{
	int status = 0;
	pid_t pid;

	(void)state;
	broker_says(200, "{\"agent\": \"a\", \"cgroup\": \"/a/writ-run-7\", \"env\": []}");
	broker_start();
	pid = fork();
	if (!pid) {
		int code = CALL(exec, "7", "--", "/bin/sh", "-c", "exit 0");

		_exit(code == WRIT_EXIT_RUN && strstr(errors, "is not so: nothing was started")
			      ? 42
			      : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	broker_stop();
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
	assert_non_null(strstr(broker.turns[0].request, "POST /v1/grants/7/enter "));
}

static void test_exec_refused(void **state)
{
	(void)state;
	broker_says(403, "{\"error\": {\"reason\": \"suspended\", \"message\": \"not now\"}}");
	broker_says(200, "{\"agent\": \"a\", \"cgroup\": \"/a\"}");
	broker_says(200, "{\"agent\": \"a\", \"cgroup\": \"/a\", \"env\": [7]}");
	broker_start();
	assert_int_equal(CALL(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "refused (suspended): not now"));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(CALL(exec, "7", "--", "true"), WRIT_EXIT_RUN);
		assert_non_null(strstr(errors, "the broker's answer is none"));
	}
	broker_stop();
	/* nobody is asked for a command that is not there */
	assert_int_equal(CALL(exec, "7", "--", "/nonexistent/x"), WRIT_EXIT_NOT_FOUND);
}

/* Outside of every agent the core is asked, which a fake one is here. */
static void test_exec_outside(void **state)
{
	(void)state;
	broker_says(403, "{\"error\": {\"reason\": \"not_an_agent\", \"message\": \"m\"}}");
	broker_start();
	assert_int_equal(CALL(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	broker_stop();
	if (geteuid()) {
		assert_non_null(strstr(errors, "'sudo writ exec ...'"));
		skip();
	}
	assert_string_equal(errors,
			    "writ: no writd answers on /nonexistent/core.sock: is it running? "
			    "'systemctl start writd', or see 'writd --check'\n");
	broker_forget();
	broker_bytes("", 0, 0);
	broker_start();
	assert_int_equal(CALL(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	broker_stop();
	assert_ptr_equal(strstr(errors, "writ: the broker at "), errors);
	assert_non_null(strstr(errors, " does not answer: asking writd itself\nwrit: no writd"));
}

static void test_enter_check(void **state)
{
	static const struct {
		const char *text;
		int err;
	} cases[] = {
		{"0::/agents/a/writ-run-7\n", 0},
		{"12:cpu:/x\n0::/../writ-run-7\n", 0},
		{"0::/agents/a\n", -ESRCH},
		{"0::/agents/a/writ-run-77\n", -ESRCH},
		{"0::/agents/a/xwrit-run-7\n", -ESRCH},
		{"0::/agents/a/writ-run-7/below\n", -ESRCH},
		{"1:name=x:/writ-run-7\n", -ESRCH},
		{"", -ESRCH},
	};
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof(path), "%s.cgroup", broker.path);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		assert_true(fputs(cases[i].text, file) >= 0);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(writ_enter_check(path, 7), cases[i].err);
	}
	assert_int_equal(unlink(path), 0);
	assert_int_equal(writ_enter_check(path, 7), -ENOENT);
}

/* The command has the environment that is given, and no descriptor of the caller's. */
static void test_become(void **state)
{
	char *const environment[] = {"PATH=/usr/bin:/bin", "WRIT_GRANT=7", NULL};
	char *command[] = {"sh", "-c", "echo $WRIT_GRANT-$WRIT_SOCKET; test ! -e /proc/self/fd/9",
			   NULL};
	const struct writ_launch launch = {.agent = "a", .command = command, .env = environment};
	struct capture capture = capture_begin(stdout);
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		(void)dup2(STDIN_FILENO, 9);
		_exit(writ_launch_become(&launch));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)capture_end(&capture, output, sizeof(output));
	assert_string_equal(output, "7-\n");
	assert_int_equal(status, 0);
	capture = capture_begin(stderr);
	command[0] = "/nonexistent/x";
	pid = fork();
	if (!pid)
		_exit(writ_launch_become(&launch));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	(void)capture_end(&capture, errors, sizeof(errors));
	assert_int_equal(WEXITSTATUS(status), WRIT_EXIT_NOT_FOUND);
	assert_string_equal(errors, "writ: /nonexistent/x: not found\n");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, broker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_whoami),
		TEST(test_why), TEST(test_why_left_out),
		TEST(test_no_answer),
		TEST(test_empty_answers),
		TEST(test_exec_is_not_inside),
		TEST(test_exec_refused),
		TEST(test_exec_outside),
		TEST(test_enter_check),
		TEST(test_become),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
