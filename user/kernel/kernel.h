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
	X(caches)           \
	X(directories)      \
	X(reaches)          \
	X(sock_reaches)     \
	X(tables)           \
	X(addresses)        \
	X(node)             \
	X(accounts)         \
	X(programs)         \
	X(guarded)          \
	X(owners)           \
	X(peers)            \
	X(counters)         \
	X(events)

/*
 * Every program; each is its own link. Of two on one hook the one that was attached later is asked
 * first (bpf_trampoline_link_prog, kernel/bpf/trampoline.c, adds at the head), and its denial ends
 * it: what guards Writ stands last here, so that a denial for its sake says so.
 */
#define WRIT_PROGRAMS(X)             \
	X(file_open)                 \
	X(bprm_check_security)       \
	X(bprm_committed_creds)      \
	X(socket_connect)            \
	X(task_alloc)                \
	X(sched_process_fork)        \
	X(cgroup_mkdir)              \
	X(cgroup_rmdir)              \
	X(cgroup_attach_task)        \
	X(sb_mount)                  \
	X(sb_remount)                \
	X(sb_kern_mount)             \
	X(move_mount)                \
	X(sb_umount)                 \
	X(sb_pivotroot)              \
	X(path_chroot)               \
	X(userns_create)             \
	X(bpf)                       \
	X(perf_event_open)           \
	X(kernel_module_request)     \
	X(kernel_load_data)          \
	X(kernel_read_file)          \
	X(uring_sqpoll)              \
	X(uring_override_creds)      \
	X(uring_cmd)                 \
	X(ptrace_access_check)       \
	X(ptrace_traceme)            \
	X(task_kill)                 \
	X(task_movememory)           \
	X(task_setnice)              \
	X(task_setioprio)            \
	X(task_setscheduler)         \
	X(task_setrlimit)            \
	X(file_fcntl)                \
	X(inode_mkdir)               \
	X(inode_rmdir)               \
	X(inode_rename)              \
	X(capable)                   \
	X(path_mknod)                \
	X(path_mkdir)                \
	X(path_symlink)              \
	X(path_unlink)               \
	X(path_rmdir)                \
	X(path_link)                 \
	X(path_rename)               \
	X(path_chmod)                \
	X(path_chown)                \
	X(inode_setattr)             \
	X(inode_setxattr)            \
	X(inode_removexattr)         \
	X(mmap_file)                 \
	X(file_mprotect)             \
	X(file_receive)              \
	X(file_ioctl)                \
	X(file_ioctl_compat)         \
	X(inode_set_acl)             \
	X(inode_remove_acl)          \
	X(inode_file_setattr)        \
	X(socket_create)             \
	X(socket_setsockopt)         \
	X(socket_bind)               \
	X(socket_listen)             \
	X(socket_sendmsg)            \
	X(netlink_send)              \
	X(unix_stream_connect)       \
	X(unix_may_send)             \
	X(guard_bpf)                 \
	X(guard_bpf_map)             \
	X(guard_bpf_prog)            \
	X(guard_path_unlink)         \
	X(guard_path_rmdir)          \
	X(guard_path_rename)         \
	X(guard_sb_umount)           \
	X(guard_sb_mount)            \
	X(guard_move_mount)          \
	X(guard_ptrace_access_check) \
	X(guard_task_kill)           \
	X(guard_task_setrlimit)

/*
 * Those of them whose hook a kernel may lack, with what such a kernel does not mediate ("":
 * nothing, another program does it there). Never one that 6.1, 6.12 and the newest kernel have.
 */
#define WRIT_OPTIONAL_PROGRAMS(X)                                                  \
	X(inode_set_acl, "")      /* before 6.2 an ACL is set as an attribute */   \
	X(inode_remove_acl, "")                                                    \
	X(inode_file_setattr, "") /* before 6.17 by ioctl alone */                 \
	X(file_ioctl_compat, "")  /* before 6.8 file_ioctl is asked for both */

/* A program of this name attaches to the hook behind it, beside the program of the hook's name. */
#define WRIT_GUARD_PREFIX "guard_"

/*
 * Programs that are loaded and pinned with the others, and attached while a grant may have
 * something open (reach.h): their hooks are in the way of every read of the host.
 */
#define WRIT_REACH_PREFIX "reach_" /* before the hook's name */
#define WRIT_REACH_PROGRAMS(X)   \
	X(reach_file_permission) \
	X(reach_mmap_file)       \
	X(reach_socket_sendmsg)  \
	X(reach_socket_recvmsg)

/* Pinned beside them, attached to nothing: run when needed. */
#define WRIT_ITERATOR_LABEL_TASKS "label_tasks"
#define WRIT_ITERATOR_AGENTS_OF_TASKS "agents_of_tasks"
#define WRIT_ITERATOR_CUT_NETWORKS "cut_networks"
#define WRIT_ITERATOR_CUT_DESCRIPTORS "cut_descriptors"
#define WRIT_ITERATOR_CUT_MAPPINGS "cut_mappings"
#define WRIT_ITERATOR_CUT_TCP "cut_tcp"
#define WRIT_ITERATOR_CUT_UDP "cut_udp"
#define WRIT_PROGRAM_NOTE "note" /* note.h */

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

enum writ_reach_program {
#define X(name) WRIT_REACH_##name,
	WRIT_REACH_PROGRAMS(X)
#undef X
		WRIT_REACH_COUNT,
};

const char *writ_kernel_map_name(enum writ_pinned_map map);
const char *writ_kernel_program_name(enum writ_program program);

/* Every pinned program by turns: those above, the reaching ones, iterators; NULL: no more. */
const char *writ_kernel_pinned_name(unsigned int i);

enum writ_kernel_origin {
	WRIT_KERNEL_LOADED,   /* nothing ran, loaded and attached */
	WRIT_KERNEL_ADOPTED,  /* the same programs ran already and were kept */
	WRIT_KERNEL_UPGRADED, /* other programs ran; the new ones were attached before they left */
};

struct writ_arena;
struct writ_agent_names;
struct writ_reclaim;

struct writ_kernel {
	int map_fds[WRIT_MAP_COUNT];
	int link_fds[WRIT_PROGRAM_COUNT]; /* keep a program attached whose pin is lost; -1: lacks */
	int program_fds[WRIT_PROGRAM_COUNT];
	int reach_fds[WRIT_REACH_COUNT]; /* links; -1: not attached now */
	int note_fd;			 /* program; outlives an unload, whose record it makes */
	struct writ_reach_holders *holders; /* who may have something open, reach.h */
	uint64_t ends; /* by hand, and suspensions: each wants a sweep, cut.h */
	struct writ_tables *tables; /* memory-mapped, as are the next four */
	struct writ_agent *agents;  /* WRIT_AGENTS_MAX */
	struct writ_grants *grants; /* WRIT_AGENTS_MAX */
	struct writ_node *node;
	struct writ_accounts *accounts; /* the audit process's */
	struct writ_arena *arena;	/* who uses which part of the tables, arena.h */
	struct writ_reclaim *reclaim;	/* NULL: slots are free at once, reclaim.h */
	struct writ_agent_names *names; /* which index a name has, agents.h */
	enum writ_kernel_origin origin;
	uint32_t ring_size;
	bool unattached; /* maps alone: nothing is enforced, see unattached.h */
	bool lacks[WRIT_PROGRAM_COUNT]; /* optional programs that this kernel has no hook for */
};

/*
 * Loads or re-adopts, and reads back that every link is attached. @ring_size: bytes, a power of
 * two of whole pages, used only when loading. Errors are logged with what helps; nothing is left
 * behind by a load that failed half-way.
 */
int writ_kernel_open(uint32_t ring_size, struct writ_kernel **ret_kernel);

/* For load tests: the maps and no program. After writ_pins_use_unattached(). */
int writ_kernel_open_unattached(uint32_t ring_size, struct writ_kernel **ret_kernel);

/*
 * What is pinned, without loading anything: its maps and `note`, for who ends it. -ENOENT: there is
 * nothing; -EPROTO: it is of another layout. Not for agents, grants or images.
 */
int writ_kernel_adopt(struct writ_kernel **ret_kernel);

/* Lets go of the handle. Pins, and with them enforcement, stay. */
void writ_kernel_close(struct writ_kernel *kernel);
void writ_kernel_closep(struct writ_kernel **kernel);

/* Is the program's link pinned, and attached to a program of that name? */
bool writ_kernel_is_attached(enum writ_program program);

/* Number of links that are pinned and attached to their program. */
uint32_t writ_kernel_count_links(void);

/* Number of programs that this kernel has a hook for: so many links there must be. */
uint32_t writ_kernel_count_programs(const struct writ_kernel *kernel);

/*
 * Ends enforcement: removes every pin, and waits until the programs are gone. @kernel (or NULL)
 * lets go of its links and programs. 0 also when there was nothing.
 */
int writ_kernel_unload(struct writ_kernel *kernel);

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
