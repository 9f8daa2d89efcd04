/* SPDX-License-Identifier: Apache-2.0 */
/* cli/control.c: rows are collected, and each way to fail has its exit code and its words. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/command.h"
#include "fake_core.h"

static struct writ_answer answer;
static char errors[4096];

static int ask(enum writ_verb verb, const char *socket)
{
	struct writ_cli cli = {.socket = socket};
	struct writ_request request = writ_control_request(verb);
	struct capture capture = capture_begin(stderr);
	int code = writ_control_ask(&cli, &request, &answer);

	(void)capture_end(&capture, errors, sizeof(errors));
	return code;
}

static int serve(enum writ_verb verb)
{
	int code;

	fake_start();
	code = ask(verb, NULL);
	fake_stop();
	return code;
}

static void test_rows(void **state)
{
	(void)state;
	for (__u32 i = 0; i < 5; i++) {
		struct writ_reply *reply = fake_reply(WRIT_REPLY_AGENT);

		reply->agent.index = i;
		memset(reply->agent.name, 'a', sizeof(reply->agent.name)); /* without a NUL */
	}
	fake_end(0, "");
	assert_int_equal(serve(WRIT_VERB_AGENTS), WRIT_EXIT_OK);
	assert_string_equal(errors, "");
	assert_int_equal(fake.request_len, sizeof(struct writ_request));
	assert_int_equal(fake.request.version, WRIT_CONTROL_VERSION);
	assert_int_equal(fake.request.verb, WRIT_VERB_AGENTS);
	assert_int_equal(answer.count, 5);
	for (__u32 i = 0; i < 5; i++) {
		assert_int_equal(answer.rows[i].agent.index, i);
		assert_int_equal(strlen(answer.rows[i].agent.name), WRIT_NAME_SIZE - 1);
	}
	writ_control_release(&answer);
}

static void test_exec_row(void **state)
{
	struct writ_exec_row *row = &fake_reply(WRIT_REPLY_EXEC)->exec;

	(void)state;
	memset(row, 'a', sizeof(*row)); /* no NUL anywhere */
	fake_end(0, "");
	assert_int_equal(serve(WRIT_VERB_EXEC), WRIT_EXIT_OK);
	assert_int_equal(answer.count, 1);
	assert_int_equal(strlen(answer.rows[0].exec.agent), WRIT_NAME_SIZE - 1);
	assert_int_equal(strlen(answer.rows[0].exec.cgroup), sizeof(row->cgroup) - 1);
	assert_int_equal(strlen(answer.rows[0].exec.env), WRIT_ENV_SIZE - 1);
	writ_control_release(&answer);
	fake.n_replies = 0;
	(void)fake_reply(WRIT_REPLY_GRANT);
	fake_end(0, "");
	assert_int_equal(serve(WRIT_VERB_EXEC), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "wasn't asked for"));
}

static void test_proposal_row(void **state)
{
	struct writ_proposal_row *row = &fake_reply(WRIT_REPLY_PROPOSAL)->proposal;

	(void)state;
	memset(row, 'a', sizeof(*row)); /* no NUL anywhere */
	fake_end(0, "");
	for (enum writ_verb verb = WRIT_VERB_PROPOSALS; verb <= WRIT_VERB_REFUSE; verb++) {
		assert_int_equal(serve(verb), WRIT_EXIT_OK);
		row = &answer.rows[0].proposal;
		assert_int_equal(strlen(row->agent), WRIT_NAME_SIZE - 1);
		assert_int_equal(strlen(row->reason), WRIT_REASON_SIZE - 1);
		assert_int_equal(strlen(row->parameters), sizeof(row->parameters) - 1);
		assert_int_equal(strlen(row->approvers), sizeof(row->approvers) - 1);
		assert_int_equal(strlen(row->answer), WRIT_REASON_SIZE - 1);
		writ_control_release(&answer);
	}
	assert_int_equal(serve(WRIT_VERB_FREEZE), WRIT_EXIT_UNREACHABLE); /* has no rows */
}

static void test_no_rows(void **state)
{
	(void)state;
	fake_end(0, "");
	assert_int_equal(serve(WRIT_VERB_ENROLLED), WRIT_EXIT_OK);
	assert_int_equal(answer.count, 0);
}

static void test_refused(void **state)
{
	(void)state;
	fake_end(-EINVAL, "role web-operator may not use playbook p\x1b[0m");
	assert_int_equal(serve(WRIT_VERB_REVOKE), WRIT_EXIT_FAILED);
	assert_string_equal(errors, "writ: role web-operator may not use playbook p\\x1b[0m\n");
}

static void test_not_permitted(void **state)
{
	(void)state;
	fake_end(-EPERM, "");
	assert_int_equal(serve(WRIT_VERB_REVOKE), WRIT_EXIT_NOT_PERMITTED);
	assert_string_equal(errors, "writ: Operation not permitted\n");
}

static void test_other_version(void **state)
{
	(void)state;
	fake_reply(WRIT_REPLY_END)->version = WRIT_CONTROL_VERSION + 1;
	assert_int_equal(serve(WRIT_VERB_STATUS), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "different versions"));
}

static void test_short_and_wrong_rows(void **state)
{
	(void)state;
	(void)fake_reply(WRIT_REPLY_AGENT);
	fake.sizes[0]--;
	assert_int_equal(serve(WRIT_VERB_AGENTS), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "different versions"));
	fake.n_replies = 0;
	(void)fake_reply(WRIT_REPLY_GRANT);
	assert_int_equal(serve(WRIT_VERB_AGENTS), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "wasn't asked for"));
}

static void test_closed_in_mid_answer(void **state)
{
	(void)state;
	(void)fake_reply(WRIT_REPLY_AGENT);
	assert_int_equal(serve(WRIT_VERB_AGENTS), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "closed the connection"));
	assert_null(answer.rows); /* untouched on failure */
}

static void test_no_answer(void **state)
{
	(void)state;
	fake.stall = 1;
	assert_int_equal(serve(WRIT_VERB_STATUS), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "no answer for 5 s"));
}

static void test_nobody_there(void **state)
{
	(void)state;
	assert_int_equal(ask(WRIT_VERB_STATUS, "/nonexistent/core.sock"), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "no writd answers"));
	assert_non_null(strstr(errors, "/nonexistent/core.sock"));
}

static void test_long_socket_path(void **state)
{
	char path[200];

	(void)state;
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(ask(WRIT_VERB_STATUS, path), WRIT_EXIT_UNREACHABLE);
	assert_non_null(strstr(errors, "File name too long"));
}

static void test_field_limit(void **state)
{
	struct writ_cli cli = {.verb = "grant"};
	char text[WRIT_NAME_SIZE + 1], field[WRIT_NAME_SIZE] = {0};
	struct capture capture = capture_begin(stderr);

	(void)state;
	memset(text, 'a', sizeof(text));
	text[WRIT_NAME_SIZE] = '\0';
	assert_int_equal(writ_control_field(&cli, "a name", text, field, sizeof(field)),
			 WRIT_EXIT_USAGE);
	assert_int_equal(writ_control_field(&cli, "a name", "", field, sizeof(field)),
			 WRIT_EXIT_USAGE);
	assert_int_equal(writ_control_field(&cli, "a name", text + 1, field, sizeof(field)),
			 WRIT_EXIT_OK);
	assert_string_equal(field, text + 1);
	(void)capture_end(&capture, errors, sizeof(errors));
	assert_non_null(strstr(errors, "a name has 64 bytes: at most 63 fit"));
	assert_non_null(strstr(errors, "a name is empty"));
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, fake_set_up, fake_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_rows),
		TEST(test_exec_row),
		TEST(test_proposal_row),
		TEST(test_no_rows),
		TEST(test_refused),
		TEST(test_not_permitted),
		TEST(test_other_version),
		TEST(test_short_and_wrong_rows),
		TEST(test_closed_in_mid_answer),
		TEST(test_no_answer),
		TEST(test_nobody_there),
		TEST(test_long_socket_path),
		TEST(test_field_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
