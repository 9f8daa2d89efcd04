/* SPDX-License-Identifier: Apache-2.0 */
/* What stands before every grant: freeze, suspension, a broker that does not live. */
#include "daemon_helper.h"

static void test_frozen(void **state)
{
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);
	uint64_t id = pending();

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(ask_person(verb(WRIT_VERB_FREEZE, 0), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_SWITCH);
	assert_string_equal(got.notice.proposal.agent, "");
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	assert_said("frozen by daemon; 'writ thaw' ends that");
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -ESHUTDOWN);
	fake.mark.agent = 0; /* root's push */
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	fake.mark.agent = indices[0];
	assert_int_equal(ask_person(verb(WRIT_VERB_THAW, 0), WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(ask_broker(request, true), 0);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), 0);
}

static void suspend_bot(void)
{
	struct writ_request suspend = verb(WRIT_VERB_SUSPEND, 0);

	(void)strcpy(suspend.agent, "bot");
	assert_int_equal(ask_broker(suspend, false), 0); /* it only narrows */
	assert_int_equal(kernel.agents[indices[0]].state, WRIT_AGENT_SUSPENDED);
	assert_int_equal(kernel.agents[indices[1]].state, WRIT_AGENT_ACTIVE);
	assert_int_equal(kernel.grants[indices[0]].ends, 1); /* what it has open is judged again */
	assert_int_equal(kernel.grants[indices[1]].ends, 0);
	assert_string_equal(got.notice.proposal.agent, ""); /* nothing is forgiven by that */
	assert_int_equal(ask_broker(suspend, false), 0);
	assert_int_equal(kernel.grants[indices[0]].ends, 1); /* it was so before */
	assert_logged("bot by broker (uid 0)");
}

static void test_suspended(void **state)
{
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);
	struct writ_request resume = verb(WRIT_VERB_RESUME, 0);
	uint64_t id = pending();

	(void)state;
	(void)strcpy(resume.agent, "bot");
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	suspend_bot();
	assert_int_equal(ask_broker(request, true), -EKEYREVOKED);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EKEYREVOKED);
	assert_int_equal(ask_broker(resume, false), -EPERM);
	assert_int_equal(ask_person(resume, WRIT_CALLER_OPERATOR, 1), 0);
	assert_int_equal(kernel.agents[indices[0]].state, WRIT_AGENT_ACTIVE);
	assert_int_equal(kernel.grants[indices[0]].ends, 2);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_SWITCH);
	assert_string_equal(got.notice.proposal.agent, "bot"); /* whose denials are forgotten */
	assert_int_equal(ask_person(resume, WRIT_CALLER_OPERATOR, 1), -ENOENT);
	assert_int_equal(ask_broker(request, true), 0);
	(void)strcpy(resume.agent, "nobody");
	resume.verb = WRIT_VERB_SUSPEND;
	assert_int_equal(ask_broker(resume, false), -ENOENT);
}

static void test_failing_broker_is_held(void **state)
{
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);

	(void)state;
	daemon_.broker.child.supervision.held = true;
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	assert_said("must run for a minute");
	fake.mark.agent = 0; /* root's push */
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	daemon_.broker.child.supervision.held = false;
	assert_int_equal(ask_broker(request, true), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_frozen),
		TEST(test_suspended),
		TEST(test_failing_broker_is_held),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
