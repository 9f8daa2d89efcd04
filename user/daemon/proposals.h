/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests for grants that the core keeps: what people see is what is issued, to whom it was asked
 * for, and nothing of it comes from the broker once it is here. In: requests, who asked as the
 * kernel knows it, people's words, policies. Out: whether it may be issued. Neither clock, nor
 * kernel, nor file: the caller has them.
 *
 * An approval is of one proposal by one person. It holds for the rules, the times and the role that
 * were seen: when another policy changes any of these, it is asked for again.
 */
#ifndef WRIT_DAEMON_PROPOSALS_H
#define WRIT_DAEMON_PROPOSALS_H

#include "compile/grant.h"

#define WRIT_PROPOSALS_MAX 4096u
#define WRIT_PROPOSALS_PER_AGENT 16u

struct writ_proposal {
	struct writ_proposal *next;
	struct writ_request request;
	struct writ_proposal_row row;
	uint64_t rules;				/* digest of its image */
	uint32_t approvers[WRIT_APPROVALS_MAX]; /* uids, row.given of them */
};

/* Keep `last` above every id that was ever given: an id names one proposal, for ever. */
struct writ_proposals {
	struct writ_proposal *first; /* the oldest */
	uint32_t count;
	uint64_t last;
};

/*
 * What @request of @who is worth under @policy, not yet in any table; now: boot ns. -EPERM: it is
 * not @who's to ask; -EINVAL: no row in the ledger; else as writ_grant_compile(). @ret_plan is what
 * would be issued now.
 */
int writ_proposals_make(const struct writ_policy *policy, const struct writ_request *request,
			const struct writ_attest_row *who, uint64_t now,
			struct writ_proposal **ret_proposal, struct writ_grant_plan *ret_plan,
			char error[WRIT_ERROR_SIZE]);
void writ_proposals_freep(struct writ_proposal **proposal);

/* Takes @proposal, gives it its id. -ENOBUFS: the table is full; -EDQUOT: its agent's part is. */
int writ_proposals_keep(struct writ_proposals *proposals, struct writ_proposal **proposal,
			char error[WRIT_ERROR_SIZE]);

/* NULL: there is none (any more). */
struct writ_proposal *writ_proposals_find(const struct writ_proposals *proposals, uint64_t id);

/*
 * The user @uid, who is an operator, approves. -EPERM: it is his own; -EEXIST: he has done so;
 * -EACCES: he is in none of the groups that may; -EALREADY: nothing is missing; -ECANCELED: it was
 * refused; -ENOENT: policy has the playbook no more.
 */
int writ_proposals_approve(const struct writ_policy *policy, struct writ_proposal *proposal,
			   uint32_t uid, char error[WRIT_ERROR_SIZE]);

/* An operator says no, which is final: @words are for the requester. -ECANCELED: it was before. */
int writ_proposals_refuse(struct writ_proposal *proposal, uint32_t uid, const char *words,
			  char error[WRIT_ERROR_SIZE]);

/*
 * Judges @proposal by @policy, at a policy's change and again before it is issued. 0: it may be
 * issued, as @ret_plan says (NULL: not wanted). -EAGAIN: approvals are missing; -ECANCELED: it was
 * refused; else as writ_grant_compile(): it can't be issued any more.
 */
int writ_proposals_judge(const struct writ_policy *policy, struct writ_proposal *proposal,
			 struct writ_grant_plan *ret_plan, char error[WRIT_ERROR_SIZE]);

/* Takes it out of the table and frees it. */
void writ_proposals_drop(struct writ_proposals *proposals, struct writ_proposal *proposal);
void writ_proposals_clear(struct writ_proposals *proposals);

#endif
