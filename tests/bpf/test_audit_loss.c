/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing is lost silently, exactly: of what real programs produce on every CPU, each record is one
 * line or is counted in a gap, once; also when the writer is stopped until the ring is full, and
 * when it is killed wherever it is, over segments that are closed and packed meanwhile.
 *
 *	WRIT_KILLS=1000 build/tests/bpf/test_audit_loss      as `make soak` does; half in each case
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "audit_daemon.h"
#include "kernel/note.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"
#include "trail/lines.h"
#include "trail/segment.h"
#include "trail/verify.h"

#define RING_SIZE (1u << 20) /* some 4,000 records */
#define BURST 500u
#define KILLS 50u /* in both cases together */
#define POLICY                                                                                   \
	"apiVersion: writ/v1\nkind: Role\nname: r\nfiles:\n"                                     \
	"  - {path: '/ok/**', allow: [read]}\n---\n"                                             \
	"apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\nmatch: {cgroup: /bot}\n---\n"     \
	"apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n"                          \
	"audit: {checkpoint: 1s, rotate: {size: 4MiB}, %s}\n"
#define WAIT_MS 60000
#define NUMBERS_MAX (1u << 24) /* of one CPU */
#define CPUS_MAX 64u

static char spill_path[96];
static char policy[sizeof(POLICY) + 160];
static volatile bool *ends; /* the producers, shared with them */

/* What stands in the log, over all its segments. */
static struct {
	unsigned char *seen; /* pages that no number touches are not there */
	uint64_t numbers, doubles;
	int64_t missing, ring_full; /* of the missing */
} found;

static void open_all(const char *more)
{
	(void)snprintf(policy, sizeof(policy), POLICY, more);
	audit_daemon(RING_SIZE, policy);
	daemon_.options.audit_spill = *spill_path ? spill_path : NULL;
	ends = mmap(NULL, sizeof(*ends), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_ptr_not_equal(ends, MAP_FAILED);
	audit_start();
	audit_lanes("/ok/some/directory/with/a/name/of/usual/length/file.txt");
}

static void name_directory(void)
{
	audit_directory();
	*spill_path = '\0';
}

static int set_up(void **state)
{
	(void)state;
	name_directory();
	open_all("sync: interval");
	return 0;
}

/* Between a line's write and its account stands the disk, so most kills come just there. */
static int set_up_every(void **state)
{
	(void)state;
	name_directory();
	open_all("sync: every");
	return 0;
}

static void mount_log(const char *size)
{
	char path[96], options[48];

	(void)snprintf(path, sizeof(path), "%s/log", directory);
	(void)snprintf(options, sizeof(options), "size=%s", size);
	assert_int_equal(mkdir(path, 0755), 0);
	assert_int_equal(mount("none", path, "tmpfs", 0, options), 0);
}

/* A log with a disk of its own, a small one, and a spill on another. */
static int set_up_spill(void **state)
{
	char more[192], path[96];

	(void)state;
	name_directory();
	(void)snprintf(spill_path, sizeof(spill_path), "%s/spill/audit", directory);
	(void)snprintf(more, sizeof(more), "on_error: spill, spill: {path: %s, size: 1GiB}",
		       spill_path);
	mount_log("4m");
	(void)snprintf(path, sizeof(path), "%s/spill", directory);
	assert_int_equal(mkdir(path, 0755), 0);
	open_all(more);
	return 0;
}

static int tear_down(void **state)
{
	char log[96];

	(void)state;
	*ends = true; /* after a case that failed, too */
	if (found.seen)
		(void)munmap(found.seen, (size_t)CPUS_MAX * NUMBERS_MAX);
	memset(&found, 0, sizeof(found));
	(void)snprintf(log, sizeof(log), "%s/log", directory);
	(void)umount2(log, MNT_DETACH); /* where it has a disk of its own */
	return audit_daemon_close();
}

static uint32_t count_cpus(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return n > (long)HARNESS_LANES ? HARNESS_LANES : (uint32_t)n;
}

/* On one CPU, @bursts times or until the test ends, with a pause of @pause_us. */
static pid_t produce(uint32_t cpu, uint32_t bursts, useconds_t pause_us)
{
	pid_t child = fork();
	cpu_set_t only;

	assert_true(child >= 0);
	if (child)
		return child;
	CPU_ZERO(&only);
	CPU_SET(cpu, &only);
	if (sched_setaffinity(0, sizeof(only), &only))
		_exit(0); /* not one of ours */
	for (uint32_t i = 0; i < bursts && !*ends; i++) {
		harness_run_lanes(&harness, BURST);
		(void)usleep(pause_us);
	}
	_exit(0);
}

static void await_all(const pid_t *producers, uint32_t n)
{
	int status;

	for (uint32_t i = 0; i < n; i++) {
		assert_int_equal(waitpid(producers[i], &status, 0), producers[i]);
		assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	}
}

/* The number behind @key, -1: the line has none. */
static int64_t number_of(const char *line, size_t len, const char *key)
{
	const char *at = memmem(line, len, key, strlen(key));

	return at ? strtoll(at + strlen(key), NULL, 10) : -1;
}

static void count_line(const char *line, size_t len)
{
	int64_t cpu = number_of(line, len, ",\"cpu\":"), number;
	unsigned char *seen;

	if (memmem(line, len, ",\"type\":\"gap\"", 13)) {
		found.missing += number_of(line, len, ",\"missing\":");
		if (memmem(line, len, "\"ring_full\"", 11))
			found.ring_full += number_of(line, len, ",\"missing\":");
		return;
	}
	number = number_of(line, len, ",\"sequence\":");
	if (number < 0)
		return; /* the log's own */
	assert_in_range(cpu, 0, CPUS_MAX - 1);
	assert_in_range(number, 1, NUMBERS_MAX - 1);
	seen = &found.seen[(size_t)cpu * NUMBERS_MAX + (size_t)number];
	found.doubles += *seen;
	found.numbers += !*seen;
	*seen = 1;
}

static void count_segment(const char *path)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	const char *line;
	size_t len;
	int more;

	assert_int_equal(writ_lines_open(path, &lines), 0);
	while ((more = writ_lines_next(lines, &line, &len)) > 0)
		count_line(line, len);
	assert_int_equal(more, 0);
}

static void assert_whole(void)
{
	const struct writ_verify_options options = {
		.log = log_path,
		.known = {.segment = UINT64_MAX, .checkpoint = UINT64_MAX},
	};
	static struct writ_verified verdict;

	assert_int_equal(writ_verify_trail(&options, &verdict), 0);
	if (verdict.fault)
		fail_msg("%s: %s:%llu: %s", writ_verify_word(verdict.fault), verdict.path,
			 (unsigned long long)verdict.line, verdict.detail);
}

static size_t read_log(void)
{
	struct writ_segment *segments = NULL;
	size_t n = 0;

	found.seen = mmap(NULL, (size_t)CPUS_MAX * NUMBERS_MAX, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	assert_ptr_not_equal(found.seen, MAP_FAILED);
	assert_int_equal(writ_segments_list(log_path, &segments, &n), 0);
	for (size_t i = 0; i < n; i++)
		count_segment(segments[i].path);
	writ_segments_free(segments, n);
	return n;
}

/* Ends the writer and holds what it wrote against what the kernel has counted. */
static void assert_exact(void)
{
	struct writ_counters counters;
	size_t segments;

	daemon_.audit.child.supervision.retry = 0; /* at once */
	writ_audit_tick(&daemon_);
	writ_audit_await(&daemon_);
	assert_int_equal(writ_audit_catch_up(&daemon_, WAIT_MS), 0);
	writ_audit_close(&daemon_);
	assert_int_equal(writ_kernel_counters(&harness.kernel, &counters, NULL, NULL), 0);
	assert_whole();
	segments = read_log();
	print_message("%llu produced: %llu lines, %llu twice, %lld missing (%lld ring_full, the "
		      "kernel says %llu), in %zu segments\n",
		      (unsigned long long)counters.sequence, (unsigned long long)found.numbers,
		      (unsigned long long)found.doubles, (long long)found.missing,
		      (long long)found.ring_full, (unsigned long long)counters.lost, segments);
	assert_int_equal(found.doubles, 0);
	assert_int_equal(found.numbers + (uint64_t)found.missing, counters.sequence);
	assert_int_equal(found.missing, counters.lost);
}

static uint64_t count_lost(void)
{
	struct writ_counters counters;

	assert_int_equal(writ_kernel_counters(&harness.kernel, &counters, NULL, NULL), 0);
	return counters.lost;
}

/* The writer is stopped, every CPU goes on until nothing fits, and then it goes on, too. */
static void test_a_full_ring_is_counted(void **state)
{
	uint32_t cpus = count_cpus();
	pid_t producers[HARNESS_LANES];
	uint64_t lost = 0;

	(void)state;
	for (int round = 0; round < 5; round++) {
		assert_int_equal(kill(daemon_.audit.child.pid, SIGSTOP), 0);
		for (uint32_t cpu = 0; cpu < cpus; cpu++)
			producers[cpu] = produce(cpu, 30, 0);
		await_all(producers, cpus);
		assert_true(count_lost() > lost); /* each time */
		lost = count_lost();
		for (uint32_t cpu = 0; cpu < cpus; cpu++)
			producers[cpu] = produce(cpu, 20, 1000);
		assert_int_equal(kill(daemon_.audit.child.pid, SIGCONT), 0);
		await_all(producers, cpus);
	}
	assert_exact();
}

static void kill_writer(void)
{
	pid_t pid = daemon_.audit.child.pid;

	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (daemon_.audit.child.pid == pid) {
		(void)usleep(200);
		writ_audit_reap(&daemon_);
	}
	daemon_.audit.child.supervision.retry = 0;
	writ_audit_tick(&daemon_);
	writ_notes_flush(&daemon_);
}

/* It has begun to take records, so that not each kill is one at its start. */
static void await_reading(void)
{
	uint64_t before = writ_positions_consumed(&daemon_.audit.positions);

	for (int i = 0; i < 20000; i++) {
		if (writ_positions_consumed(&daemon_.audit.positions) != before)
			return;
		(void)usleep(200);
	}
	fail_msg("the writer takes nothing");
}

static void kill_under_load(void)
{
	const char *wanted = getenv("WRIT_KILLS");
	uint32_t kills = (wanted ? (uint32_t)strtoul(wanted, NULL, 10) : KILLS) / 2;
	uint32_t cpus = count_cpus(), seed = 1;
	pid_t producers[HARNESS_LANES];

	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		producers[cpu] = produce(cpu, UINT32_MAX, 20000);
	for (uint32_t i = 0; i < kills; i++) {
		if (i % 2)
			await_reading();
		(void)usleep(harness_random(&seed, 20000));
		kill_writer();
	}
	*ends = true;
	await_all(producers, cpus);
	assert_exact();
	assert_int_equal(daemon_.audit.child.supervision.deaths, kills);
}

static void test_killed_again_and_again(void **state)
{
	(void)state;
	kill_under_load();
}

static void test_killed_before_the_account(void **state)
{
	(void)state;
	kill_under_load();
}

static void remount(const char *size)
{
	char path[96], options[48];

	(void)snprintf(path, sizeof(path), "%s/log", directory);
	(void)snprintf(options, sizeof(options), "size=%s", size);
	assert_int_equal(mount("none", path, "tmpfs", MS_REMOUNT, options), 0);
}

/* Until the page says that so many bytes are spilled, or none. */
static void await_spilled(bool wanted)
{
	for (int i = 0; i < 1000; i++) {
		if (!!daemon_.audit.page->spilled == wanted)
			return;
		(void)usleep(10000);
		writ_audit_reap(&daemon_);
		daemon_.audit.child.supervision.retry = 0;
		writ_audit_tick(&daemon_);
	}
	fail_msg("%llu bytes are spilled", (unsigned long long)daemon_.audit.page->spilled);
}

/* Its disk is full, lines go on elsewhere, it is killed meanwhile, and there is room again. */
static void test_a_full_disk_is_spilled(void **state)
{
	uint32_t cpus = count_cpus();
	pid_t producers[HARNESS_LANES];

	(void)state;
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		producers[cpu] = produce(cpu, UINT32_MAX, 20000);
	await_spilled(true);
	for (int i = 0; i < 5; i++) {
		(void)usleep(50000);
		kill_writer();
	}
	(void)usleep(1500000);
	assert_int_equal(access(spill_path, F_OK), 0);
	remount("512m");
	await_spilled(false);
	(void)usleep(100000);
	*ends = true;
	await_all(producers, cpus);
	assert_exact();
	assert_int_equal(access(spill_path, F_OK), -1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_a_full_ring_is_counted),
		CASE(test_killed_again_and_again),
		cmocka_unit_test_setup_teardown(test_killed_before_the_account, set_up_every,
						tear_down),
		cmocka_unit_test_setup_teardown(test_a_full_disk_is_spilled, set_up_spill,
						tear_down),
	};

	/* what is mounted is nobody else's */
	if (unshare(CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return 1;
	writ_log_open("test_audit_loss", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
