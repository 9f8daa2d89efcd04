// SPDX-License-Identifier: Apache-2.0
/*
 * An open by io_uring that is asked to be done by a worker thread of the kernel, not by the
 * caller.
 * technique: open through an io_uring worker
 * stopped by: `file_open`; a ring's workers are threads of the agent, labelled by `task_alloc`
 * expect: operation=open reason=no_rule
 * needs: io_uring
 */
#include <fcntl.h>

#include "uring.h"

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "key");
}

int escape_attempt(const char *box, const char *secret)
{
	struct io_uring_sqe operation = {
		.opcode = IORING_OP_OPENAT, .fd = AT_FDCWD, .open_flags = O_RDONLY};
	char path[ESCAPE_PATH_SIZE];
	int fd;

	(void)box;
	escape_path(path, secret, "key");
	operation.addr = (unsigned long)path;
	fd = escape_uring(&operation);
	return escape_uring_if(fd, fd >= 0 && escape_reads(fd, "key"));
}
