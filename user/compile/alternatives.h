/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The texts that a glob's braces stand for, one after the other, as plain token sequences: a rule
 * means exactly all of them. Neighbouring stars have become `**`.
 */
#ifndef WRIT_COMPILE_ALTERNATIVES_H
#define WRIT_COMPILE_ALTERNATIVES_H

#include "compile/glob.h"
#include "writ/abi.h"

#define WRIT_ALTERNATIVES_CHOICES 64 /* braces that one text passes through */

struct writ_alternatives {
	const struct writ_glob *glob;
	struct writ_glob_token *tokens; /* the current text */
	size_t n_tokens;
	size_t count;				   /* texts so far */
	size_t choices[WRIT_ALTERNATIVES_CHOICES]; /* OPEN or COMMA before the alternative taken */
	size_t n_choices;
};

/* 0 or -ENOMEM. @glob must outlive it and not change. */
int writ_alternatives_init(struct writ_alternatives *alternatives, const struct writ_glob *glob);

/* Fit for _cleanup_(writ_alternatives_free). */
void writ_alternatives_free(struct writ_alternatives *alternatives);

/* 1: the next text is in `tokens`; 0: no more; -E2BIG: over WRIT_ALTERNATIVES_MAX of them. */
int writ_alternatives_next(struct writ_alternatives *alternatives);

/*
 * What is wrong with a plain sequence as an absolute path; NULL: nothing. A parameter counts as
 * a part of a component that is neither empty nor a dot; one that is a whole path, as the first
 * components.
 */
const char *writ_alternatives_fault(const struct writ_glob_token *tokens, size_t n_tokens);

#endif
