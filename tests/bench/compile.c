/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What user space does alone, each time in a process of its own: one role of 10,000 rules, and the
 * policy of 10,000 agents. Out: how long it took, and the most memory.
 */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "compile/cgroups.h"
#include "compile/role.h"
#include "lib/cleanup.h"

#define REPEATS 5 /* odd: the median is one that was measured */
#define RULES 10000u
#define YAML_AGENTS "native.floor.yaml_10000_agents_s"

/* From files to every image that writd would place. */
static void compile(const char *path)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_policy_freep) struct writ_policy *policy = bench_policy_load(path);
	_cleanup_(writ_blob_free) struct writ_blob cgroups = {0};

	for (size_t i = 0; i < policy->n_roles; i++) {
		_cleanup_(writ_blob_free) struct writ_blob image = {0};

		assert_int_equal(writ_role_compile(policy, &policy->roles[i], &diags, &image), 0);
	}
	assert_int_equal(writ_cgroups_compile(policy, NULL, &diags, &cgroups), 0);
}

/* What `writ policy check` does, and writd before it applies a policy on request. */
static void check(const char *path)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_policy_freep) struct writ_policy *policy = bench_policy_load(path);

	assert_int_equal(writ_policy_check(policy, &diags), 0);
}

static void measure(const char *name, void (*work)(const char *path), const char *path,
		    const char *floor)
{
	double seconds[REPEATS], peak_mb[REPEATS];
	char figure[BENCH_NAME_SIZE];

	for (int i = 0; i < REPEATS; i++) {
		struct bench_cost cost;

		bench_in_child(work, path, &cost);
		seconds[i] = cost.seconds;
		peak_mb[i] = cost.peak_mb;
	}
	(void)snprintf(figure, sizeof(figure), "native.%s_s", name);
	bench_report(&(struct bench_figure){figure, "s", bench_median(seconds, REPEATS), floor,
					    REPEATS});
	(void)snprintf(figure, sizeof(figure), "native.%s_mb", name);
	bench_report(&(struct bench_figure){figure, "MiB", bench_median(peak_mb, REPEATS), NULL,
					    REPEATS});
}

static void measure_rules(void)
{
	char path[] = "/tmp/writ-bench-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);
	char *yaml = bench_policy_rules(RULES, 1);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, yaml, strlen(yaml)), strlen(yaml));
	free(yaml); /* or each child would begin with it */
	measure("compile_10000_rules", compile, path, "native.floor.yaml_10000_rules_s");
	(void)unlink(path);
}

static void measure_agents(void)
{
	char dir[] = "/tmp/writ-bench-XXXXXX";

	assert_non_null(mkdtemp(dir));
	bench_policy_write(dir, 0);
	measure("compile_10000_agents", compile, dir, YAML_AGENTS);
	measure("check_10000_agents", check, dir, YAML_AGENTS);
	bench_policy_remove(dir);
}

void bench_compile(void)
{
	measure_rules();
	measure_agents();
}
