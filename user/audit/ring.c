/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ring.h. libbpf's consumer gives room back after each callback, before anything can be on
 * disk, so this one reads the ring itself (layout: kernel/bpf/ringbuf.c, ringbuf_map_mmap_user):
 * the consumer's position on the first page of the map, the producer's on the second, then the
 * data, mapped twice in a row so that a record that wraps is in one piece. Each record has a
 * header of 8 bytes, whose first word is its length and two flags, and is aligned to 8.
 */
#include "audit/ring.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define BATCH_BYTES (64u << 10) /* between commits: about 300 records */

struct writ_ring {
	struct writ_ring_consumer consumer;
	int fd; /* the map's, not ours */
	size_t page;
	uint64_t size;	     /* of the data, a power of two */
	uint64_t *committed; /* position up to which room is given back; the kernel reads it */
	const uint64_t *produced;
	const uint8_t *data;
	uint64_t taken; /* position up to which records were handed over */
};

static int map_pages(const struct writ_ring *ring, size_t size, int protection, off_t offset,
		     void **ret)
{
	void *memory = mmap(NULL, size, protection, MAP_SHARED, ring->fd, offset);

	if (memory == MAP_FAILED)
		return -errno;
	*ret = memory;
	return 0;
}

int writ_ring_open(int fd, uint64_t size, const struct writ_ring_consumer *consumer,
		   struct writ_ring **ret_ring)
{
	_cleanup_(writ_ring_closep) struct writ_ring *ring = calloc(1, sizeof(*ring));
	void *produced = NULL;
	int err;

	if (!ring)
		return -ENOMEM;
	ring->consumer = *consumer;
	ring->fd = fd;
	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->size = size;
	err = map_pages(ring, ring->page, PROT_READ | PROT_WRITE, 0, (void **)&ring->committed);
	if (!err)
		err = map_pages(ring, ring->page + 2 * ring->size, PROT_READ, (off_t)ring->page,
				&produced);
	if (err)
		return err;
	ring->produced = produced;
	ring->data = (const uint8_t *)produced + ring->page;
	ring->taken = *ring->committed;
	*ret_ring = take_ptr(ring);
	return 0;
}

void writ_ring_close(struct writ_ring *ring)
{
	if (!ring)
		return;
	if (ring->committed)
		(void)munmap(ring->committed, ring->page);
	if (ring->produced)
		(void)munmap((void *)(uintptr_t)ring->produced, ring->page + 2 * ring->size);
	free(ring);
}

void writ_ring_closep(struct writ_ring **ring)
{
	writ_ring_close(*ring);
}

int writ_ring_fd(const struct writ_ring *ring)
{
	return ring->fd;
}

/* Hands over one record. False: there is none, or its producer is not done with it. */
static bool take(struct writ_ring *ring)
{
	const uint8_t *at = ring->data + (ring->taken & (ring->size - 1));
	uint32_t word, len;

	if (ring->taken >= __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE))
		return false;
	word = __atomic_load_n((const uint32_t *)(const void *)at, __ATOMIC_ACQUIRE);
	if (word & BPF_RINGBUF_BUSY_BIT)
		return false;
	len = word & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT);
	if (!(word & BPF_RINGBUF_DISCARD_BIT))
		ring->consumer.record(ring->consumer.context, at + BPF_RINGBUF_HDR_SZ, len);
	ring->taken += (len + BPF_RINGBUF_HDR_SZ + 7u) & ~UINT64_C(7);
	return true;
}

static int commit(struct writ_ring *ring)
{
	int err = ring->consumer.commit(ring->consumer.context);

	if (!err)
		__atomic_store_n(ring->committed, ring->taken, __ATOMIC_RELEASE);
	return err;
}

int writ_ring_drain(struct writ_ring *ring)
{
	int err = commit(ring); /* lines that other events left, and what an error held up */

	while (!err) {
		uint64_t end = ring->taken + BATCH_BYTES;

		while (ring->taken < end && take(ring))
			;
		if (ring->taken == *ring->committed)
			return 0;
		err = commit(ring);
	}
	return err;
}

void writ_ring_skip(struct writ_ring *ring, uint64_t position)
{
	uint64_t produced = __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE);

	if (position <= ring->taken || position > produced)
		return;
	ring->taken = position;
	__atomic_store_n(ring->committed, position, __ATOMIC_RELEASE);
}

uint64_t writ_ring_taken(const struct writ_ring *ring)
{
	return ring->taken;
}

uint64_t writ_ring_used(const struct writ_ring *ring)
{
	return __atomic_load_n(ring->produced, __ATOMIC_ACQUIRE) - *ring->committed;
}
