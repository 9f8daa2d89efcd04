/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the measurements share: figures go into build/bench/results.json and the table for people,
 * policies come from here and not from files, so that a run on any machine measures the same.
 */
#ifndef WRIT_TESTS_BENCH_H
#define WRIT_TESTS_BENCH_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "compile/policy.h"

#define BENCH_NAME_SIZE 96

/* --- report.c: a figure at a time --- */

struct bench_figure {
	const char *name;
	const char *unit;
	double value;
	const char *floor;    /* name of the figure that this one is compared with; NULL: none */
	unsigned int repeats; /* the value is their median */
};

void bench_report(const struct bench_figure *figure);

/* A figure that this machine can't give: null, and why. */
void bench_missing(const char *name, const char *unit, const char *why);

/* The same, without a line in the table: for those that have a table of their own. */
void bench_keep(const struct bench_figure *figure);
void bench_keep_missing(const char *name, const char *unit, const char *why);

/* A further member of the root, beside "host". */
void bench_head(const char *key, const char *text);

/* Writes {schema, host, results}; the host not where all figures are exact. 0 or -EIO. */
int bench_write(const char *path, bool is_exact);

/* Something that this machine can measure could not be: the run fails. */
void bench_fail(void);

/* How many of the figures are over their limit, or failed. */
unsigned int bench_misses(void);

/* --- cost.c --- */

double bench_now(void); /* seconds */
double bench_median(double *values, size_t n);

struct bench_cost {
	double seconds;
	double peak_mb; /* resident MiB, with those of a process that does nothing yet */
};

/* What @work costs in a process of its own. */
void bench_in_child(void (*work)(const char *path), const char *path, struct bench_cost *ret_cost);

/* --- policies.c --- */

/* One role "r" of @rules rules, agent "a", playbook "p" of @grant_rules rules; from malloc. */
char *bench_policy_rules(uint32_t rules, uint32_t grant_rules);

#define BENCH_ROLES 1000u
#define BENCH_ROLE_RULES 20u
#define BENCH_AGENTS 10000u

/*
 * BENCH_ROLES roles of BENCH_ROLE_RULES rules, all different, and BENCH_AGENTS agents, in two files
 * of @dir. Of the first @changed agents every other one has a new name, and the rest a new role.
 */
void bench_policy_write(const char *dir, uint32_t changed);
void bench_policy_remove(const char *dir);

/* File or directory; the caller frees it. */
struct writ_policy *bench_policy_load(const char *path);

/* --- the measurements --- */

/* First of all: its children begin with what this process has by then. */
void bench_compile(void);

void bench_decisions(void);
void bench_decisions_missing(const char *why);
void bench_scale(void);
void bench_scale_missing(const char *why);

/* --- vm.c: what the guests have counted --- */

/* All operations on all systems, and their table. */
void bench_vm(const char *kernel, const char *path);
void bench_vm_missing(const char *kernel, const char *why);

/* Only what is there, without a table. 0, or -ENODATA: nothing is. */
int bench_vm_some(const char *kernel, const char *path);

/* --- compare.c: results of two runs; both borrowed --- */

/* Prints each figure of either: old, new, and by how much it changed. */
void bench_compare(const json_t *old, const json_t *new);

/*
 * Holds @new to the baseline: a line "ok NAME - TEXT", "not ok NAME - REASON" or "skip NAME -
 * REASON" for each figure of it. How many failed.
 */
unsigned int bench_compare_check(const json_t *baseline, const json_t *new);

/*
 * Is @value dearer than @base by more than is allowed? What is compared is what they add to stock,
 * or where less is done than on stock (an act that is refused), the figures themselves. @noise: how
 * much of stock is no change.
 */
bool bench_compare_is_dearer(double base, double base_stock, double value, double stock,
			      double noise);

#endif
