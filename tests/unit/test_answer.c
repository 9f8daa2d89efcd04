/* SPDX-License-Identifier: Apache-2.0 */
/* Who may ask what: the broker, operators, root; and who is behind a connection. */
#include "daemon_helper.h"

/* What the broker says of the requester is nothing. */
static void test_forged_requester(void **state)
{
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);

	(void)state;
	assert_int_equal(ask_broker(request, false), -EPERM);
	assert_said("none that was made to one of Writ's sockets");
	fake.has_mark = 0;
	assert_int_equal(ask_broker(request, true), -EPERM);
	fake.has_mark = 1;
	fake.mark.agent = indices[1];
	assert_int_equal(ask_broker(request, true), -EPERM);
	assert_said("agent cat asks for itself alone");
	fake.mark.agent = WRIT_AGENTS_MAX;
	assert_int_equal(ask_broker(request, true), -EPERM);
	fake.mark.agent = 0;
	fake.mark.uid = 1; /* nobody's operator: the policy has no group */
	assert_int_equal(ask_broker(request, true), -EPERM);
	fake.mark.uid = 0;
	assert_int_equal(ask_broker(request, true), 0); /* the control: root pushes */
	assert_string_equal(fake.grants[0].operator_name, "root");
}

static void test_not_the_brokers(void **state)
{
	static const uint32_t verbs[] = {
		WRIT_VERB_REVOKE, WRIT_VERB_ENROLLED, WRIT_VERB_APPLY,	WRIT_VERB_UNLOAD,
		WRIT_VERB_EXEC,	  WRIT_VERB_APPROVE,  WRIT_VERB_REFUSE, WRIT_VERB_FREEZE,
		WRIT_VERB_THAW,	  WRIT_VERB_RESUME,
	};
	uint64_t id = pending();

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct writ_request request = propose("fix", new_row(), 0);

		request.verb = verbs[i];
		request.proposal = id;
		assert_int_equal(ask_broker(request, true), -EPERM);
		assert_said("the broker may not ask this");
	}
	/* it reads what waits, to bring its ledger up to date, and that is all */
	assert_int_equal(ask_broker(verb(WRIT_VERB_PROPOSALS, 0), false), 0);
	assert_int_equal(got.n_rows, 1);
	assert_int_equal(got.rows[0].proposal.proposal, id);
	assert_int_equal(got.rows[0].proposal.given, 0);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), true), -EAGAIN);
	assert_int_equal(ask_broker(verb(999, id), true), -EOPNOTSUPP);
	assert_int_equal(fake.n_grants, 0);
}

#define VERB_END (WRIT_VERB_RESUME + 2)

/* Each packet of each caller, as far as it may come: what it installs has a row of its own. */
static void all_packets(uint64_t row)
{
	for (uint32_t which = 0; which < VERB_END; which++) {
		struct writ_request request = propose("open", row, WRIT_PROPOSE_ISSUE);

		if (which == WRIT_VERB_SUSPEND || which == WRIT_VERB_FREEZE ||
		    which == WRIT_VERB_STATUS || which == WRIT_VERB_APPLY ||
		    which == WRIT_VERB_UNLOAD)
			continue; /* they shut the door on what follows, or need a kernel */
		request.verb = which;
		for (uint64_t id = 0; id < 3; id++) {
			request.proposal = request.grant = id;
			(void)ask_broker(request, true);
			(void)ask_person(request, WRIT_CALLER_OPERATOR, 1);
			(void)ask_person(request, WRIT_CALLER_ROOT, 0);
		}
	}
}

static void test_no_grant_without_its_row(void **state)
{
	static const uint64_t rows[] = {41, 77, 78};

	(void)state;
	assert_int_equal(ask_broker(propose("fix", 0, 0), true), -EINVAL); /* to be kept */
	assert_said("no row in the ledger");
	all_packets(0);
	assert_int_equal(fake.n_grants, 0);
	(void)pending(); /* row 41, which waits for people, and is nobody else's then */
	book("fix")->approvals = 0;
	all_packets(41);
	assert_int_equal(fake.n_grants, 1);
	assert_string_equal(fake.grants[0].playbook, "fix");
	all_packets(77);
	all_packets(78);
	all_packets(77);
	assert_int_equal(fake.n_grants, 3);
	for (size_t i = 0; i < fake.n_grants; i++)
		assert_int_equal(fake.grants[i].ledger, rows[i]);
}

static void test_not_the_peoples(void **state)
{
	static const uint32_t brokers[] = {WRIT_VERB_ATTEST,   WRIT_VERB_PROPOSE, WRIT_VERB_ISSUE,
					   WRIT_VERB_WITHDRAW, WRIT_VERB_DONE,	  WRIT_VERB_ENTER};
	static const uint32_t roots[] = {WRIT_VERB_ENROLLED, WRIT_VERB_APPLY, WRIT_VERB_UNLOAD,
					 WRIT_VERB_EXEC, WRIT_VERB_DENIALS};

	(void)state;
	for (size_t i = 0; i < sizeof(brokers) / sizeof(brokers[0]); i++) {
		assert_int_equal(ask_person(verb(brokers[i], 1), WRIT_CALLER_ROOT, 0), -EPERM);
		assert_int_equal(ask_person(verb(brokers[i], 1), WRIT_CALLER_OPERATOR, 1), -EPERM);
	}
	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		assert_int_equal(ask_person(verb(roots[i], 1), WRIT_CALLER_OPERATOR, 1), -EPERM);
		assert_non_null(strstr(error, "an operator may not ask this; root may"));
	}
	assert_int_equal(ask_person(verb(WRIT_VERB_AGENTS + 100, 1), WRIT_CALLER_ROOT, 0),
			 -EOPNOTSUPP);
}

static void test_no_policy(void **state)
{
	struct writ_policy *policy = daemon_.policy;

	(void)state;
	daemon_.policy = NULL;
	daemon_.options.policy = "/etc/writ/policy";
	assert_int_equal(ask_broker(propose("open", new_row(), WRIT_PROPOSE_ISSUE), true),
			 -ENODATA);
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	daemon_.policy = policy;
}

static void test_attest(void **state)
{
	(void)state;
	fake.mark.run = 9;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_string_equal(got.rows[0].attest.agent, "bot");
	assert_string_equal(got.rows[0].attest.role, "r");
	assert_int_equal(got.rows[0].attest.run, 9);
	assert_int_equal(got.rows[0].attest.is_operator, 0); /* uid 0, and an agent's */
	fake.mark.agent = 0;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_int_equal(got.rows[0].attest.is_operator, 1);
	fake.mark.uid = 1;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_int_equal(got.rows[0].attest.is_operator, 0);
	((struct writ_policy *)daemon_.policy)->node =
		&(struct writ_policy_node){.environment = "", .operators = "daemon"};
	assert_int_equal(ask_broker(verb(WRIT_VERB_ATTEST, 0), true), 0);
	assert_int_equal(got.rows[0].attest.is_operator, 1);
	daemon_.policy->node = NULL;
}

static void test_long_list(void **state)
{
	struct writ_request request = {.verb = WRIT_VERB_GRANTS};
	char name[WRIT_NAME_SIZE];
	uint32_t index;

	(void)state;
	for (int i = 0; i < 500; i++) {
		(void)snprintf(name, sizeof(name), "a%d", i);
		assert_int_equal(writ_agents_reserve(&kernel, name, &index), 0);
		(void)fake_grant(&kernel, name, "open");
		(void)fake_grant(&kernel, name, "open");
	}
	fake.states[5] = WRIT_GRANT_STATE_EXPIRED;
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(got.n_rows, 999);
	request.flags = WRIT_GRANTS_ENDED;
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(got.n_rows, 1000);
	for (size_t i = 0; i < got.n_rows; i++)
		assert_int_equal(got.rows[i].grant.info.id, i + 1); /* each once, none twice */
	(void)strcpy(request.agent, "a7");
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(got.n_rows, 2);
}

/* By its number, also when it has no slot; of one that nobody knows there is none. */
static void test_one_grant(void **state)
{
	struct writ_request one = verb(WRIT_VERB_GRANTS, 0);
	struct writ_grant_info info;

	(void)state;
	one.grant = fake_grant(&kernel, "bot", "fix");
	assert_int_equal(ask_broker(one, false), 0);
	assert_int_equal(got.n_rows, 1);
	assert_int_equal(got.rows[0].grant.info.id, one.grant);
	assert_int_equal(got.rows[0].grant.state, WRIT_GRANT_STATE_ACTIVE);
	assert_int_equal(writ_ends_end(&daemon_, one.grant, WRIT_END_COMPLETED, "bot", &info), 0);
	assert_int_equal(ask_broker(one, false), 0);
	assert_int_equal(got.rows[0].grant.info.end, WRIT_END_COMPLETED);
	one.grant = 99;
	assert_int_equal(ask_broker(one, false), -ENOENT);
	assert_int_equal(got.n_rows, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_one_grant),
		TEST(test_forged_requester),
		TEST(test_not_the_brokers),
		TEST(test_no_grant_without_its_row),
		TEST(test_not_the_peoples),
		TEST(test_no_policy),
		TEST(test_attest),
		TEST(test_long_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
