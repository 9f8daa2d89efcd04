/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which program an exec's id stands for: struct writ_program_paths, in memory that outlives the
 * process. Only records of execs are put in; an id is never given twice, so what is found is right,
 * however many records were lost. One thread, one process at a time.
 */
#ifndef WRIT_AUDIT_PROGRAMS_H
#define WRIT_AUDIT_PROGRAMS_H

#include <stddef.h>
#include <stdint.h>

#include "writ/maps.h"

/*
 * Keeps @path, @len bytes, for @exec; again is once. A path that does not begin with a slash, or
 * with its NUL is longer than WRIT_PROGRAM_SIZE, is not kept. It takes the place of the one of its
 * set that was asked for longest ago.
 */
void writ_programs_keep(struct writ_program_paths *programs, uint64_t exec, const char *path,
			size_t len);

/*
 * The path for @exec, valid until the next call of writ_programs_keep(). NULL: it is not known, or
 * what stands there is no path.
 */
const char *writ_programs_find(struct writ_program_paths *programs, uint64_t exec, size_t *ret_len);

#endif
