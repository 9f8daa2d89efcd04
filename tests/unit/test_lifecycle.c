/* SPDX-License-Identifier: Apache-2.0 */
/* audit/lifecycle.c: each line as it is documented, each within its size. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "audit/lifecycle.h"

#define WALL INT64_C(1795342272345678900) /* 2026-11-22T10:11:12.345678Z */
#define BOOT (UINT64_C(90) * 1000000000)

static const struct writ_resolver resolver = {
	.environment = "production",
	.wall_offset = WALL - (int64_t)BOOT,
};

static char line[WRIT_LINE_SIZE + 1];

static void check(size_t len, const char *expected)
{
	json_t *json = NULL;

	line[len] = '\0';
	assert_string_equal(line, expected);
	json = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
	assert_non_null(json);
	json_decref(json);
}

static void test_gap(void **state)
{
	(void)state;
	check(writ_lifecycle_gap(WALL, WRIT_GAP_RING_FULL, 3, 17, line),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"gap\",\"cpu\":3,"
	      "\"reason\":\"ring_full\",\"missing\":17}\n");
	check(writ_lifecycle_gap(WALL, WRIT_GAP_LATE, WRIT_GAP_NO_CPU, -1, line),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"gap\","
	      "\"reason\":\"late\",\"missing\":-1}\n");
	for (int reason = 0; reason < WRIT_GAP_COUNT; reason++)
		assert_true(writ_lifecycle_gap(INT64_MAX, reason, UINT32_MAX - 1, INT64_MIN, line) <
			    WRIT_GAP_SIZE);
}

static void test_grant(void **state)
{
	struct writ_grant_info info = {
		.id = 3,
		.issued = BOOT,
		.not_before = BOOT,
		.expires = BOOT + UINT64_C(20000000000),
		.uid = 1000,
		.agent_name = "billing-bot",
		.role_name = "web-operator",
		.playbook = "rotate-certificate",
		.ticket = "CHG-1842",
		.operator_name = "alice",
		.parameters = "service=a\\x0ab",
	};

	(void)state;
	check(writ_lifecycle_grant(&resolver, WRIT_GRANT_EVENT_REVOKED, &info, "bob", BOOT, line),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"grant\",\"event\":\"revoked\","
	      "\"agent\":\"billing-bot\",\"role\":\"web-operator\",\"environment\":\"production\","
	      "\"grant\":3,\"playbook\":\"rotate-certificate\",\"ticket\":\"CHG-1842\","
	      "\"operator\":\"alice\",\"spiffe\":\"spiffe://production/agent/billing-bot/run/3\","
	      "\"seconds_left\":20.000,\"by\":\"bob\",\"uid\":1000,"
	      "\"not_before\":\"2026-11-22T10:11:12.345678Z\","
	      "\"expires\":\"2026-11-22T10:11:32.345678Z\",\"parameters\":\"service=a\\\\x0ab\","
	      "\"scope\":\"run\"}\n");
	memset(&info, 0xff, sizeof(info));
	assert_true(writ_lifecycle_grant(&resolver, WRIT_GRANT_EVENT_ISSUED, &info,
					 info.operator_name, BOOT, line) < WRIT_LINE_WORST);
}

/* Asked for by the agent itself, approved, with all that may stand there. */
static void test_grant_of_a_request(void **state)
{
	struct writ_grant_info info = {
		.id = 3,
		.issued = BOOT,
		.not_before = BOOT,
		.expires = BOOT + UINT64_C(20000000000),
		.uid = 1000,
		.agent_name = "billing-bot",
		.role_name = "web-operator",
		.playbook = "rotate-certificate",
		.ticket = "CHG-1842",
		.parameters = "service=a\\x0ab",
	};

	(void)state;
	info.ledger = 41;
	info.scope = WRIT_SCOPE_AGENT;
	info.break_glass = 1;
	(void)strcpy(info.sponsor, "carol");
	(void)strcpy(info.approvers, "bob,dave");
	(void)strcpy(info.context.tool_call, "call\n7");
	check(writ_lifecycle_grant(&resolver, WRIT_GRANT_EVENT_COMPLETED, &info, NULL, BOOT, line),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"grant\","
	      "\"event\":\"completed\",\"agent\":\"billing-bot\",\"role\":\"web-operator\","
	      "\"environment\":\"production\",\"grant\":3,\"playbook\":\"rotate-certificate\","
	      "\"ticket\":\"CHG-1842\",\"operator\":\"\",\"sponsor\":\"carol\","
	      "\"approvers\":\"bob,dave\","
	      "\"spiffe\":\"spiffe://production/agent/billing-bot/run/3\","
	      "\"context\":{\"tool_call\":\"call\\\\x0a7\"},\"seconds_left\":20.000,\"uid\":1000,"
	      "\"not_before\":\"2026-11-22T10:11:12.345678Z\","
	      "\"expires\":\"2026-11-22T10:11:32.345678Z\",\"parameters\":\"service=a\\\\x0ab\","
	      "\"request\":41,\"scope\":\"agent\",\"break_glass\":true}\n");
}

static void test_proposal(void **state)
{
	struct writ_proposal_row row = {
		.proposal = 7,
		.ledger = 41,
		.ttl_ns = UINT64_C(180000000000),
		.needed = 2,
		.given = 1,
		.uid = 1000,
		.agent = "billing-bot",
		.role = "web-operator",
		.playbook = "rotate-certificate",
		.ticket = "CHG-1842",
		.reason = "it is\ndown",
		.parameters = "service=a",
		.approvers = "bob",
	};
	struct writ_context context = {.session = "s1"};

	(void)state;
	check(writ_lifecycle_proposal(&resolver, WRIT_PROPOSAL_EVENT_APPROVED, &row, &context,
				      "bob", BOOT, line),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"proposal\","
	      "\"event\":\"approved\",\"agent\":\"billing-bot\",\"role\":\"web-operator\","
	      "\"environment\":\"production\",\"proposal\":7,\"request\":41,"
	      "\"playbook\":\"rotate-certificate\",\"ticket\":\"CHG-1842\",\"operator\":\"\","
	      "\"approvers\":\"bob\",\"context\":{\"session\":\"s1\"},\"by\":\"bob\",\"uid\":1000,"
	      "\"needed\":2,\"given\":1,\"ttl\":180.000,\"why\":\"it is\\\\x0adown\","
	      "\"parameters\":\"service=a\"}\n");
	memset(&row, 0xff, sizeof(row));
	memset(&context, 0xff, sizeof(context));
	assert_true(writ_lifecycle_proposal(&resolver, WRIT_PROPOSAL_EVENT_GONE, &row, &context,
					    row.agent, BOOT, line) < WRIT_LINE_WORST);
}

static void test_daemon(void **state)
{
	(void)state;
	check(writ_lifecycle_daemon(&resolver, WRIT_DAEMON_EVENT_ADOPTED, 2, "6 links\n", BOOT,
				    line),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"daemon\","
	      "\"event\":\"adopted\",\"environment\":\"production\",\"version\":\"" WRIT_VERSION
	      "\",\"generation\":2,\"detail\":\"6 links\\\\x0a\"}\n");
	check(writ_lifecycle_daemon(&(struct writ_resolver){0}, WRIT_DAEMON_EVENT_STOPPED, 0, NULL,
				    0, line),
	      "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"type\":\"daemon\","
	      "\"event\":\"stopped\",\"version\":\"" WRIT_VERSION "\",\"generation\":0}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_grant_of_a_request),
		cmocka_unit_test(test_proposal),
		cmocka_unit_test(test_daemon),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
