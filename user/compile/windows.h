/* SPDX-License-Identifier: Apache-2.0 */
/* A playbook's change windows: the list `windows` -> struct writ_policy_window. */
#ifndef WRIT_COMPILE_WINDOWS_H
#define WRIT_COMPILE_WINDOWS_H

#include "compile/model.h"
#include "compile/reader.h"

#define WRIT_ZONEINFO "/usr/share/zoneinfo" /* the time zone database of the host */

/* At least one window, at most WRIT_WINDOWS_MAX. Results as all readers (reader.h). */
int writ_windows_read(struct writ_reader *reader, const struct writ_yaml_node *value,
		      const struct writ_policy_window **ret_windows, size_t *ret_n);

/*
 * May @zone be looked up below WRIT_ZONEINFO? Parts of letters, digits, "_", "+" and "-" that begin
 * with a letter, with one slash between them: nothing that leads out, and no POSIX rule.
 */
bool writ_windows_is_zone(const char *zone);

/* Warns of zones that this host does not have; UTC every host has. */
void writ_windows_advise(const struct writ_policy_playbook *playbook,
			 struct writ_diagnostics *diags);

/* "mon,tue 09:00-17:00 Europe/Berlin", cut at @size. */
void writ_windows_format(const struct writ_policy_window *window, char *ret_text, size_t size);

#endif
