// SPDX-License-Identifier: Apache-2.0
/*
 * One operation by io_uring, see uring.h: a ring of its own for each, without a library.
 */
#include "uring.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ENTRIES 4

struct ring {
	int fd;
	struct io_uring_params params;
	char *base; /* both rings: IORING_FEAT_SINGLE_MMAP */
	struct io_uring_sqe *sqes;
};

static int ring_open(struct ring *ring)
{
	size_t size;

	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &ring->params);
	if (ring->fd < 0)
		return -errno;
	size = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);
	ring->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			  IORING_OFF_SQ_RING);
	ring->sqes =
		mmap(NULL, ring->params.sq_entries * sizeof(*ring->sqes), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	return ring->base == MAP_FAILED || (void *)ring->sqes == MAP_FAILED ? -errno : 0;
}

static unsigned int *word(struct ring *ring, unsigned int offset)
{
	return (unsigned int *)(void *)(ring->base + offset);
}

static int ring_run(struct ring *ring, const struct io_uring_sqe *operation)
{
	const struct io_uring_cqe *cqe;

	ring->sqes[0] = *operation;
	ring->sqes[0].flags |= IOSQE_ASYNC;
	word(ring, ring->params.sq_off.array)[0] = 0;
	__atomic_store_n(word(ring, ring->params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	cqe = (const void *)(ring->base + ring->params.cq_off.cqes);
	return cqe->res;
}

/* The ring goes with the process. */
int escape_uring(const struct io_uring_sqe *operation)
{
	struct ring ring = {.fd = -1};
	int err = ring_open(&ring);

	return err ? err : ring_run(&ring, operation);
}

int escape_uring_if(int result, bool succeeded)
{
	if (result == -ENOSYS)
		return escape_skip("this kernel has no io_uring");
	return escape_if(succeeded);
}
