/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guests have counted -> figures and a table. In: lines "OPERATION.SYSTEM COUNT BLOCKS" or
 * "OPERATION.SYSTEM - WHY", where * is every operation, and "release RELEASE". Out:
 * vm.KERNEL.OPERATION.SYSTEM, each with the stock kernel's as its floor.
 */
#include "bench.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define UNIT "instructions"
#define LINES_MAX 512
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static const char *const operations[] = {"open_close", "create_unlink", "exec",	 "connect",
					 "udp_send",   "read_4k",	"rename"};
static const char *const systems[] = {
	"stock",	  "empty_hooks",     "floor_stream",  "writ_unmanaged",	   "writ_role_10",
	"writ_role_1000", "writ_role_10000", "writ_grant_4",  "writ_denied",	   "landlock_10",
	"landlock_1000",  "apparmor_10",     "apparmor_1000", "apparmor_10_audit",
	"empty_hooks_grant", "writ_unmanaged_grant",
};

struct count {
	char name[64]; /* OPERATION.SYSTEM */
	char why[128]; /* "": there is a value */
	unsigned long value;
	unsigned int blocks;
};

static struct count counts[LINES_MAX];

static void read_line(const char *line, size_t *n)
{
	struct count *count = &counts[*n];
	char release[64];

	*count = (struct count){0};
	if (sscanf(line, "release %63s", release) == 1)
		bench_head("guest", release);
	else if (sscanf(line, "%63s %lu %u", count->name, &count->value, &count->blocks) == 3 ||
		 sscanf(line, "%63s - %127[^\n]", count->name, count->why) == 2)
		++*n;
}

static size_t read_counts(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[256];
	size_t n = 0;

	while (file && n < LINES_MAX && fgets(line, sizeof(line), file))
		read_line(line, &n);
	if (file)
		(void)fclose(file);
	return n;
}

/* NULL: its guest ended before. */
static const struct count *find(size_t n, const char *operation, const char *system)
{
	char name[64], all[64];

	(void)snprintf(name, sizeof(name), "%s.%s", operation, system);
	(void)snprintf(all, sizeof(all), "*.%s", system);
	for (size_t i = 0; i < n; i++)
		if (!strcmp(counts[i].name, name) || !strcmp(counts[i].name, all))
			return &counts[i];
	return NULL;
}

static void keep(const char *kernel, const char *operation, const char *system,
		 const struct count *count)
{
	char name[BENCH_NAME_SIZE], floor[BENCH_NAME_SIZE];

	(void)snprintf(name, sizeof(name), "vm.%s.%s.%s", kernel, operation, system);
	(void)snprintf(floor, sizeof(floor), "vm.%s.%s.stock", kernel, operation);
	if (!count || count->why[0])
		bench_keep_missing(name, UNIT, count ? count->why : "its guest failed");
	else
		bench_keep(&(struct bench_figure){name, UNIT, (double)count->value,
						  strcmp(system, "stock") ? floor : NULL,
						  count->blocks});
}

/* Stock as it is, the others as what they add to it. */
static void print_cell(const struct count *count, const struct count *stock)
{
	if (!count || count->why[0])
		(void)fprintf(stderr, " %13s", "-");
	else if (count == stock || !stock)
		(void)fprintf(stderr, " %13lu", count->value);
	else
		(void)fprintf(stderr, " %+13ld", (long)count->value - (long)stock->value);
}

static void print_table(const char *kernel, size_t n)
{
	(void)fprintf(stderr,
		      "in a guest, kernel %s: instructions, and what is added to them\n%19s",
		      kernel, "");
	for (size_t i = 0; i < LENGTH(operations); i++)
		(void)fprintf(stderr, " %13s", operations[i]);
	for (size_t s = 0; s < LENGTH(systems); s++) {
		(void)fprintf(stderr, "\n  %-17s", systems[s]);
		for (size_t i = 0; i < LENGTH(operations); i++)
			print_cell(find(n, operations[i], systems[s]),
				   find(n, operations[i], "stock"));
	}
	(void)fputc('\n', stderr);
	for (size_t i = 0; i < n; i++)
		if (counts[i].why[0])
			(void)fprintf(stderr, "  - %s: %s\n", counts[i].name, counts[i].why);
}

void bench_vm(const char *kernel, const char *path)
{
	size_t n = read_counts(path);

	for (size_t i = 0; i < LENGTH(operations); i++)
		for (size_t s = 0; s < LENGTH(systems); s++)
			keep(kernel, operations[i], systems[s], find(n, operations[i], systems[s]));
	print_table(kernel, n);
}

void bench_vm_missing(const char *kernel, const char *why)
{
	struct count missing = {0};

	(void)snprintf(missing.why, sizeof(missing.why), "%s", why);
	for (size_t i = 0; i < LENGTH(operations); i++)
		for (size_t s = 0; s < LENGTH(systems); s++)
			keep(kernel, operations[i], systems[s], &missing);
	(void)fprintf(stderr, "in a guest, kernel %s: nothing, %s\n", kernel, why);
}

int bench_vm_some(const char *kernel, const char *path)
{
	size_t n = read_counts(path), kept = 0;

	for (size_t i = 0; i < n; i++) {
		char *system = strchr(counts[i].name, '.');

		if (counts[i].why[0] || !system)
			continue;
		*system = '\0';
		keep(kernel, counts[i].name, system + 1, &counts[i]);
		kept++;
	}
	return kept ? 0 : -ENODATA;
}
