/* SPDX-License-Identifier: Apache-2.0 */
/* A parameter's value and its type: what may be given, and why something may not. */
#ifndef WRIT_COMPILE_VALUES_H
#define WRIT_COMPILE_VALUES_H

#include "compile/model.h"

#define WRIT_VALUES_TEXT 512

/* The word for a type in policy, NULL when there is none of that number. */
const char *writ_values_type(uint32_t type);

/* The pattern of a type for which policy gives none: what its values look like. */
const char *writ_values_pattern(uint32_t type);

/* Why @value may not be given; NULL: it may. */
const char *writ_values_fault(const struct writ_policy_parameter *parameter, const char *value);

/* "matches [a-z]+", "is a path below /srv": for errors, after "a value that". */
void writ_values_describe(const struct writ_policy_parameter *parameter,
			  char ret_text[WRIT_VALUES_TEXT]);

/* Some text where a value is not known: only an address must look like one. */
const char *writ_values_stand_in(const struct writ_policy_parameter *parameter);

/* What is wrong with @text as an absolute path without signs; NULL: nothing. Not "/". */
const char *writ_values_path_fault(const char *text);

/* A decimal integer as it is always written: no zeros before it, no "+". 0 or -EINVAL. */
int writ_values_integer(const char *text, int64_t *ret_value);

#endif
