/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Keys and values of the pinned maps. Written by the core in user space, read by the hooks (labels
 * and counters are the hooks' own).
 *
 * One rule for everything that user space publishes in a memory-mapped array (images, agents,
 * grant slots): fill while nothing refers to it, publish by ONE aligned store of the referring
 * word, leave it unchanged while published; take back by one store, let every reader finish (the
 * hooks run under RCU, and the daemon waits for a grace period), only then use the memory again.
 */
#ifndef WRIT_MAPS_H
#define WRIT_MAPS_H

#include "writ/abi.h"
#include "writ/request.h"

/* cgroups: cgroup v2 id -> agent. Full: counted, the new cgroup's tasks still carry labels. */
struct writ_cgroup {
	__u32 agent; /* index into agents */
	__u32 pad;
	__u64 run; /* the grant whose run it is; 0: none */
};
_Static_assert(sizeof(struct writ_cgroup) == 16, "writ_cgroup");

/* labels: task storage, sticky. User space sets it by pidfd for tasks that were there before. */
struct writ_label {
	__u32 agent; /* 0: none */
	__u32 held;  /* the run is in force: since the first exec in it, which gave new memory */
	__u64 run; /* the grant whose run it is in; 0: none. Sticky, too: the first one stays */
	/*
	 * Which program it runs: id of the exec that gave it, 0: none since it is an agent's. It
	 * holds while the task's self_exec_id is `exec_turn`; of an exec that was missed nothing is
	 * known.
	 */
	__u64 exec;
	__u64 exec_turn;
};
_Static_assert(sizeof(struct writ_label) == 32, "writ_label");

/*
 * peers: socket storage of a connection's end that the server accepts: who connected, as the
 * kernel saw it in unix_stream_connect. The core marks the listener; others have no entry. No
 * memory: the connection is refused.
 */
#define WRIT_PEER_LISTENER 1u /* flags: agents may connect to it, whatever their roles say */
struct writ_peer_mark {
	__u64 cgroup;
	__u64 started; /* boot ns, of the process: field 22 of /proc/PID/stat, there in ticks */
	__u64 run;     /* that it held */
	__u32 agent; /* 0: no agent's */
	__u32 pid;   /* of the process, in the first namespace */
	__u32 uid;
	__u32 flags;
};
_Static_assert(sizeof(struct writ_peer_mark) == 40, "writ_peer_mark");

/* Reference to a published image: one aligned 64-bit word, 0 = none. */
#define WRIT_REF(id, offset) ((__u64)(id) << 32 | (offset))
#define WRIT_REF_ID(ref) ((__u32)((ref) >> 32))
#define WRIT_REF_OFFSET(ref) ((__u32)(ref))

/*
 * caches: one element, the hooks' own; user space only empties it.
 *
 * subjects: by pid, whose a task is. It is of the task that started then, for not every task that
 * gets a used pid is announced (io_uring's workers, say). Either an agent's, WRIT_MANAGED(agent,
 * pid), which stays so; or nobody's, WRIT_UNMANAGED(generation, pid), which holds as long as
 * `generation` does: that counts whenever a task may have come to be an agent's by other ways than
 * birth. Nobody's child in its parent's cgroup is entered at its birth. Two tasks that share a slot
 * may leave a half of each in it, which is neither's.
 */
#define WRIT_SUBJECTS 32768u /* a power of two; pids share them, and then take turns */
#define WRIT_PID_BITS 22u    /* PID_MAX_LIMIT, include/linux/threads.h */
#define WRIT_SUBJECT_MANAGED (1ull << 63)
#define WRIT_MANAGED(agent, pid) (WRIT_SUBJECT_MANAGED | (__u64)(agent) << WRIT_PID_BITS | (pid))
#define WRIT_UNMANAGED(generation, pid) \
	(((__u64)(generation) << WRIT_PID_BITS & ~WRIT_SUBJECT_MANAGED) | (pid))
struct writ_subject {
	__u64 started; /* boot ns, as in task_struct */
	__u64 word;
};

/*
 * memos: what decide() found, of a name in a directory whose path it knows (directory.bpf.h).
 * Key, what it was found by, and result. `version` is odd while it is being written, and another
 * one after.
 */
#define WRIT_MEMOS 8192u	/* a power of two */
#define WRIT_MEMO_TAIL 5u	/* words: a name that is longer is not kept */
struct writ_memo {
	__u64 version;
	__u64 directory;		/* number of the directory's path, never 0 */
	__u64 tail[WRIT_MEMO_TAIL]; /* the path's last bytes, zeros before a shorter one */
	__u32 name_len;
	__u32 agent;
	__u32 access;
	__u32 any;
	__u64 role; /* WRIT_REF, and that of the protected image where it was asked */
	__u64 protected_image;
	__u64 order; /* of the agent's grants, and which filling of their slots */
	__u64 generation;
	__u64 run;   /* that the task held; 0 also where no grant asks for it */
	__u64 until; /* boot ns: one of these grants begins or ends */
	__u32 reason;
	__u32 image;
	__u32 image_at;
	__u32 accept;
	__u32 audit;
	__u32 missing;
	__u64 grant;
	__u64 expires;
};
_Static_assert(sizeof(struct writ_memo) == 160, "writ_memo");

struct writ_caches {
	__u64 generation;  /* of subjects */
	__u64 directories; /* numbers given so far */
	__u64 execs;	   /* the last id given to an exec; see bpf/program.bpf.c */
	struct writ_subject subjects[WRIT_SUBJECTS];
	struct writ_memo memos[WRIT_MEMOS];
};

/*
 * reaches and sock_reaches: inode and socket storage; what an agent has opened or connected through
 * a grant, so that the grant's end reaches it. A stamp says until when nothing has to be asked: the
 * agent's `ends` (writ_grants) and a moment, both as they were when that was found out. Between
 * them it counts how often it was written, so that one who has judged for long can tell.
 */
#define WRIT_REACH_ANY 0xffffffffu /* agent: more than one has */
#define WRIT_REACH_UNIT_SHIFT 30u  /* of boot ns: units of about a second; */
#define WRIT_REACH_UNIT_BITS 32u   /* 136 years of them */
#define WRIT_REACH_TURN_BITS 6u
#define WRIT_REACH_ENDS_SHIFT (WRIT_REACH_UNIT_BITS + WRIT_REACH_TURN_BITS)
enum writ_reach_way {
	WRIT_REACH_READ, /* of a file; of a socket all that there is */
	WRIT_REACH_WRITE,
	WRIT_REACH_WAYS,
};
struct writ_reach {
	__u64 stamps[WRIT_REACH_WAYS];
	__u64 grant;	  /* that decided, the last one */
	__u64 generation; /* of the agent's grants when it was noted last */
	__u32 agent;
	__u32 access; /* of a socket: CONNECT to its peer; BIND, LISTEN at its own address */
};
_Static_assert(sizeof(struct writ_reach) == 40, "writ_reach");

#define WRIT_RUN_ANY (~0ull) /* of a decision: whichever run it is, its grant counts */

/*
 * sock_reaches: the same of a socket. A sweep (bpf/cut.bpf.c) says in it what it found; `peer_*` is
 * kept there because a socket that was cut has none of its own.
 */
struct writ_sock_reach {
	struct writ_reach note;
	__u32 sweep;	 /* the last one that found somebody who holds it; 0: none since the note */
	__u32 sweep_kept; /* the last one that found somebody who may go on using it */
	__u32 peer_address[4]; /* IPv6 or IPv4-mapped, network order */
	__u32 peer_port;       /* 0: not kept */
	__u32 pad;
};
_Static_assert(sizeof(struct writ_sock_reach) == 72, "writ_sock_reach");

/* What the programs of a sweep tell (bpf/cut.bpf.c): one of these for each thing. */
enum writ_cut_kind {
	WRIT_CUT_FILE = 1, /* a descriptor of which not all may be used now; perhaps the role's */
	WRIT_CUT_SOCKET,   /* a descriptor of a socket that a grant gave */
	WRIT_CUT_MAPPING,  /* like a file: memory that is mapped already */
	WRIT_CUT_CLOSED,   /* a socket that was destroyed */
	WRIT_CUT_NETWORK,  /* a network namespace that an agent's task is in */
	WRIT_CUT_UNKNOWN,  /* no memory to judge it: the count has a hole */
};
#define WRIT_CUT_KEPT 1u /* SOCKET: who holds it here may go on using it */
#define WRIT_CUT_LOST 2u /* FILE, MAPPING: it has no name to judge by, see `reach_lost_name` */
struct writ_cut {
	__u64 grant;  /* SOCKET, CLOSED: that opened it last; else that would suffice, 0: none */
	__u64 object; /* SOCKET, CLOSED: a number for it; MAPPING: where it begins */
	__u64 end;    /* MAPPING: where it ends */
	__u32 kind;
	__u32 flags;
	__u32 agent;
	__u32 pid; /* of the process */
	__u32 fd;
	__u32 network; /* SOCKET, NETWORK: inode of the namespace */
};
_Static_assert(sizeof(struct writ_cut) == 48, "writ_cut");

enum writ_agent_state {
	WRIT_AGENT_FREE, /* the slot has no agent: a subject that leads here is denied */
	WRIT_AGENT_ACTIVE,
	WRIT_AGENT_SUSPENDED, /* denied everything, reason suspended */
};

/*
 * execs: task storage, from bprm_check_security to bprm_committed_creds: who would allow this
 * program if its argv matches. One candidate for the role, one for each grant.
 */
#define WRIT_EXEC_CANDIDATES (1u + WRIT_GRANTS_PER_AGENT)
struct writ_exec_candidate {
	__u64 ref;   /* image */
	__u64 grant; /* id, 0: the role */
	__u64 expires;
	__u32 state; /* state word behind the path and its NUL */
	__u32 slot;  /* of the grant */
};
struct writ_exec {
	__u32 count;
	__u32 agent;
	__u64 run; /* that the program will be in; 0: none */
	struct writ_exec_candidate candidates[WRIT_EXEC_CANDIDATES];
};
_Static_assert(sizeof(struct writ_exec) == 16 + 32 * WRIT_EXEC_CANDIDATES, "writ_exec");

/* agents: array by agent index. */
struct writ_agent {
	__u64 role; /* WRIT_REF of the role's image; 0: no rules, so every access is denied */
	__u32 state;
	__u32 mode; /* enum writ_mode */
	char name[WRIT_NAME_SIZE];
	char role_name[WRIT_NAME_SIZE];
};
_Static_assert(sizeof(struct writ_agent) == 16 + 2 * WRIT_NAME_SIZE, "writ_agent");

/* writ_grant.flags, user space's own */
#define WRIT_GRANT_TOLD 1u	 /* its end is on record */
#define WRIT_GRANT_ISSUE_TOLD 2u /* that it was issued is */
#define WRIT_GRANT_END_SHIFT 8u /* from here on: enum writ_end, of one that was ended */

/* Times are CLOCK_BOOTTIME nanoseconds. Live: not_before <= now < expires, and not revoked. */
struct writ_grant {
	__u64 id;    /* unique on this node since boot, never 0 */
	__u64 image; /* WRIT_REF */
	__u64 not_before;
	__u64 expires;
	__u32 flags;
	__u32 uses_max;	  /* executions of its entry command; 0: not counted */
	__u32 uses;	  /* counted by the hooks */
	__u32 pad[5];
};
_Static_assert(sizeof(struct writ_grant) == 64, "writ_grant");

/*
 * grants: array by agent index. Byte i of `order` (lowest first) names the i-th oldest grant:
 * slot + 1, with WRIT_ORDER_DENY set when its image has deny rules, WRIT_ORDER_RUN when its scope
 * is its run, and WRIT_ORDER_REVOKED when it was revoked or is completed; a zero byte ends it.
 * Ended grants stay listed for a while, so that a denial can say `expired` and not `no_rule`.
 * Everything but the passing of time and the counting of uses that changes what the grants give
 * changes this word; and that a slot has another grant changes `generation` before.
 */
#define WRIT_ORDER_SLOT 0x0fu
#define WRIT_ORDER_RUN 0x20u /* for the tasks of its run alone */
#define WRIT_ORDER_REVOKED 0x40u
#define WRIT_ORDER_DENY 0x80u
#define WRIT_ORDER_DENY_ANY 0x8080808080808080ull
#define WRIT_ORDER_RUN_ANY 0x2020202020202020ull
struct writ_grants {
	__u64 order;
	__u64 generation; /* counts the fillings of slots */
	__u64 ends;	  /* counts grants that were ended; not those that run out */
	__u64 pad[5];
	struct writ_grant slots[WRIT_GRANTS_PER_AGENT];
};
_Static_assert(sizeof(struct writ_grants) == 64 + 64 * WRIT_GRANTS_PER_AGENT, "writ_grants");

/* What is known of that which the end of a grant has cut. */
enum writ_cut_state {
	WRIT_CUT_NOT_YET, /* it lives, or is not counted yet */
	WRIT_CUT_COUNTED,
	WRIT_CUT_IN_PART, /* there was more than could be looked at: so much at least */
};

/* grant_infos: grant id -> what people call it; read by user space only. */
struct writ_grant_info {
	__u64 id;
	__u64 issued; /* boot ns */
	__u64 not_before;
	__u64 expires;
	__u32 agent; /* index into agents */
	__u32 uid;   /* who asked for it; of an agent's own request the process's */
	__u64 ledger; /* its request's row */
	__u64 run_cgroup; /* id of the cgroup of its run; 0: none yet */
	__u32 uses_max;	  /* 0: not counted */
	__u8 scope;	  /* enum writ_scope */
	__u8 on_end;	  /* enum writ_on_end */
	__u8 break_glass;
	__u8 end; /* enum writ_end */
	__u32 cut_state;    /* enum writ_cut_state: what of the rest is known */
	__u32 cut_files;    /* that it had open when it ended, and that were refused from then on */
	__u32 cut_sockets;  /* likewise */
	__u32 cut_closed;   /* of the sockets: destroyed, so that their peers know */
	__u32 cut_mappings; /* of its files, that stay in memory */
	__u32 pad;
	char agent_name[WRIT_NAME_SIZE];
	char role_name[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE];
	char ticket[WRIT_TICKET_SIZE];
	char operator_name[WRIT_NAME_SIZE]; /* who pushed it; "" when the agent asked */
	char sponsor[WRIT_NAME_SIZE];
	char approvers[WRIT_APPROVALS_MAX * WRIT_NAME_SIZE]; /* "alice,bob"; "" when none */
	struct writ_context context;
	char parameters[1024]; /* "k=v k=v", escaped for a terminal, cut at the end if longer */
};
_Static_assert(sizeof(struct writ_grant_info) == 88 + 11 * 64 + 4 * WRIT_CONTEXT_SIZE + 1024,
	       "writ_grant_info");

/* addresses: LPM trie -> struct writ_ports. prefixlen counts image, protocol and address. */
struct writ_address_key {
	__u32 prefixlen;
	__u32 image;
	__u32 protocol;
	__u8 address[16];
};
_Static_assert(sizeof(struct writ_address_key) == 28, "writ_address_key");

/* node: one element, what holds for the whole node. */
struct writ_node {
	__u64 protected_image; /* WRIT_REF: its deny rules hold against every role and mode */
	__u64 cgroup_image; /* WRIT_REF: cgroup path -> agent, consulted in cgroup_mkdir */
	__u64 generation;   /* counts applied policies since boot; 0: none yet */
	__u64 next_image;   /* next image id to give, kept here so that a restart repeats none */
	__u64 next_grant;
	__u64 loaded_ns;   /* boot time at which the programs were loaded */
	__u64 object_hash; /* of the BPF object that is attached: another one means an upgrade */
	__u32 abi;	    /* WRIT_ABI_VERSION of the programs */
	__u32 sweep;	    /* number of the one that runs or ran last; 0: none did */
	char environment[WRIT_NAME_SIZE];
};
_Static_assert(sizeof(struct writ_node) == 128, "writ_node");

/*
 * guarded: what is Writ's own in this kernel; only Writ's own processes may have it. Written by
 * writd once all is attached.
 */
enum writ_guard_kind {
	WRIT_GUARD_MAP = 1,   /* id; a map opened for writing only is a claim */
	WRIT_GUARD_PROGRAM,   /* id */
	WRIT_GUARD_LINK,      /* id */
	WRIT_GUARD_DIRECTORY, /* of pins: device as the kernel numbers it, inode */
	WRIT_GUARD_MOUNT,     /* mount id: bpffs, and what it is mounted on up to the root */
};
struct writ_guard_key {
	__u32 kind;
	__u32 device;
	__u64 id;
};
_Static_assert(sizeof(struct writ_guard_key) == 16, "writ_guard_key");

#define WRIT_GUARD_PINS 1u /* flags of a mount: the one that holds the pins */
struct writ_guard {
	__u32 flags;
	__u32 round; /* of entering; those of an earlier one are removed */
};
_Static_assert(sizeof(struct writ_guard) == 8, "writ_guard");

/* owners: task storage of a leader; a process of Writ's own. No child's, and void after an exec. */
struct writ_owner {
	__u32 is_child; /* nobody gets at it either, and it may have none of Writ's objects */
	__u32 reserved;
	__u64 exec_id; /* the leader's self_exec_id when it claimed, and 1: never 0 */
};
_Static_assert(sizeof(struct writ_owner) == 16, "writ_owner");

/*
 * accounts: one element, user space's own: how far each CPU's records are in the log, and how long
 * the log is then. Written after the lines are, before the ring's room is given back; so the next
 * writer, however this one ended, knows what was lost meanwhile and which lines it need not write
 * again. Of the two slots the one that `turn` names holds, as a whole: the other is filled, then
 * `turn` counts on.
 */
#define WRIT_CPUS_MAX 8192u /* the most that an x86 kernel can be built for (NR_CPUS) */
struct writ_account {
	__u64 highest; /* number seen */
	__u64 received;
	__u64 lost;	   /* of the kernel's count, told in the log */
	__u64 unaccounted; /* numbers that never came, told in the log */
	__u64 since;	   /* boot time at which something was first outstanding; 0: nothing is */
};
_Static_assert(sizeof(struct writ_account) == 40, "writ_account");

struct writ_accounts_slot {
	__u64 segment; /* of the log, that was open then, */
	__u64 lines;   /* and the lines that it had, */
	__u64 consumed; /* of all records before this position of the ring */
	struct writ_account cpus[WRIT_CPUS_MAX];
};

struct writ_accounts {
	__u64 turn; /* its lowest bit: the slot that holds */
	__u64 pad;
	struct writ_accounts_slot slots[2];
};
_Static_assert(sizeof(struct writ_accounts) == 16 + 2 * (24 + 40ul * WRIT_CPUS_MAX),
	       "writ_accounts");

/*
 * programs: one element, the audit process's own: what the last execs ran, so that each line can
 * say so. It is here because an exec's id is worth as much as the programs that gave it. An id has
 * its place in the set that its low bits name; a full set gives up the one that was asked for
 * longest ago. Whoever fills an entry takes its id away first and gives the new one last, so that
 * one who is killed in between leaves a free entry.
 */
#define WRIT_PROGRAM_SETS 1024u /* a power of two */
#define WRIT_PROGRAM_WAYS 8u
struct writ_program_path {
	__u64 exec; /* 0: free */
	__u64 used; /* `turn` when it was asked for last */
	__u32 len;
	__u32 pad;
	char path[WRIT_PROGRAM_SIZE];
};
_Static_assert(sizeof(struct writ_program_path) == 512, "writ_program_path");

struct writ_program_paths {
	__u64 turn; /* counts what is asked for */
	__u64 pad[7];
	struct writ_program_path sets[WRIT_PROGRAM_SETS][WRIT_PROGRAM_WAYS];
};
_Static_assert(sizeof(struct writ_program_paths) == 64 + 512 * 8192, "writ_program_paths");

/* counters: per CPU, one element. Monotonic since load. */
struct writ_counters {
	__u64 sequence; /* records tried on this CPU */
	__u64 lost;	/* records that found the ring full, or no memory to be made in */
	__u64 allowed;
	__u64 denied;
	__u64 would_denied;
	__u64 enrol_failed; /* cgroups that found the map full */
	__u64 label_failed; /* labels that could not be stored */
	__u64 path_retries; /* paths found again, for something was renamed or mounted */
};
_Static_assert(sizeof(struct writ_counters) == 64, "writ_counters");

#endif
