/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every map, declared here and defined once, in maps.bpf.c. What a full map or a miss means is
 * said at each; for a subject it is always a deny.
 */
#ifndef WRIT_MAPS_BPF_H
#define WRIT_MAPS_BPF_H

#include "vmlinux.h"
#include <linux/bpf.h>
#include <linux/errno.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "decision.bpf.h"
#include "writ/maps.h"

#ifdef WRIT_MAPS_DEFINE
#define WRIT_MAP struct
#else
#define WRIT_MAP extern struct
#endif

/* cgroup id -> agent. Full: counted (enrol_failed); tasks still get labels from ancestors. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WRIT_CGROUPS_MAX);
	__type(key, __u64);
	__type(value, struct writ_cgroup);
} cgroups SEC(".maps");

/* Sticky label of a task. Can't be stored: a fork is denied, an entry falls to the live cgroup. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct writ_label);
} labels SEC(".maps");

/* Where a managed task's decision, path, argv and record are built. No memory: deny no_memory. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct scratch);
} scratches SEC(".maps");

/* Of a cgroup. One for all: cgroup_mkdir runs under cgroup_mutex (kernel/cgroup/cgroup.c). */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} cgroup_scratch SEC(".maps");

/* What an exec's argv must still satisfy. No memory: deny no_memory. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct writ_exec);
} execs SEC(".maps");

/* Index out of range (never given): deny. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, WRIT_AGENTS_MAX);
	__type(key, __u32);
	__type(value, struct writ_agent);
} agents SEC(".maps");

WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, WRIT_AGENTS_MAX);
	__type(key, __u32);
	__type(value, struct writ_grants);
} grants SEC(".maps");

/*
 * For user space: what a grant id stands for. Full: issuing fails with a clear error; it has room
 * for each slot and for those that went last (kernel/reclaim.h). Elements are allocated as they
 * come: 2 KiB each, 34 MiB with no grant in force, 290 MiB with one in each slot.
 */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WRIT_GRANT_INFOS_MAX);
	__type(key, __u64);
	__type(value, struct writ_grant_info);
} grant_infos SEC(".maps");

/* The arena of images. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct writ_tables);
} tables SEC(".maps");

/* What was found out before, to be found again at less cost. A miss costs time alone. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct writ_caches);
} caches SEC(".maps");

/* Paths of directories that agents use. No memory: their paths are walked each time. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct directory);
} directories SEC(".maps");

/* Files that were opened through a grant. No memory: the open is denied, no_memory. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_INODE_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct writ_reach);
} reaches SEC(".maps");

/* Sockets likewise; what a listener accepts inherits its entry (BPF_F_CLONE). */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC | BPF_F_CLONE);
	__type(key, int);
	__type(value, struct writ_sock_reach);
} sock_reaches SEC(".maps");

/* Longest address prefix -> port ranges. A miss: no rule. Full: not published. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WRIT_ADDRESSES_MAX);
	__type(key, struct writ_address_key);
	__type(value, struct writ_ports);
} addresses SEC(".maps");

WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct writ_node);
} node SEC(".maps");

WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct writ_counters);
} counters SEC(".maps");

/* What is Writ's own. Full: writd can't arm the guard and does not start. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, WRIT_GUARDED_MAX);
	__type(key, struct writ_guard_key);
	__type(value, struct writ_guard);
} guarded SEC(".maps");

/* Which tasks are Writ's own. A miss: it is not. No memory: the claim is refused. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct writ_owner);
} owners SEC(".maps");

/* Who connected, with the accepted end. A miss: not noted, so nobody. No memory: refused. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_SK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct writ_peer_mark);
} peers SEC(".maps");

/* No program's: it is here because its life is the programs'. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct writ_accounts);
} accounts SEC(".maps");

/* Likewise. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct writ_program_paths);
} programs SEC(".maps");

/* Records. Full: the verdict stands, the record is counted as lost. Size set before load. */
WRIT_MAP {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
} events SEC(".maps");

static __always_inline struct writ_counters *writ_counters(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&counters, &zero);
}

static __always_inline struct writ_caches *writ_caches(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&caches, &zero);
}

/* Atomic, because a program of another task may run on this CPU in between. */
#define COUNT(field)                                                                               \
	({                                                                                         \
		struct writ_counters *_counters = writ_counters();                                 \
		if (_counters)                                                                     \
			__sync_fetch_and_add(&_counters->field, 1);                                \
	})

#endif
