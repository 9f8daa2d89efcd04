/* SPDX-License-Identifier: Apache-2.0 */
/* Requests: what policy has a grant for, and each reason why it has none. */
#include "policy_helper.h"

#include "compile/grant.h"
#include "lib/time.h"

#define SECOND WRIT_NS_PER_SECOND

static struct writ_policy *shipped(void)
{
	static const char *const paths[] = {"policy"};
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	assert_int_equal(writ_policy_load(paths, 1, &diags, &policy), 0);
	writ_diagnostics_free(&diags);
	return policy;
}

static struct writ_request request(const char *value)
{
	struct writ_request new = {.n_parameters = 1};

	strcpy(new.agent, "billing-bot");
	strcpy(new.playbook, "rotate-certificate");
	strcpy(new.ticket, "CHG-1842");
	strcpy(new.parameters[0].name, "service");
	(void)snprintf(new.parameters[0].value, sizeof(new.parameters[0].value), "%s", value);
	return new;
}

static void assert_denied(const struct writ_policy *policy, const struct writ_request *asked,
			  int code, const char *why)
{
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan;
	char line[2048];

	assert_int_equal(writ_grant_compile(policy, asked, &diags, &plan), code);
	writ_diagnostics_join(&diags, line, sizeof(line));
	if (!strstr(line, why))
		fail_msg("expected: %s\nfound: %s", why, line);
	writ_diagnostics_free(&diags);
}

static void issues(void **state)
{
	struct writ_policy *policy = shipped();
	struct writ_request asked = request("billing");
	struct writ_tables *tables = writ_tables_new();
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan;
	uint32_t accept = 0, allow = 0, deny = 0;

	(void)state;
	assert_int_equal(writ_grant_compile(policy, &asked, &diags, &plan), 0);
	assert_int_equal(plan.ttl_ns, 180 * SECOND);
	assert_int_equal(plan.clip, WRIT_CLIP_NONE);
	assert_string_equal(plan.parameters, "service=billing");
	assert_string_equal(plan.role->name, "web-operator");
	assert_string_equal(plan.playbook->name, "rotate-certificate");
	place_image(tables, &plan.image);
	assert_true(ask(tables, "/etc/ssl/billing/key.pem", NULL) & WRIT_ACCESS_WRITE);
	assert_int_equal(ask(tables, "/etc/ssl/billing", NULL), WRIT_ACCESS_READ);
	assert_int_equal(ask(tables, "/etc/ssl/other/key.pem", NULL), 0);
	assert_int_equal(ask(tables, "/etc/ssl/billing2/key.pem", NULL), 0);
	assert_int_equal(ask(tables, "/usr/bin/openssl", NULL), WRIT_ACCESS_EXECUTE_ARGV);
#define EXEC(text)                                                                               \
	(assert_int_equal(writ_image_match_exec(tables, PLACE, text, sizeof(text), &accept), 0), \
	 writ_match_bits(tables, PLACE, accept, &allow, &deny), allow)
	assert_int_equal(EXEC("/usr/bin/openssl\0openssl\0req"), WRIT_ACCESS_EXECUTE);
	assert_int_equal(EXEC("/usr/bin/openssl\0openssl\0req\0-new\0/x"), WRIT_ACCESS_EXECUTE);
	assert_int_equal(EXEC("/usr/bin/openssl\0openssl\0rsa"), 0);
	assert_int_equal(EXEC("/usr/bin/openssl\0openssl"), 0);
	assert_int_equal(EXEC("/usr/sbin/nginx\0nginx\0-s\0reload"), WRIT_ACCESS_EXECUTE);
	assert_int_equal(EXEC("/usr/sbin/nginx\0nginx\0-s\0reload\0x"), 0);
	assert_int_equal(EXEC("/usr/sbin/nginx\0nginx\0-s\0stop"), 0);
	writ_grant_plan_free(&plan);
	writ_tables_free(tables);
	writ_policy_free(policy);
}

/* {agent} in a playbook is the agent that asked. */
static void variables(void **state)
{
	struct writ_policy *policy =
		good_policy(ROLE "playbooks: [p]\n" AGENT("ann", "/a/ann") AGENT(
			"bob", "/a/bob") "---\n" PLAYBOOK
					 "files: [{path: '/srv/{agent}/**', allow: [write]}]\n");
	struct writ_request asked = {.agent = "ann", .playbook = "p"};
	struct writ_tables *tables = writ_tables_new();
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan;

	(void)state;
	assert_int_equal(writ_grant_compile(policy, &asked, &diags, &plan), 0);
	place_image(tables, &plan.image);
	assert_int_equal(ask(tables, "/srv/ann/x", NULL), WRIT_ACCESS_WRITE);
	assert_int_equal(ask(tables, "/srv/bob/x", NULL), 0);
	writ_grant_plan_free(&plan);
	writ_tables_free(tables);
	writ_policy_free(policy);
}

static void times(void **state)
{
	struct writ_policy *policy = shipped();
	struct writ_request asked = request("billing");
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan;

	(void)state;
	asked.ttl_ns = 600 * SECOND;
	assert_int_equal(writ_grant_compile(policy, &asked, &diags, &plan), 0);
	assert_int_equal(plan.ttl_ns, 600 * SECOND);
	assert_int_equal(plan.clip, WRIT_CLIP_NONE);
	writ_grant_plan_free(&plan);
	asked.ttl_ns++;
	asked.delay_ns = WRIT_TTL_MAX_SECONDS * SECOND;
	assert_int_equal(writ_grant_compile(policy, &asked, &diags, &plan), 0);
	assert_int_equal(plan.ttl_ns, 600 * SECOND);
	assert_int_equal(plan.delay_ns, asked.delay_ns);
	assert_int_equal(plan.clip, WRIT_CLIP_PLAYBOOK);
	writ_grant_plan_free(&plan);
	asked.delay_ns++;
	assert_denied(policy, &asked, -EINVAL, "begin in more than 7 days");
	writ_policy_free(policy);
}

static void denies(void **state)
{
	struct writ_policy *policy = shipped();
	struct writ_request asked = request("billing");

	(void)state;
	strcpy(asked.agent, "nobody");
	assert_denied(policy, &asked, -ENOENT, "agent \"nobody\" is unknown");
	asked = request("billing");
	strcpy(asked.playbook, "rotate");
	assert_denied(policy, &asked, -ENOENT,
		      "playbook \"rotate\" is unknown; role web-operator: it may use: "
		      "rotate-certificate, collect-diagnostics");
	asked = request("billing");
	strcpy(asked.agent, "night-watch");
	assert_denied(policy, &asked, -EACCES,
		      "role observer may not use playbook rotate-certificate; it may use: "
		      "collect-diagnostics");
	asked = request("billing");
	asked.ticket[0] = '\0';
	assert_denied(policy, &asked, -EINVAL, "needs a ticket; give --ticket that matches CHG-");
	strcpy(asked.ticket, "CHG-1x");
	assert_denied(policy, &asked, -EINVAL, "ticket \"CHG-1x\" does not match CHG-[0-9]+");
	strcpy(asked.ticket, "CHG-1\n");
	assert_denied(policy, &asked, -EINVAL, "ticket: holds a control byte");
	asked = request("billing");
	memset(asked.ticket, 'x', sizeof(asked.ticket));
	assert_denied(policy, &asked, -EINVAL, "too long");
	asked = request("billing");
	memset(asked.agent, 'x', sizeof(asked.agent));
	assert_denied(policy, &asked, -EINVAL, "too long");
	/* several faults, one run */
	asked = request("Bad");
	asked.ticket[0] = '\0';
	assert_denied(policy, &asked, -EINVAL,
		      "\"Bad\" does not match; expected a value that is one part of a path");
	assert_denied(policy, &asked, -EINVAL, "needs a ticket");
	writ_policy_free(policy);
}

/* Fields that the shipped policy does not set. */
static void life(void **state)
{
	struct writ_policy *policy = shipped();
	struct writ_policy_playbook *playbook = (struct writ_policy_playbook *)(uintptr_t)
		writ_policy_playbook(policy, "rotate-certificate");
	struct writ_policy_role *role = (struct writ_policy_role *)(uintptr_t)writ_policy_agent(
						policy, "billing-bot")
						->role;
	static const char *const elsewhere[] = {"elsewhere"};
	struct writ_request asked = request("billing");
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan;

	(void)state;
	role->risk = WRIT_RISK_MEDIUM;
	playbook->risk = WRIT_RISK_MEDIUM;
	role->ttl_max_ns = 60 * SECOND;
	assert_int_equal(writ_grant_compile(policy, &asked, &diags, &plan), 0);
	assert_int_equal(plan.ttl_ns, 60 * SECOND);
	assert_int_equal(plan.clip, WRIT_CLIP_ROLE);
	writ_grant_plan_free(&plan);
	role->risk = WRIT_RISK_LOW;
	assert_denied(policy, &asked, -EINVAL, "the risk of playbook rotate-certificate is above");
	playbook->risk = WRIT_RISK_LOW;
	playbook->environments = elsewhere;
	playbook->n_environments = 1;
	assert_denied(policy, &asked, -EINVAL, "is not for environment");
	playbook->n_environments = 0;
	playbook->needs_sponsor = true;
	assert_denied(policy, &asked, -EINVAL, "needs a sponsor");
	strcpy(asked.sponsor, "carol\n");
	assert_denied(policy, &asked, -EINVAL, "sponsor: holds a control byte");
	memset(asked.sponsor, 'x', sizeof(asked.sponsor));
	assert_denied(policy, &asked, -EINVAL, "too long");
	writ_policy_free(policy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(issues),
		cmocka_unit_test(variables),
		cmocka_unit_test(times),
		cmocka_unit_test(denies),
		cmocka_unit_test(life),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
