/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Messages between `writ` (or the broker) and the core of `writd`, over a SOCK_SEQPACKET Unix
 * socket. Fixed size and versioned, because the core is privileged and must not parse. One request
 * gives zero or more rows and then one WRIT_REPLY_END. Strings are NUL-terminated within their
 * field; the core refuses one that is not. The caller is known by SO_PEERCRED.
 */
#ifndef WRIT_CONTROL_H
#define WRIT_CONTROL_H

#include "writ/maps.h"

#define WRIT_CONTROL_VERSION 2u
#define WRIT_CONTROL_SOCKET "/run/writ/core.sock"
#define WRIT_RUN_DIR "/run/writ"
#define WRIT_CONFIG_DIR "/etc/writ"
#define WRIT_POLICY_DIR "/etc/writ/policy"
#define WRIT_AUDIT_LOG "/var/log/writ/audit.jsonl"
#define WRIT_ERROR_SIZE 1024u

enum writ_verb {
	WRIT_VERB_STATUS = 1, /* rows: one writ_status_row */
	WRIT_VERB_AGENTS,     /* rows: writ_agent_row */
	WRIT_VERB_GRANTS,     /* rows: writ_grant_row; flag WRIT_GRANTS_ENDED adds ended ones */
	WRIT_VERB_GRANT,      /* issue; rows: one writ_grant_row, after read-back */
	WRIT_VERB_REVOKE,     /* by grant, or by agent and WRIT_REVOKE_AGENT; rows: what ended */
	WRIT_VERB_ENROLLED,   /* is `cgroup` bound to `agent`? end.error says if not */
	/*
	 * Read the policy again, apply and prove it; rows: one writ_status_row. A first parameter's
	 * value, if there is one, is the path that the caller means: another one is refused.
	 */
	WRIT_VERB_APPLY,
	WRIT_VERB_UNLOAD, /* end enforcement, then writd; no rows */
	WRIT_VERB_EXEC,	  /* how to start a command under `grant`; rows: one writ_exec_row */
};

#define WRIT_GRANTS_ENDED 1u
#define WRIT_REVOKE_AGENT 2u

struct writ_parameter {
	char name[WRIT_NAME_SIZE];
	char value[WRIT_VALUE_SIZE];
};

struct writ_request {
	__u32 version;
	__u32 verb;
	__u32 flags;
	__u32 n_parameters;
	__u64 grant;
	__u64 cgroup;
	__u64 ttl_ns;	/* 0: the playbook's default */
	__u64 delay_ns; /* from now until the grant begins */
	char agent[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE];
	char ticket[WRIT_TICKET_SIZE];
	struct writ_parameter parameters[WRIT_PARAMETERS_MAX];
};

enum writ_reply_type {
	WRIT_REPLY_END = 1,
	WRIT_REPLY_STATUS,
	WRIT_REPLY_AGENT,
	WRIT_REPLY_GRANT,
	WRIT_REPLY_EXEC,
};

enum writ_grant_state {
	WRIT_GRANT_STATE_PENDING, /* begins later */
	WRIT_GRANT_STATE_ACTIVE,
	WRIT_GRANT_STATE_EXPIRED,
	WRIT_GRANT_STATE_REVOKED,
};

struct writ_status_row {
	__u64 started_ns; /* boot ns at which this writd started */
	__u64 loaded_ns;  /* boot ns at which the programs were loaded */
	__u64 generation;
	__u64 events_written;
	__u64 events_missing;	       /* gap records' sum */
	struct writ_counters counters; /* summed over CPUs */
	__u32 pid;
	__u32 adopted; /* 1: this writd found the programs running and re-adopted them */
	__u32 links;   /* attached and read back */
	__u32 agents;
	__u32 cgroups; /* enrolled now */
	__u32 grants;  /* live now */
	__u32 roles;
	__u32 playbooks;
	__u64 ring_bytes;
	__u64 ring_used;
	__u64 arena_bytes;
	__u64 arena_used;
	char environment[WRIT_NAME_SIZE];
	char version[32];
	char policy[256]; /* where it was read from */
	char audit_log[256];
	__u32 programs; /* of this build */
	__u32 lacking;	/* of them: optional, and this kernel has no hook for it */
	char not_attached[256]; /* names of programs without a link, cut if longer */
	char lsm[256]; /* /sys/kernel/security/lsm as read at start */
};

struct writ_agent_row {
	__u32 index;
	__u32 state; /* enum writ_agent_state */
	__u32 mode;
	__u32 cgroups; /* enrolled cgroups of this agent */
	__u32 grants;  /* live */
	__u32 pad;
	char name[WRIT_NAME_SIZE];
	char role[WRIT_NAME_SIZE];
	char environment[WRIT_NAME_SIZE];
	char cgroup[256]; /* the match pattern, cut if longer */
};

struct writ_grant_row {
	struct writ_grant_info info;
	__u32 state;   /* enum writ_grant_state, at the moment of the reply */
	__u32 clipped; /* 1: the ttl asked for was longer than the playbook allows */
	__u64 now_ns;  /* boot time of the reply: seconds left = expires - now */
};

/* Of a grant that is active at the moment of the reply. */
struct writ_exec_row {
	__u32 env_size; /* bytes of `env` that are used */
	__u32 pad;
	char agent[WRIT_NAME_SIZE];
	char cgroup[256];	 /* as in writ_agent_row */
	char env[WRIT_ENV_SIZE]; /* the playbook's list, each entry with its NUL */
};

struct writ_reply {
	__u32 version;
	__u32 type;
	__s32 code; /* END: 0 or -errno */
	__u32 pad;
	union {
		char error[WRIT_ERROR_SIZE]; /* END: one line, what failed and what helps */
		struct writ_status_row status;
		struct writ_agent_row agent;
		struct writ_grant_row grant;
		struct writ_exec_row exec;
	};
};
_Static_assert(sizeof(struct writ_reply) < 4096, "one packet");

#endif
