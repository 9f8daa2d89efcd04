// SPDX-License-Identifier: Apache-2.0
/*
 * act: io_uring beyond plain reads and writes: a ring that the kernel polls, one used with
 * registered credentials, a command to a driver. Each operation makes a ring of its own.
 */
#include "act.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define ENTRIES 4u
#define URING_CMD_OPCODE 46 /* IORING_OP_URING_CMD, include/uapi/linux/io_uring.h */
#define RING_SIZE 4096u	    /* more than the offsets of a ring of four entries reach */

struct ring {
	int fd;
	struct io_uring_params params;
	uint8_t *submissions; /* and completions: one mapping (IORING_FEAT_SINGLE_MMAP) */
	struct io_uring_sqe *entries;
};

static uint32_t *word(const struct ring *ring, uint32_t offset)
{
	return (uint32_t *)(void *)(ring->submissions + offset);
}

static int ring_open(struct ring *ring, uint32_t flags)
{
	*ring = (struct ring){.params = {.flags = flags}};
	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &ring->params);
	if (ring->fd < 0)
		return -errno;
	ring->submissions = mmap(NULL, RING_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
				 ring->fd, IORING_OFF_SQ_RING);
	ring->entries = mmap(NULL, ENTRIES * sizeof(*ring->entries), PROT_READ | PROT_WRITE,
			     MAP_SHARED | MAP_POPULATE, ring->fd, IORING_OFF_SQES);
	return ring->submissions == MAP_FAILED || ring->entries == MAP_FAILED ? -errno : 0;
}

/* Submits one entry and gives its result. */
static int ring_do(struct ring *ring, const struct io_uring_sqe *entry)
{
	const struct io_uring_cqe *done =
		(const void *)(ring->submissions + ring->params.cq_off.cqes);

	ring->entries[0] = *entry;
	word(ring, ring->params.sq_off.array)[0] = 0;
	__atomic_store_n(word(ring, ring->params.sq_off.tail), 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1u, 1u, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	return done->res;
}

static int poll_ring(struct act *act)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SQPOLL};
	int fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);

	(void)act;
	if (fd < 0)
		return -errno;
	(void)close(fd);
	return 0;
}

static int personality(struct act *act)
{
	struct io_uring_sqe entry = {.opcode = IORING_OP_NOP};
	struct ring ring;
	int err = ring_open(&ring, 0), id;

	(void)act;
	if (err)
		return err;
	id = (int)syscall(SYS_io_uring_register, ring.fd, IORING_REGISTER_PERSONALITY, NULL, 0u);
	if (id < 0)
		return -errno;
	entry.personality = (uint16_t)id;
	return ring_do(&ring, &entry);
}

static int command(struct act *act)
{
	struct io_uring_sqe entry = {.opcode = URING_CMD_OPCODE};
	struct ring ring;
	int err = ring_open(&ring, 0);

	if (err)
		return err;
	entry.fd = open(act->next[1], O_RDWR | O_CLOEXEC);
	return entry.fd < 0 ? -errno : ring_do(&ring, &entry);
}

/* Entry @index of the ring, to be submitted with those before it. */
static void ring_put(struct ring *ring, uint32_t index, const struct io_uring_sqe *entry)
{
	ring->entries[index] = *entry;
	word(ring, ring->params.sq_off.array)[index] = index;
	__atomic_store_n(word(ring, ring->params.sq_off.tail), index + 1, __ATOMIC_RELEASE);
}

/*
 * An open that waits, linked behind the read of a pipe, while the process takes other credentials:
 * the kernel then opens with those of before.
 */
static int linked_open(struct act *act)
{
	struct io_uring_sqe entry = {.opcode = IORING_OP_READ, .len = 1};
	const struct io_uring_cqe *done;
	struct ring ring;
	char byte;
	int ends[2], err = ring_open(&ring, 0);

	if (err || pipe(ends))
		return err ? err : -errno;
	entry.flags = IOSQE_ASYNC | IOSQE_IO_LINK;
	entry.fd = ends[0];
	entry.addr = (uintptr_t)&byte;
	ring_put(&ring, 0, &entry);
	entry = (struct io_uring_sqe){.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD};
	entry.addr = (uintptr_t)act->next[1];
	ring_put(&ring, 1, &entry);
	if (syscall(SYS_io_uring_enter, ring.fd, 2u, 0u, 0u, NULL, 0) != 2)
		return -EIO;
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) || write(ends[1], "x", 1) != 1)
		return -errno;
	if (syscall(SYS_io_uring_enter, ring.fd, 0u, 2u, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -errno;
	done = (const void *)(ring.submissions + ring.params.cq_off.cqes);
	return done[1].res < 0 ? done[1].res : 0;
}

/*
 * How many of so many opens are denied, each in a child and by a worker thread of its ring: the
 * kernel makes those itself, and no task forks.
 */
static int worker_opens(struct act *act)
{
	struct io_uring_sqe entry = {.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD};
	int denied = 0, status;

	entry.flags = IOSQE_ASYNC;
	entry.addr = (uintptr_t)act->next[2];
	for (long i = strtol(act->next[1], NULL, 10); i > 0; i--) {
		pid_t child = fork();
		struct ring ring;

		if (child < 0)
			return -errno;
		if (!child)
			_exit(ring_open(&ring, 0) ? 2 : ring_do(&ring, &entry) == -EPERM);
		if (waitpid(child, &status, 0) != child || !WIFEXITED(status) ||
		    WEXITSTATUS(status) > 1)
			return -EIO;
		denied += WEXITSTATUS(status);
	}
	return denied;
}

const struct act_operation act_uring_operations[] = {
	{"sqpoll", 0, poll_ring}, {"personality", 0, personality},
	{"drive", 1, command},	  {"linked", 1, linked_open},
	{"workers", 2, worker_opens},
	{NULL, 0, NULL},
};
