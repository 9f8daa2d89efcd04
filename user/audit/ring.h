/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The consumer's end of the event ring. What is not consumed waits in the kernel, and room is
 * given back only for records that the caller has safely put away: a consumer that is killed finds
 * them again.
 */
#ifndef WRIT_AUDIT_RING_H
#define WRIT_AUDIT_RING_H

#include <stddef.h>
#include <stdint.h>

struct writ_ring;

struct writ_ring_consumer {
	void *context;
	/* Takes one record. */
	void (*record)(void *context, const void *bytes, size_t len);
	/* Puts away what was taken since the last call; 0, or -errno: not yet. */
	int (*commit)(void *context);
};

/*
 * @fd: the ring's map, the caller's, open for as long as the ring. @size: of its data, in bytes, a
 * power of two. @consumer is copied.
 */
int writ_ring_open(int fd, uint64_t size, const struct writ_ring_consumer *consumer,
		   struct writ_ring **ret_ring);
void writ_ring_close(struct writ_ring *ring);
void writ_ring_closep(struct writ_ring **ring);

/* Readable when the hooks thought it worth waking the reader. */
int writ_ring_fd(const struct writ_ring *ring);

/*
 * Hands over what is there and commits it, in batches. 0, or what commit() said: the records it
 * was about are not handed over again, the next call begins with commit().
 */
int writ_ring_drain(struct writ_ring *ring);

/*
 * The log has the records before @position: they are not handed over again. Before the first drain;
 * a position that the ring does not have between what is given back and what there is is ignored.
 */
void writ_ring_skip(struct writ_ring *ring, uint64_t position);

/* Up to where records were handed over. */
uint64_t writ_ring_taken(const struct writ_ring *ring);

/* Bytes that wait to be put away. */
uint64_t writ_ring_used(const struct writ_ring *ring);

#endif
