// SPDX-License-Identifier: Apache-2.0
/*
 * A request to a ring is made, and the process changes its credentials before it is carried out: it
 * then runs with others than its task's, as what an overlay file system does to its layers.
 * technique: io_uring request with older credentials
 * stopped by: `inode_setxattr`: what a ring does is never taken for a layer's
 * expect: operation=xattr reason=no_rule
 * needs: a kernel whose tmpfs has user attributes (6.6)
 */
#include "escape.h"

#include <linux/io_uring.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ENTRIES 4u
#define NAME "user.writ"

struct ring {
	int fd;
	unsigned int *tail, *array, mask;
	struct io_uring_sqe *requests;
};

static bool open_ring(struct ring *ring)
{
	struct io_uring_params params = {0};
	unsigned char *queue;

	ring->fd = (int)syscall(SYS_io_uring_setup, ENTRIES, &params);
	if (ring->fd < 0)
		return false;
	queue = mmap(NULL, params.sq_off.array + params.sq_entries * sizeof(unsigned int),
		     PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->requests = mmap(NULL, params.sq_entries * sizeof(struct io_uring_sqe),
			      PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_SQES);
	if (queue == MAP_FAILED || ring->requests == MAP_FAILED)
		return false;
	ring->tail = (unsigned int *)(queue + params.sq_off.tail);
	ring->array = (unsigned int *)(queue + params.sq_off.array);
	ring->mask = params.sq_entries - 1;
	return true;
}

static struct io_uring_sqe *request(struct ring *ring, __u8 opcode)
{
	unsigned int index = *ring->tail & ring->mask;

	memset(&ring->requests[index], 0, sizeof(ring->requests[index]));
	ring->requests[index].opcode = opcode;
	ring->array[index] = index;
	__atomic_store_n(ring->tail, *ring->tail + 1, __ATOMIC_RELEASE);
	return &ring->requests[index];
}

static int enter(const struct ring *ring, unsigned int submit, unsigned int wait)
{
	return (int)syscall(SYS_io_uring_enter, ring->fd, submit, wait, IORING_ENTER_GETEVENTS,
			    NULL, 0);
}

/*
 * A read that waits holds back the request behind it until the credentials have changed: any change
 * makes new ones, even one that changes nothing.
 */
static bool set_late(struct ring *ring, const char *path)
{
	static char byte;
	struct io_uring_sqe *read, *set;
	int pipe_fds[2];

	if (pipe(pipe_fds))
		return false;
	read = request(ring, IORING_OP_READ);
	read->fd = pipe_fds[0];
	read->addr = (unsigned long)&byte;
	read->len = 1;
	set = request(ring, IORING_OP_SETXATTR);
	set->flags = IOSQE_IO_DRAIN;
	set->addr = (unsigned long)NAME;
	set->addr2 = (unsigned long)"v";
	set->addr3 = (unsigned long)path;
	set->len = 1;
	if (enter(ring, 2, 0) != 2 || prctl(PR_SET_KEEPCAPS, 1))
		return false;
	return write(pipe_fds[1], "x", 1) == 1 && enter(ring, 0, 2) >= 0;
}

int escape_prepare(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(key, secret, "key");
	return escape_write(key, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	char key[ESCAPE_PATH_SIZE], value[2];
	struct ring ring;

	(void)box;
	escape_path(key, secret, "key");
	if (getxattr(key, NAME, value, sizeof(value)) < 0 && errno == EOPNOTSUPP)
		return escape_skip("this file system has no user attributes");
	if (!open_ring(&ring))
		return escape_skip("no io_uring here");
	if (!set_late(&ring, key))
		return escape_error("ring");
	return escape_if(getxattr(key, NAME, value, sizeof(value)) == 1);
}
