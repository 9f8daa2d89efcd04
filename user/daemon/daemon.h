/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What writd holds while it runs: the kernel side, the policy in force, the children, the
 * clients. One thread, one event loop; everything below is called from it.
 */
#ifndef WRIT_DAEMON_DAEMON_H
#define WRIT_DAEMON_DAEMON_H

#include "compile/policy.h"
#include "daemon/audit.h"
#include "daemon/broker.h"
#include "daemon/cuts.h"
#include "daemon/denials.h"
#include "daemon/forward.h"
#include "daemon/halt.h"
#include "daemon/instances.h"
#include "daemon/limits.h"
#include "daemon/notes.h"
#include "daemon/proposals.h"
#include "daemon/requests.h"
#include "daemon/sandbox.h"
#include "daemon/rows.h"
#include "daemon/switches.h"
#include "kernel/kernel.h"
#include "writ/control.h"

struct writ_daemon_options {
	const char *policy; /* file or directory */
	const char *socket;
	const char *agent_socket;    /* the broker's, for agents */
	const char *operator_socket; /* the broker's, for operators */
	const char *audit_socket;    /* writ-forward's, for operators */
	const char *audit_log;
	const char *audit_spill; /* as the policy at start says; NULL: none */
	const char *cursors; /* directory of writ-forward: where its sinks are */
	const char *state;  /* directory; NULL: nothing survives a restart */
	const char *ledger; /* the broker's file */
	uint32_t ring_size;
	bool no_broker;
	bool no_attach; /* see unattached.h */
};

/* Ids up to ->end are taken from their file, see ids.h. */
struct writ_ids {
	uint64_t end;
	uint64_t block;	   /* how many were taken last */
	uint64_t taken_ns; /* boot time at which */
	bool broken;
};

struct writ_daemon {
	struct writ_daemon_options options;
	struct writ_kernel *kernel;
	struct writ_policy *policy; /* NULL: the one on disk was refused and an earlier one runs */
	uint32_t *agent_index;	    /* map index of policy->agents[i] */
	char cgroup_root[4096];
	char lsm[256];
	uint64_t started_ns;
	int epoll;
	int listener;
	struct writ_client *clients; /* list */
	struct writ_runs *runs;
	struct writ_cuts cuts;
	struct writ_broker_child broker;
	struct writ_audit_child audit;
	struct writ_forward_child forward;
	struct writ_sandbox sandbox;
	struct writ_proposals proposals;
	struct writ_ids proposal_ids;
	struct writ_ids grant_ids;
	struct writ_ids row_ids;
	struct writ_rows rows;
	struct writ_limits limits;
	struct writ_switches switches;
	struct writ_halt halt;
	struct writ_notes notes;
	struct writ_requests *requests;	  /* NULL: no memory; none is put on record */
	struct writ_denials *denials;	  /* NULL: no memory */
	struct writ_instances *instances; /* NULL: no memory */
	bool stopping;
	bool unloaded; /* enforcement was ended on request */
};

/* `writd --check`: 0 when the host has all that is required, 1 when not. */
int writ_check_print(bool json);

/* Refuses a host that would not enforce; fills @daemon's lsm and cgroup_root. */
int writ_check_require(struct writ_daemon *daemon);

/* Reads, compiles, publishes, reads back, proves. On an error the running policy stays. */
int writ_apply_policy(struct writ_daemon *daemon);

/*
 * May @policy run on a kernel that lacks optional hooks? Says what is lost; -EOPNOTSUPP when its
 * Node is strict.
 */
int writ_strict_check(const struct writ_kernel *kernel, const struct writ_policy *policy);

/* Frees the policy in force. */
void writ_apply_free(struct writ_daemon *daemon);

/* Opens the control socket and serves it from the event loop. */
int writ_serve_open(struct writ_daemon *daemon);

/*
 * Serves @fd, which it takes, as the broker's channel: its packets may carry a connection, and it
 * gets notices. One that sends what is no request, or too much, is ended by writ_broker_kill().
 */
int writ_serve_channel(struct writ_daemon *daemon, int fd, struct writ_client **ret_channel);
void writ_serve_drop(struct writ_daemon *daemon, struct writ_client *client);

/* Queues a row that was not asked for; too many become one WRIT_NOTICE_RESYNC. NULL: nobody. */
void writ_serve_notice(struct writ_daemon *daemon, const struct writ_notice_row *notice);

/* A second has passed: what the broker may send in it begins anew. */
void writ_serve_second(struct writ_daemon *daemon);
void writ_serve_accept(struct writ_daemon *daemon);
void writ_serve_close(struct writ_daemon *daemon);

/* A client's event; @client may be freed by it. */
struct writ_client;
void writ_serve_event(struct writ_daemon *daemon, struct writ_client *client, uint32_t events);

/* Queues a row for @client. */
int writ_serve_reply(struct writ_client *client, const struct writ_reply *reply);

/* All of the row but the live grants. */
void writ_status_fill(const struct writ_daemon *daemon, struct writ_status_row *row);

/*
 * How to start a command under grant @id, by the policy in force, which there must be. A grant of
 * scope run has its run made, below @cgroup (0: the agent's own, if its pattern names one), and the
 * row names that. -ENOENT: no such grant, or policy has its agent or playbook no more; -ESTALE: it
 * has ended; -EAGAIN: it begins later; others: the run can't be made. Each with what helps in
 * @error.
 */
int writ_exec_fill(struct writ_daemon *daemon, uint64_t id, uint64_t cgroup,
		   struct writ_exec_row *row, char error[WRIT_ERROR_SIZE]);

/*
 * The same for the process that made the connection with @mark, which must be of the grant's agent:
 * it is moved into the run, which is made below its own cgroup. -EPERM: the grant is not its
 * agent's; others: see writ_runs_enter().
 */
int writ_exec_enter(struct writ_daemon *daemon, uint64_t id, const struct writ_peer_mark *mark,
		    struct writ_exec_row *row, char error[WRIT_ERROR_SIZE]);

/* Who asks, and, from the broker, the connection that it handed over (-1: none). */
struct writ_peer {
	uint32_t uid;
	int32_t pid;
	uint32_t caller; /* WRIT_CALLER_*, 0: nobody who may ask */
	int passed;
};

/* The mark on @connection. -ENOENT: it has none, so nobody is behind it. */
int writ_attest_mark(const struct writ_daemon *daemon, int connection,
		     struct writ_peer_mark *ret_mark);

/*
 * Who is behind @connection, by the kernel's own mark. -EPERM, in @error why: it is none that one
 * of our listeners accepted.
 */
int writ_attest(const struct writ_daemon *daemon, int connection, struct writ_attest_row *ret_row,
		char error[WRIT_ERROR_SIZE]);

/*
 * Nothing is issued to @agent now: -ESHUTDOWN, frozen, or agents are stopped since the log takes no
 * lines; -EKEYREVOKED, suspended. @error says why.
 */
int writ_gate_check(const struct writ_daemon *daemon, const char *agent,
		    char error[WRIT_ERROR_SIZE]);

/* Likewise for what comes by the broker: -ESHUTDOWN also while a child is failing. */
int writ_gate_check_broker(const struct writ_daemon *daemon, const char *agent,
			   char error[WRIT_ERROR_SIZE]);

/*
 * Publishes whether the agent of this index can do nothing, since it is suspended or all are
 * stopped; and that of all that policy has.
 */
void writ_gate_publish_agent(const struct writ_daemon *daemon, uint32_t index);
void writ_gate_publish(const struct writ_daemon *daemon, const struct writ_policy *policy,
		       const uint32_t *agent_index);

/*
 * The kernel is given @plan for @proposal, cut to the end of its change window; the record says it.
 * -ETIME: no window is open. @error names what helps.
 */
int writ_issue(struct writ_daemon *daemon, const struct writ_proposal *proposal,
	       struct writ_grant_plan *plan, struct writ_grant_info *ret_info,
	       char error[WRIT_ERROR_SIZE]);

/* Ends grant @id now, by whom or NULL: kernel, record, notice, run. -ENOENT: it does not live. */
int writ_ends_end(struct writ_daemon *daemon, uint64_t id, enum writ_end end, const char *by,
		  struct writ_grant_info *ret_info);

/* Of a grant that the kernel has ended already (its time, its run): record, notice, run. */
void writ_ends_ended(struct writ_daemon *daemon, const struct writ_grant_info *info,
		     enum writ_end end, const char *by);

/* Puts on record that a grant was issued, and why it was asked for ("": not known any more). */
void writ_ends_issued(struct writ_daemon *daemon, const struct writ_grant_info *info,
		      const char *why);

/* The same for those whose time is up. About once a second. */
void writ_ends_age(struct writ_daemon *daemon);

/* Puts on record what a writd that was killed had done, and perhaps not said. At start. */
void writ_ends_catch_up(struct writ_daemon *daemon);

/* Record and notice of a proposal's step; by whom or NULL. */
void writ_notices_proposal(struct writ_daemon *daemon, enum writ_proposal_event event,
			   const struct writ_proposal *proposal, const char *by);

/* By whom or NULL. @agent: whom an operator has resumed, else NULL. */
void writ_notices_send(struct writ_daemon *daemon, enum writ_notice notice, const char *by,
		       const char *agent);

/* Another policy is in force: proposals that it does not give are gone, sockets are its groups'. */
void writ_notices_policy(struct writ_daemon *daemon);

/* Proposals that are too old are gone. */
void writ_notices_age(struct writ_daemon *daemon);

/* Ends enforcement and the loop, and records who asked for it. */
int writ_unload_now(struct writ_daemon *daemon, const struct writ_peer *peer);

/* `writd --unload`: by the writd that runs, or else by this process. Logs its errors. */
int writ_unload(const struct writ_daemon_options *options);

/*
 * Takes the node's lock, or the lock @path. -EBUSY, not logged: another writd has it, after
 * @wait_ms too.
 */
int writ_lock_node(uint32_t wait_ms, int *ret_fd);
int writ_lock_take(const char *path, uint32_t wait_ms, int *ret_fd);

/* The image of rules that keep agents from the files and sockets of a writd with @options. */
struct writ_blob;
int writ_protect_compile(const struct writ_daemon_options *options, struct writ_blob *ret_image);

/* Publishes what no agent may change: this writd's files. Errors are logged. */
int writ_protect_files(struct writ_daemon *daemon);

/*
 * Answers one request: rows through writ_serve_reply(), the rest through the return value.
 * -EINPROGRESS: there is more, from writ_answer_more(), when the client has taken these.
 */
int writ_answer(struct writ_daemon *daemon, const struct writ_peer *peer,
		const struct writ_request *request, struct writ_client *client,
		char error[WRIT_ERROR_SIZE]);

/* @cursor: how far it is; 0 at first. -EINPROGRESS: not at the end yet. */
int writ_answer_more(struct writ_daemon *daemon, const struct writ_request *request,
		     struct writ_client *client, uint32_t *cursor);

/* Runs until SIGTERM. Reloads policy on SIGHUP. */
int writ_loop_run(struct writ_daemon *daemon);

#endif
