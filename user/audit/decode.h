/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring record, checked: in come bytes that are not trusted, out comes a header that is aligned
 * and copied, and a tail that lies within the bytes. Values that this build has no word for are
 * kept: writ/names.h calls them "unknown".
 */
#ifndef WRIT_AUDIT_DECODE_H
#define WRIT_AUDIT_DECODE_H

#include <stddef.h>

#include "writ/event.h"

struct writ_record {
	struct writ_event event; /* a copy */
	const char *object;	 /* object_len raw bytes, no NUL; points into the bytes decoded */
	size_t object_len;
	const char *argv; /* argv_len raw bytes, each argument ended by NUL unless cut */
	size_t argv_len;
};

/*
 * Checks the record in @bytes and points @ret into it. Returns -EBADMSG for a record that is too
 * short, of another version, without a type, or whose lengths can't be true. A type above those
 * of event.h is no error: the caller skips it.
 */
int writ_decode_event(const void *bytes, size_t len, struct writ_record *ret);

#endif
