/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the ring to JSON lines on disk, by writd's own reader and stream: how many records a second
 * one core takes out of a full ring, of what was allowed and of what was denied, what a record
 * costs who makes it, and how many are lost when 300,000 a second come. The records are those of
 * real decisions, made by a BPF program that ends each as a hook does. The log lies in the current
 * directory, for /tmp is memory on many machines.
 */
#include "native.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "audit/copies.h"
#include "audit/names.h"
#include "audit/ring.h"
#include "audit/stream.h"
#include "bench.h"
#include "harness.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define AGENT 2u
#define PATH "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"
#define PROGRAM "/usr/bin/python3.11"
#define DIRECTORY "build/bench/audit"
#define LOG DIRECTORY "/audit.jsonl"
#define RING_SIZE (4u << 20) /* writd's default */
#define FILL 12000u	     /* records that fit into it: 250 bytes each with header */
#define SOME 900u	     /* that stay below what wakes the reader, event.bpf.c: 256 KiB */
#define BLOCKS 21	     /* odd: the median is one that was measured */

/* What is decided, again and again: so the remedy of what is denied is one that is kept. */
struct act {
	const char *path;
	uint32_t access;
	uint32_t reason;
};

static const struct act allowed = {PATH, WRIT_ACCESS_READ, WRIT_REASON_ROLE};
static const struct act denied = {"/etc/billing/releases/2026-11/certificates/static/tls/key.pem",
				  WRIT_ACCESS_WRITE, WRIT_REASON_NO_RULE};

/* What writ-audit has. */
static struct writ_names *names;
static struct writ_remedies *remedies;
static struct writ_stream *stream;
static struct writ_ring *ring;
static struct writ_copies *copies;
static struct harness harness;

static void take_record(void *context, const void *bytes, size_t len)
{
	(void)context;
	(void)writ_stream_record(stream, bytes, len);
	writ_copies_take(copies, bytes, len);
}

static int commit_records(void *context)
{
	(void)context;
	return writ_stream_commit(stream);
}

/* As shipped: chained, signed each minute, synced each second, closed at 64 MiB. */
static const struct writ_trail_settings settings = {
	.log = LOG,
	.key = DIRECTORY "/audit.key",
	.sync = WRIT_TRAIL_SYNC_INTERVAL,
	.sync_ns = WRIT_NS_PER_SECOND,
	.checkpoint_ns = 60 * WRIT_NS_PER_SECOND,
	.rotate_bytes = 64 << 20,
	.rotate_ns = UINT64_MAX,
};

/* This process is an agent's that runs PROGRAM, so that each line says so. */
static void execute(void)
{
	const struct writ_label label = {.agent = AGENT};
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	void *programs = mmap(NULL, sizeof(struct writ_program_paths), PROT_READ | PROT_WRITE,
			      MAP_SHARED, harness.kernel.map_fds[WRIT_MAP_programs], 0);

	assert_ptr_not_equal(programs, MAP_FAILED);
	writ_names_programs(names, programs);
	assert_int_equal(bpf_map_update_elem(harness.kernel.map_fds[WRIT_MAP_labels], &pidfd,
					     &label, BPF_ANY),
			 0);
	(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.enter_one), AGENT,
				PROGRAM, strlen(PROGRAM), 0);
	assert_int_equal(harness.skel->bss->question.result, 0);
	assert_int_equal(writ_ring_drain(ring), 0);
}

static void open_all(void)
{
	_cleanup_free_ char *yaml = bench_policy_rules(1000, 1);
	struct writ_ring_consumer consumer = {.record = take_record, .commit = commit_records};
	struct writ_agent *agent;

	harness_open(&harness, RING_SIZE);
	harness_policy(&harness, yaml);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	agent = &harness.kernel.agents[AGENT];
	(void)snprintf(agent->name, sizeof(agent->name), "a");
	copies = writ_copies_new();
	assert_non_null(copies);
	assert_int_equal(writ_names_new(harness.kernel.agents, harness.kernel.tables,
					harness.kernel.node,
					harness.kernel.map_fds[WRIT_MAP_grant_infos], &names),
			 0);
	assert_int_equal(writ_remedies_new(writ_time_boot, &remedies), 0);
	writ_remedies_set(remedies, harness.policy);
	writ_names_remedies(names, remedies);
	assert_int_equal(system("rm -rf " DIRECTORY " && mkdir " DIRECTORY), 0);
	assert_int_equal(writ_stream_open(&settings, writ_names_resolver(names), NULL, &stream), 0);
	assert_int_equal(writ_ring_open(harness.kernel.map_fds[WRIT_MAP_events], RING_SIZE,
					&consumer, &ring),
			 0);
	execute();
}

static void close_all(void)
{
	writ_ring_close(ring);
	writ_stream_close(stream);
	writ_names_free(names);
	writ_remedies_free(remedies);
	writ_copies_free(copies);
	harness_close(&harness);
	(void)!system("rm -rf " DIRECTORY);
}

/* @n decisions with their records. */
static void produce_of(const struct act *act, uint32_t n)
{
	harness.skel->bss->question.repeat = n;
	assert_int_equal(harness_ask_bytes(&harness,
					   bpf_program__fd(harness.skel->progs.finish_many), AGENT,
					   act->path, strlen(act->path), act->access),
			 act->reason);
}

static void produce(uint32_t n)
{
	produce_of(&allowed, n);
}

static uint64_t count_lost(void)
{
	struct writ_counters counters;

	assert_int_equal(writ_kernel_counters(&harness.kernel, &counters, NULL, NULL), 0);
	return counters.lost;
}

/* Records a second, of one block; and bytes of a line, unless it can't be told. */
static double drain_block(const struct act *act, double *ret_line)
{
	struct writ_stream_totals before, after;
	struct stat old = {0}, new;
	double seconds;

	produce_of(act, FILL);
	writ_stream_totals(stream, &before);
	(void)stat(LOG, &old);
	seconds = bench_now();
	assert_int_equal(writ_ring_drain(ring), 0);
	seconds = bench_now() - seconds;
	writ_stream_totals(stream, &after);
	assert_int_equal(after.written - before.written, FILL);
	assert_int_equal(stat(LOG, &new), 0);
	if (new.st_size > old.st_size) /* else another segment was begun meanwhile */
		*ret_line = (double)(new.st_size - old.st_size) / FILL;
	return FILL / seconds;
}

/* The same bytes, in batches of the same size as the reader's, into a file by write(2) alone. */
static double write_block(double line)
{
	static char batch[64 << 10];
	size_t left = (size_t)(line * FILL);
	_cleanup_close_ int fd = creat(LOG ".floor", 0600);
	double seconds;

	assert_true(fd >= 0);
	memset(batch, 'x', sizeof(batch));
	seconds = bench_now();
	while (left) {
		size_t len = left < sizeof(batch) ? left : sizeof(batch);

		assert_int_equal(write(fd, batch, len), len);
		left -= len;
	}
	seconds = bench_now() - seconds;
	(void)unlink(LOG ".floor");
	return FILL / seconds;
}

/* The same bytes by memcpy() alone. */
static double copy_block(double line)
{
	size_t size = (size_t)(line * FILL);
	_cleanup_free_ char *from = malloc(size), *to = malloc(size);
	double seconds;

	assert_true(from && to);
	memset(from, 'x', size);
	memset(to, 'y', size);
	seconds = bench_now();
	memcpy(to, from, size);
	__asm__ volatile("" : : "r"(to) : "memory");
	return FILL / (bench_now() - seconds);
}

static void report_rate(const char *name, double *blocks, const char *floor)
{
	bench_report(&(struct bench_figure){name, "events/s", bench_median(blocks, BLOCKS), floor,
					    BLOCKS});
}

static void bench_drain(void)
{
	double drained[BLOCKS], denials[BLOCKS], written[BLOCKS], copied[BLOCKS], line = 0;

	for (int i = 0; i < BLOCKS; i++) {
		denials[i] = drain_block(&denied, &line);
		drained[i] = drain_block(&allowed, &line);
		written[i] = write_block(line);
		copied[i] = copy_block(line);
	}
	assert_int_equal(count_lost(), 0);
	report_rate("native.floor.memcpy_events_per_s", copied, NULL);
	report_rate("native.floor.write_events_per_s", written, NULL);
	assert_int_equal(writ_remedies_left_out(remedies), 0);
	report_rate("native.audit_events_per_s", drained, "native.floor.write_events_per_s");
	report_rate("native.audit_denials_per_s", denials, "native.audit_events_per_s");
}

/* Nanoseconds of one decision with its record, when @waiting of them are in the ring already. */
static void bench_record(const char *name, uint32_t waiting)
{
	double blocks[BLOCKS];

	for (int i = 0; i < BLOCKS; i++) {
		double seconds;

		if (waiting)
			produce(waiting);
		seconds = bench_now();
		produce(SOME);
		blocks[i] = (bench_now() - seconds) * 1e9 / SOME;
		assert_int_equal(writ_ring_drain(ring), 0);
	}
	bench_report(&(struct bench_figure){name, "ns", bench_median(blocks, BLOCKS),
					    "native.match_ns.rules_1000", BLOCKS});
}

void bench_audit(const char *why)
{
	if (why) {
		bench_missing("native.floor.memcpy_events_per_s", "events/s", why);
		bench_missing("native.floor.write_events_per_s", "events/s", why);
		bench_missing("native.audit_events_per_s", "events/s", why);
		bench_missing("native.audit_denials_per_s", "events/s", why);
		bench_missing("native.record_ns.below_watermark", "ns", why);
		bench_missing("native.record_ns.beyond_watermark", "ns", why);
		return;
	}
	open_all();
	bench_drain();
	bench_record("native.record_ns.below_watermark", 0);
	bench_record("native.record_ns.beyond_watermark", 2 * SOME);
	close_all();
}
