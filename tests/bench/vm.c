/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest has counted -> figures and a table. In: lines "OPERATION.SYSTEM COUNT BLOCKS".
 * Out: vm.KERNEL.OPERATION.SYSTEM, each with the stock kernel's as its floor.
 */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define UNIT "instructions"

static const char *const names[] = {
	"open_close.stock",
	"open_close.writ_unmanaged",
	"open_close.writ_role_1000",
	"open_close.writ_denied",
	"connect.stock",
	"connect.writ_unmanaged",
	"connect.writ_role_1000",
	"exec.stock",
	"exec.writ_unmanaged",
	"exec.writ_role_1000",
};

struct count {
	char name[64]; /* OPERATION.SYSTEM */
	unsigned long value;
	unsigned int blocks;
};

static size_t read_counts(const char *path, struct count *ret_counts, size_t max)
{
	FILE *file = fopen(path, "re");
	size_t n = 0;

	assert_non_null(file);
	while (n < max && fscanf(file, "%63s %lu %u", ret_counts[n].name, &ret_counts[n].value,
				 &ret_counts[n].blocks) == 3)
		n++;
	(void)fclose(file);
	return n;
}

static const struct count *find(const struct count *counts, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(counts[i].name, name))
			return &counts[i];
	return NULL;
}

/* Every operation on every system; a guest that left one out has not measured it. */
void bench_vm(const char *kernel, const char *path)
{
	struct count counts[sizeof(names) / sizeof(names[0])];
	size_t n = read_counts(path, counts, sizeof(counts) / sizeof(counts[0]));

	(void)fprintf(stderr, "in a guest, kernel %s\n", kernel);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct count *count = find(counts, n, names[i]);
		char name[BENCH_NAME_SIZE], base[BENCH_NAME_SIZE];

		assert_non_null(count);
		(void)snprintf(name, sizeof(name), "vm.%s.%s", kernel, names[i]);
		(void)snprintf(base, sizeof(base), "vm.%s.%.*s.stock", kernel,
			       (int)strcspn(names[i], "."), names[i]);
		bench_report(&(struct bench_figure){name, UNIT, (double)count->value,
						    strcmp(name, base) ? base : NULL,
						    count->blocks});
	}
}

void bench_vm_missing(const char *kernel, const char *why)
{
	(void)fprintf(stderr, "in a guest, kernel %s\n", kernel);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char name[BENCH_NAME_SIZE];

		(void)snprintf(name, sizeof(name), "vm.%s.%s", kernel, names[i]);
		bench_missing(name, UNIT, why);
	}
}
