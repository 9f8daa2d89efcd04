/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two policies: what each agent gains and loses from the one to the other. Compared are rights,
 * not text: a rule that moved is no change, and neither is one that compiles to the same image.
 */
#ifndef WRIT_COMPILE_COMPARE_H
#define WRIT_COMPILE_COMPARE_H

#include "compile/arena.h"
#include "compile/model.h"

enum writ_change_effect {
	WRIT_CHANGE_GAINS,
	WRIT_CHANGE_LOSES,
	WRIT_CHANGE_OTHER, /* neither more nor less */
};

#define WRIT_CHANGE_LIST(X)                                       \
	X(AGENT, "agent")   /* the agent is new, or gone */       \
	X(ROLE, "role")	    /* it has another one */              \
	X(MODE, "mode")	    /* enforce or monitor */              \
	X(CGROUP, "cgroup") /* which cgroups are the agent's */   \
	X(ENVIRONMENT, "environment")                             \
	X(ALLOW, "allow") /* an allow rule of role or playbook */ \
	X(DENY, "deny")	  /* a deny rule */                       \
	X(AUDIT, "audit") /* what of a rule is recorded */        \
	X(CAPABILITY, "capability")                               \
	X(KERNEL, "allow_kernel") /* a family that it opens */    \
	X(PLAYBOOK, "playbook") /* which may be granted to it */  \
	X(TTL, "ttl_max")	/* for how long at most */        \
	X(DEFAULT, "ttl_default")                                 \
	X(TICKET, "ticket")                                       \
	X(PARAMETER, "parameter")                                 \
	X(INSTANCES, "instances")                                 \
	X(SCOPE, "scope")                                         \
	X(ON_END, "on_end")                                       \
	X(RISK, "risk") /* the playbook's, or the role's limit */ \
	X(MAX_USES, "max_uses")                                   \
	X(ENTRY, "entry") /* the command that is counted */       \
	X(APPROVALS, "approvals")                                 \
	X(WINDOWS, "windows")                                     \
	X(ENVIRONMENTS, "environments")                           \
	X(CONCURRENCY, "concurrency")                             \
	X(COOLDOWN, "cooldown")                                   \
	X(RATE, "rate")                                           \
	X(SPONSOR, "sponsor")                                     \
	X(VALIDATE, "ticket_validate")                            \
	X(BREAK_GLASS, "break_glass")

enum writ_change_kind {
#define X(name, word) WRIT_CHANGE_##name,
	WRIT_CHANGE_LIST(X)
#undef X
		WRIT_CHANGE_COUNT,
};

/* Strings live in the comparison or in one of the policies; NULL where they say nothing. */
struct writ_change {
	const char *agent;
	enum writ_change_effect effect;
	enum writ_change_kind kind;
	const char *playbook; /* the right is the playbook's, not the role's */
	const char *object;   /* of a rule; the name of a parameter, capability or family */
	uint32_t access;      /* of a rule: the bits that changed */
	const char *before;
	const char *after;
	const char *at; /* "roles.yaml:12:5", in the new policy or, for what is lost, in the old */
};

struct writ_comparison {
	struct writ_arena arena;
	struct writ_change *changes; /* agents in the order of the new policy, then those gone */
	size_t count;
	size_t capacity;
};

const char *writ_compare_kind(enum writ_change_kind kind);

/* 0; -EINVAL with the errors in @diags: a role or playbook does not compile; -ENOMEM. */
int writ_compare(const struct writ_policy *before, const struct writ_policy *after,
		 struct writ_diagnostics *diags, struct writ_comparison *ret);

/* Fit for _cleanup_(writ_compare_free). */
void writ_compare_free(struct writ_comparison *comparison);

#endif
