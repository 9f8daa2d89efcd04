/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembered verdicts and change: ends, revocations, another grant in the slot, another agent.
 */
#include "memo_helper.h"

/* The one thing that is not compared but measured: its time. */
static void test_until(void **state)
{
	struct decide_question *question = &harness.skel->bss->question;
	struct writ_memo *memo = NULL;
	const struct writ_grant *grant;

	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "now", 60 * SECOND, 120 * SECOND);
	grant = &harness.kernel.grants[AGENT].slots[0];
	question->now = grant->not_before - 1;
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_NOT_YET_ACTIVE);
	assert_int_equal(count_memos(DIRECTORY, &memo), 1);
	assert_int_equal(memo->until, grant->not_before);
	question->now = grant->not_before;
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(question->grant, grant->id);
	assert_int_equal(question->expires, grant->expires);
	assert_int_equal(memo->until, grant->expires);
	question->now = grant->expires - 1;
	memo->reason = MARK;
	assert_int_equal(ask("/srv/now/f", WRITE), MARK);
	question->now = grant->expires;
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_EXPIRED);
	assert_int_equal(memo->until, UINT64_MAX);
	question->now = 0;
}

static void test_being_written(void **state)
{
	struct writ_memo *memo = remember("/srv/a/b", READ);
	struct writ_memo before;

	(void)state;
	memo->version |= 1;
	before = *memo;
	assert_int_equal(ask("/srv/a/b", READ), WRIT_REASON_ROLE);
	assert_memory_equal(memo, &before, sizeof(before));
	memo->version++;
	assert_int_equal(ask("/srv/a/b", READ), MARK);
}

static void test_revoked(void **state)
{
	struct writ_grant_info info;
	uint64_t id;

	(void)state;
	id = harness_grant(&harness, AGENT, "writer", "now", 0, 60 * SECOND);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	(void)remember("/srv/now/f", WRITE);
	assert_int_equal(writ_grants_revoke(&harness.kernel, id, &info), 0);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_REVOKED);
	assert_int_equal(harness.skel->bss->question.grant, id);
}

/* The word that lists the grants is as it was, but the slot has another grant. */
static void test_slot_of_another_grant(void **state)
{
	struct decide_question *question = &harness.skel->bss->question;
	struct writ_grants *grants = &harness.kernel.grants[AGENT];
	uint64_t order;

	(void)state;
	(void)harness_grant(&harness, AGENT, "writer", "now", -2000 * SECOND, -1000 * SECOND);
	question->now = grants->slots[0].expires - (uint64_t)SECOND;
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_GRANT);
	assert_int_equal(ask("/srv/other/f", WRITE), WRIT_REASON_NO_RULE);
	order = grants->order;
	writ_grants_age(&harness.kernel, NULL, NULL);
	assert_int_equal(grants->order, 0);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_NO_RULE);
	forget();
	(void)harness_grant(&harness, AGENT, "writer", "now", -2000 * SECOND, -1000 * SECOND);
	(void)remember("/srv/now/f", WRITE);
	writ_grants_age(&harness.kernel, NULL, NULL);
	(void)harness_grant(&harness, AGENT, "writer", "other", -2000 * SECOND, -1000 * SECOND);
	assert_int_equal(grants->order, order);
	assert_int_equal(ask("/srv/now/f", WRITE), WRIT_REASON_NO_RULE);
	assert_int_equal(ask("/srv/other/f", WRITE), WRIT_REASON_GRANT);
	question->now = 0;
}

static void test_what_is_not_kept(void **state)
{
	struct writ_memo *memo = NULL;

	(void)state;
	assert_int_equal(ask(FULL_TAIL "8", READ),
			 WRIT_REASON_ROLE); /* a byte longer than the tail */
	assert_int_equal(count_memos(DIRECTORY, &memo), 0);
	harness.kernel.agents[AGENT].state = WRIT_AGENT_SUSPENDED;
	assert_int_equal(ask(FULL_TAIL, READ), WRIT_REASON_SUSPENDED);
	assert_int_equal(count_memos(DIRECTORY, &memo), 0);
	harness.kernel.agents[AGENT].state = WRIT_AGENT_ACTIVE;
	(void)remember(FULL_TAIL, READ);
	forget();
	assert_int_equal(count_memos(DIRECTORY, &memo), 0);
	assert_int_equal(ask(FULL_TAIL, READ), WRIT_REASON_ROLE);
}

/* Suspended, or without its own: at once, whatever is remembered. */
static void test_agent_changes(void **state)
{
	(void)state;
	(void)remember("/tmp/own.log", WRITE);
	harness.kernel.node->protected_image = harness_role(&harness, "own");
	assert_int_equal(ask("/tmp/own.log", WRITE), WRIT_REASON_PROTECTED);
	assert_int_equal(ask("/tmp/own.log", WRITE), WRIT_REASON_PROTECTED);
	harness.kernel.node->protected_image = 0;
	assert_int_equal(ask("/tmp/own.log", WRITE), WRIT_REASON_ROLE);
	harness.kernel.agents[AGENT].state = WRIT_AGENT_SUSPENDED;
	assert_int_equal(ask("/tmp/own.log", WRITE), WRIT_REASON_SUSPENDED);
	harness.kernel.agents[AGENT].state = WRIT_AGENT_FREE;
	assert_int_equal(ask("/tmp/own.log", WRITE), WRIT_REASON_NO_RULE);
}

#define QUESTIONS 20000u
#define CHANGE_EVERY 50u

/* --- at random ------------------------------------------------------------------------------- */

static uint32_t seed = 2463534242u;
static uint64_t grants[2][WRIT_GRANTS_PER_AGENT];
static uint64_t roles[2], own;

static uint32_t draw(uint32_t below)
{
	return harness_random(&seed, below);
}

/* Some grants begin and end between the questions, which take about 10 us each. */
static void change_grant(uint32_t agent)
{
	static const char *const playbooks[] = {"writer", "writer", "denier"};
	static const char *const services[] = {"now", "other"};
	uint64_t *id = &grants[agent - AGENT][draw(WRIT_GRANTS_PER_AGENT)];
	int64_t begins = (int64_t)draw(3) * 500000, length = 500000 + (int64_t)draw(5) * 5000000;
	struct writ_grant_info info;

	if (*id) /* -ENOENT: it has ended by itself */
		(void)writ_grants_revoke(&harness.kernel, *id, &info);
	*id = 0;
	if (draw(3))
		*id = harness_grant(&harness, agent, playbooks[draw(3)], services[draw(2)], begins,
				    begins + length);
}

static void change(void)
{
	uint32_t agent = AGENT + draw(2);
	struct writ_agent *entry = &harness.kernel.agents[agent];

	switch (draw(8)) {
	case 0:
		entry->role = roles[draw(2)];
		break;
	case 1:
		entry->state = draw(3) ? WRIT_AGENT_ACTIVE : WRIT_AGENT_SUSPENDED;
		break;
	case 2:
		harness.kernel.node->protected_image = draw(2) ? own : 0;
		break;
	default:
		change_grant(agent);
	}
}

/* The question with its answer, but for where it was asked. */
static void answer(uint32_t agent, const char *path, uint32_t access, struct decide_question *ret)
{
	(void)harness_ask(&harness, agent, path, access);
	*ret = harness.skel->bss->question;
	ret->directory = 0;
}

static uint32_t ask_at_random(void)
{
	static const char *const directories[] = {"/srv",	"/srv/now",    "/srv/now/deep",
						  "/srv/other", "/srv/secret", "/tmp"};
	static const char *const names[] = {"f",
					    "own.log",
					    "x.log",
					    "g",
					    "0123456789abcdef.log",
					    "a-name-of-more-bytes-than-forty-is-not-kept.log"};
	static const uint32_t accesses[] = {READ, WRITE, READ | WRITE, WRITE | WRIT_ACCESS_CREATE,
					    WRIT_ACCESS_DELETE};
	struct decide_question *question = &harness.skel->bss->question, first, truth, again;
	uint32_t directory = draw(6), agent = AGENT + draw(2), access = accesses[draw(5)];
	const char *name = names[draw(6)];
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", directories[directory], name);
	question->name_len = (uint32_t)strlen(name);
	question->any = draw(4) ? 0 : WRIT_ACCESS_CREATE;
	question->now = writ_time_boot();
	question->directory = directory + 1;
	answer(agent, path, access, &first);
	question->directory = 0;
	answer(agent, path, access, &truth);
	question->directory = directory + 1;
	answer(agent, path, access, &again);
	if (memcmp(&first, &truth, sizeof(truth)) || memcmp(&again, &truth, sizeof(truth)))
		fail_msg("agent %u, %s, access %#x: reasons %u, in truth %u, again %u", agent, path,
			 access, first.reason, truth.reason, again.reason);
	return truth.reason;
}

static void test_at_random(void **state)
{
	unsigned int reasons[WRIT_REASON_COUNT] = {0};
	uint64_t kept = 0;

	(void)state;
	print_message("seed %u\n", seed);
	roles[0] = harness.kernel.agents[AGENT].role;
	roles[1] = harness_role(&harness, "s");
	own = harness_role(&harness, "own");
	for (uint32_t i = 0; i < QUESTIONS; i++) {
		if (i % CHANGE_EVERY == 0)
			change();
		reasons[ask_at_random()]++;
	}
	for (size_t i = 0; i < WRIT_MEMOS; i++)
		kept += harness.caches->memos[i].version / 2;
	print_message("%u questions asked twice, %llu verdicts kept\n", QUESTIONS,
		      (unsigned long long)kept);
	assert_in_range(kept, 100, QUESTIONS - 1); /* so more were answered by one */
	assert_true(reasons[WRIT_REASON_ROLE] && reasons[WRIT_REASON_ROLE_DENY] &&
		    reasons[WRIT_REASON_NO_RULE] && reasons[WRIT_REASON_GRANT] &&
		    reasons[WRIT_REASON_GRANT_DENY] && reasons[WRIT_REASON_EXPIRED] &&
		    reasons[WRIT_REASON_REVOKED] && reasons[WRIT_REASON_NOT_YET_ACTIVE] &&
		    reasons[WRIT_REASON_PROTECTED] && reasons[WRIT_REASON_SUSPENDED]);
	harness.skel->bss->question.now = 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_until),
		CASE(test_being_written),
		CASE(test_revoked),
		CASE(test_slot_of_another_grant),
		CASE(test_what_is_not_kept),
		CASE(test_agent_changes),
		CASE(test_at_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
