/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of a sweep share, all of it in its own process. See cut.h. */
#ifndef WRIT_KERNEL_CUT_SWEEP_H
#define WRIT_KERNEL_CUT_SWEEP_H

#include "kernel/cut.h"

struct writ_cut_list {
	struct writ_cut *records; /* owned */
	size_t count;
	size_t size;
	bool partial; /* some are missing */
};

struct writ_cut_sweep {
	struct writ_kernel *kernel;
	const uint64_t *grants; /* ended, that are counted for */
	size_t n_grants;
	struct writ_cut_list found;
	struct writ_cut_list closed; /* by the kernel */
	struct writ_cut_count *counts;
	size_t n_counts;
};

/* Puts @record behind the others; no room or no memory: the list is partial. */
void writ_cut_add(struct writ_cut_list *list, const struct writ_cut *record);

/* The counts of grant @id, made if there are none. NULL: no memory, and the list is partial. */
struct writ_cut_count *writ_cut_count_of(struct writ_cut_sweep *sweep, uint64_t id);

/*
 * Closes a socket of which the kernel could not: that which @record names, if it still is the one
 * that the sweep found to be nobody's right. TCP: its peer sees a reset; Unix: an end. -errno: it
 * is another one, it was closed already, or it can't be.
 */
int writ_cut_close(const struct writ_cut_sweep *sweep, const struct writ_cut *record);

/* Does @err say that a process or a descriptor is there no more, and not that it is refused? */
bool writ_cut_is_gone(int err);

/* A descriptor for the network namespace of @record's task, or of its socket. -errno: gone. */
int writ_cut_network(const struct writ_cut *record);

/* Counts files and mappings of the records: those that a note speaks of. */
void writ_cut_count_files(struct writ_cut_sweep *sweep);

/* Counts sockets, and closes those that the kernel did not. Sorts the records. */
void writ_cut_count_sockets(struct writ_cut_sweep *sweep);

#endif
