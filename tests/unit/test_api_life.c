/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API with its real ledger, in a file, and its real evaluation: what the one writes the other
 * reads, and both are shown. Only the core and the validator's process are stand-ins.
 */
#include "api_core.h"

#define BOOT "7b0b4f2e-0000-4000-8000-000000000001"
#define ASK \
	"{\"playbook\": \"p\", \"parameters\": {\"service\": \"billing\"}, \"ticket\": \"CHG-1\"}"
#define PUSH                                                                       \
	"{\"agent\": \"bot\", \"playbook\": \"p\", \"parameters\": {\"service\": " \
	"\"billing\"}, \"ticket\": \"CHG-1\"}"

static char directory[32], path[48];
static unsigned int started; /* validators */

int writ_validate_start(struct writ_validations *validations, const struct writ_policy_node *node,
			uint64_t request, const char *input)
{
	(void)validations;
	(void)node;
	(void)request;
	assert_non_null(input);
	started++;
	return 0;
}

static void open_ledger(void)
{
	if (writ_ledger_open(path, BOOT, &api.broker.ledger))
		fail_msg("the ledger can't be opened");
}

static int set_up(void **state)
{
	(void)state;
	memset(&api, 0, sizeof(api));
	trace_text[0] = '\0';
	started = 0;
	(void)strcpy(directory, "/tmp/writ-api-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(path, sizeof(path), "%s/ledger", directory);
	open_ledger();
	api.broker.policy = good_policy(API_POLICY);
	api.error = "the core says no";
	api.agent = (struct writ_attest_row){.uid = 1000, .pid = 42, .agent_index = 2};
	(void)strcpy(api.agent.agent, "bot");
	(void)strcpy(api.agent.role, "r");
	(void)strcpy(api.agent.environment, "prod");
	api.operator=(struct writ_attest_row){.pid = 43, .is_operator = 1};
	return 0;
}

static int tear_down(void **state)
{
	static const char *const tails[] = {"", "-wal", "-shm"};
	char name[64];

	(void)state;
	writ_waiting_closep(&api.broker.waiting);
	writ_ledger_closep(&api.broker.ledger);
	writ_policy_free(api.broker.policy);
	for (size_t i = 0; i < sizeof(tails) / sizeof(tails[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", path, tails[i]);
		(void)unlink(name);
	}
	return rmdir(directory);
}

static int leave(void **state)
{
	(void)state;
	json_decref(openapi_root);
	return 0;
}

static struct call calls(const char *method, const char *target, const char *body)
{
	struct call one = {.method = method, .target = target, .body = body};

	call(&one);
	return one;
}

/* The policy is read-only; these are its terms before it is used. */
static struct writ_policy_playbook *playbook(void)
{
	return (struct writ_policy_playbook *)&api.broker.policy->playbooks[0];
}

static struct writ_policy_node *node(void)
{
	return (struct writ_policy_node *)api.broker.policy->node;
}

static void from_request_to_end(void **state)
{
	struct call one = calls("POST", "/v1/requests", ASK), other;

	(void)state;
	if (one.status != 201)
		fail_msg("%s", at(&one, "error.message"));
	assert_string_equal(at(&one, "grant.spiffe"), "spiffe://prod/agent/bot/run/2");
	assert_string_equal(at(&one, "grant.state"), "active");
	assert_string_equal(at(&one, "grant.seconds_left"), "180");
	other = calls("GET", "/v1/requests/1", NULL);
	assert_true(json_equal(json_object_get(one.json, "request"),
			       json_object_get(other.json, "request")));
	done(&other);
	done(&one);
	assert_int_equal(writ_ledger_end(api.broker.ledger, 2, WRIT_END_REVOKED, "alice", 3, 1,
					 writ_broker_now()),
			 0);
	one = calls("GET", "/v1/requests/1", NULL);
	assert_string_equal(at(&one, "grant.state"), "revoked");
	assert_string_equal(at(&one, "grant.ended_by"), "alice");
	assert_string_equal(at(&one, "grant.cut"), "{\"files\":3,\"sockets\":1}");
	done(&one);
	one = calls("POST", "/v1/grants/2/done", NULL); /* it has ended already */
	assert_int_equal(one.status, 200);
	done(&one);
	one = calls("GET", "/v1/whoami", NULL);
	assert_string_equal(at(&one, "grants"), "[]");
	done(&one);
}

/* Each request has its own grant, not just any. */
static void many(void **state)
{
	struct call one;
	char target[64];

	(void)state;
	for (unsigned int i = 1; i <= 5; i++) {
		one = calls("POST", "/v1/requests", ASK);
		assert_int_equal(one.status, 201);
		done(&one);
	}
	for (unsigned int i = 1; i <= 5; i++) {
		(void)snprintf(target, sizeof(target), "/v1/requests/%u", i);
		one = calls("GET", target, NULL);
		assert_int_equal(strtoul(at(&one, "grant.request"), NULL, 10), i);
		assert_int_equal(strtoul(at(&one, "grant.id"), NULL, 10), 2 * i);
		done(&one);
	}
	one = calls("GET", "/v1/grants?limit=2", NULL);
	assert_string_equal(at(&one, "grants.1.request"), "4");
	assert_string_equal(at(&one, "next"), "4");
	done(&one);
	one = calls("GET", "/v1/grants?limit=2&before=4", NULL);
	assert_string_equal(at(&one, "grants.0.request"), "3");
	done(&one);
	(void)strcpy(api.agent.agent, "other");
	one = calls("GET", "/v1/grants?agent=bot", NULL);
	assert_string_equal(at(&one, "grants"), "[]");
	done(&one);
}

static void refused_and_remembered(void **state)
{
	struct call one;

	(void)state;
	node()->backoff_ns = node()->backoff_max_ns = 60 * WRIT_NS_PER_SECOND;
	one = calls("POST", "/v1/requests",
		    "{\"playbook\": \"p\", \"parameters\": {\"service\": \"../etc\"}, "
		    "\"ticket\": \"CHG-1\"}");
	assert_int_equal(one.status, 403);
	assert_string_equal(at(&one, "error.reason"), "parameters");
	assert_string_equal(at(&one, "request.parameters"), "{\"service\":\"../etc\"}");
	assert_string_not_equal(at(&one, "error.retry_after"), "0");
	assert_string_equal(trace_text, "RECORD"); /* it is proposed to nobody */
	assert_int_equal(api.recorded.refusal, WRIT_REFUSAL_PARAMETERS);
	done(&one);
	one = calls("POST", "/v1/requests", ASK); /* denied once, it has to wait */
	assert_int_equal(one.status, 429);
	assert_string_equal(at(&one, "error.reason"), "backoff");
	assert_true(one.retry_after > 0);
	done(&one);
	one = (struct call){.operators = true,
			    .method = "GET",
			    .target = "/v1/requests?state=refused&agent=bot"};
	call(&one);
	assert_string_equal(at(&one, "requests.0.reason"), "backoff");
	assert_string_equal(at(&one, "requests.1.reason"), "parameters");
	done(&one);
	one = (struct call){
		.operators = true, .method = "POST", .target = "/v1/requests", .body = PUSH};
	call(&one); /* an operator does not wait for the agent's faults */
	assert_int_equal(one.status, 201);
	done(&one);
}

static void denied_once_too_often(void **state)
{
	struct call one;

	(void)state;
	node()->suspend_after = 1;
	one = calls("POST", "/v1/requests", "{\"playbook\": \"nope\"}");
	assert_int_equal(one.status, 403);
	assert_string_equal(at(&one, "error.reason"), "unknown_playbook");
	assert_non_null(strstr(at(&one, "error.message"), "the agent is suspended"));
	assert_string_equal(at(&one, "request.message"), at(&one, "error.message"));
	assert_string_equal(trace_text, "SUSPEND RECORD");
	done(&one);
}

static void one_at_a_time(void **state)
{
	struct call one;

	(void)state;
	playbook()->concurrency = 1;
	one = calls("POST", "/v1/requests", ASK);
	assert_int_equal(one.status, 201);
	done(&one);
	one = calls("POST", "/v1/requests", ASK);
	assert_int_equal(one.status, 429);
	assert_string_equal(at(&one, "error.reason"), "concurrency");
	done(&one);
	assert_int_equal(writ_ledger_end(api.broker.ledger, 2, WRIT_END_COMPLETED, "", 0, 0,
					 writ_broker_now()),
			 0);
	one = calls("POST", "/v1/requests", ASK);
	assert_int_equal(one.status, 201);
	done(&one);
}

/* Two whose tickets are validated at the same time: one place, one grant. */
static void one_at_a_time_through_the_validator(void **state)
{
	static const char *const validator[] = {"/usr/bin/true"};
	struct call one;

	(void)state;
	playbook()->concurrency = 1;
	playbook()->validates_ticket = true;
	node()->validator = validator;
	node()->n_validator = 1;
	for (unsigned int i = 0; i < 2; i++) {
		one = calls("POST", "/v1/requests", ASK);
		assert_int_equal(one.status, 202);
		assert_string_equal(at(&one, "request.state"), "open");
		done(&one);
	}
	assert_int_equal(started, 2);
	writ_flow_validated(&api.broker, 2, WRIT_REFUSAL_NONE, "");
	writ_flow_validated(&api.broker, 1, WRIT_REFUSAL_NONE, "");
	one = calls("GET", "/v1/requests/2", NULL);
	assert_string_equal(at(&one, "request.state"), "granted");
	done(&one);
	one = calls("GET", "/v1/requests/1", NULL);
	assert_string_equal(at(&one, "request.reason"), "concurrency");
	done(&one);
	assert_string_equal(trace_text, "PROPOSE RECORD");
	assert_int_equal(api.recorded.ledger, 1);
}

static void pending_and_withdrawn(void **state)
{
	struct call one;

	(void)state;
	playbook()->approvals = api.needed = 2;
	one = calls("POST", "/v1/requests", ASK);
	assert_int_equal(one.status, 202);
	assert_string_equal(at(&one, "request.needed"), "2");
	done(&one);
	one = calls("GET", "/v1/requests/1?wait=9", NULL);
	assert_int_equal(one.wait, 9);
	done(&one);
	one = calls("DELETE", "/v1/requests/1", NULL);
	assert_string_equal(at(&one, "request.state"), "withdrawn");
	done(&one);
	one = calls("GET", "/v1/requests/1?wait=9", NULL);
	assert_int_equal(one.wait, 0);
	done(&one);
	assert_string_equal(trace_text, "PROPOSE WITHDRAW");
}

static void see_unsettled(void *context, const struct writ_ledger_request *row)
{
	*(uint64_t *)context += row->id;
}

/* The broker dies with it: the next one finds what it has to ask the core about. */
static void lost_while_issuing(void **state)
{
	uint64_t unsettled = 0;
	struct call one;

	(void)state;
	api.code = -EPIPE;
	one = calls("POST", "/v1/requests", ASK);
	assert_int_equal(one.status, 503);
	assert_string_equal(at(&one, "request.state"), "issuing");
	done(&one);
	writ_ledger_closep(&api.broker.ledger);
	open_ledger();
	assert_int_equal(writ_ledger_unsettled(api.broker.ledger, see_unsettled, &unsettled), 0);
	assert_int_equal(unsettled, 1);
	one = calls("GET", "/v1/requests/1", NULL);
	assert_string_equal(at(&one, "request.state"), "issuing");
	done(&one);
}

#define LIFE_TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIFE_TEST(from_request_to_end),	   LIFE_TEST(many),
		LIFE_TEST(refused_and_remembered), LIFE_TEST(denied_once_too_often),
		LIFE_TEST(one_at_a_time),	   LIFE_TEST(one_at_a_time_through_the_validator),
		LIFE_TEST(pending_and_withdrawn),  LIFE_TEST(lost_while_issuing),
	};

	return cmocka_run_group_tests(tests, NULL, leave);
}
