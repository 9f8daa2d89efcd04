/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of grants: whoever ends one, record, ledger and run are told. */
#include "daemon_helper.h"

static void test_done(void **state)
{
	struct writ_request done = {.verb = WRIT_VERB_DONE};

	(void)state;
	done.grant = fake_grant(&kernel, "cat", "open");
	assert_int_equal(ask_broker(done, true), -ENOENT); /* another's */
	assert_said("no live grant 1 of this agent");
	done.grant = fake_grant(&kernel, "bot", "open");
	assert_int_equal(ask_broker(done, false), -EPERM);
	fake.mark.agent = 0; /* an operator has `writ revoke` */
	assert_int_equal(ask_broker(done, true), -ENOENT);
	fake.mark.agent = indices[0];
	assert_int_equal(ask_broker(done, true), 0);
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_GRANT);
	assert_int_equal(got.notice.end, WRIT_END_COMPLETED);
	assert_string_equal(got.notice.by, "bot");
	assert_int_equal(got.rows[0].grant.state, WRIT_GRANT_STATE_COMPLETED);
	assert_int_equal(ask_broker(done, true), -ENOENT);
	assert_logged("\"event\":\"completed\"");
}

/* However a grant ends: its record, a notice, and its run. */
static void test_every_end_is_told(void **state)
{
	struct writ_request done = {.verb = WRIT_VERB_DONE};
	struct writ_grant_info info;

	(void)state;
	daemon_.runs = (struct writ_runs *)&fake_runs;
	done.grant = fake_grant(&kernel, "bot", "open");
	assert_int_equal(ask_broker(done, true), 0);
	assert_int_equal(fake_runs.n_ended, 1);
	assert_int_equal(fake_runs.last, done.grant);

	(void)fake_grant(&kernel, "bot", "fix");
	assert_int_equal(writ_ends_end(&daemon_, 2, WRIT_END_REVOKED, "policy", &info), 0);
	assert_int_equal(writ_ends_end(&daemon_, 2, WRIT_END_REVOKED, "policy", &info), -ENOENT);
	assert_int_equal(fake_runs.n_ended, 2);
	assert_int_equal(fake_runs.end, WRIT_END_REVOKED);

	pump();
	forget();
	(void)fake_grant(&kernel, "bot", "fix");
	writ_ends_ended(&daemon_, &fake.grants[2], WRIT_END_EXPIRED, NULL); /* by its time */
	writ_ends_ended(&daemon_, &fake.grants[2], WRIT_END_USED_UP, NULL); /* by its run */
	pump();
	assert_int_equal(fake_runs.n_ended, 4);
	assert_int_equal(fake_runs.last, 3);
	assert_int_equal(got.n_notices, 2);
	assert_int_equal(got.notice.end, WRIT_END_USED_UP);
	assert_logged("\"event\":\"expired\"");
	assert_logged("\"event\":\"used_up\"");
	daemon_.runs = NULL; /* while writd starts there are none */
	writ_ends_ended(&daemon_, &fake.grants[2], WRIT_END_EXPIRED, NULL);
	assert_int_equal(fake_runs.n_ended, 4);
}

static size_t revoked(uint32_t flags, const char *agent, const char *playbook)
{
	struct writ_request request = {.verb = WRIT_VERB_REVOKE, .flags = flags};

	fake.n_grants = 0;
	(void)fake_grant(&kernel, "bot", "open");
	(void)fake_grant(&kernel, "bot", "fix");
	(void)fake_grant(&kernel, "cat", "open");
	(void)strcpy(request.agent, agent);
	(void)strcpy(request.playbook, playbook);
	assert_int_equal(ask_person(request, WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.n_notices, got.n_rows);
	return got.n_rows;
}

static void test_revoke(void **state)
{
	struct writ_request request = {.verb = WRIT_VERB_REVOKE, .flags = WRIT_REVOKE_PLAYBOOK};

	(void)state;
	assert_int_equal(revoked(WRIT_REVOKE_AGENT, "bot", ""), 2);
	assert_int_equal(revoked(WRIT_REVOKE_PLAYBOOK, "", "open"), 2);
	assert_int_equal(revoked(WRIT_REVOKE_AGENT | WRIT_REVOKE_PLAYBOOK, "bot", "open"), 1);
	assert_int_equal(revoked(WRIT_REVOKE_ALL, "", ""), 3);
	assert_int_equal(revoked(WRIT_REVOKE_ALL | WRIT_REVOKE_PLAYBOOK, "", "theirs"), 0);
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), -EINVAL);
	request = (struct writ_request){.verb = WRIT_VERB_REVOKE, .grant = 3};
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), 0);
	assert_string_equal(got.notice.by, "root");
	assert_int_equal(ask_person(request, WRIT_CALLER_ROOT, 0), -ENOENT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_done),
		TEST(test_every_end_is_told),
		TEST(test_revoke),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
