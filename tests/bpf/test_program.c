/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program a task runs: what an exec leaves in the label and in records, and that one that was
 * missed leaves nothing. The label is this process's; no hook gives it one here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "audit/decode.h"
#include "harness.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define AGENT 2u
#define PATH "/usr/bin/one"

static struct harness harness;
static struct ring_buffer *ring;
static struct writ_event last;
static char last_object[WRIT_PATH_SIZE];

static int take(void *context, void *bytes, size_t len)
{
	struct writ_record record;

	(void)context;
	assert_int_equal(writ_decode_event(bytes, len, &record), 0);
	last = record.event;
	memcpy(last_object, record.object, record.object_len);
	return 0;
}

static int setup(void **state)
{
	(void)state;
	harness_open(&harness, 0);
	harness_policy(&harness, "{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
				 " {path: '/usr/**', allow: [read]}]}\n");
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	ring = ring_buffer__new(harness.kernel.map_fds[WRIT_MAP_events], take, NULL, NULL);
	return !ring;
}

static int teardown(void **state)
{
	(void)state;
	ring_buffer__free(ring);
	harness_close(&harness);
	return 0;
}

static int own_pidfd(void)
{
	return (int)syscall(SYS_pidfd_open, getpid(), 0);
}

static void set_label(const struct writ_label *label)
{
	_cleanup_close_ int pidfd = own_pidfd();
	int fd = harness.kernel.map_fds[WRIT_MAP_labels];

	if (label)
		assert_int_equal(bpf_map_update_elem(fd, &pidfd, label, BPF_ANY), 0);
	else
		(void)bpf_map_delete_elem(fd, &pidfd);
}

static struct writ_label get_label(void)
{
	_cleanup_close_ int pidfd = own_pidfd();
	struct writ_label label;

	assert_int_equal(bpf_map_lookup_elem(harness.kernel.map_fds[WRIT_MAP_labels], &pidfd,
					     &label),
			 0);
	return label;
}

static void run(struct bpf_program *program)
{
	(void)harness_ask_bytes(&harness, bpf_program__fd(program), AGENT, PATH, strlen(PATH),
				WRIT_ACCESS_READ);
	assert_int_equal(ring_buffer__consume(ring), 1);
}

/* The program that a decision's record names: the label's, for the scratch is made anew. */
static uint64_t program_now(void)
{
	run(harness.skel->progs.finish_one);
	assert_int_equal(last.type, WRIT_EVENT_DECISION);
	return last.exec;
}

static uint64_t execute(uint32_t unnamed)
{
	harness.skel->bss->question.family = unnamed;
	run(harness.skel->progs.enter_one);
	harness.skel->bss->question.family = 0;
	assert_int_equal(harness.skel->bss->question.result, 0);
	assert_int_equal(last.type, WRIT_EVENT_EXEC);
	return last.exec;
}

static void test_record(void **state)
{
	uint64_t before = writ_time_boot(), first;

	(void)state;
	first = execute(0);
	assert_in_range(first, before + 1, writ_time_boot() + 1);
	assert_memory_equal(last_object, PATH, strlen(PATH));
	assert_int_equal(last.object_len, strlen(PATH));
	assert_int_equal(last.agent, AGENT);
	assert_int_equal(last.pid, getpid());
	assert_int_equal(last.tid, getpid());
	assert_int_equal(last.verdict, WRIT_VERDICT_NONE);
	assert_int_equal(last.operation, WRIT_OP_NONE);
	assert_int_equal(last.reason, WRIT_REASON_NONE);
	assert_int_equal(last.access, 0);
	assert_int_equal(last.grant, 0);
	assert_int_equal(last.by, 0);
	assert_int_equal(execute(WRIT_REASON_ANONYMOUS), first + 1);
	assert_int_equal(last.reason, WRIT_REASON_ANONYMOUS);
}

static void test_kept_in_the_label(void **state)
{
	const struct writ_label label = {.agent = AGENT};
	uint64_t exec;

	(void)state;
	set_label(&label);
	assert_int_equal(program_now(), 0);
	exec = execute(0);
	assert_int_equal(get_label().exec, exec);
	assert_int_equal(get_label().agent, AGENT);
	assert_true(get_label().exec_turn > 0);
	assert_int_equal(program_now(), exec);
}

/* No label: the task's own records know it as long as its scratch does, and then nobody. */
static void test_without_a_label(void **state)
{
	uint64_t exec = execute(0);

	(void)state;
	assert_int_equal(harness.skel->bss->question.exec, exec);
	assert_int_equal(program_now(), 0);
}

/* An exec that left no trace: not known, and not what was before; the next one is known again. */
static void test_missed(void **state)
{
	const struct writ_label label = {.agent = AGENT};
	struct writ_label missed;
	uint64_t exec;

	(void)state;
	set_label(&label);
	exec = execute(0);
	missed = get_label();
	missed.exec_turn--;
	set_label(&missed);
	assert_int_equal(program_now(), 0);
	assert_int_equal(execute(0), exec + 1);
	assert_int_equal(last.by, exec); /* the label's, which is of one turn ago */
	missed.exec_turn--;
	set_label(&missed);
	assert_int_equal(execute(0), exec + 2);
	assert_int_equal(last.by, 0); /* another one was in between */
	assert_int_equal(program_now(), exec + 2);
}

/* The maps are made anew: ids go on behind all that were given. */
static void test_ids_of_other_maps(void **state)
{
	uint64_t exec;

	(void)state;
	harness.caches->execs = 0;
	exec = execute(0);
	harness.caches->execs = 0;
	assert_true(execute(0) > exec);
	assert_true(last.exec <= writ_time_boot() + 1);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_record), TEST(test_kept_in_the_label), TEST(test_without_a_label),
		TEST(test_missed), TEST(test_ids_of_other_maps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
