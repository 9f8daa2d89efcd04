/* SPDX-License-Identifier: Apache-2.0 */
/* Policy files from disk: which files, and their bytes, known to be text. */
#ifndef WRIT_COMPILE_SOURCE_H
#define WRIT_COMPILE_SOURCE_H

#include <stddef.h>

#include "compile/arena.h"
#include "compile/diagnostics.h"

struct writ_source_list {
	const char **files; /* names in the arena, the array from malloc */
	size_t count;
	size_t capacity;
};

/*
 * Adds the file @path, or the *.yaml and *.yml files of the directory @path in name order, without
 * its *.test.yaml and *.test.yml, to @list; names live in @arena. 0, -EINVAL with the error added,
 * -ENOMEM.
 */
int writ_source_find(const char *path, struct writ_arena *arena, struct writ_diagnostics *diags,
		     struct writ_source_list *list);

void writ_source_list_free(struct writ_source_list *list);

/*
 * Reads @file (at most WRIT_POLICY_SIZE_MAX) and checks that it is UTF-8 without NUL and control
 * bytes. The caller frees *@ret_bytes. 0, -EINVAL with the error added, -ENOMEM.
 */
int writ_source_read(const char *file, struct writ_diagnostics *diags, char **ret_bytes,
		     size_t *ret_size);

/* The second half of writ_source_read(), for bytes from elsewhere. 0 or -EINVAL. */
int writ_source_check(const char *file, const char *bytes, size_t size,
		      struct writ_diagnostics *diags);

#endif
