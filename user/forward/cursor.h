/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a sink was, in DIR/NAME.cursor: one line. Replaced as a whole, so that a crash leaves the
 * old one or the new one; a sink may get lines twice and never misses any.
 */
#ifndef WRIT_FORWARD_CURSOR_H
#define WRIT_FORWARD_CURSOR_H

#include "forward/position.h"

/* -ENOENT; -EBADMSG: it is none; -errno. */
int writ_cursor_load(const char *directory, const char *name, struct writ_place *ret);

int writ_cursor_save(const char *directory, const char *name, const struct writ_place *place);

#endif
