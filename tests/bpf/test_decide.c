/* SPDX-License-Identifier: Apache-2.0 */
/* The decision order of docs/architecture.md, asked of the real program over real maps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "compile/image_match.h"
#include "harness.h"
#include "kernel/grants.h"
#include "lib/time.h"

#define AGENT 2u
#define SECOND ((int64_t)WRIT_NS_PER_SECOND)

static const char policy[] =
	"{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
	"  {path: '/srv/**', allow: [read]},\n"
	"  {path: '/srv/secret/**', deny: [read, write]},\n"
	"  {path: '/tmp/*.log', allow: [read, write]},\n"
	"  {path: '/', allow: [read]}],\n"
	" network: [\n"
	"  {connect: 10.0.0.0/8, ports: [443, 8000-8010]},\n"
	"  {connect: 10.1.0.0/16, ports: [443], deny: true},\n"
	"  {connect: '2001:db8::/32', ports: [53], protocol: udp}],\n"
	" playbooks: [writer, denier]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: writer,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/srv/{service}/**', allow: [write, create]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: denier,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/srv/{service}/**', deny: [write, read]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, role: r}\n";

static struct harness harness;

static int setup(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	harness_policy(&harness, policy);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

static uint32_t ask(const char *path, uint32_t access)
{
	return harness_ask(&harness, AGENT, path, access);
}

#define READ WRIT_ACCESS_READ
#define WRITE WRIT_ACCESS_WRITE

static void test_role(void **state)
{
	(void)state;
	assert_int_equal(ask("/srv/a/b", READ), WRIT_REASON_ROLE);
	assert_int_equal(ask("/srv", READ), WRIT_REASON_ROLE);
	assert_int_equal(ask("/", READ), WRIT_REASON_ROLE);
	assert_int_equal(ask("/srv/a/b", WRITE), WRIT_REASON_NO_RULE);
	assert_int_equal(ask("/srvx", READ), WRIT_REASON_NO_RULE);
	assert_int_equal(ask("/sr", READ), WRIT_REASON_NO_RULE);
	assert_int_equal(ask("/tmp/a.log", READ | WRITE), WRIT_REASON_ROLE);
	assert_int_equal(ask("/tmp/d/a.log", READ), WRIT_REASON_NO_RULE);
}

static void test_deny_wins(void **state)
{
	(void)state;
	assert_int_equal(ask("/srv/secret/k", READ), WRIT_REASON_ROLE_DENY);
	assert_int_equal(ask("/srv/secret/k", READ | WRITE), WRIT_REASON_ROLE_DENY);
	assert_int_equal(ask("/srv/secrets/k", READ), WRIT_REASON_ROLE);
}

static void test_no_agent(void **state)
{
	(void)state;
	assert_int_equal(harness_ask(&harness, 77, "/srv/a", READ), WRIT_REASON_NO_RULE);
	assert_int_equal(harness_ask(&harness, WRIT_AGENTS_MAX, "/srv/a", READ),
			 WRIT_REASON_NO_RULE);
	harness.kernel.agents[AGENT].state = WRIT_AGENT_SUSPENDED;
	assert_int_equal(ask("/srv/a/b", READ), WRIT_REASON_SUSPENDED);
	harness.kernel.agents[AGENT].state = WRIT_AGENT_ACTIVE;
	harness.kernel.agents[AGENT].role = 0;
	assert_int_equal(ask("/srv/a/b", READ), WRIT_REASON_NO_RULE);
}

static void test_grant_times(void **state)
{
	uint64_t live;

	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "past", -2 * SECOND, -SECOND);
	(void)harness_grant(&harness, AGENT, "writer", "later", 60 * SECOND, 120 * SECOND);
	live = harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	assert_int_equal(ask("/srv/past/f", WRITE), WRIT_REASON_EXPIRED);
	assert_int_equal(ask("/srv/later/f", WRITE), WRIT_REASON_NOT_YET_ACTIVE);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, live);
	assert_int_equal(ask("/srv/other/f", WRITE), WRIT_REASON_NO_RULE);
	assert_int_equal(ask("/srv/secret/f", WRITE), WRIT_REASON_ROLE_DENY);
}

/* What an operation needs may come from the role and from several grants together. */
static void test_grant_union(void **state)
{
	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	assert_int_equal(ask("/srv/now/f", READ | WRITE), WRIT_REASON_GRANT);
	assert_int_equal(ask("/srv/now/f", READ | WRITE | WRIT_ACCESS_DELETE), WRIT_REASON_NO_RULE);
}

static void test_oldest_first(void **state)
{
	uint64_t first, second;
	struct writ_grant_info info;

	(void)state;
	first = harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	second = harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, first);
	assert_int_equal(writ_grants_revoke(&harness.kernel, first, &info), 0);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, second);
	assert_int_equal(writ_grants_revoke(&harness.kernel, second, &info), 0);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_REVOKED);
	assert_int_equal(writ_grants_revoke(&harness.kernel, second, &info), -ENOENT);
}

/* A deny rule of a live grant wins over the role and over older grants. */
static void test_grant_deny(void **state)
{
	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	(void)harness_grant(&harness, AGENT, "denier", "now", 0, 60 * SECOND);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT_DENY);
	assert_int_equal(ask("/srv/now/f", READ), WRIT_REASON_GRANT_DENY);
	assert_int_equal(ask("/srv/other/f", READ), WRIT_REASON_ROLE);
}

static void test_grant_slots(void **state)
{
	struct writ_grant_info info = {.agent = AGENT};
	uint64_t ids[WRIT_GRANTS_PER_AGENT], ref = harness.kernel.agents[AGENT].role;
	const struct writ_image *image =
		writ_arena_image(&harness.kernel, WRIT_REF_ID(ref), WRIT_REF_OFFSET(ref));

	(void)state;
	for (uint32_t i = 0; i < WRIT_GRANTS_PER_AGENT; i++)
		ids[i] = harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	info.expires = writ_time_boot() + 1000 * WRIT_NS_PER_SECOND;
	assert_int_equal(writ_grants_issue(&harness.kernel, image, image->size, &info), -EBUSY);
	assert_int_equal(writ_grants_revoke(&harness.kernel, ids[3], &info), 0);
	ids[3] = harness_grant(&harness, AGENT, "writer", "fresh", 0, 60 * SECOND);
	assert_int_equal(ask("/srv/fresh/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, ids[3]);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, ids[0]);
}

static void test_retired_image(void **state)
{
	uint64_t ref = harness.kernel.agents[AGENT].role;

	(void)state;
	assert_int_equal(writ_arena_retire(&harness.kernel, &ref, 1), 0);
	/* an agent refers to it: it stays */
	assert_int_equal(ask("/srv/a", READ), WRIT_REASON_ROLE);
	harness.kernel.agents[AGENT].role = 0;
	assert_int_equal(writ_arena_retire(&harness.kernel, &ref, 1), 0);
	/* a reference that dangles, as it never does in the daemon: still nothing is allowed */
	harness.kernel.agents[AGENT].role = ref;
	assert_int_equal(ask("/srv/a", READ), WRIT_REASON_NO_RULE);
	assert_null(writ_arena_image(&harness.kernel, WRIT_REF_ID(ref), WRIT_REF_OFFSET(ref)));
	/* nor when its place has another image, which would allow it */
	assert_int_equal(WRIT_REF_OFFSET(harness_role(&harness, "r")), WRIT_REF_OFFSET(ref));
	assert_int_equal(ask("/srv/a", READ), WRIT_REASON_NO_RULE);
}

static uint32_t ask_address(uint32_t protocol, const char *address, uint16_t port)
{
	return harness_ask_address(&harness, AGENT, protocol, address, port);
}

static void test_addresses(void **state)
{
	(void)state;
	assert_int_equal(ask_address(WRIT_PROTOCOL_TCP, "::ffff:10.2.3.4", 443), WRIT_REASON_ROLE);
	assert_int_equal(ask_address(WRIT_PROTOCOL_TCP, "::ffff:10.2.3.4", 8010), WRIT_REASON_ROLE);
	assert_int_equal(ask_address(WRIT_PROTOCOL_TCP, "::ffff:10.2.3.4", 8011),
			 WRIT_REASON_NO_RULE);
	assert_int_equal(ask_address(WRIT_PROTOCOL_UDP, "::ffff:10.2.3.4", 443),
			 WRIT_REASON_NO_RULE);
	assert_int_equal(ask_address(WRIT_PROTOCOL_TCP, "::ffff:11.2.3.4", 443),
			 WRIT_REASON_NO_RULE);
	/* inside the longer prefix what the shorter one gives holds, and its deny wins */
	assert_int_equal(ask_address(WRIT_PROTOCOL_TCP, "::ffff:10.1.3.4", 8000), WRIT_REASON_ROLE);
	assert_int_equal(ask_address(WRIT_PROTOCOL_TCP, "::ffff:10.1.3.4", 443),
			 WRIT_REASON_ROLE_DENY);
	assert_int_equal(ask_address(WRIT_PROTOCOL_UDP, "2001:db8::1", 53), WRIT_REASON_ROLE);
	assert_int_equal(ask_address(WRIT_PROTOCOL_UDP, "2001:db9::1", 53), WRIT_REASON_NO_RULE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_role),	CASE(test_deny_wins),	CASE(test_no_agent),
		CASE(test_grant_times), CASE(test_grant_union), CASE(test_oldest_first),
		CASE(test_grant_deny),	CASE(test_grant_slots), CASE(test_retired_image),
		CASE(test_addresses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
