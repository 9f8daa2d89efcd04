/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the broker's verdict share: a policy, a request that it grants, and all that
 * evaluation is told, to be changed by a case. Terms of the policy are set in place.
 */
#ifndef WRIT_TESTS_EVALUATE_HELPER_H
#define WRIT_TESTS_EVALUATE_HELPER_H

#include "policy_helper.h"

#include <jansson.h>

#include "broker/evaluate.h"
#include "compile/node.h"
#include "lib/time.h"

#define SECOND ((int64_t)WRIT_NS_PER_SECOND)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)

/* Monday 2026-11-23 12:00 UTC */
#define NOON (INT64_C(1795435200) * SECOND)

#define KIND(kind, name) "---\napiVersion: writ/v1\nkind: " kind "\nname: " name "\n"

static const char evaluate_policy[] =
	"apiVersion: writ/v1\nkind: Node\nname: web-1\nenvironment: production\n" /* */
	KIND("Role", "operator") "playbooks: [rotate, collect]\n"		  /* */
	KIND("Role", "observer") "files: [{path: /etc/hosts, allow: [read]}]\n"	  /* */
	KIND("Agent", "bot") "role: operator\nmatch: {cgroup: /bot}\n"		  /* */
	KIND("Agent", "watch") "role: observer\nmatch: {cgroup: /watch}\n"	  /* */
	KIND("Playbook", "rotate") "parameters:\n  service: {pattern: \"[a-z ']{1,16}\"}\n"
				   "  host: {type: address}\n"
				   "files: [{path: '/etc/ssl/{service}/**', allow: [write]}]\n"
				   "network: [{connect: '{host}', ports: [443], protocol: tcp}]\n"
				   "ttl: {default: 3m, max: 10m}\nticket: 'CHG-[0-9]+'\n" /* */
	KIND("Playbook", "collect") "files: [{path: /var/log/syslog, allow: [read]}]\n"
				    "ttl: {default: 15m, max: 1h}\n" /* */
	KIND("Playbook", "secret") "files: [{path: /etc/shadow, allow: [read]}]\n"
				   "ttl: {default: 1m, max: 1m}\n";

static struct {
	struct writ_policy *policy;
	struct writ_policy_node *node;
	struct writ_policy_role *role;
	struct writ_policy_agent *agent;
	struct writ_policy_playbook *rotate;
	struct writ_policy_playbook *collect;
	struct writ_request request;
	struct writ_asker asker;
	struct writ_history history;
	int64_t now;
	struct writ_evaluation out;
} here;

static int __attribute__((unused)) set_up(void **state)
{
	(void)state;
	memset(&here, 0, sizeof(here));
	here.policy = good_policy(evaluate_policy);
	here.node = (void *)here.policy->node;
	here.role = (void *)&here.policy->roles[0];
	here.agent = (void *)&here.policy->agents[0];
	here.rotate = (void *)&here.policy->playbooks[0];
	here.collect = (void *)&here.policy->playbooks[1];
	here.role->risk = WRIT_RISK_MEDIUM;
	here.node->backoff_ns = 10 * WRIT_NS_PER_SECOND;
	here.node->backoff_max_ns = 60 * WRIT_NS_PER_SECOND;
	here.node->suspend_after = 5;
	here.now = NOON;
	strcpy(here.request.agent, "bot");
	strcpy(here.request.playbook, "rotate");
	strcpy(here.request.ticket, "CHG-1842");
	here.request.n_parameters = 2;
	strcpy(here.request.parameters[0].name, "service");
	strcpy(here.request.parameters[0].value, "billing");
	strcpy(here.request.parameters[1].name, "host");
	strcpy(here.request.parameters[1].value, "10.0.0.1");
	return 0;
}

static int __attribute__((unused)) tear_down(void **state)
{
	(void)state;
	writ_policy_free(here.policy);
	return 0;
}

/* One line of UTF-8 that a terminal and a JSON reader can take. */
static void assert_sound(const char *text, size_t size)
{
	json_t *json;

	assert_true(strnlen(text, size) < size);
	for (const char *at = text; *at; at++)
		assert_true((unsigned char)*at >= 0x20 && *at != 0x7f);
	json = json_string(text);
	if (!json)
		fail_msg("not UTF-8: %s", text);
	json_decref(json);
}

static void evaluate(void)
{
	writ_evaluate(here.policy, &here.request, &here.asker, &here.history, here.now, &here.out);
	assert_sound(here.out.message, sizeof(here.out.message));
	assert_sound(here.out.remedy, sizeof(here.out.remedy));
}

static void __attribute__((unused)) assert_granted(void)
{
	evaluate();
	if (here.out.refusal != WRIT_REFUSAL_NONE)
		fail_msg("refused: %s: %s", writ_evaluate_refusal(here.out.refusal),
			 here.out.message);
	assert_string_equal(here.out.message, "");
	assert_string_equal(here.out.remedy, "");
	assert_int_equal(here.out.retry_after, 0);
	assert_false(here.out.suspend);
	assert_true(here.out.ttl_ns > 0);
}

/* Refused with that word; message and remedy hold these texts (remedy NULL: there is none). */
static void __attribute__((unused))
assert_no(enum writ_refusal refusal, const char *message, const char *remedy)
{
	evaluate();
	if (here.out.refusal != refusal)
		fail_msg("expected %s, found %s: %s", writ_evaluate_refusal(refusal),
			 writ_evaluate_refusal(here.out.refusal), here.out.message);
	if (!strstr(here.out.message, message))
		fail_msg("expected: %s\nfound: %s", message, here.out.message);
	if (remedy ? !strstr(here.out.remedy, remedy) : here.out.remedy[0] != '\0')
		fail_msg("expected: %s\nfound: %s", remedy ? remedy : "no remedy", here.out.remedy);
	assert_true(*here.out.message);
	assert_int_equal(here.out.ttl_ns, 0);
	assert_int_equal(here.out.approvals, 0);
	assert_false(here.out.validate);
}

#endif
