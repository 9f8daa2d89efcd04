/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rule with parameters against a text: which values would make it match? A search with bounded
 * work that may give up; whoever uses its answer asks the compiled rule (suppose.h) whether it is
 * one.
 */
#ifndef WRIT_COMPILE_CAPTURE_H
#define WRIT_COMPILE_CAPTURE_H

#include "compile/bindings.h"
#include "compile/glob.h"
#include "compile/model.h"

#define WRIT_CAPTURE_STEPS_MAX 100000u /* about a millisecond for one text of a rule */

struct writ_capture {
	const struct writ_policy_playbook *playbook;
	const struct writ_bindings *bindings; /* the variables' values are behind the parameters */
	bool known[WRIT_PARAMETERS_MAX];
	char values[WRIT_PARAMETERS_MAX][WRIT_VALUE_SIZE];
};

/*
 * Tries the texts that @glob stands for (parameters left as tokens) on @text, and then those
 * without a last slash and double star. 1 with the values that the first that matches gives to
 * the parameters it names (the others are not known); 0: none; -ENOMEM.
 */
int writ_capture_glob(struct writ_capture *capture, const struct writ_glob *glob, const char *text,
		      size_t len);

#endif
