/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The remedy of a denial, as the audit stream finds it: a new one by the shipped policy, and for a
 * role of 1,000 playbooks of 20 rules; and one that is kept. The clock says that each look has a
 * second of its own, so that the budget is not what is measured.
 */
#include "native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "audit/remedies.h"
#include "bench.h"
#include "lib/cleanup.h"

#define BLOCKS 21 /* odd: the median is one that was measured */
#define NEW 20u
#define KEPT 100000u
#define PLAYBOOKS 1000u
#define RULES 20u
#define YAML "build/bench/playbooks.yaml"

static uint64_t leap(void)
{
	static uint64_t now;

	return now += UINT64_C(2000000000);
}

static void write_policy(void)
{
	_cleanup_fclose_ FILE *file = fopen(YAML, "we");

	assert_non_null(file);
	(void)fprintf(file, "{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, "
			    "role: r}\n---\n{apiVersion: writ/v1, kind: Role, name: r, "
			    "playbooks: [p0");
	for (uint32_t i = 1; i < PLAYBOOKS; i++)
		(void)fprintf(file, ", p%u", i);
	(void)fprintf(file, "]}\n");
	for (uint32_t i = 0; i < PLAYBOOKS; i++) {
		(void)fprintf(file,
			      "---\n{apiVersion: writ/v1, kind: Playbook, name: p%u, "
			      "ttl: {default: 1m, max: 1m}, parameters: {service: {type: name}}, "
			      "files: [\n",
			      i);
		for (uint32_t k = 0; k < RULES; k++)
			(void)fprintf(file,
				      " {path: '/srv/t%u/{service}/d%u/**', allow: [read]},\n", i,
				      k);
		(void)fprintf(file, "]}\n");
	}
}

/* Of the agent of that name, opens of as many files below @directory as are asked for. */
static void ask(struct writ_remedies *remedies, const char *agent, const char *directory,
		uint32_t files, uint32_t times)
{
	struct writ_record record = {.event = {.agent = 2,
					       .operation = WRIT_OP_OPEN,
					       .access = WRIT_ACCESS_READ,
					       .verdict = WRIT_VERDICT_DENY,
					       .reason = WRIT_REASON_NO_RULE}};
	static uint32_t file;
	char object[128] = "";

	for (uint32_t i = 0; i < files; i++) {
		record.object = object;
		record.object_len =
			(uint32_t)snprintf(object, sizeof(object), "%s/%u", directory, file++);
		for (uint32_t k = 0; k < times; k++)
			assert_true(writ_remedies_of(remedies, agent, &record).len > 0);
	}
}

static void report(const char *name, const char *unit, double *blocks)
{
	bench_report(
		&(struct bench_figure){name, unit, bench_median(blocks, BLOCKS), NULL, BLOCKS});
}

static void measure(const char *path, const char *agent, const char *directory, const char *name,
		    const char *kept_name)
{
	_cleanup_(writ_remedies_freep) struct writ_remedies *remedies = NULL;
	struct writ_policy *policy = bench_policy_load(path);
	double new[BLOCKS], kept[BLOCKS];

	assert_int_equal(writ_remedies_new(leap, &remedies), 0);
	writ_remedies_set(remedies, policy);
	for (int i = 0; i < BLOCKS; i++) {
		double start = bench_now(), middle;

		ask(remedies, agent, directory, NEW, 1);
		middle = bench_now();
		new[i] = (middle - start) * 1e6 / NEW;
		ask(remedies, agent, directory, 1, KEPT);
		kept[i] = (bench_now() - middle) * 1e9 / KEPT;
	}
	report(name, "us", new);
	if (kept_name)
		report(kept_name, "ns", kept);
	writ_remedies_set(remedies, NULL);
	writ_policy_free(policy);
}

void bench_remedies(void)
{
	measure("policy", "billing-bot", "/var/log/billing", "native.remedy_us.shipped",
		"native.remedy_ns.kept");
	write_policy();
	measure(YAML, "a", "/srv/t500/x/d3", "native.remedy_us.playbooks_1000", NULL);
	(void)unlink(YAML);
}
