/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The regular expressions of policy (tickets, parameters): POSIX extended, in the C locale, always
 * for the whole text. Nested repetitions are counted before the C library sees them, because its
 * compiler writes them out in memory.
 */
#ifndef WRIT_COMPILE_PATTERN_H
#define WRIT_COMPILE_PATTERN_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define WRIT_PATTERN_ERROR_SIZE 160

/* 0; or -EINVAL with the reason in @ret_why. The caller frees *@ret_regex with regfree(). */
int writ_pattern_compile(const char *pattern, char ret_why[WRIT_PATTERN_ERROR_SIZE],
			 regex_t *ret_regex);

/* True when the whole of @text matches. */
bool writ_pattern_match(const regex_t *regex, const char *text);

#endif
