/* SPDX-License-Identifier: Apache-2.0 */
/* A line of the audit log as one line for people. */
#ifndef WRIT_CLI_SHOW_H
#define WRIT_CLI_SHOW_H

#include <stddef.h>

/* The longest line shown. */
#define WRIT_SHOW_SIZE 8192u

/*
 * Turns the JSON line @text into @ret_shown. Returns 0, or -EBADMSG for a line that is not one of
 * writ-audit(5): no JSON object, control bytes, or a type that is not known.
 */
int writ_show_line(const char *text, size_t len, char *ret_shown, size_t size);

#endif
