// SPDX-License-Identifier: Apache-2.0
/*
 * A forbidden file is taken away by io_uring, in a worker thread of the kernel.
 * technique: unlink through an io_uring worker
 * stopped by: the hook of unlink; a ring's workers are threads of the agent
 * expect: operation=unlink reason=no_rule
 * needs: io_uring
 */
#include <fcntl.h>
#include <unistd.h>

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
	struct io_uring_sqe operation = {.opcode = IORING_OP_UNLINKAT, .fd = AT_FDCWD};
	char path[ESCAPE_PATH_SIZE];
	int result;

	(void)box;
	escape_path(path, secret, "key");
	operation.addr = (unsigned long)path;
	result = escape_uring(&operation);
	return escape_uring_if(result, access(path, F_OK));
}
