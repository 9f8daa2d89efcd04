/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers of a record -> names, from the kernel's maps, which know them across restarts. Read-only:
 * the core writes them meanwhile.
 */
#ifndef WRIT_AUDIT_NAMES_H
#define WRIT_AUDIT_NAMES_H

#include "audit/line.h"
#include "audit/programs.h"
#include "audit/remedies.h"
#include "writ/match.h"

struct writ_names;

/*
 * @agents: WRIT_AGENTS_MAX; they, @tables and @node outlive the names. @infos: the map grant_infos,
 * for looking up; -1: grants have no names.
 */
int writ_names_new(const struct writ_agent *agents, const struct writ_tables *tables,
		   const struct writ_node *node, int infos, struct writ_names **ret);
void writ_names_free(struct writ_names *names);

static inline void writ_names_freep(struct writ_names **names)
{
	writ_names_free(*names);
}

/* Valid as long as the names. */
const struct writ_resolver *writ_names_resolver(const struct writ_names *names);

/* Where denials have their remedies from, the caller's; NULL, as at first: they have none. */
void writ_names_remedies(struct writ_names *names, struct writ_remedies *remedies);

/* What execs ran, kept and asked there, the caller's; NULL, as at first: nobody knows. */
void writ_names_programs(struct writ_names *names, struct writ_program_paths *programs);

/* Looks again at the wall clock and the node's environment: before records are taken. */
void writ_names_renew(struct writ_names *names);

#endif
