/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was asked, what was decided, what was given, how it ended: SQLite in WAL mode, one writer.
 * Each function is one transaction: after a crash at any point it has happened or it has not.
 * Times are wall time, nanoseconds since 1970, but where a name says boot. Functions return 0,
 * -ENOENT for an id that is not there, -EALREADY for a request that is in a state from which the
 * step does not lead, or a grant that has ended (nothing changes), -EINVAL for a word that is none
 * of its list, or -EIO with what SQLite said by writ_ledger_error(). After -EIO nothing has
 * happened, and the next call may work.
 *
 *	OPEN -> PENDING -> ISSUING -> GRANTED		ISSUING -> PENDING, where the core asks for
 *	OPEN, PENDING, ISSUING -> REFUSED, WITHDRAWN	people though the broker did not
 *	OPEN -> ISSUING
 *
 * Rows are never deleted. They are valid while the visitor runs, which may call the ledger again.
 * Text is any bytes: UTF-8 is kept as it is, control characters too, other bytes are kept escaped
 * (lib/escape.h). A NULL string is "".
 */
#ifndef WRIT_BROKER_LEDGER_H
#define WRIT_BROKER_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writ/control.h"

#define WRIT_REQUEST_STATE_LIST(X)                                                    \
	X(OPEN, "open")		/* being evaluated: the validator runs, say */       \
	X(PENDING, "pending")	/* people must approve */                             \
	X(ISSUING, "issuing")	/* decided; the core has been, or is about to be, asked */ \
	X(GRANTED, "granted")                                                         \
	X(REFUSED, "refused")                                                         \
	X(WITHDRAWN, "withdrawn") /* by the asker, or lost by a crash before it was decided */

enum writ_request_state {
#define X(name, word) WRIT_REQUEST_STATE_##name,
	WRIT_REQUEST_STATE_LIST(X)
#undef X
	WRIT_REQUEST_STATE_COUNT,
};

/* A request with its decision, and, if state is GRANTED, its grant. */
struct writ_ledger_request {
	uint64_t id;
	int64_t asked_at;
	int64_t decided_at; /* 0: not yet */
	uint32_t state;	    /* enum writ_request_state */
	uint32_t refusal;   /* enum writ_refusal */
	uint32_t retry_after; /* seconds; 0: asking again helps nothing */
	uint32_t uid;
	int32_t pid;
	bool by_operator;
	uint64_t proposal; /* the core's id; of this core alone */
	uint64_t run;	   /* grant whose run the asker was in */
	uint64_t ttl_ns;   /* asked for; 0: the playbook's default */
	uint64_t delay_ns;
	const char *agent;
	const char *role;
	const char *environment;
	const char *playbook;
	const char *parameters; /* JSON object of strings */
	const char *ticket;
	const char *sponsor;
	const char *reason;
	const char *requester; /* operator's name, "" for the agent */
	const char *message;   /* of the decision, "" before */
	const char *remedy;
	struct writ_context context;
	uint64_t grant; /* 0: none */
	uint64_t repeats;    /* refusals like it that have no rows of their own */
	int64_t repeated_at; /* the last of them; 0: there are none */
};

struct writ_ledger_grant {
	uint64_t id; /* the core's, unique since boot; with `boot` for ever */
	uint64_t request;
	const char *boot; /* boot id; not read by writ_ledger_grant(): it is this boot's */
	int64_t issued_at;
	int64_t begins_at;
	int64_t expires_at;
	int64_t ended_at; /* 0: it has not */
	uint32_t end;	  /* enum writ_end */
	uint32_t clip;	  /* enum writ_clip */
	uint32_t scope;
	uint32_t cut_files;
	uint32_t cut_sockets;
	bool break_glass;
	const char *ended_by;
	const char *agent;
	const char *role;
	const char *environment;
	const char *playbook;
	const char *parameters;
	const char *ticket;
	const char *sponsor;
	const char *requester;
	const char *approvers; /* "alice,bob" */
	struct writ_context context;
};

struct writ_ledger;

/*
 * Opens or makes the file @path (mode 0600) and brings an older layout up to date. @boot: the boot
 * id of this boot. Requests that a crash left OPEN, or a reboot PENDING, become WITHDRAWN; grants
 * of an earlier boot that live end as REBOOT. Requests that are ISSUING are left for
 * writ_ledger_unsettled().
 *
 * -errno, logged with its remedy: -EPROTO for a newer layout, or another program's file; -ELOOP,
 * -EPERM for one that others could have made or could change; -EIO for a damaged one. None of
 * these is changed, and none is replaced by an empty one.
 */
int writ_ledger_open(const char *path, const char *boot, struct writ_ledger **ret_ledger);

/*
 * Moves SQLite's journal in a thread from here on; without it each fortieth request or so waits for
 * the disk. The thread has the rights of who starts it, for good: call it when all rights are
 * dropped, under a filter that allows clone(CLONE_THREAD), rseq and set_robust_list. -errno.
 */
int writ_ledger_beside(struct writ_ledger *ledger);
void writ_ledger_close(struct writ_ledger *ledger);
void writ_ledger_closep(struct writ_ledger **ledger);

/*
 * Rows of requests go on above @last: those up to it may be taken, says the core, if not by this
 * ledger then by one that was in its place.
 */
void writ_ledger_go_on(struct writ_ledger *ledger, uint64_t last);

/* What went wrong last, one line. */
const char *writ_ledger_error(const struct writ_ledger *ledger);

/* A request comes in, OPEN. Uses all of @row that is known by then; id is given. */
int writ_ledger_ask(struct writ_ledger *ledger, const struct writ_ledger_request *row,
		    uint64_t *ret_id);

/* The same of one that is ISSUING from the beginning: writ_ledger_issue() at @at. */
int writ_ledger_ask_issue(struct writ_ledger *ledger, const struct writ_ledger_request *row,
			  int64_t at, uint64_t *ret_id);

/* It waits for people; the core knows it as @proposal. Of one that is PENDING: the new proposal. */
int writ_ledger_pend(struct writ_ledger *ledger, uint64_t request, uint64_t proposal);

/* What people decide of one that is PENDING. @verdict: true approves. Twice the same is one. */
int writ_ledger_vote(struct writ_ledger *ledger, uint64_t request, const char *who, bool verdict,
		     const char *comment, int64_t at);

/*
 * It is refused, or withdrawn (@refusal WRIT_REFUSAL_NONE). Of one that is ISSUING only when the
 * core has said that it has not issued it.
 */
int writ_ledger_refuse(struct writ_ledger *ledger, uint64_t request, enum writ_refusal refusal,
		       const char *message, const char *remedy, uint32_t retry_after, int64_t at);

/*
 * An agent that is refused more than WRIT_REFUSALS_PER_MINUTE times in a minute has no further rows
 * in it, but one for each reason: what comes after that is counted there. Kept of those are how
 * many they were and when the last one was; their words are not.
 *
 * One more that would be refused to @agent for @refusal: counted in row *@ret_id, -EALREADY, and
 * against the agent as any other; 0: it is to have its own row.
 */
#define WRIT_REFUSALS_PER_MINUTE 60u
int writ_ledger_repeat(struct writ_ledger *ledger, const char *agent, enum writ_refusal refusal,
		       int64_t at, uint64_t *ret_id);

/* What was refused to @agent last had its row before, so it can't be counted in another's. */
int writ_ledger_late(struct writ_ledger *ledger, const char *agent);

/* About to be asked of the core: from here on it may be in force. */
int writ_ledger_issue(struct writ_ledger *ledger, uint64_t request, int64_t at);

/*
 * The core gave it. @grant->request names the request, which must be ISSUING and becomes GRANTED;
 * its agent's denials are forgotten.
 */
int writ_ledger_grant(struct writ_ledger *ledger, const struct writ_ledger_grant *grant);

/* Of this boot. -EALREADY: it has ended; nothing changes. */
int writ_ledger_end(struct writ_ledger *ledger, uint64_t grant, enum writ_end end, const char *by,
		    uint32_t cut_files, uint32_t cut_sockets, int64_t at);

/* What the end of @grant cut, which is known some time after it. One that is not there: 0. */
int writ_ledger_cut(struct writ_ledger *ledger, uint64_t grant, uint32_t files, uint32_t sockets);

/*
 * From here to group_end() the steps are one transaction: a step that is refused changes nothing,
 * and the others go on; what fails with -EIO may fail them all. They come to be on record together.
 * 0 where a group is open. Nothing that needs the row of a step may be done before its end.
 * group_end(): 0 where none is open; -EIO: none of the steps is on record.
 */
int writ_ledger_group(struct writ_ledger *ledger);
int writ_ledger_group_end(struct writ_ledger *ledger);

/* An agent's counters: denials in a row are forgotten when an operator has looked. */
int writ_ledger_forgive(struct writ_ledger *ledger, const char *agent, int64_t at);

typedef void writ_ledger_request_visitor(void *context, const struct writ_ledger_request *row);
typedef void writ_ledger_grant_visitor(void *context, const struct writ_ledger_grant *row);

/* Empty fields of a filter choose everything. Newest first, at most `limit` (0: 1000). */
struct writ_ledger_filter {
	const char *agent;
	const char *playbook;
	const char *ticket;
	int64_t since;
	/*
	 * For the next page: id of the last request, or the `request` of the last grant (ids of
	 * grants begin again with each boot). 0: from the newest.
	 */
	uint64_t before;
	uint64_t request; /* grants: of this request alone; 0: of any */
	uint32_t states; /* requests: 1 << enum writ_request_state; 0: all */
	bool live;	 /* grants that have not ended */
	uint32_t limit;
};

int writ_ledger_request(struct writ_ledger *ledger, uint64_t id,
			writ_ledger_request_visitor *visitor, void *context);
int writ_ledger_requests(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
			 writ_ledger_request_visitor *visitor, void *context);
int writ_ledger_grants(struct writ_ledger *ledger, const struct writ_ledger_filter *filter,
		       writ_ledger_grant_visitor *visitor, void *context);

/* Requests that are ISSUING: after a crash the core is asked whether it has them. */
int writ_ledger_unsettled(struct writ_ledger *ledger, writ_ledger_request_visitor *visitor,
			  void *context);

#define WRIT_HISTORY_MAX 100000u /* `recent` beyond it is UINT32_MAX: over every limit */

/* What evaluation must know of the past. */
struct writ_history {
	uint32_t live;	      /* grants of the playbook that live on this node, and those ISSUING */
	int64_t live_until;   /* when the first of them runs out; 0: not known */
	uint32_t recent;      /* likewise, to the agent, issued within its rate's time */
	int64_t recent_since; /* when the oldest of those was issued; 0: not known */
	int64_t last_end;     /* when the agent's last grant of the playbook ended; 0: none has */
	uint32_t denials;     /* of the agent in a row, that count (writ_evaluate_counts()): since a
				 grant or forgiveness */
	int64_t last_denial;  /* 0: none */
	uint32_t late;	      /* writ_ledger_late() of the agent in the minute from late_since on */
	int64_t late_since;
};

/* @rate_since: wall time from which `recent` counts. */
int writ_ledger_history(struct writ_ledger *ledger, const char *agent, const char *playbook,
			int64_t rate_since, struct writ_history *ret_history);

#endif
