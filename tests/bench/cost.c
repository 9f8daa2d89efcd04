/* SPDX-License-Identifier: Apache-2.0 */
/* What something costs: the clock, the median, and a process of its own for peak memory. */
#include "bench.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

double bench_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int compare(const void *left, const void *right)
{
	double a = *(const double *)left, b = *(const double *)right;

	return (a > b) - (a < b);
}

double bench_median(double *values, size_t n)
{
	qsort(values, n, sizeof(*values), compare);
	return values[n / 2];
}

void bench_in_child(void (*work)(const char *path), const char *path, struct bench_cost *ret_cost)
{
	struct rusage usage;
	double start = bench_now();
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		work(path);
		_exit(0);
	}
	assert_int_equal(wait4(child, &status, 0, &usage), child);
	assert_true(WIFEXITED(status) && !WEXITSTATUS(status));
	ret_cost->seconds = bench_now() - start;
	ret_cost->peak_mb = (double)usage.ru_maxrss / 1024;
}
