/* SPDX-License-Identifier: Apache-2.0 */
/* Lines to standard output, for a supervisor. A reader that is slow is waited for. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "forward/bytes.h"
#include "forward/out.h"

#define FLUSH_AT (64u << 10)

static int open_stdout(struct writ_out *out)
{
	struct writ_bytes *bytes = calloc(1, sizeof(*bytes));

	if (!bytes)
		return writ_out_fail(out, -ENOMEM, "no memory");
	out->own = bytes;
	if (fcntl(STDOUT_FILENO, F_SETFL, fcntl(STDOUT_FILENO, F_GETFL) | O_NONBLOCK))
		return writ_out_fail(out, -errno, "standard output: %s", strerror(errno));
	return 0;
}

static void close_stdout(struct writ_out *out)
{
	struct writ_bytes *bytes = out->own;

	if (bytes)
		writ_bytes_free(bytes);
	free(bytes);
	out->own = NULL;
}

static int flush_stdout(struct writ_out *out)
{
	struct writ_bytes *bytes = out->own;
	int err = 0;

	while (bytes->len && !err) {
		ssize_t n = write(STDOUT_FILENO, bytes->at, bytes->len);

		if (n >= 0)
			writ_bytes_take(bytes, (size_t)n);
		else if (errno == EAGAIN)
			err = writ_watch_poll(out->watch, STDOUT_FILENO, POLLOUT,
					      WRIT_OUT_TIMEOUT_MS);
		else if (errno != EINTR)
			err = -errno;
	}
	return err ? writ_out_fail(out, err, "standard output: %s", strerror(-err)) : 0;
}

static int send_stdout(struct writ_out *out, const struct writ_record *record, const char *payload,
		       size_t len)
{
	struct writ_bytes *bytes = out->own;
	int err = 0;

	(void)record;
	if (len > WRIT_BYTES_MAX - 2 * FLUSH_AT)
		return -EMSGSIZE;
	if (bytes->len >= FLUSH_AT)
		err = flush_stdout(out);
	if (!err)
		err = writ_bytes_add(bytes, payload, len);
	return err ? err : writ_bytes_add(bytes, "\n", 1);
}

static void mark_stdout(struct writ_out *out)
{
	(void)out;
}

/* What is written is the reader's. */
static int marked_stdout(struct writ_out *out)
{
	(void)out;
	return 1;
}

const struct writ_out_kind writ_out_stdout = {
	.open = open_stdout,
	.close = close_stdout,
	.send = send_stdout,
	.flush = flush_stdout,
	.mark = mark_stdout,
	.marked = marked_stdout,
	.finish = marked_stdout,
};
