/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test files beside a policy (*.test.yaml): questions and the answers that people expect, in the
 * YAML of the policy itself. Documents of kind Test: apiVersion, kind, name, cases.
 */
#ifndef WRIT_COMPILE_CASES_H
#define WRIT_COMPILE_CASES_H

#include "compile/arena.h"
#include "compile/explain.h"

#define WRIT_CASES_MAX 65536u /* of one document */

struct writ_case {
	struct writ_position at;
	const char *test;      /* the document's name */
	const char *operation; /* as written */
	const char *object;
	struct writ_explain_question question;
	bool allow;	 /* expected */
	uint32_t reason; /* expected; WRIT_REASON_NONE: whichever */
};

struct writ_cases {
	struct writ_arena arena;
	struct writ_case *items;
	size_t count;
	size_t capacity;
};

/* True for a file name that ends in .test.yaml or .test.yml. */
bool writ_cases_is_test(const char *path);

/*
 * Adds the cases of the file @path, or of all test files of the directory @path in name order. 0,
 * -EINVAL with the errors added, -ENOMEM.
 */
int writ_cases_load(const char *path, struct writ_diagnostics *diags, struct writ_cases *cases);

/* Fit for _cleanup_(writ_cases_free). */
void writ_cases_free(struct writ_cases *cases);

#endif
