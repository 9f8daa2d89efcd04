/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that this process and all that it starts may still reach, by Landlock. Handled is all that
 * the running kernel can refuse of files; what no rule allows is refused.
 *
 *	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
 *	int err = writ_landlock_open(false, &landlock);
 *
 *	if (!err)
 *		err = writ_landlock_allow(&landlock, "/etc", WRIT_LANDLOCK_READ);
 *	if (!err)
 *		err = writ_landlock_restrict(&landlock);
 */
#ifndef WRIT_LIB_LANDLOCK_H
#define WRIT_LIB_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/cleanup.h"

/* What may be done to a file, or below a directory; bits. */
enum writ_landlock_right {
	WRIT_LANDLOCK_READ = 1,	      /* read files, list directories */
	WRIT_LANDLOCK_EXECUTE = 2,    /* execute files */
	WRIT_LANDLOCK_CHANGE = 4,     /* write and truncate files that are there */
	WRIT_LANDLOCK_MAKE = 8,	      /* make, rename and remove plain files */
	WRIT_LANDLOCK_DIRECTORY = 16, /* make and remove directories */
	WRIT_LANDLOCK_SOCKET = 32,    /* make Unix sockets */
};

#define WRIT_LANDLOCK_RUN (WRIT_LANDLOCK_READ | WRIT_LANDLOCK_EXECUTE)
#define WRIT_LANDLOCK_WRITE (WRIT_LANDLOCK_READ | WRIT_LANDLOCK_CHANGE | WRIT_LANDLOCK_MAKE)

struct writ_landlock {
	int fd;
	int abi;
	uint64_t handled;
};

#define WRIT_LANDLOCK_NONE \
	{                  \
		.fd = -1   \
	}

/*
 * @own_signals: signals, too, reach only what this process has started, on kernels with ABI 6 or
 * later. -EOPNOTSUPP: this kernel has no Landlock, or it is off; else -errno.
 */
int writ_landlock_open(bool own_signals, struct writ_landlock *ret_landlock);

/* A path that does not exist is left out: it is not there to be reached. */
int writ_landlock_allow(const struct writ_landlock *landlock, const char *path,
			unsigned int rights);

/* Each of @paths, up to a NULL. */
int writ_landlock_allow_each(const struct writ_landlock *landlock, const char *const *paths,
			     unsigned int rights);

/*
 * Also what takes its place: a file that is replaced as a whole is another object, so it is found
 * by the directory above it. Not by the root, below which all is.
 */
int writ_landlock_allow_replaced(const struct writ_landlock *landlock, const char *path,
				 unsigned int rights);

/* From now on, for good. This process must have no_new_privs. */
int writ_landlock_restrict(const struct writ_landlock *landlock);

static inline void writ_landlock_closep(struct writ_landlock *landlock)
{
	writ_closep(&landlock->fd);
}

#define _cleanup_landlock_ _cleanup_(writ_landlock_closep)

#endif
