/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Figures -> a table on standard error as they come, and build/bench/results.json at the end:
 * {"schema": 1, "host": {...}, "results": [{name, unit, value, floor, repeats}]}, as
 * docs/bench.schema.json says. A figure that has a limit shows it, and over it the run fails.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SCHEMA 1

/* What is promised of a host, whatever it is; the rest of the figures are for comparing. */
static const struct {
	const char *name;
	double most;
} limits[] = {
	{"native.match_ratio.rules_10000", 1.1},
	{"native.compile_10000_rules_s", 2},
	{"native.compile_10000_rules_mb", 64},
	{"native.publish_20_rules_ms", 1},
	{"native.query_10m_s", 2},
	{"native.audit_lost_at_300k", 0.5}, /* none */
	{"native.audit_rss_mb", 64},
	{"native.map_memory_mb.roles_1000_agents_10000", 256},
	{"native.request_ms.p50", 2},
	{"native.request_ms.p99", 10},
	{"native.revoke_ms.p50", 2},
	{"native.revoke_ms.p99", 10},
};

static json_t *results;
static json_t *head; /* further members of the root: text */
static unsigned int misses;

/* The limit of a figure; 0: it has none. */
static double limit_of(const char *name)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (!strcmp(limits[i].name, name))
			return limits[i].most;
	return 0;
}

static void keep(json_t *entry)
{
	if (!results)
		results = json_array();
	(void)json_array_append_new(results, entry);
}

/* The figure that @figure adds to, if it is one of the same unit; NULL: there is none. */
static const json_t *find_floor(const struct bench_figure *figure)
{
	const json_t *entry, *found = NULL;
	size_t i;

	json_array_foreach(
		results, i,
		entry) if (figure->floor &&
			   !strcmp(json_string_value(json_object_get(entry, "name")),
				   figure->floor) &&
			   !strcmp(json_string_value(json_object_get(entry, "unit")), figure->unit))
		found = json_object_get(entry, "value");
	return found;
}

/* A count stays one, however large. */
static json_t *number_of(double value)
{
	bool whole = value == (double)(json_int_t)value;

	return whole ? json_integer((json_int_t)value) : json_real(value);
}

void bench_keep(const struct bench_figure *figure)
{
	keep(json_pack("{s:s, s:s, s:o, s:s?, s:i}", "name", figure->name, "unit", figure->unit,
		       "value", number_of(figure->value), "floor", figure->floor, "repeats",
		       (int)figure->repeats));
}

void bench_keep_missing(const char *name, const char *unit, const char *why)
{
	keep(json_pack("{s:s, s:s, s:n, s:n, s:i, s:s}", "name", name, "unit", unit, "value",
		       "floor", "repeats", 0, "why", why));
}

void bench_head(const char *key, const char *text)
{
	if (!head)
		head = json_object();
	(void)json_object_set_new(head, key, json_string(text));
}

void bench_report(const struct bench_figure *figure)
{
	const json_t *base = find_floor(figure);
	double most = limit_of(figure->name);
	bool missed = most && !(figure->value <= most);

	(void)fprintf(stderr, "  %-50s %10.2f %-12s", figure->name, figure->value, figure->unit);
	if (most)
		(void)fprintf(stderr, " <= %g%s", most, missed ? "  MISSED" : "");
	else if (base)
		(void)fprintf(stderr, " %+.0f", figure->value - json_number_value(base));
	(void)fputc('\n', stderr);
	bench_keep(figure);
	misses += missed;
}

void bench_missing(const char *name, const char *unit, const char *why)
{
	bench_keep_missing(name, unit, why);
	(void)fprintf(stderr, "  %-50s %10s %-12s %s\n", name, "-", unit, why);
}

void bench_fail(void)
{
	misses++;
}

unsigned int bench_misses(void)
{
	return misses;
}

/* "model name" of the first CPU; "" where there is none to read. */
static void read_cpu(char *ret_model, size_t size)
{
	FILE *file = fopen("/proc/cpuinfo", "re");
	char line[256];

	ret_model[0] = '\0';
	while (file && fgets(line, sizeof(line), file)) {
		char *value = strstr(line, ": ");

		if (strncmp(line, "model name", 10) || !value)
			continue;
		(void)snprintf(ret_model, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
		break;
	}
	if (file)
		(void)fclose(file);
}

static json_t *describe_host(void)
{
	struct utsname names;
	char cpu[128];

	(void)uname(&names);
	read_cpu(cpu, sizeof(cpu));
	return json_pack("{s:s, s:s, s:s, s:i}", "kernel", names.release, "machine", names.machine,
			 "cpu", cpu, "cpus", (int)sysconf(_SC_NPROCESSORS_ONLN));
}

int bench_write(const char *path, bool is_exact)
{
	json_t *root = json_pack("{s:i}", "schema", SCHEMA);
	int err;

	(void)json_object_update(root, head);
	if (!is_exact)
		(void)json_object_set_new(root, "host", describe_host());
	(void)json_object_set(root, "results", results);
	err = json_dump_file(root, path, JSON_INDENT(2) | JSON_REAL_PRECISION(6));
	json_decref(root);
	return err ? -EIO : 0;
}
