/* SPDX-License-Identifier: Apache-2.0 */
/* What a role has from the roles that it extends. */
#ifndef WRIT_COMPILE_EXTENDS_H
#define WRIT_COMPILE_EXTENDS_H

#include "compile/store.h"

/*
 * Gives each role its lineage, the playbooks of all of it, and whether its image varies. Needs the
 * indices; a name that leads nowhere is passed over. 0 with the faults in @diags (a circle, too
 * many roles or playbooks), or -ENOMEM.
 */
int writ_extends_resolve(struct writ_policy_store *store, struct writ_diagnostics *diags);

#endif
