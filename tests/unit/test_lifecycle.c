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

/* A record as the core has it made, with @payload. */
static size_t format(const struct writ_resolver *with, uint16_t type, uint8_t step,
		     const void *payload, size_t size, uint64_t boot_ns)
{
	struct writ_record record = {
		.event = {.type = type,
			  .operation = step,
			  .sequence = 9,
			  .cpu = 1,
			  .boot_ns = boot_ns},
		.object = payload,
		.object_len = size,
	};

	return writ_lifecycle_format(&record, with, line);
}

static size_t format_grant(enum writ_grant_event event, const struct writ_grant_info *info,
			   const char *by)
{
	struct writ_note_grant note = {.info = *info};

	memcpy(note.by, by, strnlen(by, sizeof(note.by)));
	return format(&resolver, WRIT_EVENT_GRANT, event, &note, sizeof(note), BOOT);
}

static size_t format_proposal(enum writ_proposal_event event, const struct writ_proposal_row *row,
			      const struct writ_context *context, const char *by)
{
	struct writ_note_proposal note = {.row = *row, .context = *context};

	memcpy(note.by, by, strnlen(by, sizeof(note.by)));
	return format(&resolver, WRIT_EVENT_PROPOSAL, event, &note, sizeof(note), BOOT);
}

static size_t format_daemon(const struct writ_resolver *with, enum writ_daemon_event event,
			    uint64_t generation, const char *detail, uint64_t boot_ns)
{
	struct writ_note_daemon note = {.generation = generation, .version = WRIT_VERSION};

	(void)strcpy(note.detail, detail);
	return format(with, WRIT_EVENT_DAEMON, event, &note, sizeof(note), boot_ns);
}

static size_t format_request(enum writ_request_event event, const struct writ_note_request *note)
{
	return format(&resolver, WRIT_EVENT_REQUEST, event, note, sizeof(*note), BOOT);
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
	check(format_grant(WRIT_GRANT_EVENT_REVOKED, &info, "bob"),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"grant\",\"sequence\":9,\"cpu\":"
	      "1,\"event\":\"revoked\","
	      "\"agent\":\"billing-bot\",\"role\":\"web-operator\",\"environment\":\"production\","
	      "\"grant\":3,\"playbook\":\"rotate-certificate\",\"ticket\":\"CHG-1842\","
	      "\"operator\":\"alice\",\"spiffe\":\"spiffe://production/agent/billing-bot/run/3\","
	      "\"seconds_left\":20.000,\"by\":\"bob\",\"uid\":1000,"
	      "\"not_before\":\"2026-11-22T10:11:12.345678Z\","
	      "\"expires\":\"2026-11-22T10:11:32.345678Z\",\"parameters\":\"service=a\\\\x0ab\","
	      "\"scope\":\"run\"}\n");
	memset(&info, 0xff, sizeof(info));
	assert_true(format_grant(WRIT_GRANT_EVENT_ISSUED, &info, info.operator_name) <
		    WRIT_LINE_WORST);
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
	check(format_grant(WRIT_GRANT_EVENT_COMPLETED, &info, ""),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"grant\",\"sequence\":9,\"cpu\":"
	      "1,"
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

static void test_cut(void **state)
{
	struct writ_grant_info info = {
		.id = 3,
		.expires = BOOT,
		.scope = WRIT_SCOPE_AGENT,
		.cut_state = WRIT_CUT_COUNTED,
		.cut_files = 4,
		.cut_sockets = 3,
		.cut_closed = 2,
		.cut_mappings = 1,
	};

	(void)state;
	(void)format_grant(WRIT_GRANT_EVENT_CUT, &info, "");
	assert_non_null(strstr(line, "\"event\":\"cut\""));
	assert_non_null(strstr(line, "\"scope\":\"agent\",\"cut\":{\"files\":4,\"sockets\":3,"
				     "\"closed\":2,\"mappings\":1}}\n"));
	info.cut_state = WRIT_CUT_IN_PART;
	(void)format_grant(WRIT_GRANT_EVENT_CUT, &info, "");
	assert_non_null(strstr(line, "\"mappings\":1,\"in_part\":true}}\n"));
	line[format_grant(WRIT_GRANT_EVENT_EXPIRED, &info, "")] = '\0';
	assert_null(strstr(line, "mappings"));
	memset(&info, 0xff, sizeof(info));
	assert_true(format_grant(WRIT_GRANT_EVENT_CUT, &info, info.operator_name) <
		    WRIT_LINE_WORST);
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
	check(format_proposal(WRIT_PROPOSAL_EVENT_APPROVED, &row, &context, "bob"),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"proposal\",\"sequence\":9,"
	      "\"cpu\":1,"
	      "\"event\":\"approved\",\"agent\":\"billing-bot\",\"role\":\"web-operator\","
	      "\"environment\":\"production\",\"proposal\":7,\"request\":41,"
	      "\"playbook\":\"rotate-certificate\",\"ticket\":\"CHG-1842\",\"operator\":\"\","
	      "\"approvers\":\"bob\",\"context\":{\"session\":\"s1\"},\"by\":\"bob\",\"uid\":1000,"
	      "\"needed\":2,\"given\":1,\"ttl\":180.000,\"why\":\"it is\\\\x0adown\","
	      "\"parameters\":\"service=a\"}\n");
	memset(&row, 0xff, sizeof(row));
	memset(&context, 0xff, sizeof(context));
	assert_true(format_proposal(WRIT_PROPOSAL_EVENT_GONE, &row, &context, row.agent) <
		    WRIT_LINE_WORST);
}

#define REQUEST_LINE                                                                            \
	"{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"request\",\"sequence\":9,"         \
	"\"cpu\":1,"

static void test_request(void **state)
{
	struct writ_note_request note = {
		.ledger = 41,
		.ttl_ns = UINT64_C(180000000000),
		.uid = 1000,
		.refusal = WRIT_REFUSAL_TICKET,
		.agent = "billing-bot",
		.role = "web-operator",
		.playbook = "rotate-certificate",
		.ticket = "CHG\n1842",
		.reason = "it is\ndown",
		.context = {.session = "s1"},
	};

	(void)state;
	check(format_request(WRIT_REQUEST_EVENT_REFUSED, &note),
	      REQUEST_LINE "\"event\":\"refused\",\"agent\":\"billing-bot\","
			   "\"role\":\"web-operator\",\"environment\":\"production\","
			   "\"verdict\":\"deny\",\"reason\":\"ticket\",\"request\":41,"
			   "\"playbook\":\"rotate-certificate\",\"ticket\":\"CHG\\\\x0a1842\","
			   "\"operator\":\"\",\"context\":{\"session\":\"s1\"},\"uid\":1000,"
			   "\"ttl\":180.000,\"why\":\"it is\\\\x0adown\"}\n");
	note.refusal = WRIT_REFUSAL_NONE;
	note.proposal = 7;
	note.ttl_ns = 0;
	note.reason[0] = '\0';
	check(format_request(WRIT_REQUEST_EVENT_WITHDRAWN, &note),
	      REQUEST_LINE "\"event\":\"withdrawn\",\"agent\":\"billing-bot\","
			   "\"role\":\"web-operator\",\"environment\":\"production\","
			   "\"proposal\":7,\"request\":41,"
			   "\"playbook\":\"rotate-certificate\",\"ticket\":\"CHG\\\\x0a1842\","
			   "\"operator\":\"\",\"context\":{\"session\":\"s1\"},\"uid\":1000}\n");
	note.refusal = 999; /* of another build */
	(void)format_request(WRIT_REQUEST_EVENT_REFUSED, &note);
	assert_non_null(strstr(line, "\"reason\":\"unknown\""));
	memset(&note, 0xff, sizeof(note));
	assert_true(format_request(WRIT_REQUEST_EVENT_REFUSED, &note) < WRIT_LINE_WORST);
}

/* So many more, of one agent; and of operators, who asked for none that there is. */
static void test_counted_requests(void **state)
{
	struct writ_note_request note = {.times = 9940, .agent = "billing-bot", .role = "r"};

	(void)state;
	check(format_request(WRIT_REQUEST_EVENT_COUNTED, &note),
	      REQUEST_LINE "\"event\":\"counted\",\"agent\":\"billing-bot\",\"role\":\"r\","
			   "\"environment\":\"production\",\"times\":9940}\n");
	note.agent[0] = '\0';
	check(format_request(WRIT_REQUEST_EVENT_COUNTED, &note),
	      REQUEST_LINE "\"event\":\"counted\",\"agent\":null,"
			   "\"environment\":\"production\",\"times\":9940}\n");
}

static void test_daemon(void **state)
{
	(void)state;
	check(format_daemon(&resolver, WRIT_DAEMON_EVENT_ADOPTED, 2, "6 links\n", BOOT),
	      "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"daemon\",\"sequence\":9,"
	      "\"cpu\":1,"
	      "\"event\":\"adopted\",\"environment\":\"production\",\"version\":\"" WRIT_VERSION
	      "\",\"generation\":2,\"detail\":\"6 links\\\\x0a\"}\n");
	check(format_daemon(&(struct writ_resolver){0}, WRIT_DAEMON_EVENT_STOPPED, 0, "", 0),
	      "{\"time\":\"1970-01-01T00:00:00.000000Z\",\"type\":\"daemon\",\"sequence\":9,"
	      "\"cpu\":1,"
	      "\"event\":\"stopped\",\"version\":\"" WRIT_VERSION "\",\"generation\":0}\n");
}

/* Of another build: not this one's to guess at. */
static void test_unknown(void **state)
{
	static const char payload[WRIT_PATH_SIZE];
	const struct writ_note_daemon note = {.generation = 1};

	(void)state;
	assert_int_equal(format(&resolver, WRIT_EVENT_GRANT, 0, payload,
				sizeof(struct writ_note_grant) - 1, BOOT),
			 0);
	assert_int_equal(format(&resolver, WRIT_EVENT_DAEMON, 0, payload,
				sizeof(struct writ_note_daemon) + 1, BOOT),
			 0);
	assert_int_equal(format(&resolver, WRIT_EVENT_DECISION, 0, payload, 8, BOOT), 0);
	assert_int_equal(format(&resolver, 999, 0, payload, 8, BOOT), 0);
	line[format(&resolver, WRIT_EVENT_DAEMON, 255, &note, sizeof(note), BOOT)] = '\0';
	assert_non_null(strstr(line, "\"event\":\"unknown\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_gap),
		cmocka_unit_test(test_grant),
		cmocka_unit_test(test_grant_of_a_request),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_proposal),
		cmocka_unit_test(test_request),
		cmocka_unit_test(test_counted_requests),
		cmocka_unit_test(test_daemon),
		cmocka_unit_test(test_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
