/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decision of bpf/decide.bpf.h, bpf/exec.bpf.c and bpf/socket.bpf.c in user space, step for
 * step, on images in arenas: role deny, role allow, live grants oldest first, else deny with the
 * best reason there is. The walk is include/writ/match.h, as in the hooks. What only a live kernel
 * knows (guardrails, detached mounts, a suspended agent) is not asked here.
 */
#ifndef WRIT_COMPILE_DECIDE_H
#define WRIT_COMPILE_DECIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "writ/match.h"

#define WRIT_DECIDE_NO_GRANT SIZE_MAX

/* Each image stands at offset 0 of an arena of its own. */
struct writ_decide_grant {
	const struct writ_tables *tables;
	uint64_t not_before;
	uint64_t expires;
	bool revoked;
};

struct writ_decide {
	/* in */
	const struct writ_tables *role;
	const struct writ_decide_grant *grants; /* oldest first */
	size_t n_grants;
	uint64_t now;
	uint32_t operation; /* WRIT_OP_OPEN, _EXEC, _CONNECT, _BIND, _LISTEN or _SEND */
	uint32_t access;    /* bits that an open needs; set here for the others */
	const char *path;   /* of a Unix socket its path, or "@" and its abstract name */
	size_t path_len;
	const char *argv; /* of an exec: each argument and its NUL; NULL: with some arguments */
	size_t argv_len;
	uint32_t protocol; /* not 0: the object is address and port, not the path */
	uint16_t port;
	uint8_t address[16];
	/* out */
	uint32_t reason;		 /* enum writ_reason; ROLE and GRANT are allows */
	const struct writ_tables *image; /* that decided, NULL: none */
	uint32_t accept;		 /* its entry */
	uint32_t need;			 /* its rule is the first that speaks of one of these */
	size_t grant;			 /* place in grants, or WRIT_DECIDE_NO_GRANT */
	/* own */
	uint32_t any;
	uint32_t missing;
	uint32_t hit;
	uint32_t allow;
	uint32_t deny;
};

/* Fills the lower half. 0; -EINVAL: an operation that is none of these. */
int writ_decide(struct writ_decide *d);

static inline bool writ_decide_allows(uint32_t reason)
{
	return reason == WRIT_REASON_ROLE || reason == WRIT_REASON_GRANT;
}

#endif
