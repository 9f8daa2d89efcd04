/* SPDX-License-Identifier: Apache-2.0 */
/* Is this a whole, sound image? Asked before each publication. */
#ifndef WRIT_COMPILE_IMAGE_CHECK_H
#define WRIT_COMPILE_IMAGE_CHECK_H

#include <stddef.h>

/*
 * Checks every offset, count, state word and the checksum of @bytes, which nobody trusts; at least
 * 4-byte aligned. 0, or -EINVAL with *@ret_why (may be NULL) naming the first fault.
 */
int writ_image_check(const void *bytes, size_t size, const char **ret_why);

#endif
