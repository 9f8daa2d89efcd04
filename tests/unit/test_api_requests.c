/* SPDX-License-Identifier: Apache-2.0 */
/* broker/api_requests.c, api_find.c: to ask, to look, to wait, to take back; and whose it is. */
#include "api_helper.h"

#define BODY                                                                             \
	"{\"playbook\": \"p\", \"parameters\": {\"service\": \"billing\"}, \"ticket\": " \
	"\"CHG-1\", "                                                                    \
	"\"reason\": \"a new key\", \"ttl\": \"3m\", \"delay\": \"1500ms\", "            \
	"\"context\": {\"session\": \"s-81\"}}"
#define PUSH "{\"agent\": \"bot\", \"playbook\": \"p\", \"parameters\": {\"service\": \"x\"}}"

static struct call posts(const char *body)
{
	struct call one = {.method = "POST", .target = "/v1/requests", .body = body};

	call(&one);
	return one;
}

static struct call gets(const char *target)
{
	struct call one = {.method = "GET", .target = target};

	call(&one);
	return one;
}

static void granted(void **state)
{
	struct call one = posts(BODY);

	(void)state;
	assert_int_equal(one.status, 201);
	assert_string_equal(at(&one, "request.id"), "1");
	assert_string_equal(at(&one, "request.state"), "granted");
	assert_string_equal(at(&one, "request.reason"), "none");
	assert_string_equal(at(&one, "request.agent"), "bot");
	assert_string_equal(at(&one, "request.environment"), "prod");
	assert_string_equal(at(&one, "request.parameters"), "{\"service\":\"billing\"}");
	assert_string_equal(at(&one, "request.why"), "a new key");
	assert_string_equal(at(&one, "request.ttl_seconds"), "180");
	assert_string_equal(at(&one, "request.delay_seconds"), "2"); /* never rounded down */
	assert_string_equal(at(&one, "request.asked_at"), "2027-01-15T08:00:00.000000Z");
	assert_string_equal(at(&one, "request.context.session"), "s-81");
	assert_string_equal(at(&one, "request.needed"), "null");
	assert_string_equal(at(&one, "request.grant"), "2");
	assert_string_equal(at(&one, "grant.id"), "2");
	assert_string_equal(at(&one, "grant.request"), "1");
	assert_string_equal(at(&one, "grant.spiffe"), "spiffe://prod/agent/bot/run/2");
	assert_string_equal(at(&one, "grant.scope"), "run");
	assert_string_equal(at(&one, "grant.clip"), "role");
	assert_string_equal(at(&one, "grant.parameters"), "{\"service\":\"billing\"}");
	assert_string_equal(at(&one, "grant.context.session"), "s-81");
	assert_string_equal(at(&one, "grant.ended_at"), "null");
	done(&one);
}

static void pending(void **state)
{
	struct call one;

	(void)state;
	api.verdict.approvals = api.needed = 2;
	one = posts(BODY);
	assert_int_equal(one.status, 202);
	assert_string_equal(at(&one, "request.state"), "pending");
	assert_string_equal(at(&one, "request.needed"), "2");
	assert_string_equal(at(&one, "request.given"), "0");
	assert_string_equal(at(&one, "request.decided_at"), "null");
	assert_string_equal(at(&one, "grant"), "(missing)");
	done(&one);
}

static void malformed(void **state)
{
	struct call one = posts("{\"playbook\": \"p\", \"parameters\": {\"service\": null}}");

	(void)state;
	assert_int_equal(one.status, 400);
	assert_string_equal(at(&one, "error.reason"), "malformed");
	assert_memory_equal(at(&one, "error.message"), "parameters.service: ", 20);
	assert_string_equal(trace_text, "RECORD"); /* it is proposed to nobody, and has no row */
	assert_int_equal(api.recorded.refusal, WRIT_REFUSAL_MALFORMED);
	assert_int_equal(api.recorded.ledger, 0);
	assert_string_equal(api.recorded.agent, "bot");
	assert_string_equal(api.recorded.playbook, ""); /* what can't be read is not repeated */
	done(&one);
	one = posts(NULL);
	assert_int_equal(one.status, 400);
	assert_string_equal(at(&one, "error.message"), "the body is missing");
	done(&one);
}

/* Every word that there is, with its status, its request, and the header. */
static void refused(void **state)
{
	(void)state;
	for (uint32_t refusal = 1; refusal < WRIT_REFUSAL_COUNT; refusal++) {
		struct call one;

		(void)api_set_up(NULL);
		api.verdict = (struct writ_evaluation){
			.refusal = refusal, .retry_after = 12, .message = "no", .remedy = "this"};
		one = posts(BODY);
		assert_string_equal(at(&one, "error.reason"), writ_evaluate_refusal(refusal));
		assert_string_equal(at(&one, "error.message"), "no");
		assert_string_equal(at(&one, "error.remedy"), "this");
		assert_string_equal(at(&one, "error.retry_after"), "12");
		assert_int_equal(one.retry_after, 12);
		assert_true(one.status == 400 || one.status == 403 || one.status == 429 ||
			    one.status == 503);
		assert_string_equal(at(&one, "request.state"), "refused");
		assert_string_equal(at(&one, "request.reason"), at(&one, "error.reason"));
		assert_string_equal(at(&one, "request.id"), "1");
		done(&one);
	}
}

/* One of too many has no row; the answer is the same, and names the row that it is counted in. */
static void refused_too_often(void **state)
{
	struct call one;

	(void)state;
	api.verdict = (struct writ_evaluation){
		.refusal = WRIT_REFUSAL_ROLE, .message = "no", .remedy = "this"};
	one = posts(BODY);
	assert_string_equal(at(&one, "request.repeats"), "0");
	assert_string_equal(at(&one, "request.repeated_at"), "null");
	done(&one);
	ledger.counts_in = 1;
	one = posts(BODY);
	assert_string_equal(at(&one, "error.reason"), "role");
	assert_string_equal(at(&one, "error.message"), "no");
	assert_string_equal(at(&one, "request.id"), "1");
	assert_string_equal(at(&one, "request.repeats"), "1");
	assert_int_equal(ledger.n_requests, 1);
	assert_int_equal(ledger.late, 0); /* evaluation said no at once */
	assert_int_equal(api.n_recorded, 2); /* each; the core counts them */
	assert_int_equal(api.recorded.ledger, 1);
	done(&one);
	one = (struct call){
		.operators = true, .method = "POST", .target = "/v1/requests", .body = PUSH};
	call(&one); /* an operator's is never one of the agent's */
	assert_string_equal(at(&one, "request.id"), "2");
	done(&one);
	api.verdict = (struct writ_evaluation){.approvals = 0};
	api.code = -EDQUOT;
	api.error = "16 requests for bot wait already";
	one = posts(BODY);
	assert_string_equal(at(&one, "error.reason"), "concurrency");
	assert_string_equal(at(&one, "request.id"), "3");
	assert_int_equal(ledger.late, 1);
	done(&one);
}

/* The asker gets the id by which it can ask again. */
static void not_known_whether_issued(void **state)
{
	struct call one;

	(void)state;
	api.code = -ETIMEDOUT;
	one = posts(BODY);
	assert_int_equal(one.status, 503);
	assert_string_equal(at(&one, "error.reason"), "unavailable");
	assert_string_equal(at(&one, "request.id"), "1");
	assert_string_equal(at(&one, "request.state"), "issuing");
	done(&one);
}

static void ledger_fails(void **state)
{
	struct call one;

	(void)state;
	ledger.broken = "ask";
	one = posts(BODY);
	assert_int_equal(one.status, 503);
	assert_string_equal(at(&one, "error.reason"), "unavailable");
	assert_string_equal(at(&one, "request"), "(missing)");
	done(&one);
	ledger.broken = "read";
	one = posts(BODY);
	assert_int_equal(one.status, 503);
	done(&one);
	one = gets("/v1/requests/1");
	assert_int_equal(one.status, 503);
	assert_string_equal(at(&one, "error.message"), "the ledger can't be read: disk is full");
	done(&one);
}

/* Text that is no UTF-8 (the core's words, say) comes out escaped. */
static void bad_text_is_escaped(void **state)
{
	struct call one;

	(void)state;
	one = posts(BODY);
	done(&one);
	ledger.requests[0].message = "a\xff\nb";
	ledger.requests[0].parameters = "broken";
	one = gets("/v1/requests/1");
	assert_string_equal(at(&one, "request.message"), "a\\xff\\x0ab");
	assert_string_equal(at(&one, "request.parameters"), "null");
	done(&one);
}

static void pushed(void **state)
{
	struct call one = {
		.operators = true, .method = "POST", .target = "/v1/requests", .body = PUSH};

	(void)state;
	call(&one);
	assert_int_equal(one.status, 201);
	assert_string_equal(at(&one, "request.requester"), "root");
	assert_string_equal(at(&one, "request.role"), "r");
	one.body = BODY;
	call(&one);
	assert_int_equal(one.status, 400);
	assert_string_equal(at(&one, "error.message"), "agent: missing");
	done(&one);
	one = posts(PUSH); /* an agent can't say who it is */
	assert_int_equal(one.status, 400);
	done(&one);
}

static void looks(void **state)
{
	struct call one = posts(BODY);

	(void)state;
	done(&one);
	one = gets("/v1/requests/1");
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "grant.request"), "1");
	done(&one);
	one = gets("/v1/requests/1?wait=60"); /* decided: at once */
	assert_int_equal(one.status, 200);
	done(&one);
}

/* Another agent's, and one that is not there: the same words, in every operation. */
static void only_its_own(void **state)
{
	struct call mine = posts(BODY), none, other;

	(void)state;
	done(&mine);
	(void)strcpy(api.agent.agent, "other");
	for (unsigned int i = 0; i < 2; i++) {
		none = (struct call){.method = i ? "DELETE" : "GET", .target = "/v1/requests/99"};
		other = (struct call){.method = i ? "DELETE" : "GET", .target = "/v1/requests/1"};
		call(&none);
		call(&other);
		assert_int_equal(none.status, 404);
		assert_int_equal(other.status, 404);
		assert_true(json_equal(none.json, other.json));
		done(&none);
		done(&other);
	}
	api.agent.agent[0] = '\0'; /* a caller without a name has nothing */
	ledger.requests[0].agent = "";
	other = gets("/v1/requests/1");
	assert_int_equal(other.status, 404);
	done(&other);
	other = (struct call){.operators = true, .method = "GET", .target = "/v1/requests/1"};
	call(&other);
	assert_int_equal(other.status, 200);
	done(&other);
}

static void waits(void **state)
{
	struct call one;

	(void)state;
	api.verdict.approvals = api.needed = 1;
	one = posts(BODY);
	done(&one);
	one = gets("/v1/requests/1");
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "request.state"), "pending");
	assert_string_equal(at(&one, "request.given"), "null"); /* the core alone knows */
	done(&one);
	one = gets("/v1/requests/1?wait=5");
	assert_int_equal(one.wait, 5);
	assert_null(one.json);
	one.expired = true;
	call(&one);
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "request.state"), "pending");
	ledger.requests[0].state = WRIT_REQUEST_STATE_REFUSED;
	one.expired = false;
	call(&one);
	assert_int_equal(one.wait, 0);
	assert_string_equal(at(&one, "request.state"), "refused");
	done(&one);
}

static void waits_no_longer_than_it_may(void **state)
{
	static const char *const bad[] = {"61", "-1", "x", "", "1s", "99999999999999999999"};
	struct call one = posts(BODY);
	char target[64];

	(void)state;
	done(&one);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(target, sizeof(target), "/v1/requests/1?wait=%s", bad[i]);
		one = gets(target);
		assert_int_equal(one.status, 400);
		done(&one);
	}
}

static void withdraws(void **state)
{
	struct call one;

	(void)state;
	api.verdict.approvals = 1;
	one = posts(BODY);
	one.method = "DELETE";
	one.target = "/v1/requests/1";
	one.body = NULL;
	call(&one);
	assert_int_equal(one.status, 200);
	assert_string_equal(at(&one, "request.state"), "withdrawn");
	call(&one);
	assert_int_equal(one.status, 409);
	assert_string_equal(at(&one, "error.reason"), "conflict");
	ledger.requests[0].state = WRIT_REQUEST_STATE_ISSUING;
	call(&one);
	assert_int_equal(one.status, 409);
	assert_string_equal(at(&one, "error.message"), "it is being issued");
	ledger.requests[0].state = WRIT_REQUEST_STATE_PENDING;
	api.code = -ETIMEDOUT;
	call(&one);
	assert_int_equal(one.status, 503);
	assert_int_equal(ledger.requests[0].state, WRIT_REQUEST_STATE_PENDING);
	api.code = 0;
	ledger.broken = "refuse";
	call(&one);
	assert_int_equal(one.status, 503);
	done(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(granted),
		API_TEST(pending),
		API_TEST(malformed),
		API_TEST(refused),
		API_TEST(refused_too_often),
		API_TEST(not_known_whether_issued),
		API_TEST(ledger_fails),
		API_TEST(bad_text_is_escaped),
		API_TEST(pushed),
		API_TEST(looks),
		API_TEST(only_its_own),
		API_TEST(waits),
		API_TEST(waits_no_longer_than_it_may),
		API_TEST(withdraws),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
