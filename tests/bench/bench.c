/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The native measurements: the decision core in the kernel by BPF_PROG_RUN, and the compiler.
 * Prints one JSON object on standard output and a table on standard error. Times differ between
 * machines; what is to be compared are ratios within one run.
 */
#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "compile/role.h"
#include "harness.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define AGENT 2u
#define BLOCKS 41 /* odd: the median is a block that was measured */
#define REPEAT 20000u
/* 60 bytes, seven levels deep */
#define PATH "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"

static struct harness harness;
static json_t *results;

static int compare_doubles(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

static double median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare_doubles);
	return values[n / 2];
}

static void report(const char *name, double value, const char *unit)
{
	(void)json_object_set_new(results, name,
				  json_pack("{s:f, s:s}", "value", value, "unit", unit));
	(void)fprintf(stderr, "  %-44s %10.1f %s\n", name, value, unit);
}

static char *rules_yaml(uint32_t rules)
{
	size_t size = 256 + (size_t)rules * 64, len;
	char *yaml = malloc(size);

	assert_non_null(yaml);
	len = (size_t)sprintf(yaml, "{apiVersion: writ/v1, kind: Role, name: r, playbooks: [p], "
				    "files: [\n");
	for (uint32_t i = 0; i < rules; i++)
		len += (size_t)sprintf(yaml + len,
				       "{path: '/srv/tenants/d%08u/**', allow: [read]},\n", i);
	(void)sprintf(yaml + len, "]}\n");
	return yaml;
}

static const char playbook[] =
	"---\n{apiVersion: writ/v1, kind: Playbook, name: p,\n"
	" parameters: {service: {pattern: '[a-z]+'}}, files: [\n%s"
	" {path: '/etc/{service}/**', allow: [write]}], ttl: {default: 1m, max: 10m}}\n"
	"---\n{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, role: r}\n";

static void load_rules(uint32_t rules, uint32_t grant_rules)
{
	_cleanup_free_ char *role = rules_yaml(rules);
	_cleanup_free_ char *yaml = malloc(strlen(role) + 8192);
	char extra[4096] = "";
	size_t len = 0;

	assert_non_null(yaml);
	for (uint32_t i = 1; i < grant_rules; i++)
		len += (size_t)sprintf(extra + len,
				       "{path: '/var/lib/{service}/d%u/*.pem', "
				       "allow: [read, write]},\n",
				       i);
	(void)sprintf(yaml, "%s", role);
	(void)sprintf(yaml + strlen(yaml), playbook, extra);
	harness_policy(&harness, yaml);
}

/* Median nanoseconds of one decision, less the loop around it. */
static double decision_ns(const char *path, uint32_t access, uint32_t expected)
{
	int program = bpf_program__fd(harness.skel->progs.decide_many);
	const struct decide_question *question = &harness.skel->bss->question;
	double blocks[BLOCKS];

	harness.skel->bss->question.repeat = REPEAT;
	for (int i = 0; i < BLOCKS; i++) {
		assert_int_equal(
			harness_ask_bytes(&harness, program, AGENT, path, strlen(path), access),
			expected);
		blocks[i] = (double)(question->elapsed_ns - question->floor_ns) / REPEAT;
	}
	return median(blocks, BLOCKS);
}

static void bench_rules(uint32_t rules, double *base)
{
	char name[64];
	uint64_t ref;
	double ns;

	load_rules(rules, 1);
	ref = harness_role(&harness, "r");
	harness_agent(&harness, AGENT, ref);
	ns = decision_ns(PATH, WRIT_ACCESS_READ, WRIT_REASON_ROLE);
	(void)snprintf(name, sizeof(name), "decision.allow.rules_%u", rules);
	report(name, ns, "ns");
	if (*base == 0)
		*base = ns;
	(void)snprintf(name, sizeof(name), "decision.allow.rules_%u.ratio_to_10", rules);
	report(name, ns / *base, "ratio");
	(void)snprintf(name, sizeof(name), "decision.deny.rules_%u", rules);
	report(name,
	       decision_ns("/home/someone/.config/with/a/long/path/to/a/secret/file", 1,
			   WRIT_REASON_NO_RULE),
	       "ns");
}

static void bench_grants(void)
{
	load_rules(1000, 20);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	for (int i = 0; i < 3; i++)
		(void)harness_grant(&harness, AGENT, "p", "other", 0,
				    600 * (int64_t)WRIT_NS_PER_SECOND);
	(void)harness_grant(&harness, AGENT, "p", "billing", 0, 600 * (int64_t)WRIT_NS_PER_SECOND);
	report("decision.allow.fourth_grant",
	       decision_ns("/etc/billing/keys/current/server.key", WRIT_ACCESS_WRITE,
			   WRIT_REASON_GRANT),
	       "ns");
}

static double now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Evaluate, compile, check, place, publish, read back: what `writ grant` waits for. */
static void bench_issue(void)
{
	double blocks[BLOCKS];

	load_rules(10, 20);
	for (int i = 0; i < BLOCKS; i++) {
		double start;

		harness_agent(&harness, AGENT, 0);
		start = now_ms();
		(void)harness_grant(&harness, AGENT, "p", "billing", 0, 1000000);
		blocks[i] = now_ms() - start;
	}
	report("grant.issue.rules_20", median(blocks, BLOCKS), "ms");
}

static void bench_compile(void)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	struct rusage usage;
	double start = now_ms();

	load_rules(10000, 1);
	assert_int_equal(writ_role_compile(harness.policy, writ_policy_role(harness.policy, "r"),
					   &diags, &image),
			 0);
	report("compile.rules_10000", now_ms() - start, "ms");
	report("compile.rules_10000.image", (double)image.size / 1024, "KiB");
	(void)getrusage(RUSAGE_SELF, &usage);
	report("compile.rules_10000.max_rss", (double)usage.ru_maxrss / 1024, "MiB");
}

int main(void)
{
	struct utsname names;
	double base = 0;
	json_t *root;

	(void)uname(&names);
	results = json_object();
	(void)fprintf(stderr, "native, kernel %s, %u decisions a block, median of %d blocks\n",
		      names.release, REPEAT, BLOCKS);
	bench_compile();
	harness_open(&harness, 0);
	bench_rules(10, &base);
	bench_rules(1000, &base);
	bench_rules(10000, &base);
	bench_grants();
	bench_issue();
	root = json_pack("{s:s, s:s, s:i, s:i, s:o}", "kernel", names.release, "machine",
			 names.machine, "blocks", BLOCKS, "repeat", (int)REPEAT, "results",
			 results);
	(void)json_dumpf(root, stdout, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	(void)putchar('\n');
	json_decref(root);
	return 0;
}
