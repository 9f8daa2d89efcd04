// SPDX-License-Identifier: Apache-2.0
/*
 * An open by io_uring that is asked to be done by a worker thread of the kernel, not by the caller.
 * technique: open through an io_uring worker
 * stopped by: `file_open`; a ring's workers are threads of the agent, labelled by `task_alloc`
 * expect: operation=open reason=no_rule
 * needs: io_uring
 */
#include "escape.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

struct ring {
	int fd;
	struct io_uring_params params;
	char *base; /* both rings: IORING_FEAT_SINGLE_MMAP */
	struct io_uring_sqe *sqes;
};

static int ring_open(struct ring *ring)
{
	size_t size;

	ring->fd = (int)syscall(SYS_io_uring_setup, 4, &ring->params);
	if (ring->fd < 0)
		return -errno;
	size = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);
	ring->base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			  IORING_OFF_SQ_RING);
	ring->sqes = mmap(NULL, ring->params.sq_entries * sizeof(*ring->sqes),
			  PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring->fd,
			  IORING_OFF_SQES);
	return ring->base == MAP_FAILED || (void *)ring->sqes == MAP_FAILED ? -errno : 0;
}

static unsigned int *word(struct ring *ring, unsigned int offset)
{
	return (unsigned int *)(void *)(ring->base + offset);
}

/* The result of one asynchronous open. */
static int ring_openat(struct ring *ring, const char *path)
{
	const struct io_uring_cqe *cqe;

	memset(&ring->sqes[0], 0, sizeof(ring->sqes[0]));
	ring->sqes[0].opcode = IORING_OP_OPENAT;
	ring->sqes[0].flags = IOSQE_ASYNC;
	ring->sqes[0].fd = AT_FDCWD;
	ring->sqes[0].addr = (unsigned long)path;
	ring->sqes[0].open_flags = O_RDONLY;
	word(ring, ring->params.sq_off.array)[0] = 0;
	__atomic_store_n(word(ring, ring->params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	cqe = (const void *)(ring->base + ring->params.cq_off.cqes);
	return cqe->res;
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	struct ring ring = {.fd = -1};
	char path[ESCAPE_PATH_SIZE];
	int err = ring_open(&ring), fd;

	(void)box;
	if (err == -ENOSYS)
		return escape_skip("this kernel has no io_uring");
	if (err)
		return escape_error("io_uring");
	escape_path(path, secret, "key");
	fd = ring_openat(&ring, path);
	return escape_if(fd >= 0 && escape_reads(fd, "key"));
}
