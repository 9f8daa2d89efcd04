/* SPDX-License-Identifier: Apache-2.0 */
/* Grants that one run holds, and entry commands that are counted, asked of the real program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>
#include <errno.h>

#include "harness.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define AGENT 2u
#define SECOND ((int64_t)WRIT_NS_PER_SECOND)
#define PATH "/srv/a/x"
#define ENTRY "/bin/entry"
#define USES 3u

static const char policy[] =
	"{apiVersion: writ/v1, kind: Role, name: r, files: [{path: '/bin/**', allow: [read]}],\n"
	" playbooks: [w]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: w,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/srv/{service}/**', allow: [write]}],\n"
	" exec: [{path: /bin/entry}, {path: /bin/other}],\n"
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

/* A grant of scope run from now on. */
static uint64_t issue(uint32_t uses_max)
{
	/* the key of YAML is the compiler's business */
	struct writ_policy_playbook *playbook =
		(struct writ_policy_playbook *)(uintptr_t)&harness.policy->playbooks[0];

	playbook->max_uses = uses_max;
	playbook->entry = 0;
	harness.scope = WRIT_SCOPE_RUN;
	harness.uses_max = uses_max;
	return harness_grant(&harness, AGENT, "w", "a", -SECOND, 100 * SECOND);
}

static void end_all(void)
{
	memset(&harness.kernel.grants[AGENT], 0, sizeof(struct writ_grants));
}

static uint32_t ask_as(uint64_t run)
{
	harness.skel->bss->question.run = run;
	return harness_ask(&harness, AGENT, PATH, WRIT_ACCESS_WRITE);
}

static uint32_t use(uint64_t run, const char *path)
{
	harness.skel->bss->question.run = run;
	return harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.use_one), AGENT,
				 path, strlen(path), WRIT_ACCESS_EXECUTE);
}

static void test_run(void **state)
{
	uint64_t id = issue(0), second;
	struct writ_grant_info info;

	(void)state;
	assert_int_equal(ask_as(id), WRIT_REASON_GRANT);
	assert_int_equal(ask_as(0), WRIT_REASON_OTHER_RUN);
	assert_int_equal(harness.skel->bss->question.grant, id);
	assert_int_equal(ask_as(id + 1), WRIT_REASON_OTHER_RUN);
	second = issue(0);
	assert_int_equal(ask_as(second), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, second);
	assert_int_equal(writ_grants_end(&harness.kernel, id, WRIT_END_COMPLETED, &info), 0);
	assert_int_equal(info.end, WRIT_END_COMPLETED);
	assert_int_equal(ask_as(id), WRIT_REASON_OTHER_RUN); /* the younger one says why */
	assert_int_equal(ask_as(second), WRIT_REASON_GRANT);
	assert_int_equal(writ_grants_end(&harness.kernel, id, WRIT_END_REVOKED, &info), -ENOENT);
	assert_int_equal(writ_grants_end(&harness.kernel, second, WRIT_END_EXPIRED, &info),
			 -EINVAL);
	assert_int_equal(writ_grants_end(&harness.kernel, second, WRIT_END_USED_UP, &info), 0);
	assert_int_equal(ask_as(second), WRIT_REASON_REVOKED);
	end_all();
}

static void test_states(void **state)
{
	static const struct {
		enum writ_end end;
		enum writ_grant_state state;
	} cases[] = {
		{WRIT_END_REVOKED, WRIT_GRANT_STATE_REVOKED},
		{WRIT_END_COMPLETED, WRIT_GRANT_STATE_COMPLETED},
		{WRIT_END_USED_UP, WRIT_GRANT_STATE_USED_UP},
	};
	enum writ_grant_state found;
	struct writ_grant_info info;
	uint32_t uses;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		uint64_t id = issue(0);

		assert_int_equal(writ_grants_end(&harness.kernel, id, cases[i].end, &info), 0);
		assert_int_equal(writ_grants_state(&harness.kernel, &info, &found, &uses), 0);
		assert_int_equal(found, cases[i].state);
		assert_int_equal(writ_grants_info(&harness.kernel, id, &info), 0);
		assert_int_equal(info.end, cases[i].end);
	}
	end_all();
	assert_int_equal(writ_grants_state(&harness.kernel, &info, &found, &uses), -ENOENT);
}

static void label(uint64_t run, uint32_t held)
{
	const struct writ_label label = {.agent = AGENT, .held = held, .run = run};
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	assert_int_equal(bpf_map_update_elem(harness.kernel.map_fds[WRIT_MAP_labels], &pidfd,
					     &label, BPF_ANY),
			 0);
}

/* What was entered gives nothing before it is held. */
static void test_label(void **state)
{
	uint64_t id = issue(0);

	(void)state;
	label(id, 0);
	assert_int_equal(ask_as(0), WRIT_REASON_OTHER_RUN);
	label(id, 1);
	assert_int_equal(ask_as(0), WRIT_REASON_GRANT);
	label(id + 1, 1);
	assert_int_equal(ask_as(0), WRIT_REASON_OTHER_RUN);
	label(0, 0);
	end_all();
}

static uint32_t ask_remembered(uint64_t run)
{
	harness.skel->bss->question.directory = 7;
	harness.skel->bss->question.name_len = 1;
	return ask_as(run);
}

/* A verdict that was remembered of one run is no other one's. */
static void test_memo(void **state)
{
	uint64_t id = issue(0);

	(void)state;
	assert_int_equal(ask_remembered(id), WRIT_REASON_GRANT);
	assert_int_equal(ask_remembered(0), WRIT_REASON_OTHER_RUN);
	assert_int_equal(ask_remembered(id + 1), WRIT_REASON_OTHER_RUN);
	assert_int_equal(ask_remembered(id), WRIT_REASON_GRANT);
	harness.skel->bss->question.directory = 0;
	end_all();
}

static void test_uses(void **state)
{
	uint64_t id = issue(USES), second;

	(void)state;
	for (uint32_t i = 0; i < USES; i++) {
		assert_int_equal(use(id, "/bin/other"), WRIT_REASON_GRANT);
		assert_int_equal(use(0, ENTRY), WRIT_REASON_OTHER_RUN);
		assert_int_equal(use(id, ENTRY), WRIT_REASON_GRANT);
	}
	assert_int_equal(harness.kernel.grants[AGENT].slots[0].uses, USES);
	assert_int_equal(use(id, ENTRY), WRIT_REASON_USED_UP);
	assert_int_equal(harness.skel->bss->question.grant, id);
	assert_int_equal(use(id, "/bin/other"), WRIT_REASON_GRANT);
	assert_int_equal(ask_as(id), WRIT_REASON_GRANT); /* what runs goes on */
	assert_int_equal(harness.kernel.grants[AGENT].slots[0].uses, USES);
	second = issue(0);
	harness.kernel.grants[AGENT].order &= ~UINT64_C(0x2020); /* as of scope agent, both */
	assert_int_equal(use(0, ENTRY), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, second);
	end_all();
}

/* Where one grant is used up the next one serves: no verdict on the command is remembered. */
static void test_remembers_no_use(void **state)
{
	uint64_t first = issue(1), second = issue(1);

	(void)state;
	harness.kernel.grants[AGENT].order &= ~UINT64_C(0x2020); /* as of scope agent, both */
	harness.skel->bss->question.directory = 9;
	harness.skel->bss->question.name_len = 5;
	assert_int_equal(use(0, ENTRY), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, first);
	assert_int_equal(use(0, ENTRY), WRIT_REASON_GRANT);
	assert_int_equal(harness.skel->bss->question.grant, second);
	assert_int_equal(use(0, ENTRY), WRIT_REASON_USED_UP);
	harness.kernel.grants[AGENT].slots[0].uses = 0;
	assert_int_equal(use(0, ENTRY), WRIT_REASON_GRANT);
	harness.skel->bss->question.directory = 0;
	end_all();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_run),   cmocka_unit_test(test_states),
		cmocka_unit_test(test_label), cmocka_unit_test(test_memo),
		cmocka_unit_test(test_uses),  cmocka_unit_test(test_remembers_no_use),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
