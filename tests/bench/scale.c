/* SPDX-License-Identifier: Apache-2.0 */
/*
 * 1,000 roles and 10,000 agents, from YAML on disk to published and read back: by what writd calls,
 * into maps of the same sizes. Not in it: enrolling cgroups and the proof, which need the hooks.
 */
#include "bench.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "daemon/publish.h"
#include "harness.h"
#include "lib/cleanup.h"

#define STARTS 3 /* each with new maps; odd: the median is one that was measured */
#define RELOADS 3
#define CHANGED 100u
#define MEMORY "native.map_memory_mb.roles_1000_agents_10000"

static struct harness harness;
static char dir[] = "/tmp/writ-bench-XXXXXX";

/* Seconds from the files to the maps. */
static double apply(void)
{
	double start = bench_now();
	_cleanup_(writ_policy_freep) struct writ_policy *policy = bench_policy_load(dir);
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_publish_free) struct writ_publication publication = {
		.kernel = &harness.kernel, .policy = policy};

	assert_int_equal(policy->n_roles, BENCH_ROLES);
	assert_int_equal(policy->n_agents, BENCH_AGENTS);
	assert_int_equal(writ_publish_prepare(&publication, &diags), 0);
	assert_int_equal(writ_publish_commit(&publication), 0);
	assert_int_equal(writ_publish_read_back(&publication), 0);
	return bench_now() - start;
}

/* One policy after the other, the first of them the one that does not run. */
static double reload(uint32_t changed)
{
	double seconds[RELOADS];

	for (int i = 0; i < RELOADS; i++) {
		if (changed)
			bench_policy_write(dir, i % 2 ? 0 : changed);
		seconds[i] = apply();
	}
	return bench_median(seconds, RELOADS);
}

static void report(const char *name, const char *unit, double value, unsigned int repeats)
{
	const struct bench_figure figure = {name, unit, value, NULL, repeats};

	bench_report(&figure);
}

/* Every agent has a cgroup, as on a node where all of them run. */
static void enrol(void)
{
	for (uint64_t id = 1; id <= BENCH_AGENTS; id++) {
		struct writ_cgroup cgroup = {.agent = (uint32_t)(WRIT_AGENT_CANARY + id)};

		assert_int_equal(bpf_map_update_elem(harness.kernel.map_fds[WRIT_MAP_cgroups], &id,
						     &cgroup, BPF_ANY),
				 0);
	}
}

/*
 * What the kernel says each map holds: "memlock" of its descriptor's fdinfo. That counts whole
 * arrays, the ring, and the elements that hash and LPM maps have at the moment, with the map's own
 * structures (map_mem_usage, Linux 6.4). Of task storage it counts the buckets alone: a managed
 * task's label, scratch text and exec record, about 9 KiB, are memory of the task and go with it.
 * It does not count the allocator's spare elements. No grant is live here: the slots are arrays and
 * counted, a grant's image lies in the tables, its name in grant_infos is 1.4 KiB more.
 */
static uint64_t map_memory(int fd)
{
	char path[64], line[128];
	uint64_t bytes = 0;
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fopen(path, "re");
	assert_non_null(file);
	while (!bytes && fgets(line, sizeof(line), file))
		(void)sscanf(line, "memlock: %" SCNu64, &bytes);
	(void)fclose(file);
	assert_true(bytes > 0);
	return bytes;
}

static void bench_memory(void)
{
	unsigned int major = 0, minor = 0;
	struct utsname names;
	uint64_t sum = 0;

	(void)uname(&names);
	(void)sscanf(names.release, "%u.%u", &major, &minor);
	if (major < 6 || (major == 6 && minor < 4)) {
		bench_missing(MEMORY, "MiB", "before Linux 6.4 a map tells its size as if full");
		return;
	}
	for (int i = 0; i < WRIT_MAP_COUNT; i++)
		sum += map_memory(harness.kernel.map_fds[i]);
	report(MEMORY, "MiB", (double)sum / (1 << 20), 1);
	report("native.tables_used_mb.roles_1000_agents_10000", "MiB",
	       (double)writ_arena_used(harness.kernel.arena) / (1 << 20), 1);
}

static void bench_starts(void)
{
	double seconds[STARTS];

	for (int i = 0; i < STARTS; i++) {
		if (i)
			harness_close(&harness);
		harness_open(&harness, 0);
		seconds[i] = apply();
	}
	bench_report(&(struct bench_figure){"native.start_10000_agents_s", "s",
					    bench_median(seconds, STARTS),
					    "native.floor.yaml_10000_agents_s", STARTS});
}

void bench_scale(void)
{
	assert_non_null(mkdtemp(dir));
	bench_policy_write(dir, 0);
	bench_starts();
	enrol();
	bench_memory();
	report("native.reload_10000_agents_s", "s", reload(0), RELOADS);
	report("native.reload_10000_agents_100_changed_s", "s", reload(CHANGED), RELOADS);
	harness_close(&harness);
	bench_policy_remove(dir);
}

void bench_scale_missing(const char *why)
{
	bench_missing("native.start_10000_agents_s", "s", why);
	bench_missing("native.reload_10000_agents_s", "s", why);
	bench_missing("native.reload_10000_agents_100_changed_s", "s", why);
	bench_missing(MEMORY, "MiB", why);
}
