/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the ring to JSON lines on disk, by writd's own reader and stream: how many records a second
 * one core takes out of a full ring, what a record costs who makes it, and how many are lost when
 * 300,000 a second come. The records are those of real decisions, made by a BPF program that ends
 * each as a hook does. The log lies in the current directory, for /tmp is memory on many machines.
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
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "bench.h"
#include "daemon/daemon.h"
#include "harness.h"
#include "lib/cleanup.h"

#define AGENT 2u
#define PATH "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"
#define LOG "build/bench/audit.jsonl"
#define RING_SIZE (4u << 20) /* writd's default */
#define FILL 12000u	     /* records that fit into it: 240 bytes each with header */
#define SOME 900u	     /* that stay below what wakes the reader, event.bpf.c: 256 KiB */
#define BLOCKS 21	     /* odd: the median is one that was measured */
#define RATE 300000u
#define SECONDS 5u
#define BURSTS 2000u /* a second */
#define TICK_MS 50   /* writd's */

static struct writ_daemon daemon_; /* what the reader of the ring needs of one */
static struct harness harness;

static void take_record(void *context, const void *bytes, size_t len)
{
	(void)writ_stream_record(context, bytes, len);
}

static int commit_records(void *context)
{
	return writ_stream_commit(context);
}

static void open_all(void)
{
	_cleanup_free_ char *yaml = bench_policy_rules(1000, 1);
	struct writ_ring_consumer consumer = {.record = take_record, .commit = commit_records};
	struct writ_agent *agent;

	(void)unlink(LOG);
	harness_open(&harness, RING_SIZE);
	harness.kernel.ring_size = RING_SIZE;
	harness_policy(&harness, yaml);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	agent = &harness.kernel.agents[AGENT];
	(void)snprintf(agent->name, sizeof(agent->name), "a");
	daemon_ = (struct writ_daemon){.kernel = &harness.kernel};
	writ_resolve_init(&daemon_);
	assert_int_equal(writ_stream_open(LOG, &daemon_.resolver, NULL, &daemon_.stream), 0);
	consumer.context = daemon_.stream;
	assert_int_equal(writ_ring_open(&harness.kernel, &consumer, &daemon_.ring), 0);
}

static void close_all(void)
{
	writ_ring_close(daemon_.ring);
	writ_stream_close(daemon_.stream);
	harness_close(&harness);
	(void)unlink(LOG);
}

/* @n decisions with their records. */
static void produce(uint32_t n)
{
	harness.skel->bss->question.repeat = n;
	assert_int_equal(harness_ask_bytes(&harness,
					   bpf_program__fd(harness.skel->progs.finish_many), AGENT,
					   PATH, strlen(PATH), WRIT_ACCESS_READ),
			 WRIT_REASON_ROLE);
}

static uint64_t count_lost(void)
{
	struct writ_counters counters;

	assert_int_equal(writ_kernel_counters(&harness.kernel, &counters, NULL, NULL), 0);
	return counters.lost;
}

/* Records a second, of one block; and bytes of a line. */
static double drain_block(double *ret_line)
{
	struct writ_stream_totals before, after;
	struct stat old = {0}, new;
	double seconds;

	produce(FILL);
	writ_stream_totals(daemon_.stream, &before);
	(void)stat(LOG, &old);
	seconds = bench_now();
	assert_int_equal(writ_ring_drain(daemon_.ring), 0);
	seconds = bench_now() - seconds;
	writ_stream_totals(daemon_.stream, &after);
	assert_int_equal(after.written - before.written, FILL);
	assert_int_equal(stat(LOG, &new), 0);
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
	double drained[BLOCKS], written[BLOCKS], copied[BLOCKS], line;

	for (int i = 0; i < BLOCKS; i++) {
		drained[i] = drain_block(&line);
		written[i] = write_block(line);
		copied[i] = copy_block(line);
	}
	assert_int_equal(count_lost(), 0);
	report_rate("native.floor.memcpy_events_per_s", copied, NULL);
	report_rate("native.floor.write_events_per_s", written, NULL);
	report_rate("native.audit_events_per_s", drained, "native.floor.write_events_per_s");
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
		assert_int_equal(writ_ring_drain(daemon_.ring), 0);
	}
	bench_report(&(struct bench_figure){name, "ns", bench_median(blocks, BLOCKS),
					    "native.match_ns.rules_1000", BLOCKS});
}

/* Makes RATE records a second for SECONDS, in bursts; ends when they are made. */
static void __attribute__((noreturn)) produce_paced(void)
{
	struct timespec next;

	(void)clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint32_t i = 0; i < SECONDS * BURSTS; i++) {
		produce(RATE / BURSTS);
		next.tv_nsec += 1000000000 / BURSTS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	_exit(0);
}

/* As writd: when the hooks wake it, and every 50 ms. Returns how long @child took. */
static double drain_until_ended(pid_t child)
{
	_cleanup_close_ int epoll = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event event = {.events = EPOLLIN};
	double start = bench_now();
	int status;

	assert_int_equal(epoll_ctl(epoll, EPOLL_CTL_ADD, writ_ring_fd(daemon_.ring), &event), 0);
	while (waitpid(child, &status, WNOHANG) == 0) {
		(void)epoll_wait(epoll, &event, 1, TICK_MS);
		assert_int_equal(writ_ring_drain(daemon_.ring), 0);
	}
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	return bench_now() - start;
}

static void bench_lost(void)
{
	static const char name[] = "native.audit_lost_at_300k";
	struct writ_stream_totals before, after;
	double seconds;
	pid_t child;

	writ_stream_totals(daemon_.stream, &before);
	child = fork();
	assert_true(child >= 0);
	if (!child)
		produce_paced();
	seconds = drain_until_ended(child);
	assert_int_equal(writ_ring_drain(daemon_.ring), 0);
	writ_stream_totals(daemon_.stream, &after);
	assert_int_equal(after.written - before.written + count_lost(), RATE * SECONDS);
	if (seconds > SECONDS * 1.05) {
		char why[96];

		(void)snprintf(why, sizeof(why), "only %.0f a second could be made, %llu were lost",
			       RATE * SECONDS / seconds, (unsigned long long)count_lost());
		bench_missing(name, "events", why);
		return;
	}
	bench_report(&(struct bench_figure){name, "events", (double)count_lost(), NULL, 1});
}

void bench_audit(const char *why)
{
	if (why) {
		bench_missing("native.floor.memcpy_events_per_s", "events/s", why);
		bench_missing("native.floor.write_events_per_s", "events/s", why);
		bench_missing("native.audit_events_per_s", "events/s", why);
		bench_missing("native.record_ns.below_watermark", "ns", why);
		bench_missing("native.record_ns.beyond_watermark", "ns", why);
		bench_missing("native.audit_lost_at_300k", "events", why);
		return;
	}
	open_all();
	bench_drain();
	bench_record("native.record_ns.below_watermark", 0);
	bench_record("native.record_ns.beyond_watermark", 2 * SOME);
	bench_lost();
	close_all();
}
