/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scope-bound ownership: every owned local carries one of these attributes and is assigned where
 * it is declared. Hand ownership over with take_ptr() or take_fd().
 */
#ifndef WRIT_LIB_CLEANUP_H
#define WRIT_LIB_CLEANUP_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

static inline void writ_freep(void *pointer)
{
	free(*(void **)pointer);
}

static inline void writ_closep(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static inline void writ_fclosep(FILE **file)
{
	if (*file)
		(void)fclose(*file);
}

static inline void writ_closedirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

#define _cleanup_free_ _cleanup_(writ_freep)
#define _cleanup_close_ _cleanup_(writ_closep)
#define _cleanup_fclose_ _cleanup_(writ_fclosep)
#define _cleanup_closedir_ _cleanup_(writ_closedirp)

#define take_ptr(pointer)                                \
	({                                               \
		__typeof__(pointer) *_from = &(pointer); \
		__typeof__(pointer) _taken = *_from;     \
		*_from = NULL;                           \
		_taken;                                  \
	})

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
