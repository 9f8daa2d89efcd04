/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A record as a message of syslog (RFC 5424): facility authpriv, the log's own time, what it is
 * most asked for as structured data, and the line itself.
 */
#ifndef WRIT_FORWARD_RFC5424_H
#define WRIT_FORWARD_RFC5424_H

#include "forward/bytes.h"
#include "forward/record.h"

/* @payload: what the message says; no newline and no NUL is in it. -ENOMEM, -EMSGSIZE. */
int writ_rfc5424_write(const struct writ_record *record, const char *host, const char *payload,
		       size_t len, struct writ_bytes *ret_message);

#endif
