/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Syslog over TLS (RFC 5425): each message behind its length. The protocol has no answer to a
 * message. So what the other side's kernel has acknowledged counts as taken only SETTLE_NS later,
 * if the connection is still whole then: a server that ends with messages unread resets it, and all
 * since the cursor is sent again. Where a server hangs longer than that and then dies, what its
 * kernel had is lost with it: RFC 5425 can do no better.
 */
#include <errno.h>
#include <string.h>

#include "forward/bytes.h"
#include "forward/out.h"
#include "forward/rfc5424.h"
#include "forward/tls.h"
#include "lib/cleanup.h"
#include "lib/time.h"

#define FLUSH_AT (16u << 10) /* a record of TLS */
#define SETTLE_NS (2 * WRIT_NS_PER_SECOND)
#define FINISH_MS 2000

struct own {
	struct writ_tls *tls;
	struct writ_bytes message;
	struct writ_bytes buffer;
	uint64_t mark;	  /* bytes on the wire */
	uint64_t mark_ns; /* when they were acknowledged; 0: not yet */
};

static int open_tls(struct writ_out *out)
{
	struct own *own = calloc(1, sizeof(*own));

	if (!own)
		return writ_out_fail(out, -ENOMEM, "no memory");
	out->own = own;
	return writ_tls_open(out, &own->tls);
}

static void close_tls(struct writ_out *out)
{
	struct own *own = out->own;

	if (!own)
		return;
	writ_tls_close(own->tls);
	writ_bytes_free(&own->message);
	writ_bytes_free(&own->buffer);
	free(own);
	out->own = NULL;
}

static int flush_tls(struct writ_out *out)
{
	struct own *own = out->own;
	int err = own->buffer.len ? writ_tls_write(out, own->tls, own->buffer.at, own->buffer.len)
				  : 0;

	own->buffer.len = 0;
	return err;
}

static int send_tls(struct writ_out *out, const struct writ_record *record, const char *payload,
		    size_t len)
{
	struct own *own = out->own;
	int err = own->buffer.len >= FLUSH_AT ? flush_tls(out) : 0;

	own->message.len = 0;
	if (!err)
		err = writ_rfc5424_write(record, out->host, payload, len, &own->message);
	if (!err && own->message.len > WRIT_BYTES_MAX - 2 * FLUSH_AT)
		return -EMSGSIZE;
	if (!err)
		err = writ_bytes_print(&own->buffer, "%zu ", own->message.len);
	return err ? err : writ_bytes_add(&own->buffer, own->message.at, own->message.len);
}

static void mark_tls(struct writ_out *out)
{
	struct own *own = out->own;
	uint64_t acknowledged;

	own->mark_ns = 0;
	if (writ_tls_progress(own->tls, &own->mark, &acknowledged))
		own->mark = UINT64_MAX;
}

static int marked_tls(struct writ_out *out)
{
	struct own *own = out->own;
	uint64_t written, acknowledged, now = writ_time_boot();
	int err = writ_tls_check(own->tls);

	if (!err)
		err = writ_tls_progress(own->tls, &written, &acknowledged);
	if (err)
		return writ_out_fail(out, err, "%s:%s: closed by the other side", out->policy->host,
				     out->policy->port);
	if (acknowledged < own->mark)
		return 0;
	if (!own->mark_ns)
		own->mark_ns = now;
	return now - own->mark_ns >= SETTLE_NS;
}

static int finish_tls(struct writ_out *out)
{
	struct own *own = out->own;

	return flush_tls(out) ? 0 : writ_tls_finish(out, own->tls, FINISH_MS);
}

const struct writ_out_kind writ_out_tls = {
	.open = open_tls,
	.close = close_tls,
	.send = send_tls,
	.flush = flush_tls,
	.mark = mark_tls,
	.marked = marked_tls,
	.finish = finish_tls,
};
