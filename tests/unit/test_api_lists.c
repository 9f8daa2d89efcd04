/* SPDX-License-Identifier: Apache-2.0 */
/* broker/api_lists.c, api_query.c: pages of requests and grants, and what chooses them. */
#include "api_helper.h"

static struct call gets(bool operators, const char *target)
{
	struct call one = {.operators = operators, .method = "GET", .target = target};

	call(&one);
	return one;
}

/* Three by "bot", then one for "other". */
static void fill(void)
{
	for (unsigned int i = 0; i < 4; i++) {
		struct call one = {
			.operators = i == 3,
			.method = "POST",
			.target = "/v1/requests",
			.body = i == 3 ? "{\"playbook\": \"p\", \"agent\": \"other\"}"
				: i    ? "{\"playbook\": \"q\", \"ticket\": \"CHG-2\"}"
				       : "{\"playbook\": \"p\", \"ticket\": \"CHG-1\"}",
		};

		call(&one);
		assert_int_equal(one.status, 201);
		done(&one);
	}
	ledger.grants[0].ended_at = NOW;
	ledger.grants[0].end = WRIT_END_REVOKED;
	ledger.grants[0].ended_by = "alice";
	ledger.grants[0].cut_files = 2;
	ledger.requests[1].state = WRIT_REQUEST_STATE_REFUSED;
	ledger.requests[1].asked_at = NOW - INT64_C(3600000000000);
}

/* The ids of the rows, "4 3 2". */
static const char *ids(const char *target, bool operators, const char *name)
{
	struct call one = gets(operators, target);
	static char text[128];
	json_t *rows = json_object_get(one.json, name);
	size_t used = 0;

	if (one.status != 200)
		fail_msg("%s: %s", target, at(&one, "error.message"));
	text[0] = '\0';
	for (size_t i = 0; i < json_array_size(rows); i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%lld", i ? " " : "",
					 (long long)json_integer_value(json_object_get(
						 json_array_get(rows, i),
						 strcmp(name, "grants") ? "id" : "request")));
	done(&one);
	return text;
}

static void requests(void **state)
{
	(void)state;
	fill();
	assert_string_equal(ids("/v1/requests", true, "requests"), "4 3 2 1");
	assert_string_equal(ids("/v1/requests?agent=bot", true, "requests"), "3 2 1");
	assert_string_equal(ids("/v1/requests?playbook=q", true, "requests"), "3 2");
	assert_string_equal(ids("/v1/requests?ticket=CHG-1", true, "requests"), "1");
	assert_string_equal(ids("/v1/requests?state=refused", true, "requests"), "2");
	assert_string_equal(ids("/v1/requests?state=refused,granted", true, "requests"), "4 3 2 1");
	assert_string_equal(ids("/v1/requests?since=10m", true, "requests"), "4 3 1");
	assert_string_equal(ids("/v1/requests?since=2h", true, "requests"), "4 3 2 1");
	assert_string_equal(ids("/v1/requests?since=2027-01-15T07:30:00Z", true, "requests"),
			    "4 3 1");
	assert_string_equal(ids("/v1/requests?since=2027-01-15T06:30:00.250Z", true, "requests"),
			    "4 3 2 1");
	assert_string_equal(ids("/v1/requests?agent=nobody", true, "requests"), "");
}

static void pages(void **state)
{
	struct call one;

	(void)state;
	fill();
	one = gets(true, "/v1/requests?limit=3");
	assert_string_equal(at(&one, "requests.0.id"), "4");
	assert_string_equal(at(&one, "next"), "2");
	done(&one);
	one = gets(true, "/v1/requests?limit=3&before=2");
	assert_string_equal(at(&one, "requests.0.id"), "1");
	assert_string_equal(at(&one, "requests.1"), "(missing)");
	assert_string_equal(at(&one, "next"), "null");
	done(&one);
}

static void grants(void **state)
{
	struct call one;

	(void)state;
	fill();
	assert_string_equal(ids("/v1/grants", true, "grants"), "4 3 2 1");
	assert_string_equal(ids("/v1/grants?live=true", true, "grants"), "4 3 2");
	assert_string_equal(ids("/v1/grants?live=false", true, "grants"), "4 3 2 1");
	assert_string_equal(ids("/v1/grants?agent=other", true, "grants"), "4");
	one = gets(true, "/v1/grants?ticket=CHG-1");
	assert_string_equal(at(&one, "grants.0.state"), "revoked");
	assert_string_equal(at(&one, "grants.0.end"), "revoked");
	assert_string_equal(at(&one, "grants.0.ended_by"), "alice");
	assert_string_equal(at(&one, "grants.0.seconds_left"), "0");
	assert_string_equal(at(&one, "grants.0.cut.files"), "2");
	done(&one);
}

/* Whatever an agent writes there, it sees its own; and without a name, nothing. */
static void an_agent_sees_its_own(void **state)
{
	struct call one;

	(void)state;
	fill();
	assert_string_equal(ids("/v1/grants", false, "grants"), "3 2 1");
	assert_string_equal(ids("/v1/grants?agent=other", false, "grants"), "3 2 1");
	assert_string_equal(ids("/v1/grants?agent=", false, "grants"), "3 2 1");
	api.agent.agent[0] = '\0';
	one = gets(false, "/v1/grants");
	assert_int_equal(one.status, 400);
	done(&one);
}

/* A grant's state by the clock, until the core has said how it ended. */
static void states(void **state)
{
	static const struct {
		int64_t begins, expires;
		const char *state, *left;
	} cases[] = {
		{NOW, NOW + 1500000000, "active", "2"},
		{NOW + 1, NOW + 1000000000, "pending", "1"},
		{NOW - 2, NOW, "expired", "0"},
	};

	(void)state;
	fill();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct call one;

		ledger.grants[3].begins_at = cases[i].begins;
		ledger.grants[3].expires_at = cases[i].expires;
		ledger.grants[3].approvers = "alice,bob";
		one = gets(true, "/v1/grants?agent=other");
		assert_string_equal(at(&one, "grants.0.state"), cases[i].state);
		assert_string_equal(at(&one, "grants.0.seconds_left"), cases[i].left);
		assert_string_equal(at(&one, "grants.0.end"), "none");
		assert_string_equal(at(&one, "grants.0.approvers"), "[\"alice\",\"bob\"]");
		done(&one);
	}
}

static const char *const bad_queries[] = {
	"state=",
	"state=nope",
	"state=refused,",
	"state=Refused",
	"since=x",
	"since=2027-01-15",
	"since=",
	"since=2027-01-15T07:30:00",
	"since=2027-01-15T07:30:00+01:00",
	"since=2027-01-15T07:30:00.Z",
	"since=1969-01-01T00:00:00Z",
	"before=0",
	"before=-1",
	"before=9223372036854775808",
	"limit=0",
	"limit=1001",
	"limit=1e3",
	"live=1",
	"live=",
};

/* What can't be understood is refused: a filter that is passed over shows more than was asked. */
static void bad_filters(void **state)
{
	char target[96];

	(void)state;
	for (size_t i = 0; i < sizeof(bad_queries) / sizeof(bad_queries[0]); i++) {
		struct call one;

		(void)snprintf(target, sizeof(target), "/v1/grants?%s", bad_queries[i]);
		one = gets(true, target);
		if (one.status != 400)
			fail_msg("taken: %s", bad_queries[i]);
		assert_memory_equal(at(&one, "error.message"), bad_queries[i],
				    strcspn(bad_queries[i], "="));
		done(&one);
		(void)snprintf(target, sizeof(target), "/v1/requests?%s", bad_queries[i]);
		one = gets(true, target);
		assert_int_equal(one.status, 400);
		done(&one);
	}
	assert_string_equal(ids("/v1/grants?limit=1000&before=9223372036854775807", true, "grants"),
			    "");
}

static void ledger_fails(void **state)
{
	struct call one;

	(void)state;
	ledger.broken = "read";
	one = gets(true, "/v1/grants");
	assert_int_equal(one.status, 503);
	done(&one);
	one = gets(true, "/v1/requests");
	assert_int_equal(one.status, 503);
	done(&one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		API_TEST(requests),	API_TEST(pages),
		API_TEST(grants),	API_TEST(an_agent_sees_its_own),
		API_TEST(states),	API_TEST(bad_filters),
		API_TEST(ledger_fails),
	};

	return cmocka_run_group_tests(tests, NULL, api_leave);
}
