/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes from outside (paths, names, arguments) as text that is safe to print: valid UTF-8 stays,
 * a backslash becomes \\, and control bytes, DEL, C1 controls and bytes that are not valid UTF-8
 * become \xNN. The raw bytes can be recovered; no input can break a line or move a cursor.
 */
#ifndef WRIT_LIB_ESCAPE_H
#define WRIT_LIB_ESCAPE_H

#include <stddef.h>

/*
 * Writes the escaped form of @bytes to @ret_text, always NUL-terminated, cut at a whole escape or
 * character when @size (at least 1) is too small. Returns the length written.
 */
size_t writ_escape_text(const void *bytes, size_t len, char *ret_text, size_t size);

/* The size that never cuts @len bytes. */
#define WRIT_ESCAPE_SIZE(len) (4 * (len) + 1)

#endif
