/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A TLS connection (1.2 or later) to a host whose certificate must be signed by who we trust and
 * have its name; OpenSSL's. Never without verifying: there is no option for that.
 */
#ifndef WRIT_FORWARD_TLS_H
#define WRIT_FORWARD_TLS_H

#include <stddef.h>
#include <stdint.h>

#include "forward/out.h"

struct writ_tls;

/* To out->policy's host; out->error says what failed: name, connection, certificate. */
int writ_tls_open(struct writ_out *out, struct writ_tls **ret);
void writ_tls_close(struct writ_tls *tls);

/* All of it; -ETIMEDOUT when the other side takes none for WRIT_OUT_TIMEOUT_MS. */
int writ_tls_write(struct writ_out *out, struct writ_tls *tls, const void *bytes, size_t len);

/* Bytes on the wire so far, and how many of them the other side's kernel has. */
int writ_tls_progress(struct writ_tls *tls, uint64_t *ret_written, uint64_t *ret_acknowledged);

/* 0: the connection is there; -EPIPE: the other side has closed it; -errno. Reads what it says. */
int writ_tls_check(struct writ_tls *tls);

/*
 * Says that nothing more comes and waits, @ms at most, for the other side to close: it does so in
 * good order only when it has read everything. 1: it has.
 */
int writ_tls_finish(struct writ_out *out, struct writ_tls *tls, int ms);

#endif
