/* SPDX-License-Identifier: Apache-2.0 */
/* The order of a decision, the edges of a grant's time, and the limits on path and arguments. */
#include "policy_helper.h"

#include "compile/decide.h"
#include "compile/suppose.h"

#define RULES                                                                                    \
	ROLE "files: [{path: /r, allow: [read]}, {path: /d, deny: [read]}]\n"                    \
	     "exec: [{path: /bin/a, argv: [a, '*']}, {path: /bin/b}]\n"                          \
	     "playbooks: [p, q]\n" AGENT(                                                        \
		     "bot",                                                                      \
		     "/bot") "---\n" PLAYBOOK                                                    \
			     "files: [{path: /w, allow: [write]}, {path: /d, allow: [read]},\n"  \
			     "        {path: /r, deny: [read]}]\n---\n"                          \
			     "apiVersion: writ/v1\nkind: Playbook\nname: q\nttl: {default: 1m, " \
			     "max: 1m}\n"                                                        \
			     "files: [{path: /w, allow: [read]}, {path: /q, allow: [read]}]\n"

static struct {
	struct writ_policy *policy;
	struct writ_tables *role, *p, *q;
} here;

static int set_up(void **state)
{
	struct writ_diagnostics diags = {0};
	const struct writ_policy_agent *agent;

	(void)state;
	here.policy = good_policy(RULES);
	agent = &here.policy->agents[0];
	assert_int_equal(writ_suppose_role(agent, &diags, &here.role), 0);
	assert_int_equal(writ_suppose_image(writ_policy_playbook(here.policy, "p"), agent, NULL,
					    &diags, &here.p),
			 0);
	assert_int_equal(writ_suppose_image(writ_policy_playbook(here.policy, "q"), agent, NULL,
					    &diags, &here.q),
			 0);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_tables_free(here.role);
	writ_tables_free(here.p);
	writ_tables_free(here.q);
	writ_policy_free(here.policy);
	return 0;
}

static struct writ_decide opening(const char *path, uint32_t access)
{
	return (struct writ_decide){.role = here.role,
				    .operation = WRIT_OP_OPEN,
				    .access = access,
				    .path = path,
				    .path_len = strlen(path)};
}

static uint32_t reason_of(struct writ_decide *d)
{
	assert_int_equal(writ_decide(d), 0);
	return d->reason;
}

static void order(void **state)
{
	const struct writ_decide_grant grants[] = {{here.p, 0, 10, false}, {here.q, 0, 20, false}};
	struct writ_decide d = opening("/r", WRIT_ACCESS_READ);

	(void)state;
	assert_int_equal(reason_of(&d), WRIT_REASON_ROLE);
	d.grants = grants;
	d.n_grants = 2; /* a live grant's deny wins over the role's allow */
	assert_int_equal(reason_of(&d), WRIT_REASON_GRANT_DENY);
	assert_int_equal(d.grant, 0);
	d.now = 10; /* and no longer */
	assert_int_equal(reason_of(&d), WRIT_REASON_ROLE);
	d = opening("/d", WRIT_ACCESS_READ);
	d.grants = grants;
	d.n_grants = 2; /* no grant lifts the role's deny */
	assert_int_equal(reason_of(&d), WRIT_REASON_ROLE_DENY);
	assert_int_equal(d.grant, WRIT_DECIDE_NO_GRANT);
	d = opening("/w", WRIT_ACCESS_READ | WRIT_ACCESS_WRITE);
	d.grants = grants;
	d.n_grants = 2; /* together they suffice; the first is named */
	assert_int_equal(reason_of(&d), WRIT_REASON_GRANT);
	assert_int_equal(d.grant, 0);
	assert_int_equal(d.need, WRIT_ACCESS_READ | WRIT_ACCESS_WRITE); /* as the log has it */
	d.n_grants = 1;
	assert_int_equal(reason_of(&d), WRIT_REASON_NO_RULE);
	assert_null(d.image);
}

static void times(void **state)
{
	struct writ_decide_grant grants[] = {{here.q, 10, 20, false}, {here.q, 30, 40, false}};
	struct writ_decide d = opening("/q", WRIT_ACCESS_READ);
	static const struct {
		uint64_t now;
		uint32_t reason;
		size_t grant;
	} moments[] = {
		/* the youngest that would have sufficed gives the reason */
		{9, WRIT_REASON_NOT_YET_ACTIVE, 1},  {10, WRIT_REASON_GRANT, 0},
		{19, WRIT_REASON_GRANT, 0},	     {20, WRIT_REASON_NOT_YET_ACTIVE, 1},
		{29, WRIT_REASON_NOT_YET_ACTIVE, 1}, {30, WRIT_REASON_GRANT, 1},
		{39, WRIT_REASON_GRANT, 1},	     {40, WRIT_REASON_EXPIRED, 1},
	};

	(void)state;
	d.grants = grants;
	d.n_grants = 2;
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		d.now = moments[i].now;
		assert_int_equal(reason_of(&d), moments[i].reason);
		assert_int_equal(d.grant, moments[i].grant);
	}
}

/* A revocation wins over every moment, and what was revoked denies no more. */
static void revoked(void **state)
{
	struct writ_decide_grant grants[] = {{here.q, 10, 20, true}, {here.p, 10, 20, true}};
	struct writ_decide d = opening("/q", WRIT_ACCESS_READ);

	(void)state;
	d.grants = grants;
	d.n_grants = 2;
	for (d.now = 9; d.now <= 20; d.now++) {
		assert_int_equal(reason_of(&d), WRIT_REASON_REVOKED);
		assert_int_equal(d.grant, 0);
	}
	d.now = 10;
	d.path = "/r"; /* p has a deny rule for it */
	assert_int_equal(reason_of(&d), WRIT_REASON_ROLE);
	grants[1].revoked = false;
	assert_int_equal(reason_of(&d), WRIT_REASON_GRANT_DENY);
}

static void programs(void **state)
{
	static char argv[WRIT_ARGV_SIZE + 2];
	struct writ_decide d = opening("/bin/b", 0);

	(void)state;
	d.operation = WRIT_OP_EXEC;
	d.argv = argv;
	d.argv_len = sizeof(argv);
	assert_int_equal(reason_of(&d), WRIT_REASON_ROLE); /* any arguments, however many */
	d.path = "/bin/a";
	memset(argv, 'x', sizeof(argv));
	argv[sizeof(argv) - 1] = '\0';
	assert_int_equal(reason_of(&d), WRIT_REASON_ARGV_MISMATCH); /* known before the cut */
	(void)strcpy(argv, "a");
	assert_int_equal(reason_of(&d), WRIT_REASON_ARGV_TOO_LONG);
	argv[sizeof(argv) - 2] = '\0'; /* at the limit */
	d.argv_len = WRIT_ARGV_SIZE;
	argv[WRIT_ARGV_SIZE - 1] = '\0';
	assert_int_equal(reason_of(&d), WRIT_REASON_ROLE);
	assert_int_equal(d.need, WRIT_ACCESS_EXECUTE);
	d.path = "/bin/c";
	assert_int_equal(reason_of(&d), WRIT_REASON_NO_RULE);
}

static void limits(void **state)
{
	static char path[WRIT_PATH_SIZE + 1];
	struct writ_decide d = opening(path, WRIT_ACCESS_READ);

	(void)state;
	memset(path, '/', WRIT_PATH_SIZE);
	d.path_len = WRIT_PATH_SIZE - 1;
	assert_int_equal(reason_of(&d), WRIT_REASON_NO_RULE);
	d.path_len = WRIT_PATH_SIZE;
	assert_int_equal(reason_of(&d), WRIT_REASON_PATH_TOO_LONG);
	d.operation = WRIT_OP_FORK;
	d.path_len = 1;
	assert_int_equal(writ_decide(&d), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(order),    cmocka_unit_test(times),  cmocka_unit_test(revoked),
		cmocka_unit_test(programs), cmocka_unit_test(limits),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
