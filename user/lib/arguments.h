/* SPDX-License-Identifier: Apache-2.0 */
/* Command lines of the programs that run on their own; those of verbs are cli/options.h. */
#ifndef WRIT_LIB_ARGUMENTS_H
#define WRIT_LIB_ARGUMENTS_H

#include <stdbool.h>

/* "--name TEXT" with @text, "--name" with @flag. A table of them ends with {0}. */
struct writ_argument {
	const char *name;
	const char **text; /* points into argv then; the last one holds */
	bool *flag;
};

#define WRIT_ARGUMENTS_KNOWN 32 /* of one table */

/*
 * Reads all of @argv. --version and --help (-h) are known by themselves: they print and exit(3).
 * -EINVAL: what is wrong and @usage are on standard error.
 */
int writ_arguments_parse(const char *program, const char *usage, const struct writ_argument *known,
			 int argc, char **argv);

#endif
