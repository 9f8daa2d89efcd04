/* SPDX-License-Identifier: Apache-2.0 */
/* A moment as people write it: "2h" ago, "2026-11-22", "2026-11-22T10:11:12Z". */
#ifndef WRIT_CLI_MOMENT_H
#define WRIT_CLI_MOMENT_H

#include <stdint.h>

/* Microseconds since 1970; @end: of a day or second that is given, its last one. -EINVAL. */
int writ_moment_parse(const char *text, int end, int64_t *ret_us);

#endif
