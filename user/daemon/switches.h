/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kill switches: no grants on this node (frozen), and agents whose roles give nothing either
 * (suspended). They survive restarts in a file. Narrowing holds even if the file can't be written;
 * widening holds only once it is.
 */
#ifndef WRIT_DAEMON_SWITCHES_H
#define WRIT_DAEMON_SWITCHES_H

#include <stdbool.h>
#include <stddef.h>

#include "writ/control.h"

#define WRIT_SWITCHES_FILE "switches"

struct writ_switches {
	const char *directory; /* the caller's */
	bool frozen;
	char frozen_by[WRIT_NAME_SIZE]; /* "" when it is not known */
	char (*suspended)[WRIT_NAME_SIZE];
	size_t n_suspended;
};

/*
 * Reads the file below @directory. No file: nothing is switched. A file that can't be read or makes
 * no sense: frozen, and -errno with one line in @error that says what helps.
 */
int writ_switches_open(struct writ_switches *switches, const char *directory,
		       char error[WRIT_ERROR_SIZE]);
void writ_switches_close(struct writ_switches *switches);

/* -errno of the file: frozen is in force and may be lost with a restart; not frozen is not. */
int writ_switches_freeze(struct writ_switches *switches, bool frozen, const char *by);

/* Likewise for the agent @name. -E2BIG: there are as many as there can be agents. */
int writ_switches_suspend(struct writ_switches *switches, const char *name, bool suspended);

bool writ_switches_is_suspended(const struct writ_switches *switches, const char *name);

#endif
