/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All rights on an object, and on what is below a directory, asked of the real program over real
 * maps. What it calls sure must be allowed by decide() for every name below, and what decide()
 * allows there must be among what it calls possible.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "harness.h"
#include "lib/time.h"

#define AGENT 2u
#define SECOND ((int64_t)WRIT_NS_PER_SECOND)

#define READ WRIT_ACCESS_READ
#define WRITE WRIT_ACCESS_WRITE
#define CREATE WRIT_ACCESS_CREATE
#define DELETE WRIT_ACCESS_DELETE

static const char policy[] =
	"{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
	"  {path: '/all/**', allow: [read, write, create, delete]},\n"
	"  {path: '/part/**', allow: [read, create, delete]},\n"
	"  {path: '/part/*/keep/**', deny: [delete]},\n"
	"  {path: '/flat/*', allow: [read, create, delete]},\n"
	"  {path: '/logs/**/*.log', allow: [read]}],\n"
	" playbooks: [writer, denier]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: writer,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/{service}/**', allow: [write]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: denier,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/{service}/**', deny: [create]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, role: r}\n";

static struct harness harness;

static int open_all(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	harness_policy(&harness, policy);
	return 0;
}

static int fresh_agent(void **state)
{
	(void)state;
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	return 0;
}

static int close_all(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

static struct decide_question *ask(const char *path, uint32_t access, bool below)
{
	struct decide_question *question = &harness.skel->bss->question;

	question->below = below;
	(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.rights_one), AGENT,
				path, strlen(path), access);
	return question;
}

static void expect(const char *path, bool below, uint32_t sure, uint32_t possible)
{
	const struct decide_question *question = ask(path, READ, below);

	if (question->sure != sure || question->possible != possible)
		fail_msg("%s%s: sure 0x%x, possible 0x%x", path, below ? "/**" : "", question->sure,
			 question->possible);
}

#define ALL ((1u << WRIT_ACCESS_BITS) - 1u)

static void test_here(void **state)
{
	(void)state;
	expect("/all/a", false, READ | WRITE | CREATE | DELETE, READ | WRITE | CREATE | DELETE);
	expect("/part/a/keep/f", false, READ | CREATE, READ | CREATE);
	expect("/none", false, 0, 0);
	expect("/logs/a/x.log", false, READ, READ);
}

static void test_below(void **state)
{
	(void)state;
	expect("/all/a", true, READ | WRITE | CREATE | DELETE, READ | WRITE | CREATE | DELETE);
	expect("/none", true, 0, 0);
	expect("/part/a", true, 0, ALL); /* its `keep` is told apart */
	expect("/part/a/keep", true, READ | CREATE, READ | CREATE);
	expect("/part/a/other/x", true, READ | CREATE | DELETE, READ | CREATE | DELETE);
	expect("/flat/a", true, 0, 0); /* `*` ends at the slash */
	expect("/logs/a", true, 0, ALL);
	expect("/al", true, 0, 0);
	expect("/all", true, READ | WRITE | CREATE | DELETE, READ | WRITE | CREATE | DELETE);
}

static void test_reasons(void **state)
{
	(void)state;
	assert_int_equal(ask("/all/a", DELETE, true)->reason, WRIT_REASON_ROLE);
	assert_int_equal(ask("/part/a", DELETE, false)->reason, WRIT_REASON_ROLE);
	assert_int_equal(ask("/part/a", DELETE, true)->reason, WRIT_REASON_BELOW);
	assert_int_equal(ask("/flat/a", DELETE, true)->reason, WRIT_REASON_BELOW);
	assert_int_equal(ask("/flat/a", WRITE, true)->reason, WRIT_REASON_NO_RULE);
	assert_int_equal(ask("/none", DELETE, true)->reason, WRIT_REASON_NO_RULE);
}

/* A grant that has not begun makes things possible, and only a live one makes them sure. */
static void test_grants(void **state)
{
	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "flat", -2 * SECOND, -SECOND);
	expect("/flat/a", false, READ | CREATE | DELETE, READ | CREATE | DELETE);
	(void)harness_grant(&harness, AGENT, "writer", "flat", 60 * SECOND, 90 * SECOND);
	expect("/flat/a", false, READ | CREATE | DELETE, READ | CREATE | DELETE | WRITE);
	expect("/flat/a", true, 0, WRITE);
	(void)harness_grant(&harness, AGENT, "writer", "flat", 0, 60 * SECOND);
	expect("/flat/a", true, WRITE, WRITE);
	(void)harness_grant(&harness, AGENT, "denier", "flat", 0, 60 * SECOND);
	expect("/flat/a", false, READ | DELETE | WRITE, READ | CREATE | DELETE | WRITE);
}

/* Names that the rules tell apart, put together at random. */
static void random_path(uint32_t *seed, char *path, size_t size)
{
	static const char *const parts[] = {"all", "part",  "flat",  "logs", "keep",
					    "a",   "b.log", "keeps", ".log", "al"};
	uint32_t count = 1 + harness_random(seed, 3);

	*path = '\0';
	for (uint32_t i = 0; i < count; i++)
		(void)snprintf(path + strlen(path), size - strlen(path), "/%s",
			       parts[harness_random(seed, 10)]);
}

static void test_what_is_below_agrees(void **state)
{
	uint32_t seed = 20261122, told = 0;
	char path[256];

	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "logs", 0, 60 * SECOND);
	(void)harness_grant(&harness, AGENT, "denier", "all", 0, 60 * SECOND);
	for (int i = 0; i < 3000; i++) {
		uint32_t sure, possible;

		random_path(&seed, path, sizeof(path));
		sure = ask(path, READ, true)->sure;
		possible = ask(path, READ, true)->possible;
		told += possible != ALL;
		random_path(&seed, path + strlen(path), sizeof(path) - strlen(path));
		for (uint32_t bit = 1; bit <= WRIT_ACCESS_LINK; bit <<= 1) {
			uint32_t reason = harness_ask(&harness, AGENT, path, bit);
			bool allowed = reason == WRIT_REASON_ROLE || reason == WRIT_REASON_GRANT;

			if (sure & bit && !allowed)
				fail_msg("%s: 0x%x was sure", path, bit);
			if (allowed && !(possible & bit))
				fail_msg("%s: 0x%x was not possible", path, bit);
		}
	}
	assert_true(told > 1000); /* it does not call everything possible */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_here, fresh_agent),
		cmocka_unit_test_setup(test_below, fresh_agent),
		cmocka_unit_test_setup(test_reasons, fresh_agent),
		cmocka_unit_test_setup(test_grants, fresh_agent),
		cmocka_unit_test_setup(test_what_is_below_agrees, fresh_agent),
	};

	return cmocka_run_group_tests(tests, open_all, close_all);
}
