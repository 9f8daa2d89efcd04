/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See programs.h. Ids are given in order, so sets fill evenly; an agent can push out its own and
 * others' programs by executing much, but none that has acted since: what acts is asked for.
 */
#include "audit/programs.h"

#include <stdbool.h>
#include <string.h>

static struct writ_program_path *set_of(struct writ_program_paths *programs, uint64_t exec)
{
	return programs->sets[exec & (WRIT_PROGRAM_SETS - 1)];
}

/* The memory is the writers' before this one, so what it says is looked at before it is used. */
static bool is_sound(const struct writ_program_path *entry)
{
	return entry->len && entry->len < sizeof(entry->path) && entry->path[0] == '/';
}

static struct writ_program_path *find(struct writ_program_paths *programs, uint64_t exec)
{
	struct writ_program_path *set = set_of(programs, exec);

	for (uint32_t i = 0; exec && i < WRIT_PROGRAM_WAYS; i++)
		if (set[i].exec == exec)
			return &set[i];
	return NULL;
}

/* A free one, else the one that was asked for longest ago. */
static struct writ_program_path *find_place(struct writ_program_path *set)
{
	struct writ_program_path *place = set;

	for (uint32_t i = 0; i < WRIT_PROGRAM_WAYS; i++) {
		if (!set[i].exec)
			return &set[i];
		if (set[i].used < place->used)
			place = &set[i];
	}
	return place;
}

void writ_programs_keep(struct writ_program_paths *programs, uint64_t exec, const char *path,
			size_t len)
{
	struct writ_program_path *entry;

	if (!exec || !len || len >= sizeof(entry->path) || path[0] != '/')
		return;
	entry = find(programs, exec);
	if (!entry)
		entry = find_place(set_of(programs, exec));
	__atomic_store_n(&entry->exec, 0, __ATOMIC_RELEASE);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	entry->used = ++programs->turn;
	entry->len = (uint32_t)len;
	memcpy(entry->path, path, len);
	__atomic_store_n(&entry->exec, exec, __ATOMIC_RELEASE);
}

const char *writ_programs_find(struct writ_program_paths *programs, uint64_t exec, size_t *ret_len)
{
	struct writ_program_path *entry = find(programs, exec);

	if (!entry || !is_sound(entry))
		return NULL;
	entry->used = ++programs->turn;
	*ret_len = entry->len;
	return entry->path;
}
