/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of the audit log as its members, where they stand in the line: nothing is copied and
 * nothing is decoded before somebody asks, since most of millions of lines are only counted.
 */
#ifndef WRIT_CLI_AUDIT_LINE_H
#define WRIT_CLI_AUDIT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The members that are looked at, in the order in which a line has them. */
#define WRIT_AUDIT_MEMBER_LIST(X)       \
	X(TIME, "time")                 \
	X(TYPE, "type")                 \
	X(EVENT, "event")               \
	X(SEQUENCE, "sequence")         \
	X(CPU, "cpu")                   \
	X(AGENT, "agent")               \
	X(ROLE, "role")                 \
	X(ENVIRONMENT, "environment")   \
	X(OPERATION, "operation")       \
	X(ACCESS, "access")             \
	X(OBJECT, "object")             \
	X(OBJECT_CUT, "object_cut")     \
	X(VERDICT, "verdict")           \
	X(REASON, "reason")             \
	X(RULE, "rule")                 \
	X(GRANT, "grant")               \
	X(PROPOSAL, "proposal")         \
	X(PLAYBOOK, "playbook")         \
	X(TICKET, "ticket")             \
	X(OPERATOR, "operator")         \
	X(SPONSOR, "sponsor")           \
	X(APPROVERS, "approvers")       \
	X(SPIFFE, "spiffe")             \
	X(CONTEXT, "context")           \
	X(SECONDS_LEFT, "seconds_left") \
	X(BY, "by")                     \
	X(UID, "uid")                   \
	X(NOT_BEFORE, "not_before")     \
	X(EXPIRES, "expires")           \
	X(PARAMETERS, "parameters")     \
	X(REQUEST, "request")           \
	X(SCOPE, "scope")               \
	X(BREAK_GLASS, "break_glass")   \
	X(CUT, "cut")                   \
	X(PROCESS, "process")           \
	X(BY_EXEC, "by_exec")           \
	X(ARGV, "argv")                 \
	X(ARGV_CUT, "argv_cut")         \
	X(CGROUP, "cgroup")             \
	X(PROTOCOL, "protocol")         \
	X(ADDRESS, "address")           \
	X(PORT, "port")                 \
	X(REMEDY, "remedy")             \
	X(MISSING, "missing")           \
	X(DETAIL, "detail")             \
	X(WHY, "why")                   \
	X(ANSWER, "answer")             \
	X(SEGMENT, "segment")

enum writ_audit_member {
#define X(name, word) WRIT_AUDIT_##name,
	WRIT_AUDIT_MEMBER_LIST(X)
#undef X
		WRIT_AUDIT_MEMBER_COUNT,
};

extern const char *const writ_audit_member_words[WRIT_AUDIT_MEMBER_COUNT];

struct writ_audit_line {
	int64_t time_us; /* since 1970 */
	struct {
		const char *at; /* as it stands there, a string with its quotes; NULL: not there */
		size_t len;
	} members[WRIT_AUDIT_MEMBER_COUNT];
};

/*
 * Finds the members of @line, which must outlive @ret. -EBADMSG: it is no JSON object in one line
 * that begins with its time, or has one of these members twice.
 */
int writ_audit_line_read(const char *line, size_t len, struct writ_audit_line *ret);

/* Is the member the string @word? */
bool writ_audit_line_is(const struct writ_audit_line *line, enum writ_audit_member member,
			const char *word);

/* Is @word among the strings of the array @member? */
bool writ_audit_line_has(const struct writ_audit_line *line, enum writ_audit_member member,
			 const char *word);

/* A whole number, @otherwise if there is none. */
int64_t writ_audit_line_number(const struct writ_audit_line *line, enum writ_audit_member member,
			       int64_t otherwise);

/*
 * The member as text: a string as it was before JSON, null as NULL, words of an array with blanks
 * between them, else as it stands there. Of malloc(); NULL: not there, wrong, or no memory.
 */
char *writ_audit_line_text(const struct writ_audit_line *line, enum writ_audit_member member);

/* Likewise what member @key of the object @member has. */
char *writ_audit_line_within(const struct writ_audit_line *line, enum writ_audit_member member,
			     const char *key);

/* The commands that the line's remedies are. Owned by the caller; NULL: none, or no memory. */
char *writ_audit_line_remedy(const struct writ_audit_line *line);

#endif
