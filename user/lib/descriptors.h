/* SPDX-License-Identifier: Apache-2.0 */
/* Which descriptors a child keeps of its parent's. */
#ifndef WRIT_LIB_DESCRIPTORS_H
#define WRIT_LIB_DESCRIPTORS_H

#include <stddef.h>

/*
 * Closes all but 0 to 2 and the @n of @kept, which are put in order; numbers below 3 in it are
 * passed over. -errno: others may be open still, so the caller must not go on.
 */
int writ_descriptors_keep(int *kept, size_t n);

#endif
