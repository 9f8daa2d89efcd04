/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many lines and bytes the log has behind a place: what a sink has yet to get, exactly. Counts
 * each segment from the oldest place on, once, and the open one as it grows.
 */
#ifndef WRIT_FORWARD_METER_H
#define WRIT_FORWARD_METER_H

#include <stdint.h>

#include "forward/position.h"

struct writ_meter;

/* Counts from segment @first on; UINT64_MAX: only what comes. @log must stay. */
int writ_meter_open(const char *log, uint64_t first, struct writ_meter **ret);
void writ_meter_close(struct writ_meter *meter);

/* Counts what came since the last call. Others may ask meanwhile. -errno: no log to be read. */
int writ_meter_update(struct writ_meter *meter);

/* Of lines from @place to where the last update came; segments that are gone count nothing. */
void writ_meter_behind(struct writ_meter *meter, const struct writ_place *place,
		       uint64_t *ret_lines, uint64_t *ret_bytes);

#endif
