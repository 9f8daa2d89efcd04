/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of what the core did (writ/note.h): the life of a grant, of a request that waits for
 * people, and of writd itself; and of gaps, which no record stands for. Each function writes one
 * line with its newline to @ret_line, which has WRIT_LINE_SIZE bytes (WRIT_GAP_SIZE for a gap), and
 * returns its length.
 */
#ifndef WRIT_AUDIT_LIFECYCLE_H
#define WRIT_AUDIT_LIFECYCLE_H

#include <stddef.h>
#include <stdint.h>

#include "audit/line.h"
#include "writ/audit.h"
#include "writ/note.h"

#define WRIT_GAP_NO_CPU UINT32_MAX /* the key "cpu" is left out */

/* Keys, a time stamp of 29 bytes, a word of 14, two numbers of 20: less than 160. */
#define WRIT_GAP_SIZE 192u

/* @wall_ns: nanoseconds since 1970. @missing: records; for write_failed lines of any type. */
size_t writ_lifecycle_gap(int64_t wall_ns, enum writ_gap_reason reason, uint32_t cpu,
			  int64_t missing, char *ret_line);

#define WRIT_LOG_LIST(X)                                                                    \
	X(KEY_MADE, "key_made")	  /* the log begins: its first key is in audit.keys */      \
	X(KEY_LOST, "key_lost")	  /* nothing ties what comes to what was signed before */   \
	X(CHANGED, "changed")	  /* somebody changed the open segment; it was set aside */ \
	X(UNSIGNED, "unsigned")	  /* lines go on, but can't be signed */                    \
	X(SIGNED, "signed")	  /* again */                                               \
	X(SPILLING, "spilling")	  /* its disk takes no lines: they go to the spill */       \
	X(SPILL_RETURNED, "spill_returned") /* the log has all of them */                   \
	X(SPILL_CHANGED, "spill_changed")   /* what was spilled does not follow the log */  \
	X(NOT_PACKED, "not_packed") /* a closed segment can't be packed: it stays as it is */

enum writ_log_event {
#define X(name, word) WRIT_LOG_##name,
	WRIT_LOG_LIST(X)
#undef X
		WRIT_LOG_COUNT,
};

/* What happened to the log itself. @detail: for people, NULL for none. */
size_t writ_lifecycle_log(int64_t wall_ns, enum writ_log_event event, const char *detail,
			  char *ret_line);

/*
 * The line of a record of type WRIT_EVENT_GRANT, _PROPOSAL, _REQUEST or _DAEMON. 0: it is of
 * another type, or its payload has not the size that this build knows. A step without a word is
 * "unknown".
 */
size_t writ_lifecycle_format(const struct writ_record *record, const struct writ_resolver *resolver,
			     char *ret_line);

#endif
