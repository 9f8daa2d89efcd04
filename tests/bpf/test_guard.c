/* SPDX-License-Identifier: Apache-2.0 */
/* What a role opens to its agents, asked of the real program over real maps. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <linux/capability.h>

#include "harness.h"

#define AGENT 2u
#define NOBODY 77u

static const char policy[] =
	"{apiVersion: writ/v1, kind: Role, name: closed, files: [{path: /, allow: [read]}]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Role, name: some,\n"
	" capabilities: [CAP_CHOWN, CAP_AUDIT_CONTROL, CAP_CHECKPOINT_RESTORE],\n"
	" allow_kernel: [mount, cgroup]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, role: some}\n";

static struct harness harness;

static int setup(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	harness_policy(&harness, policy);
	harness_agent(&harness, AGENT, harness_role(&harness, "some"));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

static uint32_t run(struct bpf_program *program)
{
	LIBBPF_OPTS(bpf_test_run_opts, options);

	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &options), 0);
	return harness.skel->bss->question.reason;
}

static uint32_t guard(uint32_t agent, uint32_t family)
{
	harness.skel->bss->question = (struct decide_question){
		.agent = agent, .family = family, .at = WRIT_TEXT_PATH_END};
	return run(harness.skel->progs.guard_one);
}

static uint32_t capability(uint32_t agent, uint32_t number)
{
	harness.skel->bss->question =
		(struct decide_question){.agent = agent, .capability = number};
	return run(harness.skel->progs.capability_one);
}

/* The last question's: what the hook gives, and what guard_opens() says. */
static void assert_answer(int result, uint32_t opens)
{
	assert_int_equal(harness.skel->bss->question.result, result);
	assert_int_equal(harness.skel->bss->question.opens, opens);
}

static void families(void **state)
{
	(void)state;
	for (uint32_t family = 0; family < WRIT_FAMILY_COUNT; family++) {
		bool open = family == WRIT_FAMILY_MOUNT || family == WRIT_FAMILY_CGROUP;

		assert_int_equal(guard(AGENT, family),
				 open ? WRIT_REASON_ROLE : WRIT_REASON_GUARDRAIL);
		assert_answer(open ? 0 : -EPERM, open);
	}
	/* no family has these numbers, whatever the bits of a word would say */
	assert_int_equal(guard(AGENT, WRIT_FAMILY_COUNT), WRIT_REASON_GUARDRAIL);
	assert_int_equal(guard(AGENT, 32 + WRIT_FAMILY_MOUNT), WRIT_REASON_GUARDRAIL);
	assert_int_equal(guard(AGENT, UINT32_MAX), WRIT_REASON_GUARDRAIL);
}

static void closed_by_default(void **state)
{
	(void)state;
	harness_agent(&harness, AGENT, harness_role(&harness, "closed"));
	for (uint32_t family = 0; family < WRIT_FAMILY_COUNT; family++)
		assert_int_equal(guard(AGENT, family), WRIT_REASON_GUARDRAIL);
	for (uint32_t number = 0; number <= CAP_LAST_CAP; number++)
		assert_int_equal(capability(AGENT, number), WRIT_REASON_NO_RULE);
}

static void no_agent_and_no_role(void **state)
{
	(void)state;
	assert_int_equal(guard(NOBODY, WRIT_FAMILY_MOUNT), WRIT_REASON_NO_RULE);
	assert_answer(-EPERM, 0);
	assert_int_equal(guard(WRIT_AGENTS_MAX, WRIT_FAMILY_MOUNT), WRIT_REASON_NO_RULE);
	assert_answer(-EPERM, 0);
	assert_int_equal(capability(NOBODY, CAP_CHOWN), WRIT_REASON_NO_RULE);
	assert_int_equal(capability(WRIT_AGENTS_MAX, CAP_CHOWN), WRIT_REASON_NO_RULE);
	harness.kernel.agents[AGENT].role = 0;
	assert_int_equal(guard(AGENT, WRIT_FAMILY_MOUNT), WRIT_REASON_GUARDRAIL);
	assert_answer(-EPERM, 0);
	assert_int_equal(capability(AGENT, CAP_CHOWN), WRIT_REASON_NO_RULE);
}

/* The place is another image's now: its words are not this role's. */
static void replaced_image(void **state)
{
	(void)state;
	harness.kernel.agents[AGENT].role += 1ull << 32;
	assert_int_equal(guard(AGENT, WRIT_FAMILY_MOUNT), WRIT_REASON_GUARDRAIL);
	assert_int_equal(capability(AGENT, CAP_CHOWN), WRIT_REASON_NO_RULE);
}

static void suspended(void **state)
{
	(void)state;
	harness.kernel.agents[AGENT].state = WRIT_AGENT_SUSPENDED;
	assert_int_equal(guard(AGENT, WRIT_FAMILY_MOUNT), WRIT_REASON_SUSPENDED);
	assert_int_equal(harness.skel->bss->question.result, -EPERM);
	assert_int_equal(capability(AGENT, CAP_CHOWN), WRIT_REASON_SUSPENDED);
}

static void monitor(void **state)
{
	(void)state;
	harness.kernel.agents[AGENT].mode = WRIT_MODE_MONITOR;
	assert_int_equal(guard(AGENT, WRIT_FAMILY_BPF), WRIT_REASON_GUARDRAIL);
	assert_answer(0, 0);
}

/* Of both halves of the word, and at its end. */
static void capabilities(void **state)
{
	(void)state;
	for (uint32_t number = 0; number < 70; number++) {
		bool listed = number == CAP_CHOWN || number == CAP_AUDIT_CONTROL ||
			      number == CAP_CHECKPOINT_RESTORE;

		assert_int_equal(capability(AGENT, number),
				 listed ? WRIT_REASON_NONE : WRIT_REASON_NO_RULE);
	}
	assert_int_equal(capability(AGENT, UINT32_MAX), WRIT_REASON_NO_RULE);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(families),	      CASE(closed_by_default), CASE(no_agent_and_no_role),
		CASE(replaced_image), CASE(suspended),	       CASE(monitor),
		CASE(capabilities),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
