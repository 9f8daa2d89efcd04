/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that the core keeps: what is refused before, what people may approve, and what a broker
 * that is taken over can't get. Users and groups are those that every Debian has: daemon (1), bin
 * (2), sys (3), each in the group of its name.
 */
#include "policy_helper.h"

#include "daemon/proposals.h"
#include "lib/time.h"

#define SECOND WRIT_NS_PER_SECOND
#define NOW (100 * SECOND)

#define ROLES                                                                     \
	"apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [fix, open]\n---\n" \
	"apiVersion: writ/v1\nkind: Role\nname: other\nplaybooks: [theirs]\n---\n"
#define AGENTS                                                                                 \
	"apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\nmatch: {cgroup: /a/bot}\n---\n" \
	"apiVersion: writ/v1\nkind: Agent\nname: cat\nrole: other\nmatch: {cgroup: /a/cat}\n"
#define BOOK(name, path)                                                                 \
	"apiVersion: writ/v1\nkind: Playbook\nname: " name                               \
	"\nttl: {default: 3m, max: 10m}\nparameters: {service: {pattern: \"[a-z]+\"}}\n" \
	"files:\n  - {path: \"" path "/{service}\", allow: [read]}\n---\n"
#define BOOKS BOOK("fix", "/srv") BOOK("open", "/opt") BOOK("theirs", "/etc")

static const char *const groups[] = {"daemon", "bin", "sys"};

static struct writ_policy *policy;
static struct writ_proposals table;
static char error[WRIT_ERROR_SIZE];

static struct writ_policy *load(const char *text)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *loaded = NULL;
	char lines[4096];

	if (load_text(text, strlen(text), &diags, &loaded)) {
		lines_of(&diags, lines, sizeof(lines));
		fail_msg("%s", lines);
	}
	writ_diagnostics_free(&diags);
	return loaded;
}

/* Fields of the model that a test sets by hand. */
static struct writ_policy_playbook *book(struct writ_policy *of, const char *name)
{
	return (struct writ_policy_playbook *)(uintptr_t)writ_policy_playbook(of, name);
}

static void need(struct writ_policy *of, uint32_t approvals, size_t n_groups)
{
	book(of, "fix")->approvals = approvals;
	book(of, "fix")->approvers = n_groups ? groups : NULL;
	book(of, "fix")->n_approvers = n_groups;
}

static int set_up(void **state)
{
	(void)state;
	policy = load(ROLES BOOKS AGENTS);
	need(policy, 2, 3);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_proposals_clear(&table);
	writ_policy_free(policy);
	return 0;
}

static struct writ_attest_row agent(const char *name)
{
	struct writ_attest_row who = {.agent_index = 7, .uid = 0, .pid = 12};

	(void)strcpy(who.agent, name);
	return who;
}

static struct writ_attest_row operator_(uint32_t uid)
{
	return (struct writ_attest_row){.is_operator = 1, .uid = uid};
}

static struct writ_request request(const char *playbook, const char *service)
{
	struct writ_request new = {.n_parameters = 1, .ledger = 41};

	(void)strcpy(new.agent, "bot");
	(void)strcpy(new.playbook, playbook);
	(void)strcpy(new.reason, "it is down");
	(void)strcpy(new.parameters[0].name, "service");
	(void)strcpy(new.parameters[0].value, service);
	return new;
}

static int make(const struct writ_request *asked, const struct writ_attest_row *who,
		struct writ_proposal **ret)
{
	struct writ_grant_plan plan = {0};
	int err;

	error[0] = '\0';
	err = writ_proposals_make(policy, asked, who, NOW, ret, &plan, error);
	writ_grant_plan_free(&plan);
	return err;
}

static void assert_not_made(const struct writ_request *asked, const struct writ_attest_row *who,
			    int code, const char *why)
{
	struct writ_proposal *proposal = NULL;

	assert_int_equal(make(asked, who, &proposal), code);
	assert_null(proposal);
	if (!strstr(error, why))
		fail_msg("expected: %s\nfound: %s", why, error);
}

/* One that is kept, asked by the agent itself. */
static struct writ_proposal *kept(const char *playbook, const char *service)
{
	struct writ_attest_row who = agent("bot");
	struct writ_request asked = request(playbook, service);
	struct writ_proposal *proposal = NULL, *same;

	assert_int_equal(make(&asked, &who, &proposal), 0);
	same = proposal;
	assert_int_equal(writ_proposals_keep(&table, &proposal, error), 0);
	assert_null(proposal);
	return same;
}

static int approve(struct writ_proposal *proposal, uint32_t uid)
{
	error[0] = '\0';
	return writ_proposals_approve(policy, proposal, uid, error);
}

static int judge(const struct writ_policy *by, struct writ_proposal *proposal)
{
	return writ_proposals_judge(by, proposal, NULL, error);
}

static void test_who_asks(void **state)
{
	struct writ_attest_row bot = agent("bot"), cat = agent("cat"), nobody = {.uid = 1000};
	struct writ_attest_row root = operator_(0);
	struct writ_request asked = request("open", "web");
	struct writ_proposal *proposal = NULL;

	(void)state;
	assert_not_made(&asked, &cat, -EPERM, "agent cat asks for itself alone, not for bot");
	assert_not_made(&asked, &nobody, -EPERM, "only the agent itself or an operator");
	cat.is_operator = 1; /* an agent's process is never an operator's, whatever uid it has */
	assert_not_made(&asked, &cat, -EPERM, "agent cat asks for itself alone");
	asked.ledger = 0;
	assert_not_made(&asked, &bot, -EINVAL, "no row in the ledger");
	asked.ledger = 41;
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(proposal->row.state, WRIT_PROPOSAL_READY);
	assert_int_equal(proposal->row.by_operator, 0);
	assert_string_equal(proposal->row.requester, "");
	writ_proposals_freep(&proposal);
	assert_int_equal(make(&asked, &root, &proposal), 0);
	assert_int_equal(proposal->row.by_operator, 1);
	assert_string_equal(proposal->row.requester, "root");
	writ_proposals_freep(&proposal);
}

static void test_outside_of_policy(void **state)
{
	struct writ_attest_row bot = agent("bot"), root = operator_(0);
	struct writ_request asked = request("theirs", "web");
	static const char *const production[] = {"production"};

	(void)state;
	assert_not_made(&asked, &bot, -EACCES, "role r may not use playbook theirs");
	assert_not_made(&asked, &root, -EACCES, "role r may not use playbook theirs");
	asked = request("open", "../etc");
	assert_not_made(&asked, &bot, -EINVAL, "service");
	asked = request("open", "web");
	(void)strcpy(asked.parameters[0].name, "services");
	assert_not_made(&asked, &bot, -EINVAL, "services");
	book(policy, "open")->environments = production;
	book(policy, "open")->n_environments = 1;
	asked = request("open", "web");
	assert_not_made(&asked, &bot, -EINVAL, "is not for environment");
	book(policy, "open")->n_environments = 0;
	book(policy, "open")->needs_sponsor = true;
	assert_not_made(&asked, &bot, -EINVAL, "needs a sponsor");
}

static void test_ttl_is_clipped(void **state)
{
	struct writ_attest_row bot = agent("bot");
	struct writ_request asked = request("open", "web");
	struct writ_proposal *proposal = NULL;
	struct writ_policy_role *role;

	(void)state;
	asked.ttl_ns = UINT64_MAX;
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(proposal->row.ttl_ns, 600 * SECOND);
	assert_int_equal(proposal->row.clip, WRIT_CLIP_PLAYBOOK);
	writ_proposals_freep(&proposal);
	role = (struct writ_policy_role *)(uintptr_t)policy->agents[0].role;
	role->ttl_max_ns = 60 * SECOND;
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(proposal->row.ttl_ns, 60 * SECOND);
	assert_int_equal(proposal->row.clip, WRIT_CLIP_ROLE);
	writ_proposals_freep(&proposal);
}

static void test_approvals(void **state)
{
	struct writ_proposal *proposal = kept("fix", "web");

	(void)state;
	assert_int_equal(proposal->row.state, WRIT_PROPOSAL_PENDING);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_non_null(strstr(error, "has 0 of the 2 approvals"));
	assert_int_equal(approve(proposal, 4), -EACCES); /* sync is in no such group */
	assert_non_null(strstr(error, "none of the groups"));
	assert_int_equal(approve(proposal, 4000000), -EACCES); /* no user at all */
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(approve(proposal, 1), -EEXIST);
	assert_int_equal(proposal->row.given, 1);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_int_equal(approve(proposal, 2), 0);
	assert_int_equal(proposal->row.state, WRIT_PROPOSAL_READY);
	assert_string_equal(proposal->row.approvers, "daemon,bin");
	assert_int_equal(approve(proposal, 3), -EALREADY);
	assert_int_equal(judge(policy, proposal), 0);
}

static void test_any_operator(void **state)
{
	struct writ_proposal *proposal;

	(void)state;
	need(policy, 1, 0);
	proposal = kept("fix", "web");
	assert_int_equal(approve(proposal, 4), 0);
	assert_int_equal(judge(policy, proposal), 0);
}

static void test_own_request(void **state)
{
	struct writ_attest_row who = operator_(1);
	struct writ_request asked = request("fix", "web");
	struct writ_proposal *proposal = NULL;

	(void)state;
	need(policy, 1, 3);
	assert_int_equal(make(&asked, &who, &proposal), 0);
	assert_int_equal(approve(proposal, 1), -EPERM);
	assert_non_null(strstr(error, "your own"));
	assert_int_equal(proposal->row.given, 0);
	assert_int_equal(approve(proposal, 2), 0);
	assert_int_equal(judge(policy, proposal), 0);
	writ_proposals_freep(&proposal);
}

/* More people than there is room for: it can never be issued, and nothing is written past it. */
static void test_too_many_approvals(void **state)
{
	struct writ_proposal *proposal;

	(void)state;
	need(policy, WRIT_APPROVALS_MAX + 1, 0);
	proposal = kept("fix", "web");
	for (uint32_t uid = 1; uid <= WRIT_APPROVALS_MAX; uid++)
		assert_int_equal(approve(proposal, uid), 0);
	assert_int_equal(approve(proposal, WRIT_APPROVALS_MAX + 1), -E2BIG);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
}

static void test_one_for_another(void **state)
{
	struct writ_proposal *web = kept("fix", "web"), *mail = kept("fix", "mail");
	uint64_t id = web->row.proposal;

	(void)state;
	assert_true(mail->row.proposal > id);
	assert_int_equal(approve(web, 1), 0);
	assert_int_equal(approve(web, 2), 0);
	assert_int_equal(judge(policy, mail), -EAGAIN); /* what was approved is the other one */
	assert_string_equal(web->row.parameters, "service=web");
	writ_proposals_drop(&table, web);
	assert_null(writ_proposals_find(&table, id)); /* replayed */
	web = kept("fix", "web");
	assert_true(web->row.proposal != id);
	assert_int_equal(judge(policy, web), -EAGAIN);
	assert_null(writ_proposals_find(&table, 0));
}

static void test_refused(void **state)
{
	struct writ_proposal *proposal = kept("fix", "web");

	(void)state;
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(writ_proposals_refuse(proposal, 2, "not today", error), 0);
	assert_string_equal(proposal->row.approvers, "bin");
	assert_string_equal(proposal->row.answer, "not today");
	assert_int_equal(approve(proposal, 3), -ECANCELED);
	assert_non_null(strstr(error, "refused by bin: not today"));
	assert_int_equal(judge(policy, proposal), -ECANCELED);
	assert_int_equal(writ_proposals_refuse(proposal, 1, "", error), -ECANCELED);
}

/* Approvals hold for what was seen. */
static void test_policy_changes(void **state)
{
	struct writ_policy *same = load(ROLES BOOKS AGENTS);
	struct writ_policy *wider = load(ROLES BOOK("fix", "/srv/**") BOOK("open", "/opt")
						 BOOK("theirs", "/etc") AGENTS);
	struct writ_policy *without = load("apiVersion: writ/v1\nkind: Role\nname: r\n---\n" BOOKS
					   "apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\n"
					   "match: {cgroup: /a/bot}\n");
	struct writ_proposal *proposal = kept("fix", "web");

	(void)state;
	need(same, 2, 3);
	need(wider, 2, 3);
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(approve(proposal, 2), 0);
	assert_int_equal(judge(same, proposal), 0);
	need(same, 3, 3); /* more people than before: all are asked again */
	assert_int_equal(judge(same, proposal), -EAGAIN);
	assert_int_equal(proposal->row.given, 0);
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_int_equal(approve(proposal, 1), 0);
	assert_int_equal(approve(proposal, 2), 0);
	need(policy, 2, 1); /* bin may no more */
	assert_int_equal(judge(policy, proposal), -EAGAIN);
	assert_string_equal(proposal->row.approvers, "daemon");
	need(policy, 2, 3);
	assert_int_equal(approve(proposal, 3), 0);
	assert_int_equal(judge(wider, proposal), -EAGAIN); /* other rules */
	assert_int_equal(proposal->row.given, 0);
	assert_int_equal(judge(without, proposal), -EACCES);
	writ_policy_free(same);
	writ_policy_free(wider);
	writ_policy_free(without);
}

static void test_limits(void **state)
{
	struct writ_attest_row root = operator_(0);
	struct writ_request asked = request("fix", "web");
	struct writ_proposal *proposal = NULL;

	(void)state;
	for (uint32_t i = 0; i < WRIT_PROPOSALS_PER_AGENT; i++)
		(void)kept("fix", "web");
	assert_int_equal(make(&asked, &root, &proposal), 0);
	assert_int_equal(writ_proposals_keep(&table, &proposal, error), -EDQUOT);
	assert_non_null(proposal); /* still the caller's */
	for (uint32_t i = WRIT_PROPOSALS_PER_AGENT; i < WRIT_PROPOSALS_MAX; i++) {
		struct writ_proposal *filler = calloc(1, sizeof(*filler));

		assert_non_null(filler);
		(void)snprintf(filler->row.agent, WRIT_NAME_SIZE, "a%u", i);
		assert_int_equal(writ_proposals_keep(&table, &filler, error), 0);
	}
	(void)strcpy(proposal->row.agent, "cat");
	assert_int_equal(writ_proposals_keep(&table, &proposal, error), -ENOBUFS);
	writ_proposals_freep(&proposal);
	assert_int_equal(table.count, WRIT_PROPOSALS_MAX);
}

/* What approvers can't be shown whole, they are not asked for. */
static void test_parameters_are_shown(void **state)
{
	char text[8192] = ROLES "apiVersion: writ/v1\nkind: Playbook\nname: fix\n"
				"ttl: {default: 3m, max: 10m}\nparameters:\n",
	     rules[2048] = "files:\n", line[128];
	struct writ_attest_row bot = agent("bot");
	struct writ_request asked = request("fix", "");
	struct writ_policy *wide, *before = policy;
	struct writ_proposal *proposal = NULL;

	(void)state;
	asked.n_parameters = 5;
	for (uint32_t i = 0; i < 5; i++) {
		(void)snprintf(line, sizeof(line), "  p%u: {pattern: \"a+\"}\n", i);
		(void)strcat(text, line);
		(void)snprintf(line, sizeof(line), "  - {path: \"/srv/{p%u}\", allow: [read]}\n",
			       i);
		(void)strcat(rules, line);
		(void)snprintf(asked.parameters[i].name, WRIT_NAME_SIZE, "p%u", i);
		memset(asked.parameters[i].value, 'a', i < 4 ? 250 : 7);
	}
	(void)strcat(text, rules);
	(void)strcat(text, "---\n" BOOK("open", "/opt") BOOK("theirs", "/etc") AGENTS);
	policy = wide = load(text);
	need(wide, 1, 0);
	/* four of "pN=" and 250 bytes, four blanks, "p4=": 1019 bytes and the last value */
	asked.parameters[4].value[3] = '\0';
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	assert_int_equal(strlen(proposal->row.parameters), 1022);
	writ_proposals_freep(&proposal);
	asked.parameters[4].value[3] = 'a';
	asked.parameters[4].value[4] = '\0';
	assert_not_made(&asked, &bot, -E2BIG, "longer than the 1022 bytes");
	need(wide, 0, 0); /* nobody has to see it */
	assert_int_equal(make(&asked, &bot, &proposal), 0);
	writ_proposals_freep(&proposal);
	writ_policy_free(wide);
	policy = before;
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_who_asks),
		TEST(test_outside_of_policy),
		TEST(test_ttl_is_clipped),
		TEST(test_approvals),
		TEST(test_any_operator),
		TEST(test_own_request),
		TEST(test_too_many_approvals),
		TEST(test_one_for_another),
		TEST(test_refused),
		TEST(test_policy_changes),
		TEST(test_limits),
		TEST(test_parameters_are_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
