/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * Messages between `writ` (or the broker) and the core of `writd`, over a SOCK_SEQPACKET Unix
 * socket. Fixed size and versioned, because the core is privileged and must not parse. One request
 * gives zero or more rows and then one WRIT_REPLY_END. Strings are NUL-terminated within their
 * field; the core refuses one that is not.
 *
 * Three kinds of callers. Root outside of every agent, and operators, connect to core.sock and are
 * known by SO_PEERCRED. The broker has a channel that the core made when it started it. What the
 * broker says of a requester is not believed: it hands over the requester's connection
 * (SCM_RIGHTS), and the core asks the kernel who that is. On the broker's channel rows of type
 * WRIT_REPLY_NOTICE come unasked, between others.
 */
#ifndef WRIT_CONTROL_H
#define WRIT_CONTROL_H

#include "writ/audit.h"
#include "writ/maps.h"
#include "writ/request.h"

#define WRIT_CONTROL_VERSION 6u
#define WRIT_CONTROL_SOCKET "/run/writ/core.sock"
#define WRIT_AGENT_SOCKET "/run/writ/agent.sock"	/* HTTP, the broker's, for agents */
#define WRIT_OPERATOR_SOCKET "/run/writ/operator.sock" /* HTTP, the broker's, for operators */
#define WRIT_AUDIT_SOCKET "/run/writ/audit.sock" /* lines of the log as they come, for operators */
#define WRIT_STATE_DIR "/var/lib/writ"			/* the core's; root alone */
#define WRIT_LEDGER "/var/lib/writ-broker/ledger.db"	/* the broker's */
#define WRIT_RUN_DIR "/run/writ"
#define WRIT_CONFIG_DIR "/etc/writ"
#define WRIT_POLICY_DIR "/etc/writ/policy"
#define WRIT_AUDIT_LOG "/var/log/writ/audit.jsonl"
#define WRIT_ERROR_SIZE 1024u
#define WRIT_PROGRAM_NAME_SIZE 48u

enum writ_verb {
	WRIT_VERB_STATUS = 1, /* rows: one writ_status_row */
	WRIT_VERB_AGENTS,     /* rows: writ_agent_row */
	/*
	 * Rows: writ_grant_row; flag WRIT_GRANTS_ENDED adds those that have ended and have their
	 * slot still. With `grant` that one alone, whatever has become of its slot; -ENOENT: it is
	 * not known any more.
	 */
	WRIT_VERB_GRANTS,
	WRIT_VERB_REVOKE,     /* a grant, or as the flags say; rows: what ended, those that fit */
	WRIT_VERB_ENROLLED,   /* is `cgroup` bound to `agent`? end.error says if not */
	/*
	 * Read the policy again, apply and prove it; rows: one writ_status_row. A first parameter's
	 * value, if there is one, is the path that the caller means: another one is refused.
	 */
	WRIT_VERB_APPLY,
	WRIT_VERB_UNLOAD, /* end enforcement, then writd; no rows */
	WRIT_VERB_EXEC,	  /* how to start a command under `grant`; rows: one writ_exec_row */

	/* the broker's; those marked + carry the requester's connection */
	WRIT_VERB_ATTEST,   /* + who is it? rows: one writ_attest_row */
	/*
	 * + A request, checked against the policy in force and kept under an id, with who asked.
	 * With WRIT_PROPOSE_ISSUE it is issued at once if nothing is missing. Rows: one
	 * writ_proposal_row; then, if issued, one writ_grant_row. -EPERM: the connection is not its
	 * agent's, nor an operator's; -ESHUTDOWN: frozen; -EKEYREVOKED: suspended; -ENODATA: no
	 * policy; -ENOENT, -EACCES, -EINVAL, -E2BIG: policy has no such grant for it; -EDQUOT: so
	 * many of its agent wait; -ENOBUFS: so many do at all; -EBUSY: so many grants live;
	 * -ERESTART: the playbook's cooldown; -EUSERS: its rate; -ETIME: its change windows;
	 * -EEXIST: a request with that row of the ledger was proposed before; -ERANGE: no row can
	 * have that number.
	 */
	WRIT_VERB_PROPOSE,
	/*
	 * Proposal `proposal`, if approved; rows: one writ_grant_row. Once: it is gone then.
	 * -ENOENT: there is none; -EAGAIN: approvals are missing; -ECANCELED: refused; others as
	 * above.
	 */
	WRIT_VERB_ISSUE,
	WRIT_VERB_WITHDRAW, /* proposal `proposal` is forgotten */
	WRIT_VERB_DONE,	    /* + `grant` is over, says its agent; rows: one writ_grant_row */
	/*
	 * + The requester's process goes into the run of `grant`, which is made if there is none.
	 * Rows: one writ_exec_row.
	 */
	WRIT_VERB_ENTER,
	WRIT_VERB_DENIALS, /* (and root's) of `agent`; rows: the last writ_denial_row */

	/*
	 * What is counted beside WRIT_VERB_STATUS, the broker's too; rows: one writ_metrics_row,
	 * then writ_decisions_row and writ_programs_row, none of them empty
	 */
	WRIT_VERB_METRICS,

	/* all that the core keeps, also those decided; the broker's too; rows: writ_proposal_row */
	WRIT_VERB_PROPOSALS,

	/* operators', never the broker's */
	WRIT_VERB_APPROVE,   /* proposal `proposal`; rows: one writ_proposal_row */
	WRIT_VERB_REFUSE,    /* likewise; `reason` for the requester */
	WRIT_VERB_FREEZE,    /* no grant is issued on this node, until THAW; survives restarts */
	WRIT_VERB_THAW,
	WRIT_VERB_SUSPEND,   /* (and the broker's) `agent`: its role gives nothing; survives */
	WRIT_VERB_RESUME,

	/*
	 * (the broker's) + A request was refused for `refusal`, or is withdrawn (NONE): put on
	 * record. Who asked is who made the connection; of one that waited for people it is
	 * `proposal` instead, which is forgotten then. No rows. 0 also when it was only counted,
	 * since its agent has so many (user/daemon/requests.h). -EPERM: the connection is not its
	 * agent's, nor an operator's; -EINVAL: no such refusal; -ENOENT: no such proposal.
	 */
	WRIT_VERB_RECORD,

	WRIT_VERB_SINKS, /* who is given the log's lines; rows: writ_sink_row */
};

#define WRIT_GRANTS_ENDED 1u
#define WRIT_REVOKE_AGENT 2u	/* all of `agent` */
#define WRIT_REVOKE_PLAYBOOK 4u /* all of `playbook`; with the former: both must be so */
#define WRIT_REVOKE_ALL 8u
#define WRIT_PROPOSE_ISSUE 16u

struct writ_request {
	__u32 version;
	__u32 verb;
	__u32 flags;
	__u32 n_parameters;
	__u64 grant;
	__u64 cgroup;
	__u64 ttl_ns;	/* 0: the playbook's default */
	__u64 delay_ns; /* from now until the grant begins */
	__u64 proposal; /* the core's id of a request that it keeps */
	__u64 ledger;	/* the broker's id of the request: its row in the ledger */
	__u32 refusal;	/* enum writ_refusal, of RECORD alone */
	__u32 pad;
	char agent[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE];
	char ticket[WRIT_TICKET_SIZE];
	char sponsor[WRIT_NAME_SIZE]; /* the person who answers for the request */
	char reason[WRIT_REASON_SIZE];
	struct writ_context context;
	struct writ_parameter parameters[WRIT_PARAMETERS_MAX];
};

enum writ_reply_type {
	WRIT_REPLY_END = 1,
	WRIT_REPLY_STATUS,
	WRIT_REPLY_AGENT,
	WRIT_REPLY_GRANT,
	WRIT_REPLY_EXEC,
	WRIT_REPLY_ATTEST,
	WRIT_REPLY_PROPOSAL,
	WRIT_REPLY_DENIAL,
	WRIT_REPLY_NOTICE,
	WRIT_REPLY_METRICS,
	WRIT_REPLY_DECISIONS,
	WRIT_REPLY_PROGRAMS,
	WRIT_REPLY_SINK,
};

enum writ_grant_state {
	WRIT_GRANT_STATE_PENDING, /* begins later */
	WRIT_GRANT_STATE_ACTIVE,
	WRIT_GRANT_STATE_EXPIRED,
	WRIT_GRANT_STATE_REVOKED,
	WRIT_GRANT_STATE_COMPLETED,
	WRIT_GRANT_STATE_USED_UP,
};

struct writ_status_row {
	__u64 started_ns; /* boot ns at which this writd started */
	__u64 loaded_ns;  /* boot ns at which the programs were loaded */
	__u64 generation;
	__u64 events_written;
	__u64 events_missing;	       /* gap records' sum */
	__u64 events_lost[WRIT_GAP_COUNT]; /* the same by reason; LATE takes UNACCOUNTED back */
	__u64 remedies_left_out;       /* denials whose line has none for want of time */
	struct writ_counters counters; /* summed over CPUs */
	__u32 pid;
	__u32 adopted; /* 1: this writd found the programs running and re-adopted them */
	__u32 links;   /* attached and read back */
	__u32 agents;
	__u32 cgroups; /* enrolled now */
	__u32 grants;  /* live now */
	__u32 roles;
	__u32 playbooks;
	__u32 frozen;	 /* issuance */
	__u32 proposals; /* that wait for approval */
	__u32 broker;	 /* pid; 0: it is not running */
	__u32 broker_deaths; /* since this writd started */
	__u32 audit;	     /* pid; 0: it is not running */
	__u32 audit_deaths;
	__s32 audit_error; /* -errno that keeps lines from the log; 0: it takes them */
	__u32 notes_waiting; /* records of what writd did, for room in the ring */
	__u64 notes_lost;    /* of them: there was no room for so long */
	__u64 row; /* the highest of the ledger that may have been proposed: new ones are above */
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
	__u32 landlock; /* ABI that this writd is confined by, tried; 0: it is not */
	__u32 landlock_broker; /* that which the broker has inherited */
	__u32 landlock_audit;
	char not_attached[256]; /* names of programs without a link, cut if longer */
	char lsm[256]; /* /sys/kernel/security/lsm as read at start */
	__u32 unattached; /* 1: a load test, writd --no-attach; nothing is enforced */
	__u32 cutter; /* pid of the child that sweeps; 0: gone, ends are counted in part */
	__u32 stopped;	     /* 1: agents can do nothing, for the log takes no lines */
	__s32 stopped_error; /* why, -errno of the log; 0: nobody writes it */
	__u64 audit_segment;	/* of the log, that is being written, */
	__u64 audit_checkpoint; /* and the next one in it; of use if audit_rounds */
	__u64 audit_rounds;	/* that left nothing to write, since writd started */
	__u64 audit_spilled; /* bytes that are in the spill, for the log's disk takes none */
	__u32 forward; /* pid of who gives lines to sinks; 0: it is not running */
	__u32 forward_deaths;
	__u32 landlock_forward;
	__u32 pad;
};

/* What a sink, alerts or live subscribers were given since writ-forward began, by its own word. */
#define WRIT_SINK_STATE_LIST(X)                                          \
	X(UNUSED, "unused")                                              \
	X(CONNECTING, "connecting") /* not yet, or again after an error */ \
	X(SENDING, "sending")	    /* there are lines that it was not given */ \
	X(CURRENT, "current")

enum writ_sink_state {
#define X(name, word) WRIT_SINK_STATE_##name,
	WRIT_SINK_STATE_LIST(X)
#undef X
	WRIT_SINK_STATE_COUNT,
};

struct writ_sink_row {
	__u64 since; /* of this state: seconds since 1970 */
	__u64 sent_lines;
	__u64 sent_bytes;
	__u64 skipped_lines; /* left out, by `behind: skip` or as nobody can take them */
	__u64 skipped_bytes;
	__u64 lost_segments; /* removed before they were read */
	__u64 retries;
	__u64 behind_lines;
	__u64 behind_bytes;
	__u32 state; /* enum writ_sink_state */
	__u32 pad;
	char name[WRIT_NAME_SIZE];
	char type[16];
	char error[200]; /* the last one; "": none */
};

struct writ_agent_row {
	__u32 index;
	__u32 state; /* enum writ_agent_state */
	__u32 mode;
	__u32 cgroups; /* enrolled cgroups of this agent */
	__u32 grants;  /* live */
	__u32 shared;  /* cgroups, not one below another, of an agent of which there is but one */
	char name[WRIT_NAME_SIZE];
	char role[WRIT_NAME_SIZE];
	char environment[WRIT_NAME_SIZE];
	char cgroup[256]; /* the match pattern, cut if longer */
};

struct writ_grant_row {
	struct writ_grant_info info;
	__u32 state;   /* enum writ_grant_state, at the moment of the reply */
	__u32 clip;  /* enum writ_clip: why it lasts less long than was asked */
	__u64 now_ns; /* boot time of the reply: seconds left = expires - now */
};

/* Of a connection. Known when it was made, and true of the process that made it. */
struct writ_attest_row {
	__u64 cgroup;  /* id */
	__u64 started; /* boot ns at which the process started */
	__u64 run;     /* grant whose run it is in; 0: none */
	__u32 uid;
	__s32 pid;
	__u32 agent_index; /* 0: no agent's */
	__u32 is_operator; /* root, or of the operators' group; and no agent's */
	__u32 suspended;
	__u32 frozen; /* issuance, on this node */
	char agent[WRIT_NAME_SIZE];
	char role[WRIT_NAME_SIZE];
	char environment[WRIT_NAME_SIZE];
};

enum writ_proposal_state {
	WRIT_PROPOSAL_READY,   /* nothing is missing */
	WRIT_PROPOSAL_PENDING, /* people must approve */
	WRIT_PROPOSAL_REFUSED, /* an operator said no */
	WRIT_PROPOSAL_GONE,    /* withdrawn, issued, or too old */
};

/* What the core keeps of a request: that which people see is that which is issued. */
struct writ_proposal_row {
	__u64 proposal;
	__u64 ledger;
	__u64 proposed_ns; /* boot time */
	__u64 until_ns;	   /* boot time at which it is forgotten */
	__u64 ttl_ns;
	__u64 delay_ns;
	__u32 state; /* enum writ_proposal_state */
	__u32 clip;  /* enum writ_clip */
	__u32 needed; /* approvals */
	__u32 given;
	__u32 uid; /* of the requester */
	__u32 by_operator;
	char agent[WRIT_NAME_SIZE];
	char role[WRIT_NAME_SIZE];
	char playbook[WRIT_NAME_SIZE];
	char ticket[WRIT_TICKET_SIZE];
	char sponsor[WRIT_NAME_SIZE];
	char requester[WRIT_NAME_SIZE]; /* operator's name; "" for the agent itself */
	char reason[WRIT_REASON_SIZE];
	char parameters[1024]; /* as in writ_grant_info */
	char approvers[WRIT_APPROVALS_MAX * WRIT_NAME_SIZE]; /* "alice,bob"; who refused it */
	char answer[WRIT_REASON_SIZE]; /* REFUSED: the operator's words */
};

struct writ_denial_row {
	__u64 time_ns; /* boot time */
	__u64 grant;
	__u32 cpu;
	__u32 pid;
	__u64 sequence; /* of the record on its CPU: with `cpu` its name */
	__u32 operation; /* enum writ_operation */
	__u32 reason;	 /* enum writ_reason */
	__u32 access;	 /* enum writ_access, what was asked */
	__u32 pad;
	char comm[16];
	char object[1024]; /* as in the record, cut at the end if longer */
};

/* Something that the broker did not ask for. */
enum writ_notice {
	WRIT_NOTICE_GRANT = 1, /* a grant ended: `grant`, `end`, `by` */
	WRIT_NOTICE_PROPOSAL,  /* one was approved by all, refused, or is gone */
	WRIT_NOTICE_POLICY,    /* another policy is in force: read it again */
	WRIT_NOTICE_SWITCH,    /* freeze, thaw, suspend or resume; `proposal.agent`: who resumes */
	WRIT_NOTICE_CUT,       /* what the end of `grant` cut is known: `cut_*` */
	WRIT_NOTICE_RESYNC,    /* notices were lost: ask for all */
};

struct writ_notice_row {
	__u32 notice;
	__u32 end; /* enum writ_end */
	__u64 grant;
	__u64 time_ns; /* boot time */
	__u32 cut_files;
	__u32 cut_sockets;
	struct writ_proposal_row proposal;
	char by[WRIT_NAME_SIZE]; /* who ended it; "" for nobody */
};

/* Since this writd started; as writ-audit says, where struct writ_audit_figures has it, too. */
struct writ_metrics_row {
	__u64 now_ns; /* boot time of the reply */
	__u64 gaps[WRIT_GAP_COUNT];
	__u64 log_written;
	__u64 log_bytes;
	__u64 log_segments;
	__u64 segment;
	__u64 checkpoints;
	__u64 checkpoint_ns; /* boot time; 0: none yet */
	__u64 unsigned_lines;
	__u64 waiting_bytes;
	__u64 write_errors;
	__u32 shared; /* agents of which there is but one, in more than one cgroup */
	__u32 pad;
};

/* Lines of decisions with these words, more than 0. */
#define WRIT_DECISIONS_PER_ROW 192u
struct writ_decisions_row {
	__u32 n;
	__u32 pad;
	struct writ_decision_count {
		__u64 count;
		__u8 verdict;	/* enum writ_verdict */
		__u8 operation; /* enum writ_operation */
		__u8 reason;	/* enum writ_reason */
		__u8 pad[5];
	} counts[WRIT_DECISIONS_PER_ROW];
};

/* Programs that the kernel has timed: it does so while kernel.bpf_stats_enabled is 1. */
#define WRIT_PROGRAMS_PER_ROW 48u
struct writ_programs_row {
	__u32 n;
	__u32 pad;
	struct writ_program_time {
		__u64 runs; /* more than 0 */
		__u64 run_ns;
		char name[WRIT_PROGRAM_NAME_SIZE];
	} programs[WRIT_PROGRAMS_PER_ROW];
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
		struct writ_attest_row attest;
		struct writ_proposal_row proposal;
		struct writ_denial_row denial;
		struct writ_notice_row notice;
		struct writ_metrics_row metrics;
		struct writ_decisions_row decisions;
		struct writ_programs_row programs;
		struct writ_sink_row sink;
	};
};
_Static_assert(sizeof(struct writ_reply) < 4096, "one packet");

/* A packet to the broker has so many at most; one to `writ` has one. */
#define WRIT_REPLIES_PER_PACKET 4u

#endif
