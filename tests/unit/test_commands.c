/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verbs of cli/ against a core that answers with fixed rows: what they ask, what they print
 * (as text and as JSON, which jansson must read back), and how they exit.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>

#include "cli/security.h"
#include "lib/time.h"
#include "verb_helper.h"

#define SECOND WRIT_NS_PER_SECOND

static struct writ_grant_row *add_grant(__u64 id, __u32 state)
{
	struct writ_grant_row *row = &fake_reply(WRIT_REPLY_GRANT)->grant;

	row->info.id = id;
	row->info.not_before = row->info.issued = 100 * SECOND;
	row->info.expires = 120 * SECOND;
	row->now_ns = 102 * SECOND;
	row->state = state;
	(void)strcpy(row->info.agent_name, "billing-bot");
	(void)strcpy(row->info.role_name, "web-operator");
	(void)strcpy(row->info.playbook, "rotate-certificate");
	(void)strcpy(row->info.ticket, "CHG-1842");
	(void)strcpy(row->info.operator_name, "alice");
	(void)strcpy(row->info.parameters, "service=a\\x0ab");
	return row;
}

static void test_agents(void **state)
{
	struct writ_agent_row *row = &fake_reply(WRIT_REPLY_AGENT)->agent;

	(void)state;
	row->state = WRIT_AGENT_ACTIVE;
	row->mode = WRIT_MODE_MONITOR;
	row->grants = 2;
	row->cgroups = 1;
	(void)strcpy(row->name, "billing-bot");
	(void)strcpy(row->role, "web-operator");
	(void)strcpy(row->cgroup, "/agents/billing-bot");
	fake_end(0, "");
	assert_int_equal(SERVE(agents), 0);
	assert_string_equal(output,
			    "AGENT        ROLE          MODE     STATE   GRANTS  CGROUPS  CGROUP\n"
			    "billing-bot  web-operator  monitor  active  2       1        "
			    "/agents/billing-bot\n");
	assert_int_equal(SERVE(agents, "--json"), 0);
	assert_string_equal(output, "[\n  {\n    \"agent\": \"billing-bot\",\n"
				    "    \"cgroup\": \"/agents/billing-bot\",\n"
				    "    \"cgroups\": 1,\n    \"environment\": \"\",\n"
				    "    \"grants\": 2,\n    \"index\": 0,\n"
				    "    \"mode\": \"monitor\",\n    \"role\": \"web-operator\",\n"
				    "    \"state\": \"active\"\n  }\n]\n");
}

static void test_empty_lists_say_what_to_do(void **state)
{
	(void)state;
	fake_end(0, "");
	assert_int_equal(SERVE(agents), 0);
	assert_non_null(strstr(output, "No agents. Add"));
	assert_int_equal(SERVE(grants), 0);
	assert_non_null(strstr(output, "writ grant PLAYBOOK"));
	assert_int_equal(SERVE(grants, "--json"), 0);
	assert_string_equal(output, "[]\n");
}

static void test_grants(void **state)
{
	struct writ_grant_row *later;

	(void)state;
	(void)add_grant(3, WRIT_GRANT_STATE_ACTIVE);
	add_grant(4, WRIT_GRANT_STATE_EXPIRED)->now_ns = 300 * SECOND;
	later = add_grant(5, WRIT_GRANT_STATE_PENDING);
	later->info.not_before = 112 * SECOND;
	later->info.ticket[0] = '\0';
	(void)add_grant(6, WRIT_GRANT_STATE_REVOKED);
	(void)add_grant(7, WRIT_GRANT_STATE_USED_UP);
	fake_end(0, "");
	assert_int_equal(SERVE(grants, "--all"), 0);
	assert_int_equal(fake.request.flags, WRIT_GRANTS_ENDED);
	assert_string_equal(
		output, "ID  AGENT        PLAYBOOK            TICKET    STATE    REMAINING      "
			"PARAMETERS\n"
			"3   billing-bot  rotate-certificate  CHG-1842  active   18s left       "
			"service=a\\x0ab\n"
			"4   billing-bot  rotate-certificate  CHG-1842  expired  ended 3m ago   "
			"service=a\\x0ab\n"
			"5   billing-bot  rotate-certificate  -         pending  begins in 10s  "
			"service=a\\x0ab\n"
			"6   billing-bot  rotate-certificate  CHG-1842  revoked  -              "
			"service=a\\x0ab\n"
			"7   billing-bot  rotate-certificate  CHG-1842  used_up  -              "
			"service=a\\x0ab\n");
	assert_int_equal(SERVE(grants), 0);
	assert_int_equal(fake.request.flags, 0);
}

static void test_revoke(void **state)
{
	(void)state;
	add_grant(3, WRIT_GRANT_STATE_REVOKED)->info.cut_state = WRIT_CUT_COUNTED;
	fake_end(0, "");
	assert_int_equal(SERVE(revoke, "3"), 0);
	assert_int_equal(fake.request.grant, 3);
	assert_string_equal(output, "revoked 3: rotate-certificate of billing-bot\n"
				    "  nothing was open by it\n");
	assert_int_equal(SERVE(revoke, "--agent", "billing-bot"), 0);
	assert_int_equal(fake.request.flags, WRIT_REVOKE_AGENT);
	assert_string_equal(fake.request.agent, "billing-bot");
	assert_int_equal(CALL(revoke), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "0"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "3x"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "99999999999999999999"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "3", "--agent", "a"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "3", "--all"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "--all", "--playbook", "p"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(revoke, "--playbook", ""), WRIT_EXIT_USAGE);
}

static void test_revoke_many(void **state)
{
	struct writ_grant_row *row = add_grant(3, WRIT_GRANT_STATE_REVOKED);

	(void)state;
	row->info.cut_state = WRIT_CUT_COUNTED;
	row->info.cut_files = 2;
	row->info.cut_sockets = 3;
	row->info.cut_closed = 1;
	row = add_grant(4, WRIT_GRANT_STATE_REVOKED);
	row->info.cut_state = WRIT_CUT_IN_PART;
	row->info.cut_mappings = 5;
	fake_end(0, "");
	assert_int_equal(SERVE(revoke, "--playbook", "rotate-certificate"), 0);
	assert_int_equal(fake.request.flags, WRIT_REVOKE_PLAYBOOK);
	assert_string_equal(fake.request.playbook, "rotate-certificate");
	assert_string_equal(fake.request.agent, "");
	assert_string_equal(output,
			    "revoked 3: rotate-certificate of billing-bot\n"
			    "  cut: 2 open files, 3 sockets (1 closed)\n"
			    "revoked 4: rotate-certificate of billing-bot\n"
			    "  cut: at least 0 open files, 0 sockets (0 closed); 5 mappings stay "
			    "in memory\n");
	assert_int_equal(SERVE(revoke, "--all", "--json"), 0);
	assert_non_null(strstr(output, "\"cut\": {\n      \"closed\": 1,\n      \"files\": 2,\n"
				       "      \"in_part\": false,\n      \"mappings\": 0,\n"
				       "      \"sockets\": 3\n    }"));
	assert_int_equal(SERVE(revoke, "--playbook", "p", "--agent", "a"), 0);
	assert_int_equal(fake.request.flags, WRIT_REVOKE_PLAYBOOK | WRIT_REVOKE_AGENT);
	assert_string_equal(fake.request.agent, "a");
	assert_int_equal(SERVE(revoke, "--all"), 0);
	assert_int_equal(fake.request.flags, WRIT_REVOKE_ALL);
	assert_int_equal(fake.request.grant, 0);
}

static void test_status(void **state)
{
	struct writ_status_row *row = &fake_reply(WRIT_REPLY_STATUS)->status;
	json_t *json = NULL;

	(void)state;
	row->links = 12;
	row->programs = 14;
	row->lacking = 1;
	(void)strcpy(row->not_attached, "file_open uring_allowed");
	row->events_missing = 4;
	row->events_lost[WRIT_GAP_RING_FULL] = 3;
	row->events_lost[WRIT_GAP_WRITE_FAILED] = 1;
	row->remedies_left_out = 7;
	row->ring_bytes = 16u << 20;
	row->ring_used = 8u << 20;
	row->counters.label_failed = 1;
	(void)strcpy(row->version, "0.1.0");
	(void)strcpy(row->policy, "/etc/writ/policy");
	fake_end(0, "");
	fake.more = 1; /* the sinks, of which there are none */
	assert_int_equal(SERVE(status), 0);
	assert_non_null(strstr(output, "enforcement  12 of 14 programs attached"));
	assert_non_null(strstr(output, "not attached file_open uring_allowed\n"));
	assert_non_null(strstr(output, "0 written, 4 missing"));
	assert_non_null(strstr(output, "missing      3 ring_full, 1 write_failed\n"));
	assert_non_null(strstr(output, "remedies     7 denials have none in the log"));
	assert_non_null(strstr(output, "ring         8.0 of 16.0 MiB used (50 %)"));
	assert_non_null(strstr(output, "1 labels could not be stored"));
	assert_int_equal(SERVE(status, "--json"), 0);
	json = parse();
	assert_string_equal(string(json, "policy"), "/etc/writ/policy");
	assert_int_equal(json_integer_value(json_object_get(json, "events_missing")), 4);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "events_lost"),
							    "ring_full")),
			 3);
	assert_int_equal(json_integer_value(json_object_get(json, "remedies_left_out")), 7);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(json, "counters"),
							    "label_failed")),
			 1);
	json_decref(json);
}

static void test_status_issuance(void **state)
{
	struct writ_status_row *row = &fake_reply(WRIT_REPLY_STATUS)->status;
	json_t *json = NULL;

	(void)state;
	row->broker = 813;
	fake_end(0, "");
	fake.more = 1;
	assert_int_equal(SERVE(status), 0);
	assert_non_null(strstr(output, "issuance     open\nbroker       pid 813, 0 deaths"));
	assert_null(strstr(output, "waiting"));
	row->frozen = 1;
	row->proposals = 2;
	row->broker = 0;
	row->broker_deaths = 3;
	assert_int_equal(SERVE(status), 0);
	assert_non_null(strstr(output, "issuance     frozen: no grant is issued until 'writ thaw'\n"
				       "waiting      2 requests for approval: see 'writ pending'\n"
				       "broker       not running, 3 deaths"));
	assert_int_equal(SERVE(status, "--json"), 0);
	json = parse();
	assert_true(json_is_true(json_object_get(json, "frozen")));
	assert_int_equal(json_integer_value(json_object_get(json, "proposals")), 2);
	assert_int_equal(json_integer_value(json_object_get(json, "broker")), 0);
	assert_int_equal(json_integer_value(json_object_get(json, "broker_deaths")), 3);
	json_decref(json);
}

/* The test itself stands for writd: what is printed is what /proc has of it. */
static void test_security(void **state)
{
	struct writ_status_row *row = &fake_reply(WRIT_REPLY_STATUS)->status;
	json_t *json = NULL;

	(void)state;
	row->pid = (unsigned int)getpid();
	fake_end(0, "");
	assert_int_equal(SERVE(status, "--security"), 0);
	assert_ptr_equal(strstr(output, "PROCESS        PID"), output);
	assert_non_null(strstr(output, "test_commands  "));
	assert_non_null(strstr(output, "writ-broker does not run"));
	assert_non_null(strstr(output, "  no        "));
	row->landlock = 6;
	assert_int_equal(SERVE(status, "--security"), 0);
	assert_non_null(strstr(output, "  yes, ABI 6  "));
	row->broker = row->pid;
	assert_int_equal(SERVE(status, "--security", "--json"), 0);
	json = parse();
	assert_int_equal(json_array_size(json), 2);
	assert_string_equal(string(json_array_get(json, 0), "landlock"), "yes, ABI 6");
	assert_string_equal(string(json_array_get(json, 1), "landlock"), "unknown");
	assert_string_equal(string(json_array_get(json, 1), "name"), "test_commands");
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json, 1), "pid")),
			 getpid());
	assert_int_equal(json_integer_value(json_object_get(json_array_get(json, 1), "uid")),
			 geteuid());
	json_decref(json);
	row->landlock_broker = 6;
	assert_int_equal(SERVE(status, "--security"), 0);
	assert_non_null(strstr(output, "  writd's, ABI 6  "));
	row->broker = 0x7fffffff; /* no pid is that high */
	assert_int_equal(SERVE(status, "--security"), WRIT_EXIT_FAILED);
	assert_non_null(strstr(errors, "/proc/2147483647/status"));
}

static void test_security_file(void **state)
{
	static const char text[] = "Name:\twrit-broker\nPid:\t813\nUid:\t990\t991\t990\t990\n"
				   "CapEff:\t0000000000000401\nNoNewPrivs:\t1\nSeccomp:\t2\n"
				   "Seccomp_filters:\t3\n";
	struct writ_security security;
	char path[96];
	FILE *file;

	(void)state;
	(void)snprintf(path, sizeof(path), "%s/status", fake.directory);
	file = fopen(path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, sizeof(text) - 1, file), sizeof(text) - 1);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(writ_security_read(path, &security), 0);
	assert_string_equal(security.name, "writ-broker");
	assert_int_equal(security.pid, 813);
	assert_int_equal(security.uid, 991);
	assert_int_equal(security.capabilities, 0x401);
	assert_int_equal(security.seccomp, 2);
	assert_int_equal(security.filters, 3);
	assert_true(security.no_new_privs);
	assert_int_equal(truncate(path, 40), 0);
	assert_int_equal(writ_security_read(path, &security), -EBADMSG);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(writ_security_read(path, &security), -ENOENT);
}

static void test_extra_arguments(void **state)
{
	(void)state;
	assert_int_equal(CALL(status, "now"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(agents, "x"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(grants, "x"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(policy, "chek"), WRIT_EXIT_USAGE);
	assert_non_null(strstr(errors, "did you mean 'check'?"));
	assert_int_equal(CALL(policy), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(audit, "tial"), WRIT_EXIT_USAGE);
	assert_int_equal(CALL(audit, "tail", "-n", "many"), WRIT_EXIT_USAGE);
}

static void test_run_fails_as_125(void **state)
{
	(void)state;
	assert_int_equal(CALL(run), WRIT_EXIT_RUN);
	assert_int_equal(CALL(run, "billing-bot"), WRIT_EXIT_RUN);
	assert_int_equal(CALL(run, "billing-bot", "--"), WRIT_EXIT_RUN);
	assert_int_equal(CALL(run, "billing-bot", "--cgruop", "/x", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "--cgroup"));
}

static struct writ_exec_row *add_exec(const char *cgroup, const char *env, size_t size)
{
	struct writ_exec_row *row = &fake_reply(WRIT_REPLY_EXEC)->exec;

	(void)strcpy(row->agent, "billing-bot");
	(void)strcpy(row->cgroup, cgroup);
	memcpy(row->env, env, size);
	row->env_size = (__u32)size;
	fake_end(0, "");
	return row;
}

static void test_exec_fails_as_125(void **state)
{
	(void)state;
	(void)setenv("WRIT_AGENT_SOCKET", "/nonexistent/agent.sock", 1);
	assert_int_equal(CALL(exec), WRIT_EXIT_RUN);
	assert_int_equal(CALL(exec, "7"), WRIT_EXIT_RUN);
	assert_int_equal(CALL(exec, "7", "--"), WRIT_EXIT_RUN);
	assert_int_equal(CALL(exec, "7", "8", "--", "true"), WRIT_EXIT_RUN);
	assert_int_equal(CALL(exec, "0", "--", "true"), WRIT_EXIT_RUN);
	assert_int_equal(CALL(exec, "web", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "'web' is no grant's number: see 'writ grants'"));
	assert_int_equal(CALL(exec, "7", "--json", "--cgruop", "/x", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "\"exit\": 125}"));
	if (geteuid()) {
		assert_int_equal(CALL(exec, "7", "--", "true"), WRIT_EXIT_RUN);
		assert_non_null(strstr(errors, "no broker answers"));
		skip();
	}
	fake_end(-ESTALE, "grant 7 has expired; ask again");
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_string_equal(errors, "writ: grant 7 has expired; ask again\n");
	assert_int_equal(fake.request.verb, WRIT_VERB_EXEC);
	assert_int_equal(fake.request.grant, 7);
	fake.n_replies = 0;
	fake_end(0, "");
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "writd gave 0 answers about grant 7"));
}

/* A row that is not sound starts nothing. */
static void test_exec_bad_rows(void **state)
{
	struct writ_exec_row *row = add_exec("/a/b", "A\0WRIT_GRANT=1", 15);

	(void)state;
	(void)setenv("WRIT_AGENT_SOCKET", "/nonexistent/agent.sock", 1);
	if (geteuid())
		skip();
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "an environment that no policy can name"));
	row->env_size = UINT32_MAX;
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "an environment that no policy can name"));
	row->env_size = 2;
	(void)strcpy(row->cgroup, "/a/*");
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "the cgroup of billing-bot is a pattern, /a/*"));
	memset(row->cgroup, 'a', sizeof(row->cgroup));
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "too long to be sent"));
	(void)strcpy(row->cgroup, "/../b");
	assert_int_equal(SERVE(exec, "7", "--", "true"), WRIT_EXIT_RUN);
	assert_non_null(strstr(errors, "'/../b' is no path of a cgroup"));
}

static void test_audit_tail(void **state)
{
	(void)state;
	assert_int_equal(
		CALL(audit, "tail", "-n", "1", "--json", "--file", "tests/unit/data/tail.jsonl"),
		0);
	assert_string_equal(output, "{\"time\":\"2026-11-22T10:11:15.000000Z\",\"type\":\"gap\","
				    "\"cpu\":1,\"reason\":\"ring_full\",\"missing\":17}\n");
	assert_int_equal(CALL(audit, "tail", "--file", "tests/unit/data/bad.jsonl"),
			 WRIT_EXIT_FAILED);
	assert_non_null(strstr(errors, "bad.jsonl: line 2 is no line of Writ's: left out"));
	assert_non_null(strstr(errors, "bad.jsonl: line 4 is cut: left out"));
	assert_null(strchr(output, '\x1b'));
	assert_int_equal(CALL(audit, "tail", "--file", "/nonexistent"), WRIT_EXIT_FAILED);
	assert_int_equal(CALL(audit, "tail", "--file", "/dev/null"), WRIT_EXIT_FAILED);
}

/* A request that was refused is found as what was denied is. */
static void test_audit_query(void **state)
{
	(void)state;
	assert_int_equal(CALL(audit, "query", "--verdict", "deny", "--reason", "ticket", "--file",
			      "tests/unit/data/tail.jsonl"),
			 0);
	assert_string_equal(output, "2026-11-22 10:11:14  ask     billing-bot   refused    "
				    "ticket        rotate-certificate x\\x1b1  by alice\n");
	assert_int_equal(CALL(audit, "query", "--verdict", "deny", "--file",
			      "tests/unit/data/tail.jsonl"),
			 0);
	assert_non_null(strstr(output, "key.pem"));
	assert_non_null(strstr(output, "refused"));
	assert_null(strstr(output, "more"));
}

static void test_policy_check(void **state)
{
	json_t *json = NULL;

	(void)state;
	assert_int_equal(CALL(policy, "check", "/nonexistent"), WRIT_EXIT_FAILED);
	assert_non_null(strstr(output, "1 error, 0 warnings"));
	assert_int_equal(CALL(policy, "check", "/nonexistent", "--json"), WRIT_EXIT_FAILED);
	json = parse();
	assert_int_equal(json_integer_value(json_object_get(json, "errors")), 1);
	assert_int_equal(json_array_size(json_object_get(json, "diagnostics")), 1);
	json_decref(json);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fake_set_up, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_agents),	     TEST(test_empty_lists_say_what_to_do),
		TEST(test_grants),	     TEST(test_revoke),
		TEST(test_revoke_many),	     TEST(test_status_issuance),
		TEST(test_security),	     TEST(test_security_file),
		TEST(test_status),	     TEST(test_extra_arguments),
		TEST(test_run_fails_as_125), TEST(test_exec_fails_as_125),
		TEST(test_exec_bad_rows),    TEST(test_audit_tail),
		TEST(test_audit_query),
		TEST(test_policy_check),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
