/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The writer of the audit log as in service: the real process, confined, with the default ring, in
 * which real programs put RATE records a second. How many find the ring full, and how much memory
 * of its own the writer has at most. BENCH_WRITER_SECONDS=5 makes it short; the limit is for 60.
 */
#include "native.h"

#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "audit_daemon.h"
#include "bench.h"
#include "lib/cleanup.h"

#define RING_SIZE (4u << 20) /* writd's default */
#define RATE 300000u
#define BURSTS 2000u /* a second */
#define SECONDS 60u
#define WAIT_MS 20000
#define PATH "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"
#define POLICY                                                                            \
	"apiVersion: writ/v1\nkind: Role\nname: r\nfiles:\n"                              \
	"  - {path: '/srv/**', allow: [read]}\n---\n"                                     \
	"apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\nmatch: {cgroup: /bot}\n"

static const char lost_name[] = "native.audit_lost_at_300k";
static const char memory_name[] = "native.audit_rss_mb";

static uint32_t seconds_wanted(void)
{
	const char *wanted = getenv("BENCH_WRITER_SECONDS");
	unsigned long seconds = wanted ? strtoul(wanted, NULL, 10) : 0;

	return seconds ? (uint32_t)seconds : SECONDS;
}

static void open_all(void)
{
	audit_directory();
	audit_daemon(RING_SIZE, POLICY);
	audit_start();
	audit_lanes(PATH);
}

/* In bursts, on the hour; ends when all are made. */
static void __attribute__((noreturn)) produce_paced(uint32_t seconds)
{
	struct timespec next;

	(void)clock_gettime(CLOCK_MONOTONIC, &next);
	for (uint32_t i = 0; i < seconds * BURSTS; i++) {
		harness_run_lanes(&harness, RATE / BURSTS);
		next.tv_nsec += 1000000000 / BURSTS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	_exit(0);
}

/* Of a line of smaps: does a mapping begin here, and is it the memory of a kernel's map? */
static void see_mapping(const char *line, bool *is_map)
{
	unsigned long begin, end;

	if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
		*is_map = strstr(line, "bpf-map") != NULL;
}

/*
 * What the process has resident, MiB. The ring and the tables that it has mapped are the kernel's,
 * whoever reads them: they are in native.map_memory_mb.
 */
static double resident(pid_t pid)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[64], line[512];
	unsigned long kib, sum = 0;
	bool is_map = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		see_mapping(line, &is_map);
		if (!is_map && sscanf(line, "Rss: %lu kB", &kib) == 1)
			sum += kib;
	}
	assert_true(sum > 0);
	return (double)sum / 1024;
}

/* The most of that until @child has ended. */
static double await_child(pid_t child)
{
	double most = 0;
	int status;

	while (waitpid(child, &status, WNOHANG) == 0) {
		double now = resident(daemon_.audit.child.pid);

		most = now > most ? now : most;
		(void)usleep(500000);
	}
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	return most;
}

static uint64_t count_lost(void)
{
	struct writ_counters counters;

	assert_int_equal(writ_kernel_counters(&harness.kernel, &counters, NULL, NULL), 0);
	return counters.lost;
}

static void measure(uint32_t seconds)
{
	double start = bench_now(), took, most;
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child)
		produce_paced(seconds);
	most = await_child(child);
	took = bench_now() - start;
	assert_int_equal(writ_audit_catch_up(&daemon_, WAIT_MS), 0);
	assert_int_equal(daemon_.audit.child.supervision.deaths, 0);
	assert_int_equal(daemon_.audit.page->written + count_lost(),
			 (uint64_t)RATE * seconds + 1);
	if (took > seconds * 1.05) {
		char why[96];

		(void)snprintf(why, sizeof(why), "only %.0f a second could be made, %llu were lost",
			       (double)RATE * seconds / took, (unsigned long long)count_lost());
		bench_missing(lost_name, "events", why);
	} else {
		bench_report(
			&(struct bench_figure){lost_name, "events", (double)count_lost(), NULL, 1});
	}
	bench_report(&(struct bench_figure){memory_name, "MiB", most, NULL, 1});
}

void bench_writer(const char *why)
{
	if (why) {
		bench_missing(lost_name, "events", why);
		bench_missing(memory_name, "MiB", why);
		return;
	}
	open_all();
	measure(seconds_wanted());
	(void)audit_daemon_close();
}
