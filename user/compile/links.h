/* SPDX-License-Identifier: Apache-2.0 */
/* The model as a whole: unique names, references that lead somewhere, one environment. */
#ifndef WRIT_COMPILE_LINKS_H
#define WRIT_COMPILE_LINKS_H

#include "compile/store.h"

/*
 * Builds the store's indices, resolves names and checks what no document shows alone. Every fault
 * is added to @diags; with @complete false, because a file could not be read, a name that leads
 * nowhere is none. 0 or -ENOMEM.
 */
int writ_links_resolve(struct writ_policy_store *store, bool complete,
		       struct writ_diagnostics *diags);

#endif
