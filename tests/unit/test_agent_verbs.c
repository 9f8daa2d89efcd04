/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs that an agent calls, against a broker that answers with fixed bytes: what they
 * ask, what they print, how they exit, and what they say when there is no answer that can be
 * believed.
 */
#include "agent_verbs.h"

#define ASK(verb, ...)                           \
	({                                       \
		int _code;                       \
		broker_start();                  \
		_code = CALL(verb, __VA_ARGS__); \
		broker_stop();                   \
		_code;                           \
	})

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

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, broker_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_request_granted), TEST(test_request_clipped), TEST(test_request_refused),
		TEST(test_other_refusals),  TEST(test_request_pending), TEST(test_request_waits),
		TEST(test_request_again),   TEST(test_request_usage),	TEST(test_done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
