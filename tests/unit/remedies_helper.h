/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For the tests of audit/remedies.c: a policy, denials, and the remedies of them. The clock is
 * the test's. Whether a remedy was looked for is seen by the time that it took: each reading of the
 * clock is TICK later, and one look for a remedy reads it twice.
 */
#ifndef TESTS_UNIT_REMEDIES_HELPER_H
#define TESTS_UNIT_REMEDIES_HELPER_H

#include "policy_helper.h"

#include "audit/remedies.h"
#include "compile/remedy.h"
#include "line_helper.h"

#define KIND(kind, name) "---\napiVersion: writ/v1\nkind: " kind "\nname: " name "\n"
#define SECOND UINT64_C(1000000000)
#define SHARE (WRIT_REMEDIES_BUDGET / WRIT_REMEDIES_SHARES)
#define LEAST (WRIT_REMEDIES_LEAST / WRIT_REMEDIES_SHARES)
#define BOTS \
	(WRIT_REMEDIES_SHARES + 1) /* agents of index 2 and so on: one more than have a share */

static const char text[] =
	"apiVersion: writ/v1\nkind: Node\nname: web-1\nenvironment: production\n"	  /* */
	KIND("Role", "operator") "playbooks: [rotate, queue, own]\n"			  /* */
	KIND("Agent", "bot") "role: operator\nmatch: {cgroup: /bot}\n"			  /* */
	KIND("Agent", "watch") "role: operator\nmatch: {cgroup: /watch}\nmode: monitor\n" /* */
	KIND("Playbook",
	     "rotate") "parameters:\n  service: {pattern: \"[^/]{1,64}\"}\n"
		       "files: [{path: '/etc/ssl/{service}/**', allow: [read, write]}]\n"
		       "ttl: {default: 3m, max: 10m}\nticket: 'CHG-[0-9]+'\n" /* */
	KIND("Playbook", "queue") "parameters:\n  host: {type: address, within: 10.0.0.0/8}\n"
				  "  queue: {type: name}\n"
				  "network: [{connect: '{host}', ports: [6379], protocol: tcp}]\n"
				  "unix: [{path: '/run/{queue}.sock', allow: [connect]}]\n"
				  "ttl: {default: 1m, max: 1m}\n" /* */
	KIND("Playbook", "own") "files: [{path: '/home/{agent}/**', allow: [read]}]\n"
				"ttl: {default: 1m, max: 1m}\n";

static struct {
	struct writ_policy *policy;
	struct writ_remedies *remedies;
	uint64_t now;
	uint64_t tick; /* how long a look takes, as the clock has it */
	unsigned int readings;
} here;

static uint64_t the_clock(void)
{
	here.readings++;
	return here.now += here.readings % 2 ? 0 : here.tick;
}

static int set_up(void **state)
{
	(void)state;
	memset(&here, 0, sizeof(here));
	here.now = 100 * SECOND;
	here.policy = good_policy(text);
	assert_int_equal(writ_remedies_new(the_clock, &here.remedies), 0);
	here.readings = 0;
	writ_remedies_set(here.remedies, here.policy);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_remedies_free(here.remedies);
	writ_policy_free(here.policy);
	return 0;
}

static struct writ_record denial(uint32_t agent, uint32_t access, const char *object)
{
	struct writ_record record = decision();

	record.event.agent = agent;
	record.event.access = access;
	record.event.verdict = WRIT_VERDICT_DENY;
	record.event.reason = WRIT_REASON_NO_RULE;
	set_object(&record, object, strlen(object));
	return record;
}

/* NUL-terminated; "" for none. */
static const char *remedy_of(const struct writ_record *record, const char *agent)
{
	static char value[WRIT_LINE_REMEDY_SIZE + 1];
	struct writ_line_text found = writ_remedies_of(here.remedies, agent, record);

	assert_in_range(found.len, 0, WRIT_LINE_REMEDY_SIZE);
	if (found.len)
		memcpy(value, found.bytes, found.len);
	value[found.len] = '\0';
	return value;
}

static const char *bot(uint32_t access, const char *object)
{
	struct writ_record record = denial(2, access, object);

	return remedy_of(&record, "bot");
}

/* How many were looked for since it was called last. */
static unsigned int __attribute__((unused)) looked(void)
{
	unsigned int n = here.readings / 2;

	here.readings = 0;
	return n;
}

#define ROTATE(value) "[{\"playbook\":\"rotate\",\"parameters\":{\"service\":" value "}}]"

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

#endif
