/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as one JSON line. Names are looked up through a resolver, so that this file needs no
 * maps. The keys, their order and their meaning: docs/audit.schema.json and writ-audit(5).
 */
#ifndef WRIT_AUDIT_LINE_H
#define WRIT_AUDIT_LINE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/decode.h"
#include "writ/maps.h"

/* Bytes of a rule's text that a line shows: a path rule with its place fits but for the longest. */
#define WRIT_LINE_RULE_SIZE 1024u

/*
 * Bytes of a remedy: it is what WRIT_REMEDY_SIZE (compile/command.h) bytes of commands say, and
 * JSON has at most three for one of theirs ("writ request p" -> {"playbook":"p","parameters":{}},).
 */
#define WRIT_LINE_REMEDY_SIZE 3072u

/*
 * A byte from outside becomes at most 5 bytes (\\xNN). Beside the object, the program, argv and
 * the rule a line has ten names or tickets (two of them in the id of a run), and of a grant or
 * request the approvers, the context, two reasons and the parameters; the remedy is escaped
 * already; keys, numbers, words and quotes stay below 3072 bytes.
 */
#define WRIT_LINE_WORST                                                                           \
	(5u * (WRIT_PATH_SIZE + WRIT_PROGRAM_SIZE + WRIT_ARGV_SIZE + WRIT_LINE_RULE_SIZE +        \
	       10u * WRIT_NAME_SIZE +                                                             \
	       WRIT_APPROVALS_MAX * WRIT_NAME_SIZE + 2u * WRIT_REASON_SIZE +                      \
	       sizeof(struct writ_context) + sizeof(((struct writ_grant_info *)0)->parameters)) + \
	 WRIT_LINE_REMEDY_SIZE + 3072u)
#define WRIT_LINE_SIZE 65536u
_Static_assert(WRIT_LINE_WORST <= WRIT_LINE_SIZE, "the longest line");

struct writ_rule_text {
	const char *bytes; /* NULL: not known (any more) */
	size_t len;
};

/* A JSON value that stands in the line as it is; no bytes: the key is left out. */
struct writ_line_text {
	const char *bytes;
	size_t len;
};

/*
 * What the daemon knows and a record does not. Pointers that a callback returns stay valid until
 * the line is finished; NULL means that the name is not known, and the line says so.
 */
struct writ_resolver {
	void *context;
	const char *environment; /* "" or NULL: the key is left out */
	int64_t wall_offset;	 /* writ_time_offset(), renewed by the owner about once a second */
	const struct writ_agent *(*agent)(void *context, uint32_t agent);
	const struct writ_grant_info *(*grant)(void *context, uint64_t grant);
	/* The rule behind accept entry @accept of image @image at @image_at with any of @access. */
	struct writ_rule_text (*rule)(void *context, uint32_t image_at, uint32_t image,
				      uint32_t accept, uint32_t access);
	/*
	 * What the agent may ask for that would allow the denied @record, at most
	 * WRIT_LINE_REMEDY_SIZE bytes; see remedies.h. NULL: nobody knows.
	 */
	struct writ_line_text (*remedy)(void *context, const struct writ_record *record);
	/* Path of the program that exec @exec began; no bytes: not known. NULL: nobody knows. */
	struct writ_line_text (*program)(void *context, uint64_t exec);
	/* Tells of @record, of type EXEC, before its line is made. NULL: nobody wants to know. */
	void (*executed)(void *context, const struct writ_record *record);
	/* How many lines have no remedy for want of time or memory. NULL: none. */
	uint64_t (*remedies_left_out)(void *context);
};

/*
 * The object of @record in the words of the line, before they are escaped, cut at the end if longer
 * than @size - 1. NUL-terminated: a path has no NUL in it. Returns its length.
 */
size_t writ_line_object(const struct writ_record *record, char *ret_text, size_t size);

/*
 * Writes the line of @record with its newline to @ret_line, which has WRIT_LINE_SIZE bytes.
 * Returns its length; 0 for a type that this build does not know. Can't fail.
 */
size_t writ_line_format(const struct writ_record *record, const struct writ_resolver *resolver,
			char *ret_line);

#endif
