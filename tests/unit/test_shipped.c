/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped playbooks: each issues for what it is for, and for nothing beside it. */
#include "policy_helper.h"

#include "compile/grant.h"

struct value {
	const char *name;
	const char *value;
};

static const struct {
	const char *agent, *playbook, *ticket;
	struct value values[3];
	const char *allowed;  /* a path that the grant gives something on */
	const char *denied;   /* its neighbour, which it does not */
	struct value hostile; /* a value that the playbook refuses */
} plays[] = {
	{"billing-bot",
	 "rotate-certificate",
	 "CHG-1",
	 {{"service", "billing"}},
	 "/etc/ssl/billing/tls.key",
	 "/etc/ssl/private/x.key",
	 {"service", "../private"}},
	{"billing-bot",
	 "collect-diagnostics",
	 "INC-1",
	 {{"service", "billing"}},
	 "/run/log/journal/1/system.journal",
	 "/var/log/auth.log",
	 {"service", "*"}},
	{"release-bot",
	 "restart-service",
	 "INC-1",
	 {{"service", "billing"}},
	 "/run/restart/billing",
	 "/run/restart/ssh",
	 {"service", "{billing,ssh}"}},
	{"release-bot",
	 "replay-queue",
	 "INC-1",
	 {{"host", "10.1.2.3"}, {"queue", "mail"}, {"count", "1000"}},
	 "/usr/bin/redis-cli",
	 "/usr/bin/mv",
	 {"host", "192.0.2.1"}},
	{"release-bot",
	 "roll-back-release",
	 "CHG-1",
	 {{"service", "billing"}, {"release", "/srv/releases/billing-41"}},
	 "/srv/billing/current.next",
	 "/srv/payment/current.next",
	 {"release", "/srv/releases/../../etc"}},
	{"release-bot",
	 "emergency-roll-back",
	 "INC-1",
	 {{"service", "billing"}, {"release", "/srv/releases/billing-41"}},
	 "/srv/billing/current.next",
	 "/srv/payment/current.next",
	 {"service", "payment/../billing"}},
};

/* @hostile instead of the value of its name; NULL: as it should be. */
static int issue(const struct writ_policy *policy, size_t play, const struct value *hostile,
		 struct writ_tables *tables)
{
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan = {0};
	struct writ_request asked = {0};
	char why[2048];
	int err;

	strcpy(asked.agent, plays[play].agent);
	strcpy(asked.playbook, plays[play].playbook);
	strcpy(asked.ticket, plays[play].ticket);
	strcpy(asked.sponsor, "alice"); /* where one is needed */
	for (size_t i = 0; i < 3 && plays[play].values[i].name; i++) {
		const struct value *value = &plays[play].values[i];
		struct writ_parameter *given = &asked.parameters[asked.n_parameters++];

		strcpy(given->name, value->name);
		strcpy(given->value, hostile && !strcmp(hostile->name, value->name) ? hostile->value
										    : value->value);
	}
	err = writ_grant_compile(policy, &asked, &diags, &plan);
	writ_diagnostics_join(&diags, why, sizeof(why));
	if (err && !hostile)
		fail_msg("%s: %s", plays[play].playbook, why);
	if (!err)
		place_image(tables, &plan.image);
	writ_diagnostics_free(&diags);
	writ_grant_plan_free(&plan);
	return err;
}

static void playbooks(void **state)
{
	static const char *const paths[] = {"policy"};
	struct writ_tables *tables = writ_tables_new();
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	assert_int_equal(policy->n_playbooks, sizeof(plays) / sizeof(plays[0]));
	assert_int_equal(policy->n_roles, 3);
	for (size_t i = 0; i < policy->n_playbooks; i++) {
		assert_int_equal(issue(policy, i, NULL, tables), 0);
		assert_int_not_equal(ask(tables, plays[i].allowed, NULL), 0);
		assert_int_equal(ask(tables, plays[i].denied, NULL), 0);
		assert_int_equal(ask(tables, "/etc/shadow", NULL), 0);
		assert_int_equal(issue(policy, i, &plays[i].hostile, NULL), -EINVAL);
	}
	writ_policy_free(policy);
	writ_tables_free(tables);
}

static const struct writ_policy_playbook *find(const struct writ_policy *policy, const char *name)
{
	const struct writ_policy_playbook *playbook = writ_policy_playbook(policy, name);

	assert_non_null(playbook);
	return playbook;
}

/* What the terms of the shipped playbooks are there for. */
static void terms(void **state)
{
	static const char *const paths[] = {"policy"};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;
	const struct writ_policy_playbook *playbook;

	(void)state;
	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	for (size_t i = 0; i < policy->n_playbooks; i++)
		assert_int_equal(policy->playbooks[i].scope, WRIT_SCOPE_RUN);
	playbook = find(policy, "restart-service");
	assert_true(playbook->cooldown_ns && playbook->rate_count);
	playbook = find(policy, "replay-queue");
	assert_int_equal(playbook->max_uses, 1);
	assert_string_equal(playbook->rules.exec[playbook->entry].argv[5], "RPOPLPUSH");
	playbook = find(policy, "roll-back-release");
	assert_int_equal(playbook->approvals, 1);
	assert_int_equal(playbook->n_windows, 1);
	playbook = find(policy, "emergency-roll-back");
	assert_true(playbook->break_glass && playbook->needs_sponsor);
	assert_string_equal(playbook->rules.exec[playbook->entry].path, "/usr/bin/mv");
	assert_int_equal(find(policy, "rotate-certificate")->max_uses, 0);
	assert_int_equal(writ_policy_role(policy, "service-operator")->risk, WRIT_RISK_HIGH);
	assert_int_equal(writ_policy_role(policy, "web-operator")->risk, WRIT_RISK_MEDIUM);
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(playbooks), cmocka_unit_test(terms)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
