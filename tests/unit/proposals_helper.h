/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy with playbooks that need people, and who asks.
 */
#ifndef TEST_PROPOSALS_HELPER_H
#define TEST_PROPOSALS_HELPER_H

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

static inline struct writ_policy *load(const char *text)
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
static inline struct writ_policy_playbook *book(struct writ_policy *of, const char *name)
{
	return (struct writ_policy_playbook *)(uintptr_t)writ_policy_playbook(of, name);
}

static inline void need(struct writ_policy *of, uint32_t approvals, size_t n_groups)
{
	book(of, "fix")->approvals = approvals;
	book(of, "fix")->approvers = n_groups ? groups : NULL;
	book(of, "fix")->n_approvers = n_groups;
}

static inline int set_up(void **state)
{
	(void)state;
	policy = load(ROLES BOOKS AGENTS);
	need(policy, 2, 3);
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	writ_proposals_clear(&table);
	writ_policy_free(policy);
	return 0;
}

static inline struct writ_attest_row agent(const char *name)
{
	struct writ_attest_row who = {.agent_index = 7, .uid = 0, .pid = 12};

	(void)strcpy(who.agent, name);
	return who;
}

static inline struct writ_attest_row operator_(uint32_t uid)
{
	return (struct writ_attest_row){.is_operator = 1, .uid = uid};
}

static inline struct writ_request request(const char *playbook, const char *service)
{
	struct writ_request new = {.n_parameters = 1, .ledger = 41};

	(void)strcpy(new.agent, "bot");
	(void)strcpy(new.playbook, playbook);
	(void)strcpy(new.reason, "it is down");
	(void)strcpy(new.parameters[0].name, "service");
	(void)strcpy(new.parameters[0].value, service);
	return new;
}

static inline int make(const struct writ_request *asked, const struct writ_attest_row *who,
		       struct writ_proposal **ret)
{
	struct writ_grant_plan plan = {0};
	int err;

	error[0] = '\0';
	err = writ_proposals_make(policy, asked, who, NOW, ret, &plan, error);
	writ_grant_plan_free(&plan);
	return err;
}

static inline void assert_not_made(const struct writ_request *asked,
				   const struct writ_attest_row *who, int code, const char *why)
{
	struct writ_proposal *proposal = NULL;

	assert_int_equal(make(asked, who, &proposal), code);
	assert_null(proposal);
	if (!strstr(error, why))
		fail_msg("expected: %s\nfound: %s", why, error);
}

/* One that is kept, asked by the agent itself. */
static inline struct writ_proposal *kept(const char *playbook, const char *service)
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

static inline int approve(struct writ_proposal *proposal, uint32_t uid)
{
	error[0] = '\0';
	return writ_proposals_approve(policy, proposal, uid, error);
}

static inline int judge(const struct writ_policy *by, struct writ_proposal *proposal)
{
	return writ_proposals_judge(by, proposal, NULL, error);
}

#endif
