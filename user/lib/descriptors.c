/* SPDX-License-Identifier: Apache-2.0 */
/* See descriptors.h. */
#include "lib/descriptors.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static int by_number(const void *a, const void *b)
{
	const int *left = a, *right = b;

	return *left < *right ? -1 : *left > *right;
}

int writ_descriptors_keep(int *kept, size_t n)
{
	int next = STDERR_FILENO + 1;

	if (n)
		qsort(kept, n, sizeof(*kept), by_number);
	for (size_t i = 0; i < n; i++) {
		if (kept[i] < next)
			continue;
		if (kept[i] > next && syscall(__NR_close_range, next, kept[i] - 1, 0))
			return -errno;
		next = kept[i] + 1;
	}
	return syscall(__NR_close_range, next, ~0U, 0) ? -errno : 0;
}
