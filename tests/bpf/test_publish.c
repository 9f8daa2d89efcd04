/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A policy into the maps: which index an agent has, over reloads and over a daemon that starts
 * again; what is taken back; and that a policy which is refused leaves no trace.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "compile/role.h"
#include "daemon/publish.h"
#include "harness.h"
#include "kernel/agents.h"
#include "lib/cleanup.h"

#define ROLE(name, path)                                                          \
	"{apiVersion: writ/v1, kind: Role, name: " name ", files: [{path: '" path \
	"', allow: [read]}]}\n---\n"
#define AGENT(name, cgroup, role)                                                     \
	"{apiVersion: writ/v1, kind: Agent, name: " name ", match: {cgroup: '" cgroup \
	"'}, role: " role "}\n---\n"
#define ROLES ROLE("r", "/r/**") ROLE("own", "/own/{agent}/**") ROLE("unused", "/unused/**")

static struct harness harness;

static int setup(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

/* What writd does with a policy, up to the hooks. */
static int publish(const char *yaml)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_publish_free) struct writ_publication publication = {0};
	int err;

	harness_policy(&harness, yaml);
	publication.kernel = &harness.kernel;
	publication.policy = harness.policy;
	err = writ_publish_prepare(&publication, &diags);
	if (!err)
		err = writ_publish_commit(&publication);
	return err ? err : writ_publish_read_back(&publication);
}

/* The maps stay, all that a daemon knows of them goes. */
static void restart(void)
{
	struct writ_kernel *kernel = &harness.kernel;

	writ_agents_close(kernel->names);
	writ_arena_close(kernel->arena);
	assert_int_equal(writ_arena_open(kernel, &kernel->arena), 0);
	assert_int_equal(writ_agents_open(kernel, &kernel->names), 0);
}

static uint32_t index_of(const char *name)
{
	return writ_agents_find(&harness.kernel, name);
}

static bool may_read(const char *agent, const char *path)
{
	return harness_ask(&harness, index_of(agent), path, WRIT_ACCESS_READ) == WRIT_REASON_ROLE;
}

static void test_published(void **state)
{
	(void)state;
	assert_int_equal(
		publish(ROLES AGENT("a", "/a", "r") AGENT("b", "/b", "own") AGENT("c", "/c", "r")),
		0);
	assert_int_equal(index_of("a"), 2);
	assert_int_equal(index_of("b"), 3);
	assert_int_equal(index_of("c"), 4);
	assert_int_equal(index_of("d"), 0);
	assert_int_equal(harness.kernel.agents[2].role, harness.kernel.agents[4].role);
	assert_true(may_read("a", "/r/x"));
	assert_false(may_read("a", "/own/a/x"));
	assert_true(may_read("b", "/own/b/x"));
	assert_false(may_read("b", "/own/a/x"));
	assert_true(may_read("c", "/r/x"));
}

/* One agent leaves, one comes, one has another role; the files are in another order. */
static void test_reloaded(void **state)
{
	uint64_t used;

	(void)state;
	assert_int_equal(publish(ROLES AGENT("a", "/a", "r") AGENT("b", "/b", "own")), 0);
	used = writ_arena_used(harness.kernel.arena);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(publish(ROLES AGENT("b", "/b", "own") AGENT("a", "/a", "r")), 0);
		assert_int_equal(index_of("a"), 2);
		assert_int_equal(index_of("b"), 3);
		assert_int_equal(writ_arena_used(harness.kernel.arena), used);
		restart();
	}
	assert_int_equal(publish(ROLES AGENT("d", "/d", "r") AGENT("b", "/b", "r")), 0);
	assert_int_equal(index_of("a"), 2);
	assert_int_equal(index_of("b"), 3);
	assert_int_equal(index_of("d"), 4);
	assert_int_equal(harness.kernel.agents[2].role, 0);
	assert_false(may_read("a", "/r/x"));
	assert_true(may_read("b", "/r/x"));
	assert_false(may_read("b", "/own/b/x"));
	assert_true(may_read("d", "/r/x"));
}

/* The same bytes are placed once: roles that are reloaded, grants that are alike. */
static void test_shared(void **state)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	const struct writ_image *there;
	uint64_t first, second, used;

	(void)state;
	assert_int_equal(publish(ROLES AGENT("a", "/a", "r")), 0);
	assert_int_equal(writ_role_compile(harness.policy, writ_policy_role(harness.policy, "r"),
					   &diags, &image),
			 0);
	used = writ_arena_used(harness.kernel.arena);
	assert_int_equal(writ_arena_place(&harness.kernel, image.bytes, image.size, &first), 0);
	assert_int_equal(first, harness.kernel.agents[2].role);
	assert_int_equal(writ_arena_retire(&harness.kernel, &first, 1), 0);
	assert_true(may_read("a", "/r/x"));
	/* one bit more: another image; and a checksum that is the same does not make them alike */
	((struct writ_image *)image.bytes)->capabilities ^= 1;
	assert_int_equal(writ_arena_place(&harness.kernel, image.bytes, image.size, &second), 0);
	assert_int_not_equal(second, first);
	there = writ_arena_image(&harness.kernel, WRIT_REF_ID(second), WRIT_REF_OFFSET(second));
	assert_non_null(there);
	assert_true(writ_arena_used(harness.kernel.arena) > used);
	assert_int_equal(writ_arena_retire(&harness.kernel, &second, 1), 0);
	assert_int_equal(there->id, 0);
	assert_int_equal(writ_arena_used(harness.kernel.arena), used);
}

static void test_refused(void **state)
{
	uint64_t used, role;

	(void)state;
	assert_int_equal(publish(ROLES AGENT("a", "/a", "r")), 0);
	used = writ_arena_used(harness.kernel.arena);
	role = harness.kernel.agents[2].role;
	/* whose cgroup /s/x is has two answers, which is found after everything else was placed */
	assert_int_equal(publish(ROLES AGENT("x", "/s/x", "own") AGENT("y", "/s/[xy]", "r")
					 AGENT("a", "/a", "r")),
			 -EINVAL);
	assert_int_equal(index_of("x"), 0);
	assert_int_equal(index_of("y"), 0);
	assert_int_equal(writ_agents_end(&harness.kernel), 3);
	assert_int_equal(writ_arena_used(harness.kernel.arena), used);
	assert_int_equal(harness.kernel.agents[2].role, role);
	assert_true(may_read("a", "/r/x"));
	restart();
	assert_int_equal(writ_agents_end(&harness.kernel), 3);
	assert_int_equal(index_of("a"), 2);
}

/* Every index but one is taken: two new agents are one too many, and one still fits. */
static void test_full(void **state)
{
	uint32_t agent;
	char name[WRIT_NAME_SIZE];
	uint64_t used;

	(void)state;
	assert_int_equal(publish(ROLES AGENT("a", "/a", "r")), 0);
	used = writ_arena_used(harness.kernel.arena);
	while (writ_agents_end(&harness.kernel) < WRIT_AGENTS_MAX - 1) {
		(void)snprintf(name, sizeof(name), "past-%u", writ_agents_end(&harness.kernel));
		assert_int_equal(writ_agents_reserve(&harness.kernel, name, &agent), 0);
	}
	assert_int_equal(
		publish(ROLES AGENT("a", "/a", "r") AGENT("b", "/b", "r") AGENT("c", "/c", "r")),
		-ENOSPC);
	assert_int_equal(index_of("b"), 0);
	assert_int_equal(index_of("c"), 0);
	assert_int_equal(writ_arena_used(harness.kernel.arena), used);
	assert_true(may_read("a", "/r/x"));
	assert_int_equal(publish(ROLES AGENT("a", "/a", "r") AGENT("c", "/c", "r")), 0);
	assert_int_equal(index_of("c"), WRIT_AGENTS_MAX - 1);
	assert_true(may_read("c", "/r/x"));
	restart();
	assert_int_equal(publish(ROLES AGENT("c", "/c", "r") AGENT("b", "/b", "r")), -ENOSPC);
	assert_int_equal(publish(ROLES AGENT("c", "/c", "r")), 0);
	assert_true(may_read("c", "/r/x"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_published, setup, teardown),
		cmocka_unit_test_setup_teardown(test_reloaded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_shared, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_full, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
