/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: what a decision leaves in the ring, at every length of object and argv, and what a full
 * ring does to verdicts (nothing) and to the count of what is missing (exact).
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "audit/decode.h"
#include "harness.h"

#define AGENT 2u
#define SMALL_RING 4096u

static struct harness harness;
static struct writ_event last; /* the newest record, and its object */
static char last_object[WRIT_PATH_SIZE];
static size_t records;

static int take(void *context, void *bytes, size_t len)
{
	struct writ_record record;

	(void)context;
	assert_int_equal(writ_decode_event(bytes, len, &record), 0);
	last = record.event;
	memcpy(last_object, record.object, record.object_len);
	records++;
	return 0;
}

static void open_with(uint32_t ring_size)
{
	harness_open(&harness, ring_size);
	harness_policy(&harness, "{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
				 " {path: '/ok/**', allow: [read]},\n"
				 " {path: '/quiet/**', allow: [read], audit: none},\n"
				 " {path: '/half/**', allow: [read], audit: denied},\n"
				 " {path: '/half/no', deny: [read], audit: denied},\n"
				 " {path: '/hush/**', deny: [read], audit: none},\n"
				 " {path: '/must/**', allow: [read], audit: required}]}\n");
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	records = 0;
}

static int setup(void **state)
{
	(void)state;
	open_with(0);
	return 0;
}

static int setup_small(void **state)
{
	(void)state;
	open_with(SMALL_RING);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	harness_close(&harness);
	return 0;
}

static int finish(const void *path, size_t len)
{
	int program = bpf_program__fd(harness.skel->progs.finish_one);

	(void)harness_ask_bytes(&harness, program, AGENT, path, len, WRIT_ACCESS_READ);
	return harness.skel->bss->question.result;
}

static struct ring_buffer *open_ring(void)
{
	struct ring_buffer *ring =
		ring_buffer__new(harness.kernel.map_fds[WRIT_MAP_events], take, NULL, NULL);

	assert_non_null(ring);
	return ring;
}

static void test_record(void **state)
{
	struct ring_buffer *ring = open_ring();

	(void)state;
	assert_int_equal(finish("/ok/file", 8), 0);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(last.verdict, WRIT_VERDICT_ALLOW);
	assert_int_equal(last.reason, WRIT_REASON_ROLE);
	assert_int_equal(last.agent, AGENT);
	assert_int_equal(last.access, WRIT_ACCESS_READ);
	assert_memory_equal(last_object, "/ok/file", 8);
	assert_int_equal(last.pid, getpid());
	assert_int_equal(finish("/no", 3), -EPERM);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(last.verdict, WRIT_VERDICT_DENY);
	assert_int_equal(last.reason, WRIT_REASON_NO_RULE);
	ring_buffer__free(ring);
}

static void test_monitor(void **state)
{
	struct ring_buffer *ring = open_ring();

	(void)state;
	harness.kernel.agents[AGENT].mode = WRIT_MODE_MONITOR;
	assert_int_equal(finish("/no", 3), 0);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_int_equal(last.verdict, WRIT_VERDICT_WOULD_DENY);
	ring_buffer__free(ring);
}

/* Every length of the object, with and without argv, arrives whole: the classes have no hole. */
static void test_lengths(void **state)
{
	struct ring_buffer *ring = open_ring();
	char path[WRIT_PATH_SIZE];

	(void)state;
	memset(path, 'p', sizeof(path));
	path[0] = '/';
	for (uint32_t argv = 0; argv <= WRIT_ARGV_SIZE; argv += WRIT_ARGV_SIZE / 2) {
		for (size_t len = 1; len < WRIT_PATH_SIZE; len++) {
			harness.skel->bss->question.argv_len = argv;
			assert_int_equal(finish(path, len), -EPERM);
			assert_int_equal(ring_buffer__consume(ring), 1);
			assert_int_equal(last.object_len, len);
			assert_memory_equal(last_object, path, len);
			assert_true(last.argv_len == argv || last.flags & WRIT_EVENT_ARGV_CUT);
		}
	}
	ring_buffer__free(ring);
}

static void sum_counters(struct writ_counters *ret)
{
	assert_int_equal(writ_kernel_counters(&harness.kernel, ret, NULL, NULL), 0);
}

static void test_full_ring(void **state)
{
	struct ring_buffer *ring = open_ring();
	struct writ_counters counters;
	uint64_t tried = 200;

	(void)state;
	for (uint64_t i = 0; i < tried; i++) {
		assert_int_equal(finish("/no", 3), -EPERM);
		assert_int_equal(finish("/ok/file", 8), 0);
	}
	sum_counters(&counters);
	assert_int_equal(counters.sequence, 2 * tried);
	assert_int_equal(counters.denied, tried);
	assert_int_equal(counters.allowed, tried);
	assert_true(counters.lost > 0);
	(void)ring_buffer__consume(ring);
	assert_int_equal(records + counters.lost, counters.sequence);
	/* the next one that fits says how many are missing */
	assert_int_equal(finish("/no", 3), -EPERM);
	assert_int_equal(ring_buffer__consume(ring), 1);
	assert_true(last.lost > 0 && last.lost <= counters.lost);
	ring_buffer__free(ring);
}

static size_t recorded(struct ring_buffer *ring, const char *path, int result)
{
	int n;

	assert_int_equal(finish(path, strlen(path)), result);
	n = ring_buffer__consume(ring);
	assert_true(n >= 0);
	return (size_t)n;
}

/* What policy wants no record of leaves none, and is counted all the same. */
static void test_quiet(void **state)
{
	struct ring_buffer *ring = open_ring();
	struct writ_counters counters;

	(void)state;
	assert_int_equal(recorded(ring, "/ok/file", 0), 1);
	assert_int_equal(recorded(ring, "/quiet/file", 0), 0);
	assert_int_equal(recorded(ring, "/half/file", 0), 0);
	assert_int_equal(recorded(ring, "/half/no", -EPERM), 1);
	assert_int_equal(recorded(ring, "/hush/file", -EPERM), 0);
	assert_int_equal(recorded(ring, "/must/file", 0), 1);
	assert_int_equal(recorded(ring, "/elsewhere", -EPERM), 1);
	sum_counters(&counters);
	assert_int_equal(counters.allowed, 4);
	assert_int_equal(counters.denied, 3);
	assert_int_equal(counters.sequence, 4);
	/* what needs no access, as a fork, is no rule's to keep quiet */
	(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.finish_one), AGENT,
				"/quiet/file", 11, 0);
	assert_int_equal(ring_buffer__consume(ring), 1);
	ring_buffer__free(ring);
}

/* An allow whose record is required is a deny while the ring is full, and only then. */
static void test_required(void **state)
{
	struct ring_buffer *ring = open_ring();

	(void)state;
	assert_int_equal(finish("/must/file", 10), 0);
	for (int i = 0; i < 200; i++)
		assert_int_equal(finish("/ok/file", 8), 0);
	assert_int_equal(finish("/must/file", 10), -EPERM);
	assert_int_equal(finish("/quiet/file", 11), 0);
	(void)ring_buffer__consume(ring);
	assert_int_equal(finish("/must/file", 10), 0);
	ring_buffer__free(ring);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_record),
		CASE(test_monitor),
		CASE(test_lengths),
		CASE(test_quiet),
		cmocka_unit_test_setup_teardown(test_full_ring, setup_small, teardown),
		cmocka_unit_test_setup_teardown(test_required, setup_small, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
