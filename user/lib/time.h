/* SPDX-License-Identifier: Apache-2.0 */
/* Durations as people write them ("90s", "3m", "1h30m"), boot time, and ISO 8601 stamps. */
#ifndef WRIT_LIB_TIME_H
#define WRIT_LIB_TIME_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_NS_PER_SECOND UINT64_C(1000000000)

/* CLOCK_BOOTTIME, nanoseconds: the clock in which grants live. */
uint64_t writ_time_boot(void);

/* Wall clock minus boot time, nanoseconds: what turns a boot stamp into a date. */
int64_t writ_time_offset(void);

/* "250ms", "20s", "3m", "1h30m", "2d". -EINVAL on anything else, -ERANGE over a year. */
int writ_time_parse(const char *text, uint64_t *ret_ns);

/* "2026-11-22T10:11:12.345678Z"; @size at least WRIT_TIME_STAMP_SIZE. @wall_ns since 1970. */
#define WRIT_TIME_STAMP_SIZE 32
void writ_time_stamp(int64_t wall_ns, char *ret_text, size_t size);

/* "1h30m", "20s", "0.4s"; @size at least 32. */
void writ_time_format(uint64_t ns, char *ret_text, size_t size);

#endif
