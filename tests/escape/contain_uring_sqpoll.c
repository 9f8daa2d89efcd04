// SPDX-License-Identifier: Apache-2.0
/*
 * A thread of the kernel polls the ring and acts, while the process that fills it makes no
 * call.
 * technique: io_uring with IORING_SETUP_SQPOLL
 * stopped by: `uring_sqpoll`
 * expect: operation=uring reason=guardrail
 */
#include "escape.h"

#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	struct io_uring_params params = {.flags = IORING_SETUP_SQPOLL};

	(void)box;
	(void)secret;
	return escape_if(syscall(SYS_io_uring_setup, 4u, &params) >= 0 && params.sq_entries == 4);
}
