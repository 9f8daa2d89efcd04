/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ring.h. The fill level is read from the positions that the kernel shares: the consumer's on
 * the first page of the map, the producer's on the second (kernel/bpf/ringbuf.c).
 */
#include "kernel/ring.h"

#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cleanup.h"

struct writ_ring {
	struct ring_buffer *buffer;
	const uint64_t *consumer;
	const uint64_t *producer;
	size_t page;
};

static void ring_freep(struct writ_ring **ring)
{
	writ_ring_close(*ring);
}

static int map_page(const struct writ_kernel *kernel, size_t page, off_t offset,
		    const uint64_t **ret)
{
	void *memory =
		mmap(NULL, page, PROT_READ, MAP_SHARED, kernel->map_fds[WRIT_MAP_events], offset);

	if (memory == MAP_FAILED)
		return -errno;
	*ret = memory;
	return 0;
}

int writ_ring_open(const struct writ_kernel *kernel,
		   int (*record)(void *context, void *bytes, size_t len), void *context,
		   struct writ_ring **ret_ring)
{
	_cleanup_(ring_freep) struct writ_ring *ring = calloc(1, sizeof(*ring));
	int err;

	if (!ring)
		return -ENOMEM;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->buffer = ring_buffer__new(kernel->map_fds[WRIT_MAP_events], record, context, NULL);
	if (!ring->buffer)
		return -errno;
	err = map_page(kernel, ring->page, 0, &ring->consumer);
	if (!err)
		err = map_page(kernel, ring->page, (off_t)ring->page, &ring->producer);
	if (err)
		return err;
	*ret_ring = take_ptr(ring);
	return 0;
}

void writ_ring_close(struct writ_ring *ring)
{
	if (!ring)
		return;
	ring_buffer__free(ring->buffer);
	if (ring->consumer)
		(void)munmap((void *)(uintptr_t)ring->consumer, ring->page);
	if (ring->producer)
		(void)munmap((void *)(uintptr_t)ring->producer, ring->page);
	free(ring);
}

int writ_ring_fd(const struct writ_ring *ring)
{
	return ring_buffer__epoll_fd(ring->buffer);
}

int writ_ring_drain(struct writ_ring *ring)
{
	return ring_buffer__consume(ring->buffer);
}

uint64_t writ_ring_used(const struct writ_ring *ring)
{
	return __atomic_load_n(ring->producer, __ATOMIC_ACQUIRE) -
	       __atomic_load_n(ring->consumer, __ATOMIC_ACQUIRE);
}
