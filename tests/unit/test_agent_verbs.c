/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that an agent calls, against a broker that answers with fixed bytes: what they
 * ask, what they print, how they exit, and what they say when there is no answer that can be
 * believed.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/wait.h>

#include "cli/enter.h"
#include "cli/launch.h"
#include "fake_broker.h"
#include "verb_helper.h"

#define ASK(verb, ...)                           \
	({                                       \
		int _code;                       \
		broker_start();                  \
		_code = CALL(verb, __VA_ARGS__); \
		broker_stop();                   \
		_code;                           \
	})

#define REQUEST(state)                                                                   \
	"\"request\": {\"id\": 12, \"state\": \"" state "\", \"playbook\": "             \
	"\"rotate-certificate\", \"agent\": \"billing-bot\", \"ticket\": \"CHG-1842\", " \
	"\"requester\": \"\", \"needed\": 2, \"given\": 0}"
#define GRANT(clip, scope)                                                               \
	"\"grant\": {\"id\": 7, \"request\": 12, \"playbook\": \"rotate-certificate\", " \
	"\"agent\": \"billing-bot\", \"ticket\": \"CHG-1842\", \"state\": \"active\", "  \
	"\"scope\": \"" scope "\", \"clip\": \"" clip "\", "                             \
	"\"begins_at\": \"2001-02-03T04:05:06.250000Z\", "                               \
	"\"expires_at\": \"2001-02-03T04:08:06.250000Z\"}"
#define REFUSED                                                                          \
	"{\"error\": {\"reason\": \"cooldown\", \"message\": \"too soon\\u001b[0m\", "   \
	"\"remedy\": \"wait, or use another playbook\", \"retry_after\": 90}, " REQUEST( \
		"refused") "}"

static const char *body_of(size_t turn)
{
	const char *end = strstr(broker.turns[turn].request, "\r\n\r\n");

	assert_non_null(end);
	return end + 4;
}

static void test_request_granted(void **state)
{
	json_t *body;

	(void)state;
	broker_says(201, "{" REQUEST("granted") ", " GRANT("none", "run") "}");
	assert_int_equal(ASK(request, "rotate-certificate", "service=bil=ling",
			     "empty=", "--ticket", "CHG-1842", "--sponsor", "alice", "--reason",
			     "it expires", "--ttl", "3m", "--delay", "1s", "--context",
			     "session=s1", "--context=prompt=p"),
			 0);
	assert_string_equal(output,
			    "granted 7: rotate-certificate to billing-bot for 3m (ticket CHG-1842)"
			    ", until 2001-02-03T04:08:06Z\n"
			    "held by its run alone: 'writ exec 7 -- COMMAND'\n");
	assert_string_equal(errors, "");
	assert_ptr_equal(strstr(broker.turns[0].request, "POST /v1/requests HTTP/1.1\r\n"),
			 broker.turns[0].request);
	body = json_loads(body_of(0), 0, NULL);
	assert_non_null(body);
	assert_string_equal(string(body, "playbook"), "rotate-certificate");
	assert_string_equal(string(json_object_get(body, "parameters"), "service"), "bil=ling");
	assert_string_equal(string(json_object_get(body, "parameters"), "empty"), "");
	assert_string_equal(string(json_object_get(body, "context"), "session"), "s1");
	assert_string_equal(string(json_object_get(body, "context"), "prompt"), "p");
	assert_string_equal(string(body, "ticket"), "CHG-1842");
	assert_string_equal(string(body, "sponsor"), "alice");
	assert_string_equal(string(body, "reason"), "it expires");
	assert_string_equal(string(body, "ttl"), "3m");
	assert_string_equal(string(body, "delay"), "1s");
	assert_null(json_object_get(body, "agent"));
	json_decref(body);
}

static void test_request_clipped(void **state)
{
	(void)state;
	broker_says(201, "{" REQUEST("granted") ", " GRANT("role", "agent") "}");
	broker_says(201, "{" REQUEST("granted") ", " GRANT("window", "agent") "}");
	broker_start();
	assert_int_equal(CALL(request, "p", "--ttl", "1h"), 0);
	assert_non_null(strstr(output, "\nasked for 1h: clipped to the 3m that the role allows\n"));
	assert_null(strstr(output, "writ exec")); /* scope agent */
	assert_int_equal(CALL(request, "p"), 0);
	assert_non_null(strstr(output, "asked for the default: clipped to the 3m until the change "
				       "window closes\n"));
	broker_stop();
	assert_null(strstr(body_of(1), "ttl"));
}

static void test_request_refused(void **state)
{
	json_t *json;

	(void)state;
	broker_says(429, REFUSED);
	broker_says(429, REFUSED);
	broker_start();
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_REFUSED);
	assert_string_equal(output, "");
	assert_string_equal(errors, "writ: refused (cooldown): too soon\\x1b[0m\n"
				    "remedy     wait, or use another playbook\n"
				    "ask again  in 1m30s\n"
				    "request    12\n");
	assert_int_equal(CALL(request, "p", "--json"), WRIT_EXIT_REFUSED);
	broker_stop();
	json = json_loads(errors, JSON_REJECT_DUPLICATES, NULL);
	assert_string_equal(string(json, "reason"), "cooldown");
	assert_string_equal(string(json, "remedy"), "wait, or use another playbook");
	assert_int_equal(json_integer_value(json_object_get(json, "retry_after")), 90);
	assert_int_equal(json_integer_value(json_object_get(json, "exit")), WRIT_EXIT_REFUSED);
	assert_int_equal(json_integer_value(json_object_get(json, "request")), 12);
	json_decref(json);
}

/* Words that are no verdict on the request have the exit codes that they have elsewhere. */
static void test_other_refusals(void **state)
{
	static const struct {
		const char *reason;
		int exit;
	} cases[] = {
		{"not_an_agent", WRIT_EXIT_NOT_PERMITTED}, {"unavailable", WRIT_EXIT_UNREACHABLE},
		{"connections", WRIT_EXIT_UNREACHABLE},	   {"policy", WRIT_EXIT_FAILED},
		{"not_found", WRIT_EXIT_FAILED},	   {"frozen", WRIT_EXIT_REFUSED},
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		(void)snprintf(text, sizeof(text),
			       "{\"error\": {\"reason\": \"%s\", \"message\": \"m\"}}",
			       cases[i].reason);
		broker_says(403, text);
		assert_int_equal(ASK(whoami), cases[i].exit);
		assert_non_null(strstr(errors, "m\n"));
		broker_forget();
	}
	broker_says(500, "{}");
	assert_int_equal(ASK(whoami), WRIT_EXIT_FAILED);
}

static void test_request_pending(void **state)
{
	(void)state;
	broker_says(202, "{" REQUEST("pending") "}");
	broker_says(202, "{" REQUEST("open") "}");
	broker_says(202, "{" REQUEST("pending") "}");
	broker_start();
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_PENDING);
	assert_string_equal(output,
			    "pending: request 12, rotate-certificate to billing-bot (ticket "
			    "CHG-1842), waits for approval by 2\n"
			    "operators decide it: 'writ pending', then 'writ approve'\n"
			    "then it is issued at once; 'writ request --id 12 --wait' waits for "
			    "it\n");
	assert_int_equal(CALL(request, "p"), WRIT_EXIT_PENDING);
	assert_non_null(strstr(output, ", is being checked\n"));
	assert_int_equal(CALL(request, "p", "--json"), WRIT_EXIT_PENDING);
	broker_stop();
	json_decref(parse());
}

static void test_request_waits(void **state)
{
	(void)state;
	broker_says(202, "{" REQUEST("open") "}");
	broker_says(200, "{" REQUEST("pending") "}");
	broker_says(200, "{" REQUEST("granted") ", " GRANT("none", "run") "}");
	assert_int_equal(ASK(request, "p", "--wait"), 0);
	assert_non_null(strstr(output, "granted 7: "));
	assert_non_null(
		strstr(broker.turns[1].request, "GET /v1/requests/12?wait=60 HTTP/1.1\r\n"));
	broker_forget();
	broker_says(202, "{" REQUEST("pending") "}");
	broker_says(200, "{\"request\": {\"id\": 12, \"state\": \"refused\", \"reason\": "
			 "\"denied\", \"message\": \"by bob: not today\"}}");
	assert_int_equal(ASK(request, "p", "--wait=1m30s"), WRIT_EXIT_REFUSED);
	assert_non_null(strstr(errors, "refused (denied): by bob: not today\n"));
	assert_non_null(strstr(broker.turns[1].request, "?wait=60 "));
	broker_forget();
	broker_says(202, "{" REQUEST("pending") "}");
	assert_int_equal(ASK(request, "p", "--wait=0s"), WRIT_EXIT_PENDING);
	broker_forget();
	broker_says(202, "{" REQUEST("pending") "}"); /* and then nobody is there any more */
	broker_bytes("", 0, 0);
	assert_int_equal(ASK(request, "p", "--wait"), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "\nrequest 12 was made, and goes on\n"));
}

static void test_request_again(void **state)
{
	(void)state;
	broker_says(200, "{" REQUEST("withdrawn") "}");
	broker_says(200, "{" REQUEST("withdrawn") "}");
	broker_says(409, "{\"error\": {\"reason\": \"conflict\", \"message\": \"it is decided\"}}");
	broker_start();
	assert_int_equal(CALL(request, "--id", "12"), WRIT_EXIT_FAILED);
	assert_non_null(strstr(errors, "request 12 was withdrawn"));
	assert_int_equal(CALL(request, "--withdraw", "12"), 0);
	assert_string_equal(output, "withdrawn: request 12\n");
	assert_int_equal(CALL(request, "--withdraw", "12", "--wait"), WRIT_EXIT_FAILED);
	broker_stop();
	assert_non_null(strstr(broker.turns[0].request, "GET /v1/requests/12 "));
	assert_non_null(strstr(broker.turns[1].request, "DELETE /v1/requests/12 "));
}

static void test_request_usage(void **state)
{
	char reason[WRIT_REASON_SIZE + 1];

	(void)state;
	assert_int_equal(CALL(request), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "p", "--id", "1"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "--id", "1", "--withdraw", "1"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "--id", "x"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "p", "service"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "p", "--context", "session"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "p", "--context", "a=1", "--context", "a=2"),
			 WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "given twice"));
	assert_int_equal(CALL(request, "p", "--wait=soon"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(request, "p", "k=\xff"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "not valid UTF-8"));
	assert_int_equal(CALL(request, "p", "--", "true"), WRIT_EXIT_USAGE);
	memset(reason, 'r', sizeof(reason));
	reason[WRIT_REASON_SIZE] = '\0';
	assert_int_equal(CALL(request, "p", "--reason", reason), WRIT_EXIT_USAGE);
	broker_says(202, "{" REQUEST("pending") "}");
	assert_int_equal(ASK(request, "p", "--reason", reason + 1), WRIT_EXIT_PENDING);
}

static void test_done(void **state)
{
	(void)state;
	broker_says(200, "{\"grant\": {\"id\": 7, \"playbook\": \"p\", \"cut\": {\"files\": 2, "
			 "\"sockets\": 1}}}");
	broker_says(200, "{\"grant\": {\"id\": 7, \"playbook\": \"p\"}}");
	broker_says(404,
		    "{\"error\": {\"reason\": \"not_found\", \"message\": \"no such grant\"}}");
	broker_start();
	assert_int_equal(CALL(done, "7"), 0);
	assert_string_equal(output, "done 7: p; 2 open files and 1 sockets were cut\n");
	assert_int_equal(CALL(done, "7", "--json"), 0);
	json_decref(parse());
	assert_int_equal(CALL(done, "8"), WRIT_EXIT_FAILED);
	assert_string_equal(errors, "writ: no such grant\n");
	broker_stop();
	assert_non_null(strstr(broker.turns[0].request, "POST /v1/grants/7/done "));
	assert_int_equal(CALL(done), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(done, "0"), WRIT_EXIT_USAGE);
}

static const char whoami[] =
	"{\"agent\": \"billing-bot\", \"role\": \"web-operator\", \"environment\": \"prod\", "
	"\"spiffe\": \"spiffe://prod/agent/billing-bot/run/7\", \"run\": 7, "
	"\"suspended\": false, \"frozen\": true, \"grants\": [{\"id\": 7, "
	"\"playbook\": \"rotate-certificate\", \"scope\": \"run\", \"seconds_left\": 178, "
	"\"parameters\": {\"service\": \"billing\"}}], \"playbooks\": [{\"name\": "
	"\"restart\", \"description\": \"Restart \xc2\x9b a service.\", \"parameters\": "
	"[{\"name\": "
	"\"service\", \"type\": \"name\", \"value\": \"a name\"}], \"ticket\": \"CHG-[0-9]+\", "
	"\"sponsor\": true, \"approvals\": 2, \"ttl_default_seconds\": 180, "
	"\"ttl_max_seconds\": 600}]}";

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

static int set_up(void **state)
{
	(void)setenv("WRIT_SOCKET", "/nonexistent/core.sock", 1);
	return broker_set_up(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, broker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request_granted),
		TEST(test_request_clipped),
		TEST(test_request_refused),
		TEST(test_other_refusals),
		TEST(test_request_pending),
		TEST(test_request_waits),
		TEST(test_request_again),
		TEST(test_request_usage),
		TEST(test_done),
		TEST(test_whoami),
		TEST(test_why),
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
