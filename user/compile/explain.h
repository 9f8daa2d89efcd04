/* SPDX-License-Identifier: Apache-2.0 */
/*
 * "May this agent do that, and why?" asked of a policy instead of a kernel: the same images, the
 * same matcher, the same order (decide.h). After a deny: which playbooks that the agent's role may
 * use would allow it, and with which parameters.
 */
#ifndef WRIT_COMPILE_EXPLAIN_H
#define WRIT_COMPILE_EXPLAIN_H

#include "compile/decide.h"
#include "compile/model.h"
#include "compile/suppose.h"

#define WRIT_EXPLAIN_OFFERS_MAX 8u
#define WRIT_EXPLAIN_RULE_SIZE 2048u
#define WRIT_EXPLAIN_PARAMETERS_SIZE 1024u

/* A grant as if it were issued at moment 0. Tickets are not asked for. */
struct writ_explain_grant {
	const char *playbook;
	const struct writ_parameter *parameters;
	size_t n_parameters;
	uint64_t delay_ns; /* from its issue to its begin */
	uint64_t ttl_ns;   /* 0: the playbook's default; clipped to its maximum */
	bool revoked;
};

struct writ_explain_question {
	const char *agent;
	uint32_t operation; /* WRIT_OP_OPEN, _EXEC, _CONNECT, _BIND, _LISTEN or _SEND */
	uint32_t access;    /* of an open: bits that are needed */
	const char *path;   /* absolute, links resolved; of a Unix socket also "@" and a name */
	const char *const *argv;
	size_t n_argv; /* of an exec: 0 asks whether there are arguments that it may have */
	uint32_t protocol; /* 0: the object is the path */
	uint16_t port;
	uint8_t address[16];			 /* IPv6 or IPv4-mapped */
	const struct writ_explain_grant *grants; /* oldest first, at most WRIT_SUPPOSE_MAX */
	size_t n_grants;
	uint64_t at_ns; /* the moment, after the grants' issue */
	bool brief;	/* without offers, which cost more than the answer */
};

/* A playbook that would allow what was denied. */
struct writ_explain_offer {
	const struct writ_policy_playbook *playbook;
	char parameters[WRIT_EXPLAIN_PARAMETERS_SIZE]; /* "service=billing host=?", escaped */
	bool open; /* a "?" is among them: its value does not follow from the question */
	/* as they are, in the playbook's order; "": it does not follow */
	char values[WRIT_PARAMETERS_MAX][WRIT_VALUE_SIZE];
};

struct writ_explain_answer {
	const struct writ_policy_agent *agent;
	uint32_t verdict; /* ALLOW, DENY; WOULD_DENY for an agent in mode monitor */
	uint32_t reason;
	size_t grant; /* place in the question's grants, or WRIT_DECIDE_NO_GRANT */
	/* that decided: "roles.yaml:8:5 /etc/hosts read"; or "" */
	char rule[WRIT_EXPLAIN_RULE_SIZE];
	struct writ_explain_offer offers[WRIT_EXPLAIN_OFFERS_MAX];
	size_t n_offers;
};

/*
 * Remembers the compiled roles and the last question's grants, for many questions to one policy,
 * which must outlive it.
 */
struct writ_explainer;

int writ_explain_new(const struct writ_policy *policy, struct writ_explainer **ret);
void writ_explain_free(struct writ_explainer *explainer);
void writ_explain_freep(struct writ_explainer **explainer);

/* The policy that it asks. */
const struct writ_policy *writ_explain_policy(const struct writ_explainer *explainer);

/*
 * 0; -EINVAL with the errors in @diags, without position: an unknown agent or playbook, a playbook
 * that the role may not use, wrong parameters, a question that is none; -ENOMEM.
 */
int writ_explain_ask(struct writ_explainer *explainer, const struct writ_explain_question *question,
		     struct writ_diagnostics *diags, struct writ_explain_answer *ret_answer);

/*
 * The object of an operation on sockets, which is set already: "tcp 10.0.0.1:443", "udp [::1]:53",
 * as the audit log writes a peer; without a protocol tcp, and the port may stand behind a space.
 * "unix:/run/x.sock" and "unix:@name", or without "unix:", are Unix sockets. Fills protocol,
 * address and port, or the path, which points into @text. -EINVAL with *@ret_why.
 */
int writ_explain_peer(const char *text, struct writ_explain_question *question,
		      const char **ret_why);

/* Is it an operation of sockets, whose object is a peer? */
bool writ_explain_is_socket(uint32_t operation);

/* "read,write,create" -> access bits of files. -EINVAL: a word that is none. */
int writ_explain_access(const char *words, uint32_t *ret_access);

/*
 * "read", "write", "create" (which opens for writing), "open", "exec", "connect", "bind", "listen",
 * "send".
 */
int writ_explain_operation(const char *word, struct writ_explain_question *question);

#endif
