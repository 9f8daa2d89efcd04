/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision core in the kernel, by BPF_PROG_RUN, for roles of 10, 1,000 and 10,000 rules; and
 * how long a grant takes to be issued. Times differ between machines: compare within one run.
 */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <cmocka.h>

#include "harness.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define AGENT 2u
#define BLOCKS 41 /* odd: the median is a block that was measured */
#define REPEAT 20000u
/* 60 bytes, seven levels deep */
#define ALLOWED "/srv/tenants/d00000005/releases/2026-11/static/assets/site.js"
#define DENIED "/home/someone/.config/with/a/long/path/to/a/secret/file"
#define BASE "native.match_ns.rules_10"

static struct harness harness;

static void load_rules(uint32_t rules, uint32_t grant_rules)
{
	_cleanup_free_ char *yaml = bench_policy_rules(rules, grant_rules);

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
	return bench_median(blocks, BLOCKS);
}

static void report(const char *what, uint32_t rules, double value)
{
	bool ratio = strstr(what, "ratio");
	bool is_base = !strcmp(what, "match_ns") && rules == 10;
	char name[BENCH_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "native.%s.rules_%u", what, rules);
	bench_report(&(struct bench_figure){name, ratio ? "ratio" : "ns", value,
					    is_base ? "native.floor.bpf_call_ns" : BASE, BLOCKS});
}

static void bench_rules(uint32_t rules, double *base)
{
	double ns;

	load_rules(rules, 1);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	ns = decision_ns(ALLOWED, WRIT_ACCESS_READ, WRIT_REASON_ROLE);
	report("match_ns", rules, ns);
	if (*base == 0)
		*base = ns;
	else
		report("match_ratio", rules, ns / *base);
	report("match_denied_ns", rules,
	       decision_ns(DENIED, WRIT_ACCESS_READ, WRIT_REASON_NO_RULE));
}

/* The last of four grants is the one that allows. */
static void bench_grants(void)
{
	const int64_t ends = 600 * (int64_t)WRIT_NS_PER_SECOND;

	load_rules(1000, 20);
	harness_agent(&harness, AGENT, harness_role(&harness, "r"));
	for (int i = 0; i < 3; i++)
		(void)harness_grant(&harness, AGENT, "p", "other", 0, ends);
	(void)harness_grant(&harness, AGENT, "p", "billing", 0, ends);
	bench_report(&(struct bench_figure){"native.match_ns.grant_4", "ns",
					    decision_ns("/etc/billing/keys/current/server.key",
							WRIT_ACCESS_WRITE, WRIT_REASON_GRANT),
					    BASE, BLOCKS});
}

/* Evaluate, compile, check, place, publish, read back: what `writ grant` waits for. */
static void bench_issue(void)
{
	double blocks[BLOCKS];

	load_rules(10, 20);
	for (int i = 0; i < BLOCKS; i++) {
		double start;

		harness_agent(&harness, AGENT, 0);
		start = bench_now();
		(void)harness_grant(&harness, AGENT, "p", "billing", 0, 1000000);
		blocks[i] = (bench_now() - start) * 1e3;
	}
	bench_report(&(struct bench_figure){"native.publish_20_rules_ms", "ms",
					    bench_median(blocks, BLOCKS), NULL, BLOCKS});
}

void bench_decisions(void)
{
	double base = 0;

	harness_open(&harness, 0);
	bench_rules(10, &base);
	bench_rules(1000, &base);
	bench_rules(10000, &base);
	bench_grants();
	bench_issue();
	harness_close(&harness);
}

void bench_decisions_missing(const char *why)
{
	static const char *const names[] = {
		"native.match_ns.rules_10",	  "native.match_ns.rules_1000",
		"native.match_ns.rules_10000",	  "native.match_ratio.rules_1000",
		"native.match_ratio.rules_10000", "native.match_ns.grant_4",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		bench_missing(names[i], strstr(names[i], "ratio") ? "ratio" : "ns", why);
	bench_missing("native.publish_20_rules_ms", "ms", why);
}
