/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of operators: those that ask the broker (grant, grants --history), against one
 * with fixed answers, and those that need none (pending, approve, deny and the switches),
 * against a fixed core.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/history.h"
#include "cli/http.h"
#include "fake_broker.h"
#include "lib/time.h"
#include "verb_helper.h"

#define SECOND WRIT_NS_PER_SECOND
#define GRANT_ROW(id, state)                                                                 \
	"{\"id\": " id ", \"request\": 12, \"playbook\": \"rotate-certificate\", "           \
	"\"agent\": \"billing-bot\", \"role\": \"web-operator\", \"ticket\": \"CHG-1842\", " \
	"\"state\": \"" state "\", \"scope\": \"agent\", \"clip\": \"none\", "               \
	"\"parameters\": {\"service\": \"a\\u000ab\", \"to\": \"c\"}, "                      \
	"\"requester\": \"alice\", \"approvers\": [\"bob\", \"eve\"], \"ended_by\": \"\", "  \
	"\"issued_at\": \"2001-02-03T04:05:00Z\", \"seconds_left\": 20, "                    \
	"\"begins_at\": \"2001-02-03T04:05:06.75Z\", "                                       \
	"\"expires_at\": \"2001-02-03T04:05:26.750000Z\"}"
#define GRANTED(state) "{\"request\": {\"id\": 12}, \"grant\": " GRANT_ROW("3", state) "}"

/* The text as it is; what is no text of that kind reaches nobody's terminal. */
static void test_metrics(void **state)
{
	static const char text[] = "# HELP a b\n# TYPE a gauge\na 1\n";
	json_t *json;

	(void)state;
	broker_says(200, text);
	broker_says(200, text);
	broker_says(200, "a \033[2J\n");
	broker_says(200, "no end of a line");
	broker_says(503, "{\"error\": {\"reason\": \"unavailable\", \"message\": \"the core is "
			 "gone\", \"remedy\": \"\", \"retry_after\": 1}}");
	broker_start();
	assert_int_equal(CALL(metrics), 0);
	assert_string_equal(output, text);
	assert_int_equal(CALL(metrics, "--json"), 0);
	json = parse();
	assert_string_equal(string(json, "text"), text);
	json_decref(json);
	assert_int_equal(CALL(metrics), WRIT_EXIT_UNREACHABLE);
	assert_string_equal(output, "");
	assert_int_equal(CALL(metrics), WRIT_EXIT_UNREACHABLE);
	assert_int_equal(CALL(metrics), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "the core is gone"));
	broker_stop();
	assert_non_null(strstr(broker.turns[0].request, "GET /metrics HTTP/1.1\r\n"));
	assert_int_equal(CALL(metrics, "now"), WRIT_EXIT_USAGE);
}

static void test_grant(void **state)
{
	json_t *json;

	(void)state;
	broker_says(201, GRANTED("active"));
	broker_says(201, GRANTED("pending"));
	broker_says(201, GRANTED("active"));
	broker_start();
	assert_int_equal(CALL(grant, "rotate-certificate", "--agent", "billing-bot", "service=a=b",
			      "--ttl", "20s", "--ticket", "CHG-1842"),
			 0);
	assert_string_equal(output, "granted 3: rotate-certificate to billing-bot for 20s "
				    "(ticket CHG-1842), until 2001-02-03T04:05:26Z\n");
	assert_int_equal(CALL(grant, "p", "--agent", "a"), 0);
	assert_non_null(strstr(output, ", from 2001-02-03T04:05:06Z, until"));
	assert_int_equal(CALL(grant, "p", "--agent", "a", "--json"), 0);
	broker_stop();
	json = parse();
	assert_int_equal(json_integer_value(json_object_get(json, "grant")), 3);
	assert_string_equal(string(json, "operator"), "alice");
	assert_string_equal(string(json, "parameters"), "service=a\\x0ab to=c");
	assert_string_equal(string(json, "state"), "active");
	assert_int_equal(json_integer_value(json_object_get(json, "seconds_left")), 20);
	assert_true(json_is_false(json_object_get(json, "clipped")));
	json_decref(json);
	json = json_loads(strstr(broker.turns[0].request, "\r\n\r\n") + 4, 0, NULL);
	assert_string_equal(string(json, "agent"), "billing-bot");
	assert_string_equal(string(json, "playbook"), "rotate-certificate");
	assert_string_equal(string(json_object_get(json, "parameters"), "service"), "a=b");
	json_decref(json);
}

static void test_grant_refused_or_pending(void **state)
{
	(void)state;
	broker_says(403, "{\"error\": {\"reason\": \"role\", \"message\": \"may not\", "
			 "\"remedy\": \"\", \"retry_after\": 0}}");
	broker_says(202, "{\"request\": {\"id\": 12, \"state\": \"pending\", \"playbook\": \"p\", "
			 "\"agent\": \"a\", \"requester\": \"alice\", \"needed\": null}}");
	broker_says(403, "{\"error\": {\"reason\": \"not_an_operator\", \"message\": \"no\"}}");
	broker_start();
	assert_int_equal(CALL(grant, "p", "--agent", "a"), WRIT_EXIT_REFUSED);
	assert_string_equal(errors, "writ: refused (role): may not\n");
	assert_int_equal(CALL(grant, "p", "--agent", "a"), WRIT_EXIT_PENDING);
	assert_string_equal(output, "pending: request 12, p to a, waits for approval\n"
				    "operators decide it: 'writ pending', then 'writ approve'\n"
				    "then it is issued at once: see 'writ grants'\n");
	assert_int_equal(CALL(grant, "p", "--agent", "a"), WRIT_EXIT_NOT_PERMITTED);
	broker_stop();
	assert_int_equal(CALL(grant, "p", "--agent", "a", "--socket", "/nonexistent/x"),
			 WRIT_EXIT_UNREACHABLE);
}

static void test_grant_usage(void **state)
{
	char word[WRIT_NAME_SIZE + WRIT_VALUE_SIZE + 8];

	(void)state;
	assert_int_equal(CALL(grant, "--agent", "a"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grant, "p"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "--agent AGENT"));
	assert_int_equal(CALL(grant, "p", "--agent", "a", "service"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grant, "p", "--agent", "a", "=v"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grant, "p", "--agent", "a", "k=1", "k=2"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "given twice"));
	assert_int_equal(CALL(grant, "p", "--agent", "a", "--ttl", "soon"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grant, "p", "--agent", "a", "--ttl", "0s"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grant, "p", "--agent", "a", "--ttl", "8d"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grant, "p", "--agent", "a", "--", "k=v"), WRIT_EXIT_USAGE);
	memset(word, 'v', sizeof(word));
	memcpy(word, "k=", 2);
	word[2 + WRIT_VALUE_SIZE] = '\0';
	assert_int_equal(CALL(grant, "p", "--agent", "a", word), WRIT_EXIT_USAGE);
	word[2 + WRIT_VALUE_SIZE - 1] = '\0';
	broker_says(201, GRANTED("active"));
	broker_start();
	assert_int_equal(CALL(grant, "p", "--agent", "a", word), 0);
	broker_stop();
	assert_non_null(strstr(broker.turns[0].request, word + 2));
}

static void test_grant_parameter_limit(void **state)
{
	char names[WRIT_PARAMETERS_MAX + 1][8],
		*words[WRIT_PARAMETERS_MAX + 6] = {"grant", "p", "--agent", "a"};

	(void)state;
	for (size_t i = 0; i <= WRIT_PARAMETERS_MAX; i++)
		(void)snprintf(names[i], sizeof(names[i]), "p%zu=v", i);
	for (size_t i = 0; i < WRIT_PARAMETERS_MAX; i++)
		words[4 + i] = names[i];
	broker_says(201, GRANTED("active"));
	broker_start();
	assert_int_equal(call(&writ_command_grant, words), 0);
	broker_stop();
	words[4 + WRIT_PARAMETERS_MAX] = names[WRIT_PARAMETERS_MAX];
	assert_int_equal(call(&writ_command_grant, words), WRIT_EXIT_USAGE);
}

static void test_history(void **state)
{
	json_t *json;

	(void)state;
	broker_says(200, "{\"grants\": [" GRANT_ROW("3", "completed") "], \"next\": null}");
	broker_says(200, "{\"grants\": [], \"next\": null}");
	broker_says(200, "{\"grants\": [" GRANT_ROW("5", "active") "], \"next\": 5}");
	broker_says(200, "{\"grants\": [" GRANT_ROW("4", "active") "], \"next\": 4}");
	broker_says(200, "{\"grants\": [], \"next\": 4}"); /* a broker that never comes to an end */
	broker_start();
	assert_int_equal(CALL(grants, "--history"), 0);
	assert_string_equal(
		output,
		"ID  ISSUED                AGENT        PLAYBOOK            TICKET    STATE      "
		"ASKED; APPROVED  PARAMETERS\n"
		"3   2001-02-03T04:05:00Z  billing-bot  rotate-certificate  CHG-1842  completed  "
		"alice; bob, eve  service=a\\x0ab to=c\n");
	assert_int_equal(CALL(grants, "--history", "--agent", "a", "--playbook", "p/q", "--ticket",
			      "T 1", "--since", "2h"),
			 0);
	assert_string_equal(output, "The ledger has no such grant.\n");
	assert_int_equal(CALL(grants, "--history", "--limit", "2500", "--json"), 0);
	broker_stop();
	json = parse();
	assert_int_equal(json_array_size(json), 2);
	json_decref(json);
	assert_non_null(strstr(broker.turns[0].request, "GET /v1/grants?limit=50 "));
	assert_non_null(strstr(broker.turns[1].request, "GET /v1/grants?agent=a&playbook=p%2Fq&"
							"ticket=T%201&since=2h&limit=50 "));
	assert_non_null(strstr(broker.turns[2].request, "GET /v1/grants?limit=1000 "));
	assert_non_null(strstr(broker.turns[3].request, "GET /v1/grants?limit=1000&before=5 "));
}

static void test_history_fails(void **state)
{
	static char ticket[WRIT_HTTP_TARGET_MAX];

	(void)state;
	broker_says(200, "{\"rows\": []}");
	broker_says(400, "{\"error\": {\"reason\": \"malformed\", \"message\": \"since: ...\"}}");
	broker_start();
	assert_int_equal(CALL(grants, "--history"), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "the broker's answer is none"));
	assert_int_equal(CALL(grants, "--history", "--since", "yesterday"), WRIT_EXIT_FAILED);
	broker_stop();
	assert_int_equal(CALL(grants, "--history", "--all"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grants, "--agent", "a"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grants, "--history", "--limit", "0"), WRIT_EXIT_USAGE);
	memset(ticket, 'x', sizeof(ticket) - 1);
	assert_int_equal(CALL(grants, "--history", "--ticket", ticket), WRIT_EXIT_USAGE);
}

static struct writ_proposal_row *add_proposal(__u32 state)
{
	struct writ_proposal_row *row = &fake_reply(WRIT_REPLY_PROPOSAL)->proposal;
	uint64_t now = writ_time_boot();

	row->proposal = 4;
	row->ledger = 12;
	row->proposed_ns = now - (now > 3 * SECOND ? 3 * SECOND : now);
	row->until_ns = now + 3600 * SECOND;
	row->ttl_ns = 180 * SECOND;
	row->state = state;
	row->needed = 2;
	row->uid = 1001;
	(void)strcpy(row->agent, "billing-bot");
	(void)strcpy(row->role, "web-operator");
	(void)strcpy(row->playbook, "rotate-certificate");
	(void)strcpy(row->parameters, "service=billing");
	(void)strcpy(row->reason, "urgent\x1b[2J\nparameters  service=other");
	return row;
}

static void test_pending(void **state)
{
	struct writ_proposal_row *row = add_proposal(WRIT_PROPOSAL_PENDING);
	json_t *json;

	(void)state;
	row->given = 1;
	(void)strcpy(row->approvers, "bob");
	(void)strcpy(row->sponsor, "alice");
	(void)strcpy(row->ticket, "CHG-1842");
	fake_end(0, "");
	assert_int_equal(SERVE(pending), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_PROPOSALS);
	assert_ptr_equal(strstr(output, "4   rotate-certificate for billing-bot (web-operator)\n"
					"    parameters  service=billing\n"
					"    for         3m from its issue\n"
					"    asked by    the agent itself (uid 1001), "),
			 output);
	assert_non_null(strstr(output,
			       "    approvals   1 of 2: bob\n"
			       "    ticket      CHG-1842\n"
			       "    sponsor     alice\n"
			       "    why         urgent\\x1b[2J\\x0aparameters  service=other\n"
			       "Decide with 'writ approve NUMBER'"));
	assert_int_equal(SERVE(pending, "--json"), 0);
	json = parse();
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json, 0), "proposal")),
			 4);
	assert_string_equal(string(json_array_get(json, 0), "state"), "pending");
	assert_string_equal(string(json_array_get(json, 0), "parameters"), "service=billing");
	json_decref(json);
}

static void test_pending_of_an_operator(void **state)
{
	struct writ_proposal_row *row = add_proposal(WRIT_PROPOSAL_PENDING);

	(void)state;
	row->by_operator = 1;
	row->delay_ns = 60 * SECOND;
	row->clip = WRIT_CLIP_ROLE;
	row->parameters[0] = '\0';
	memset(row->requester, 'r', sizeof(row->requester)); /* without a NUL */
	fake_end(0, "");
	assert_int_equal(SERVE(pending), 0);
	assert_non_null(strstr(output, "rrr (operator, uid 1001), "));
	assert_non_null(strstr(output, "parameters  none\n"));
	assert_non_null(strstr(output, "3m, beginning 1m from its issue (more was asked for)\n"));
	fake.n_replies = 0;
	fake_end(0, "");
	assert_int_equal(SERVE(pending), 0);
	assert_string_equal(output, "Nothing waits for approval.\n");
}

static void test_approve(void **state)
{
	struct writ_proposal_row *row = add_proposal(WRIT_PROPOSAL_PENDING);
	json_t *json;

	(void)state;
	row->given = 1;
	(void)strcpy(row->approvers, "bob");
	fake_end(0, "");
	assert_int_equal(SERVE(approve, "4"), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_APPROVE);
	assert_int_equal(fake.request.proposal, 4);
	assert_string_equal(output, "approved 4: rotate-certificate to billing-bot "
				    "(service=billing)\n1 of 2: bob; 1 more must approve\n");
	row->state = WRIT_PROPOSAL_READY;
	row->given = 2;
	(void)strcpy(row->approvers, "bob,eve");
	assert_int_equal(SERVE(approve, "4"), 0);
	assert_non_null(strstr(output, "2 of 2: bob,eve; it is issued now: see 'writ grants'\n"));
	assert_int_equal(SERVE(approve, "4", "--json"), 0);
	json = parse();
	assert_string_equal(string(json, "state"), "ready");
	json_decref(json);
	fake.n_replies = 0;
	fake_end(-EACCES, "who asked may not approve");
	assert_int_equal(SERVE(approve, "4"), WRIT_EXIT_FAILED);
	assert_string_equal(errors, "writ: who asked may not approve\n");
	fake.n_replies = 0;
	fake_end(0, ""); /* no row: it isn't known what was approved */
	assert_int_equal(SERVE(approve, "4"), WRIT_EXIT_FAILED);
	assert_int_equal(CALL(approve), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(approve, "4", "5"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(approve, "all"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "'all' is no request's number: see 'writ pending'"));
}

static void test_deny(void **state)
{
	char reason[WRIT_REASON_SIZE + 1];

	(void)state;
	(void)add_proposal(WRIT_PROPOSAL_REFUSED);
	fake_end(0, "");
	assert_int_equal(SERVE(deny, "4", "--reason", "not on a Friday"), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_REFUSE);
	assert_int_equal(fake.request.proposal, 4);
	assert_string_equal(fake.request.reason, "not on a Friday");
	assert_string_equal(output,
			    "denied 4: rotate-certificate to billing-bot (service=billing)\n");
	assert_int_equal(SERVE(deny, "4"), 0);
	assert_string_equal(fake.request.reason, "");
	memset(reason, 'r', sizeof(reason));
	reason[WRIT_REASON_SIZE] = '\0';
	assert_int_equal(CALL(deny, "4", "--reason", reason), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(deny), WRIT_EXIT_USAGE);
}

static void test_switches(void **state)
{
	(void)state;
	fake_end(0, "");
	assert_int_equal(SERVE(freeze), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_FREEZE);
	assert_ptr_equal(strstr(output, "frozen: no grant is issued on this node until"), output);
	assert_int_equal(SERVE(thaw, "--json"), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_THAW);
	assert_string_equal(output, "{\n  \"frozen\": false\n}\n");
	assert_int_equal(SERVE(suspend, "billing-bot"), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_SUSPEND);
	assert_string_equal(fake.request.agent, "billing-bot");
	assert_ptr_equal(strstr(output, "suspended billing-bot: all that it does is denied"),
			 output);
	assert_int_equal(SERVE(resume, "billing-bot", "--json"), 0);
	assert_int_equal(fake.request.verb, WRIT_VERB_RESUME);
	assert_string_equal(output,
			    "{\n  \"agent\": \"billing-bot\",\n  \"suspended\": false\n}\n");
	fake.n_replies = 0;
	fake_end(-ENOENT, "no agent x");
	assert_int_equal(SERVE(suspend, "x"), WRIT_EXIT_FAILED);
	assert_string_equal(output, "");
	assert_int_equal(CALL(freeze, "x"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(thaw, "x"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(suspend), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(resume, "a", "b"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(suspend, ""), WRIT_EXIT_USAGE);
}

static int set_up(void **state)
{
	return broker_set_up(state) || fake_set_up(state);
}

static int tear_down(void **state)
{
	return broker_tear_down(state) || fake_tear_down(state);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_metrics),
		TEST(test_grant),	TEST(test_grant_refused_or_pending),
		TEST(test_grant_usage), TEST(test_grant_parameter_limit),
		TEST(test_history),	TEST(test_history_fails),
		TEST(test_pending),	TEST(test_pending_of_an_operator),
		TEST(test_approve),	TEST(test_deny),
		TEST(test_switches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
