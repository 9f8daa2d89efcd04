/* SPDX-License-Identifier: Apache-2.0 */
/* The word that was probably meant. */
#ifndef WRIT_COMPILE_SUGGEST_H
#define WRIT_COMPILE_SUGGEST_H

#include <stddef.h>

/* Edits (insert, delete, replace, swap neighbours) from @a to @b; words over 63 bytes: 64. */
size_t writ_suggest_distance(const char *a, const char *b);

/*
 * True when @word at @distance is near enough to be offered instead of what was written: at most
 * two edits, and fewer than half of the word.
 */
int writ_suggest_near(const char *word, size_t distance);

#endif
