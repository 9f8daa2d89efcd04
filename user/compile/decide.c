/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See decide.h. The functions have the names and the order of those in the kernel, so that the two
 * can be read side by side.
 */
#include "compile/decide.h"

#include <errno.h>
#include <string.h>

#include "compile/image_match.h"

static const struct writ_image *header_of(const struct writ_tables *tables)
{
	return (const void *)tables->bytes;
}

/* Fills hit, allow and deny with what an image says. */
static void judge(struct writ_decide *d, const struct writ_tables *tables)
{
	d->hit = 0;
	if (d->protocol)
		d->hit = writ_image_match_address(tables, 0, d->protocol, d->address, d->port);
	else
		(void)writ_image_match(tables, 0, d->path, d->path_len, &d->hit);
	writ_match_bits(tables, 0, d->hit, &d->allow, &d->deny);
	if (d->allow & d->any)
		d->allow |= d->access;
}

static void decided(struct writ_decide *d, uint32_t reason, const struct writ_tables *tables)
{
	d->reason = reason;
	d->image = tables;
	d->accept = d->hit;
	d->need = d->access;
	d->grant = WRIT_DECIDE_NO_GRANT;
}

static void decided_by_grant(struct writ_decide *d, uint32_t reason, size_t grant)
{
	decided(d, reason, d->grants[grant].tables);
	d->grant = grant;
}

static uint32_t grant_reason(const struct writ_decide_grant *grant, uint64_t now)
{
	if (grant->revoked)
		return WRIT_REASON_REVOKED;
	if (now >= grant->expires)
		return WRIT_REASON_EXPIRED;
	if (now < grant->not_before)
		return WRIT_REASON_NOT_YET_ACTIVE;
	return WRIT_REASON_GRANT;
}

/* A live grant takes from `missing` what it allows; true: a deny rule ends it all. */
static bool live_grant_step(struct writ_decide *d, size_t i)
{
	const struct writ_decide_grant *grant = &d->grants[i];

	if (grant_reason(grant, d->now) != WRIT_REASON_GRANT)
		return false;
	if (!d->missing && !(header_of(grant->tables)->flags & WRIT_IMAGE_HAS_DENY))
		return false;
	judge(d, grant->tables);
	if (d->deny & d->access) {
		d->missing = d->access;
		decided_by_grant(d, WRIT_REASON_GRANT_DENY, i);
		return true;
	}
	if (d->missing & d->allow) {
		if (d->reason != WRIT_REASON_GRANT)
			decided_by_grant(d, WRIT_REASON_GRANT, i);
		d->missing &= ~d->allow;
	}
	return false;
}

/* After a deny: the youngest grant that would have sufficed, were it live, gives the reason. */
static void ended_grant_step(struct writ_decide *d, size_t i)
{
	uint32_t reason = grant_reason(&d->grants[i], d->now);

	if (reason == WRIT_REASON_GRANT)
		return;
	judge(d, d->grants[i].tables);
	if (!(d->missing & ~d->allow) && !(d->deny & d->access))
		decided_by_grant(d, reason, i);
}

static void decide_by_grants(struct writ_decide *d)
{
	for (size_t i = 0; i < d->n_grants; i++)
		if (live_grant_step(d, i))
			return;
	if (!d->missing)
		return;
	decided(d, WRIT_REASON_NO_RULE, NULL);
	for (size_t i = 0; i < d->n_grants; i++)
		ended_grant_step(d, i);
}

static void decide(struct writ_decide *d)
{
	judge(d, d->role);
	d->missing = 0;
	if (d->deny & d->access) {
		decided(d, WRIT_REASON_ROLE_DENY, d->role);
		return;
	}
	d->missing = d->access & ~d->allow;
	decided(d, d->missing ? WRIT_REASON_NO_RULE : WRIT_REASON_ROLE,
		d->missing ? NULL : d->role);
	decide_by_grants(d);
}

/* --- programs with arguments: bpf/exec.bpf.c -------------------------------------------------- */

/* The state word behind path NUL argv, and false when argv was cut before there was a verdict. */
static bool walk_argv(const struct writ_decide *d, const struct writ_tables *tables,
		      uint32_t *ret_accept)
{
	size_t read = d->argv_len < WRIT_ARGV_SIZE ? d->argv_len : WRIT_ARGV_SIZE;
	struct writ_text text;
	struct writ_walk walk = {.tables = tables,
				 .text = &text,
				 .state = header_of(tables)->exec_entry,
				 .end = (uint32_t)(d->path_len + 1 + read)};

	writ_walk_begin(&walk);
	memcpy(text.bytes, d->path, d->path_len);
	text.bytes[d->path_len] = 0;
	memcpy(text.bytes + d->path_len + 1, d->argv, read);
	(void)writ_match_walk(&walk);
	*ret_accept = writ_match_accept(&walk);
	return read == d->argv_len || walk.state & WRIT_STATE_FINAL;
}

/* One candidate's say on the arguments; true: it allows them. Counts those that have one. */
static bool candidate_step(struct writ_decide *d, const struct writ_tables *tables, size_t grant,
			   size_t *n)
{
	judge(d, tables);
	if (!(d->allow & WRIT_ACCESS_EXECUTE_ARGV))
		return false;
	if (!(*n)++) { /* if nobody agrees, the first one's rule shows what was expected */
		decided(d, WRIT_REASON_ARGV_MISMATCH, tables);
		d->need = WRIT_ACCESS_EXECUTE_ARGV;
		d->grant = grant;
	}
	if (!walk_argv(d, tables, &d->hit)) {
		d->reason = WRIT_REASON_ARGV_TOO_LONG;
		return false;
	}
	writ_match_bits(tables, 0, d->hit, &d->allow, &d->deny);
	if (!(d->allow & WRIT_ACCESS_EXECUTE) || d->deny & WRIT_ACCESS_EXECUTE)
		return false;
	decided(d, grant == WRIT_DECIDE_NO_GRANT ? WRIT_REASON_ROLE : WRIT_REASON_GRANT, tables);
	d->grant = grant;
	return true;
}

static void decide_argv(struct writ_decide *d)
{
	bool done;
	size_t n = 0;

	done = candidate_step(d, d->role, WRIT_DECIDE_NO_GRANT, &n);
	for (size_t i = 0; i < d->n_grants && !done; i++)
		if (grant_reason(&d->grants[i], d->now) == WRIT_REASON_GRANT)
			done = candidate_step(d, d->grants[i].tables, i, &n);
}

/* The kernel asks twice: to open the program, and to run it; the arguments come last. */
static void decide_exec(struct writ_decide *d)
{
	d->access = WRIT_ACCESS_EXECUTE;
	d->any = WRIT_ACCESS_EXECUTE | WRIT_ACCESS_EXECUTE_ARGV | WRIT_ACCESS_MAP;
	decide(d);
	if (!writ_decide_allows(d->reason))
		return;
	d->any = d->argv ? 0 : WRIT_ACCESS_EXECUTE | WRIT_ACCESS_EXECUTE_ARGV;
	decide(d);
	if (d->argv && d->missing && d->reason != WRIT_REASON_GRANT_DENY)
		decide_argv(d);
}

/* Judged on one path, by what it needs there: bpf/file.bpf.c, tree.bpf.c, attributes.bpf.c. */
static bool is_of_file(uint32_t operation)
{
	return operation == WRIT_OP_UNLINK || operation == WRIT_OP_RMDIR ||
	       operation == WRIT_OP_TRUNCATE ||
	       (operation >= WRIT_OP_MKNOD && operation <= WRIT_OP_SYMLINK) ||
	       (operation >= WRIT_OP_CHMOD && operation <= WRIT_OP_XATTR);
}

/* --- sockets: bpf/socket.bpf.c, bpf/socket_send.bpf.c ----------------------------------------- */

static bool is_any(const uint8_t address[16], bool mapped)
{
	const uint8_t any[16] = {[10] = mapped ? 0xff : 0, [11] = mapped ? 0xff : 0};

	return !memcmp(address, any, sizeof(any));
}

/* No address is none to reach; :: as an own one is 0.0.0.0 too. */
static void decide_socket(struct writ_decide *d, uint32_t access)
{
	bool own = access & (WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN);

	d->access = access;
	if (d->protocol && !own && (is_any(d->address, false) || is_any(d->address, true))) {
		d->reason = WRIT_REASON_ADDRESS_ERROR;
		return;
	}
	decide(d);
	if (!d->protocol || !own || !writ_decide_allows(d->reason) || !is_any(d->address, false))
		return;
	memset(d->address + 10, 0xff, 2);
	decide(d);
	memset(d->address + 10, 0, 2);
}

/* An open that creates: the creation is asked first, by itself (path_mknod, bpf/tree.bpf.c). */
static void decide_open(struct writ_decide *d)
{
	uint32_t access = d->access;

	if (access & WRIT_ACCESS_CREATE && access != WRIT_ACCESS_CREATE) {
		d->access = WRIT_ACCESS_CREATE;
		decide(d);
		d->access = access;
		if (!writ_decide_allows(d->reason))
			return;
	}
	decide(d);
}

int writ_decide(struct writ_decide *d)
{
	d->any = 0;
	decided(d, WRIT_REASON_NONE, NULL);
	if (!d->protocol && d->path_len >= WRIT_PATH_SIZE) {
		d->reason = WRIT_REASON_PATH_TOO_LONG;
		return 0;
	}
	switch (d->operation) {
	case WRIT_OP_EXEC:
		decide_exec(d);
		return 0;
	case WRIT_OP_CONNECT:
		decide_socket(d, WRIT_ACCESS_CONNECT);
		return 0;
	case WRIT_OP_BIND:
		decide_socket(d, WRIT_ACCESS_BIND);
		return 0;
	case WRIT_OP_LISTEN:
		decide_socket(d, WRIT_ACCESS_LISTEN);
		return 0;
	case WRIT_OP_SEND:
		decide_socket(d, WRIT_ACCESS_SEND);
		return 0;
	case WRIT_OP_OPEN:
		if (!d->access)
			return -EINVAL;
		decide_open(d);
		return 0;
	case WRIT_OP_MAP:
		d->any = WRIT_ACCESS_MAP | WRIT_ACCESS_EXECUTE;
		break;
	default:
		if (!d->access || !is_of_file(d->operation))
			return -EINVAL;
	}
	decide(d);
	return 0;
}
