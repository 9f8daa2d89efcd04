/* SPDX-License-Identifier: Apache-2.0 */
/* See positions.h; the layout is that of kernel/bpf/ringbuf.c: a page for each, consumer first. */
#include "kernel/positions.h"

#include <errno.h>
#include <sys/mman.h>
#include <unistd.h>

int writ_positions_open(const struct writ_kernel *kernel, struct writ_positions *ret)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *memory = mmap(NULL, 2 * page, PROT_READ, MAP_SHARED,
			    kernel->map_fds[WRIT_MAP_events], 0);

	if (memory == MAP_FAILED)
		return -errno;
	ret->consumed = (const uint64_t *)(const void *)memory;
	ret->produced = (const uint64_t *)(const void *)(memory + page);
	return 0;
}

void writ_positions_close(struct writ_positions *positions)
{
	if (positions->consumed)
		(void)munmap((void *)(uintptr_t)positions->consumed,
			     2 * (size_t)sysconf(_SC_PAGESIZE));
	*positions = (struct writ_positions){0};
}

uint64_t writ_positions_produced(const struct writ_positions *positions)
{
	return positions->produced ? __atomic_load_n(positions->produced, __ATOMIC_ACQUIRE) : 0;
}

uint64_t writ_positions_consumed(const struct writ_positions *positions)
{
	return positions->consumed ? __atomic_load_n(positions->consumed, __ATOMIC_ACQUIRE) : 0;
}

uint64_t writ_positions_used(const struct writ_positions *positions)
{
	uint64_t consumed = writ_positions_consumed(positions);

	return writ_positions_produced(positions) - consumed;
}
