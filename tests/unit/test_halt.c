/* SPDX-License-Identifier: Apache-2.0 */
/* on_error: stop_agents: when agents are stopped, that it holds, and what ends it. */
#include "daemon_helper.h"

#include "compile/node.h"

#define SECOND UINT64_C(1000000000)
#define TICK (SECOND / 20)

static struct writ_audit_page page;
static struct writ_policy_node node;

/* Looks each tick for @span; rounds are counted if @moves. True: it changed. */
static bool look_for(struct writ_halt *halt, int error_, bool moves, uint64_t *now, uint64_t span)
{
	uint64_t end = *now + span, rounds = halt->rounds;
	bool changed = false;

	for (; *now < end; *now += TICK) {
		rounds += moves;
		changed |= writ_halt_look(halt, error_, rounds, *now);
	}
	return changed;
}

static void test_an_error_stops_at_once(void **state)
{
	struct writ_halt halt = {0};
	uint64_t now = 100 * SECOND;

	(void)state;
	assert_false(look_for(&halt, 0, true, &now, 20 * SECOND));
	assert_true(writ_halt_look(&halt, -ENOSPC, halt.rounds, now));
	assert_true(halt.on);
	assert_int_equal(halt.error, -ENOSPC);
	now += TICK;
	assert_false(look_for(&halt, -ENOSPC, false, &now, SECOND));
	assert_false(look_for(&halt, 0, true, &now, SECOND - 2 * TICK)); /* not at once */
	assert_false(look_for(&halt, -ENOSPC, true, &now, TICK)); /* it goes to and fro */
	assert_false(look_for(&halt, 0, true, &now, SECOND - 2 * TICK));
	assert_true(halt.on);
	assert_true(look_for(&halt, 0, true, &now, 4 * TICK));
	assert_false(halt.on);
}

/* Nobody says anything: it is dead, or stopped. */
static void test_silence_stops(void **state)
{
	struct writ_halt halt = {0};
	uint64_t now = 100 * SECOND;

	(void)state;
	assert_false(look_for(&halt, 0, false, &now, WRIT_HALT_SILENT_NS - TICK));
	assert_false(look_for(&halt, 0, true, &now, TICK)); /* just in time */
	assert_false(look_for(&halt, 0, false, &now, WRIT_HALT_SILENT_NS - TICK));
	assert_true(look_for(&halt, 0, false, &now, 2 * TICK));
	assert_true(halt.on);
	assert_int_equal(halt.error, 0);
	assert_false(look_for(&halt, 0, false, &now, 60 * SECOND));
	assert_true(look_for(&halt, 0, true, &now, SECOND + 3 * TICK));
	assert_false(halt.on);
}

/* What an earlier writd has stopped goes on when the log has shown that it works, not before. */
static void test_adopted(void **state)
{
	struct writ_halt halt = {.on = true};
	uint64_t now = 100 * SECOND;

	(void)state;
	assert_false(look_for(&halt, 0, false, &now, 30 * SECOND));
	assert_true(look_for(&halt, 0, true, &now, SECOND + 3 * TICK));
	assert_false(halt.on);
	halt = (struct writ_halt){.on = true};
	assert_true(look_for(&halt, 0, true, &now, SECOND + 3 * TICK));
}

static void wants(enum writ_on_error on_error)
{
	node = *writ_node_of(NULL);
	node.audit.on_error = on_error;
	daemon_.policy->node = &node;
	page = (struct writ_audit_page){0};
	daemon_.audit.page = &page;
}

static void assert_states(uint32_t bot, uint32_t cat)
{
	assert_int_equal(kernel.agents[indices[0]].state, bot);
	assert_int_equal(kernel.agents[indices[1]].state, cat);
	assert_int_equal(kernel.agents[WRIT_AGENT_CANARY].state, WRIT_AGENT_ACTIVE);
}

/* It was so for long enough. */
static void recover(void)
{
	page.error = 0;
	page.rounds++;
	daemon_.halt.trouble -= 2 * SECOND;
	writ_halt_tick(&daemon_);
}

static void test_agents_are_stopped(void **state)
{
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);

	(void)state;
	wants(WRIT_ON_ERROR_STOP);
	writ_halt_tick(&daemon_);
	assert_states(WRIT_AGENT_ACTIVE, WRIT_AGENT_ACTIVE);
	page.error = -ENOSPC;
	writ_halt_tick(&daemon_);
	assert_states(WRIT_AGENT_SUSPENDED, WRIT_AGENT_SUSPENDED);
	assert_int_equal(kernel.grants[indices[0]].ends, 1); /* what it has open is judged again */
	assert_logged("agents_stopped");
	assert_logged("No space left on device");
	assert_int_equal(ask_broker(request, true), -ESHUTDOWN);
	assert_said("until the audit log takes lines again (No space left on device)");
	recover();
	assert_states(WRIT_AGENT_ACTIVE, WRIT_AGENT_ACTIVE);
	assert_logged("agents_go_on");
	assert_int_equal(ask_broker(request, true), 0);
}

/* An operator's word holds before, meanwhile and after. */
static void test_a_suspended_agent_stays_so(void **state)
{
	struct writ_request suspend = verb(WRIT_VERB_SUSPEND, 0);

	(void)state;
	wants(WRIT_ON_ERROR_STOP);
	page.error = -EROFS;
	writ_halt_tick(&daemon_);
	(void)strcpy(suspend.agent, "bot");
	assert_int_equal(ask_person(suspend, WRIT_CALLER_OPERATOR, 1), 0);
	suspend.verb = WRIT_VERB_RESUME; /* no way round */
	assert_int_equal(ask_person(suspend, WRIT_CALLER_OPERATOR, 1), 0);
	assert_states(WRIT_AGENT_SUSPENDED, WRIT_AGENT_SUSPENDED);
	suspend.verb = WRIT_VERB_SUSPEND;
	assert_int_equal(ask_person(suspend, WRIT_CALLER_OPERATOR, 1), 0);
	recover();
	assert_states(WRIT_AGENT_SUSPENDED, WRIT_AGENT_ACTIVE);
}

static void test_the_default_stops_nobody(void **state)
{
	(void)state;
	wants(WRIT_ON_ERROR_DROP);
	page.error = -ENOSPC;
	writ_halt_tick(&daemon_);
	assert_states(WRIT_AGENT_ACTIVE, WRIT_AGENT_ACTIVE);
}

/* An operator ends it by a policy that does not want it. */
static void test_another_policy_ends_it(void **state)
{
	(void)state;
	wants(WRIT_ON_ERROR_STOP);
	page.error = -EIO;
	writ_halt_tick(&daemon_);
	assert_states(WRIT_AGENT_SUSPENDED, WRIT_AGENT_SUSPENDED);
	node.audit.on_error = WRIT_ON_ERROR_DROP;
	writ_halt_tick(&daemon_);
	assert_states(WRIT_AGENT_ACTIVE, WRIT_AGENT_ACTIVE);
}

/* writd was killed meanwhile; the next one finds only what the kernel has. */
static void test_it_outlives_writd(void **state)
{
	struct writ_policy *policy = daemon_.policy;

	(void)state;
	wants(WRIT_ON_ERROR_STOP);
	page.error = -ENOSPC;
	writ_halt_tick(&daemon_);
	daemon_.halt = (struct writ_halt){0};
	page = (struct writ_audit_page){0};
	writ_halt_adopt(&daemon_);
	assert_true(daemon_.halt.on);
	daemon_.policy = NULL; /* refused: it is not known what it wanted */
	writ_halt_tick(&daemon_);
	daemon_.policy = policy;
	writ_gate_publish(&daemon_, policy, indices);
	writ_halt_tick(&daemon_);
	assert_states(WRIT_AGENT_SUSPENDED, WRIT_AGENT_SUSPENDED);
	recover();
	assert_states(WRIT_AGENT_ACTIVE, WRIT_AGENT_ACTIVE);
	writ_halt_adopt(&daemon_);
	assert_false(daemon_.halt.on);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_error_stops_at_once),
		cmocka_unit_test(test_silence_stops),
		cmocka_unit_test(test_adopted),
		TEST(test_agents_are_stopped),
		TEST(test_a_suspended_agent_stays_so),
		TEST(test_the_default_stops_nobody),
		TEST(test_another_policy_ends_it),
		TEST(test_it_outlives_writd),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
