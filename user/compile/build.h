/* SPDX-License-Identifier: Apache-2.0 */
/* A rule set that is too large for an image: which rules to blame. */
#ifndef WRIT_COMPILE_BUILD_H
#define WRIT_COMPILE_BUILD_H

#include "compile/dfa.h"
#include "compile/ruleset.h"

/*
 * Adds one error for @what and one for each of the rules that take the most states (of @dfa; of
 * the NFA when that is NULL). Returns -EINVAL, or -ENOMEM.
 */
int writ_build_blame(const struct writ_ruleset *set, const struct writ_dfa *dfa, const char *what,
		     const struct writ_position *at);

#endif
