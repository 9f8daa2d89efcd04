/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots of grants over real maps: when one is used again, what becomes of its image and its name,
 * and what a writd that was killed leaves to the next one.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "harness.h"
#include "kernel/grants.h"
#include "kernel/reclaim.h"
#include "kernel/told.h"
#include "lib/time.h"

#define AGENT 2u
#define SECOND INT64_C(1000000000)
#define MANY 200u

static struct harness harness;
static struct writ_kernel *kernel = &harness.kernel;

#define POLICY                                                              \
	"{apiVersion: writ/v1, kind: Role, name: r, playbooks: [p]}\n---\n" \
	"{apiVersion: writ/v1, kind: Playbook, name: p,\n"                  \
	" parameters: {service: {pattern: '[a-z0-9]+'}},\n"                 \
	" files: [{path: '/etc/{service}/**', allow: [read]}],\n"           \
	" ttl: {default: 1m, max: 10m}}\n---\n"                             \
	"{apiVersion: writ/v1, kind: Agent, name: a, role: r, match: {cgroup: /a}}\n"

static int set_up(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	harness_policy(&harness, POLICY);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	return writ_reclaim_open(kernel);
}

static int tear_down(void **state)
{
	(void)state;
	writ_reclaim_close(kernel->reclaim);
	kernel->reclaim = NULL;
	harness_close(&harness);
	return 0;
}

static uint64_t issue(const char *service)
{
	return harness_grant(&harness, AGENT, "p", service, 0, 60 * SECOND);
}

/* Ended, and on record. */
static void end(uint64_t id)
{
	struct writ_grant_info info;

	assert_int_equal(writ_grants_revoke(kernel, id, &info), 0);
	writ_told_note(kernel, &info, WRIT_GRANT_TOLD);
}

static bool has_name(uint64_t id)
{
	struct writ_grant_info info;

	return !writ_grants_info(kernel, id, &info);
}

static uint32_t used_slots(void)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < WRIT_GRANTS_PER_AGENT; i++)
		count += kernel->grants[AGENT].slots[i].id != 0;
	return count;
}

/* As a writd that is killed and comes again. */
static void restart(void)
{
	writ_reclaim_close(kernel->reclaim);
	kernel->reclaim = NULL;
	writ_arena_close(kernel->arena);
	assert_int_equal(writ_arena_open(kernel, &kernel->arena), 0);
	assert_int_equal(writ_reclaim_open(kernel), 0);
}

static void test_one_after_another(void **state)
{
	uint64_t used = writ_arena_used(kernel->arena), last = 0;

	(void)state;
	for (uint32_t i = 0; i < MANY; i++) {
		last = issue(i % 2 ? "odd" : "even");
		assert_int_equal(harness_ask(&harness, AGENT, i % 2 ? "/etc/odd/x" : "/etc/even/x",
					     WRIT_ACCESS_READ),
				 WRIT_REASON_GRANT);
		end(last);
	}
	assert_int_equal(harness_ask(&harness, AGENT, "/etc/odd/x", WRIT_ACCESS_READ),
			 WRIT_REASON_REVOKED);
	assert_int_equal(writ_reclaim_wait(kernel), 0);
	assert_true(used_slots() < WRIT_GRANTS_PER_AGENT);
	assert_true(writ_arena_used(kernel->arena) > used); /* the listed ones still have theirs */
	assert_true(has_name(last - MANY / 2));
}

/* Two slots with the same bytes share them; they go with the last. */
static void test_image_goes_with_its_last_slot(void **state)
{
	uint64_t before = writ_arena_used(kernel->arena), one, first, second;

	(void)state;
	first = issue("same");
	one = writ_arena_used(kernel->arena);
	assert_true(one > before);
	second = issue("same");
	assert_int_equal(writ_arena_used(kernel->arena), one);
	end(first);
	for (uint32_t i = 0; i < WRIT_GRANTS_PER_AGENT; i++) /* until it has no slot */
		end(issue("other"));
	assert_int_equal(writ_reclaim_wait(kernel), 0);
	assert_int_equal(harness_ask(&harness, AGENT, "/etc/same/x", WRIT_ACCESS_READ),
			 WRIT_REASON_GRANT);
	end(second);
	for (uint32_t i = 0; i < WRIT_GRANTS_PER_AGENT; i++)
		end(issue("other"));
	assert_int_equal(writ_reclaim_wait(kernel), 0);
	assert_int_equal(writ_arena_used(kernel->arena), one); /* that of `other`, as large */
}

/* The role's own bytes stay, however many slots had the same. */
static void test_image_of_a_policy_stays(void **state)
{
	uint64_t role = kernel->agents[AGENT].role;
	const struct writ_image *image =
		writ_arena_image(kernel, WRIT_REF_ID(role), WRIT_REF_OFFSET(role));
	static uint8_t copy[1 << 16] __attribute__((aligned(64)));
	uint64_t ref = 0, used = writ_arena_used(kernel->arena);

	(void)state;
	assert_true(image && image->size <= sizeof(copy));
	memcpy(copy, image, image->size);
	((struct writ_image *)copy)->id = 0;
	assert_int_equal(writ_arena_hold(kernel, copy, image->size, &ref), 0);
	assert_int_equal(ref, role);
	writ_arena_let_go(kernel, ref);
	assert_int_equal(writ_arena_used(kernel->arena), used);
	kernel->agents[AGENT].role = 0; /* now nobody has it */
	assert_int_equal(writ_arena_retire(kernel, &role, 1), 0);
	assert_true(writ_arena_used(kernel->arena) < used);
}

static void test_end_that_is_not_on_record_keeps_its_slot(void **state)
{
	uint64_t ids[WRIT_GRANTS_PER_AGENT];
	struct writ_grant_info info = {.agent = AGENT, .scope = WRIT_SCOPE_AGENT}, ended;
	static uint8_t copy[1 << 16] __attribute__((aligned(64)));
	const struct writ_image *image;
	uint64_t ref;

	(void)state;
	for (uint32_t i = 0; i < WRIT_GRANTS_PER_AGENT; i++)
		ids[i] = issue("same");
	ref = kernel->grants[AGENT].slots[0].image;
	image = writ_arena_image(kernel, WRIT_REF_ID(ref), WRIT_REF_OFFSET(ref));
	memcpy(copy, image, image->size);
	((struct writ_image *)copy)->id = 0;
	info.expires = writ_time_boot() + SECOND;
	for (uint32_t i = 0; i < WRIT_GRANTS_PER_AGENT; i++)
		assert_int_equal(writ_grants_revoke(kernel, ids[i], &ended), 0);
	assert_int_equal(writ_grants_issue(kernel, copy, image->size, &info), -EBUSY);
	writ_told_note(kernel, &ended, WRIT_GRANT_TOLD);
	assert_int_equal(writ_grants_issue(kernel, copy, image->size, &info), 0);
}

static void note_missing(void *context, const struct writ_grant_info *info, uint32_t flags)
{
	uint32_t *ret = context;

	ret[0] += flags & WRIT_GRANT_ISSUE_TOLD ? 1 : 0;
	ret[1] += flags & WRIT_GRANT_TOLD ? 1 : 0;
	assert_true(!(flags & WRIT_GRANT_TOLD) || info->end == WRIT_END_COMPLETED);
	writ_told_note(kernel, info, flags);
}

static void test_what_is_missing_is_told_once(void **state)
{
	uint32_t counts[2] = {0};
	struct writ_grant_info info;
	uint64_t first = issue("one"), second = issue("two");

	(void)state;
	(void)second; /* issuing it has told the first one's issue, as the harness does */
	assert_int_equal(writ_grants_end(kernel, first, WRIT_END_COMPLETED, &info), 0);
	info.end = 0; /* killed before the name said it */
	assert_int_equal(bpf_map_update_elem(kernel->map_fds[WRIT_MAP_grant_infos], &first, &info,
					     BPF_EXIST),
			 0);
	restart();
	writ_told_each_missing(kernel, note_missing, counts);
	assert_int_equal(counts[0], 1);
	assert_int_equal(counts[1], 1);
	writ_told_each_missing(kernel, note_missing, counts);
	assert_int_equal(counts[0] + counts[1], 2);
	assert_int_equal(writ_grants_info(kernel, first, &info), 0);
	assert_int_equal(info.end, WRIT_END_COMPLETED);
}

/* Filled and not yet in the order, or taken out and not yet free. */
static void test_slots_that_a_killed_writd_left(void **state)
{
	struct writ_grants *grants = &kernel->grants[AGENT];
	uint64_t used = writ_arena_used(kernel->arena), id = issue("lost");

	(void)state;
	assert_int_equal(used_slots(), 1);
	grants->order = 0;
	restart();
	assert_int_equal(used_slots(), 0);
	assert_int_equal(writ_arena_used(kernel->arena), used);
	assert_true(has_name(id));
	assert_int_equal(harness_ask(&harness, AGENT, "/etc/lost/x", WRIT_ACCESS_READ),
			 WRIT_REASON_NO_RULE);
}

/* Names at the limit, and one past it. */
static void test_names_of_the_last_ones(void **state)
{
	int fd = kernel->map_fds[WRIT_MAP_grant_infos];
	struct writ_grant_info info = {.agent = AGENT};
	uint64_t id;

	(void)state;
	for (info.id = 1; info.id <= WRIT_GRANT_INFOS_KEPT; info.id++)
		assert_int_equal(bpf_map_update_elem(fd, &info.id, &info, BPF_NOEXIST), 0);
	kernel->node->next_grant = WRIT_GRANT_INFOS_KEPT;
	restart();
	assert_true(has_name(1));
	id = issue("one");
	end(id);
	kernel->grants[AGENT].order = 0;
	restart();
	assert_true(has_name(id));
	assert_false(has_name(1));
	assert_true(has_name(2));
}

/* Every slot of every agent may live, beside the names that are kept. */
static void test_names_have_room(void **state)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	(void)state;
	assert_int_equal(bpf_obj_get_info_by_fd(kernel->map_fds[WRIT_MAP_grant_infos], &info, &len),
			 0);
	assert_true(info.max_entries >=
		    (WRIT_AGENTS_MAX - 2) * WRIT_GRANTS_PER_AGENT + WRIT_GRANT_INFOS_KEPT + 1);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_one_after_another),
		T(test_image_goes_with_its_last_slot),
		T(test_image_of_a_policy_stays),
		T(test_end_that_is_not_on_record_keeps_its_slot),
		T(test_what_is_missing_is_told_once),
		T(test_slots_that_a_killed_writd_left),
		T(test_names_of_the_last_ones),
		T(test_names_have_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
