/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A playbook's `env`: the environment variables of a command that `writ exec` starts, beyond those
 * that each has. An entry is NAME (the caller's value), PREFIX* (all of the caller's that begin so)
 * or NAME=VALUE. The key is not `environment`: that word is the node's.
 */
#ifndef WRIT_COMPILE_ENV_H
#define WRIT_COMPILE_ENV_H

#include <stdbool.h>

#include "compile/model.h"
#include "compile/reader.h"

/* Is it [A-Za-z_][A-Za-z0-9_]* of @len bytes? */
bool writ_env_is_name(const char *text, size_t len);

/* What is wrong with an entry; NULL: nothing. Names that begin with WRIT_ are Writ's own. */
const char *writ_env_fault(const char *entry);

/* Does an entry without fault hand on the caller's variable of this name? */
bool writ_env_passes(const char *entry, const char *name, size_t len);

/* For a table of fields: the list into the writ_policy_playbook @object. */
int writ_env_read(struct writ_reader *reader, const struct writ_yaml_node *value, void *object);

/* A warning for each entry that hands on what decides which code a program runs. */
void writ_env_advise(const struct writ_policy_playbook *playbook, struct writ_diagnostics *diags);

#endif
