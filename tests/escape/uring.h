/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation by io_uring, done by a worker thread of the kernel (IOSQE_ASYNC) and not by the
 * caller.
 */
#ifndef TESTS_ESCAPE_URING_H
#define TESTS_ESCAPE_URING_H

#include <linux/io_uring.h>

#include "escape.h"

/* Its result as the kernel gives it, or -errno of the ring; -ENOSYS: there is no io_uring. */
int escape_uring(const struct io_uring_sqe *operation);

/* @result of an operation whose effect is @succeeded, as a technique's. */
int escape_uring_if(int result, bool succeeded);

#endif
