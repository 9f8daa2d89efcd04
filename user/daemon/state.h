/* SPDX-License-Identifier: Apache-2.0 */
/* Small files of the core that must be whole or absent: written beside, synced, renamed. */
#ifndef WRIT_DAEMON_STATE_H
#define WRIT_DAEMON_STATE_H

#include <stddef.h>

#define WRIT_STATE_SIZE_MAX (2u << 20) /* of one file: a line of 76 bytes for each agent fits */

/* Replaces @name in @directory, which is made (0700) when missing. -errno: the old one stays. */
int writ_state_write(const char *directory, const char *name, const char *bytes, size_t len);

/*
 * Reads all of it; NUL behind it; the caller frees. -ENOENT: there is none; -EFBIG, -EINVAL: not a
 * regular file of that size.
 */
int writ_state_read(const char *directory, const char *name, char **ret_bytes);

#endif
