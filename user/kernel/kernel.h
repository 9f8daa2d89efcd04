/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The core's handle on what runs in the kernel: pinned maps (memory-mapped where the hooks read
 * them so) and attached programs. Opened by loading, or by re-adopting what is pinned already.
 * One writer per node; the daemon holds a lock. Not thread-safe.
 */
#ifndef WRIT_KERNEL_KERNEL_H
#define WRIT_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writ/maps.h"
#include "writ/match.h"

/* Every pinned map. The order is that of the file names, nothing depends on it. */
#define WRIT_PINNED_MAPS(X) \
	X(cgroups)          \
	X(labels)           \
	X(scratches)        \
	X(cgroup_scratch)   \
	X(execs)            \
	X(agents)           \
	X(grants)           \
	X(grant_infos)      \
	X(tables)           \
	X(addresses)        \
	X(node)             \
	X(accounts)         \
	X(counters)         \
	X(events)

/* Every program; each is its own link. */
#define WRIT_PROGRAMS(X)        \
	X(file_open)            \
	X(bprm_check_security)  \
	X(bprm_committed_creds) \
	X(socket_connect)       \
	X(task_alloc)           \
	X(sched_process_fork)   \
	X(cgroup_mkdir)         \
	X(cgroup_rmdir)         \
	X(cgroup_attach_task)

/* Pinned beside them, attached to nothing: run when needed. */
#define WRIT_ITERATOR_LABEL_TASKS "label_tasks"

enum writ_pinned_map {
#define X(name) WRIT_MAP_##name,
	WRIT_PINNED_MAPS(X)
#undef X
		WRIT_MAP_COUNT,
};

enum writ_program {
#define X(name) WRIT_PROGRAM_##name,
	WRIT_PROGRAMS(X)
#undef X
		WRIT_PROGRAM_COUNT,
};

const char *writ_kernel_map_name(enum writ_pinned_map map);
const char *writ_kernel_program_name(enum writ_program program);

enum writ_kernel_origin {
	WRIT_KERNEL_LOADED,   /* nothing ran, loaded and attached */
	WRIT_KERNEL_ADOPTED,  /* the same programs ran already and were kept */
	WRIT_KERNEL_UPGRADED, /* other programs ran; the new ones were attached before they left */
};

struct writ_arena;
struct writ_agent_names;

struct writ_kernel {
	int map_fds[WRIT_MAP_COUNT];
	struct writ_tables *tables; /* memory-mapped, as are the next four */
	struct writ_agent *agents;  /* WRIT_AGENTS_MAX */
	struct writ_grants *grants; /* WRIT_AGENTS_MAX */
	struct writ_node *node;
	struct writ_account *accounts;	/* WRIT_CPUS_MAX, for the audit stream */
	struct writ_arena *arena;	/* who uses which part of the tables, arena.h */
	struct writ_agent_names *names; /* which index a name has, agents.h */
	enum writ_kernel_origin origin;
	uint32_t ring_size;
};

/*
 * Loads or re-adopts, and reads back that every link is attached. @ring_size: bytes, a power of
 * two of whole pages, used only when loading. Errors are logged with what helps; nothing is left
 * behind by a load that failed half-way.
 */
int writ_kernel_open(uint32_t ring_size, struct writ_kernel **ret_kernel);

/* Lets go of the handle. Pins, and with them enforcement, stay. */
void writ_kernel_close(struct writ_kernel *kernel);
void writ_kernel_closep(struct writ_kernel **kernel);

/* Number of links that are pinned and attached to their program. */
uint32_t writ_kernel_count_links(void);

/* Ends enforcement: removes every pin. 0 also when there was nothing. */
int writ_kernel_unload(void);

/* The counters, summed over the CPUs; and each CPU's `lost` through @each (NULL: not wanted). */
int writ_kernel_counters(const struct writ_kernel *kernel, struct writ_counters *ret_sum,
			 void (*each)(void *context, uint32_t cpu, uint64_t lost), void *context);

/*
 * Waits until every program that does not sleep and may still see what was taken back has
 * finished (an RCU grace period). The one program that sleeps, bprm_committed_creds, looks at an
 * image's id before and after instead.
 */
int writ_kernel_quiesce(void);

#endif
