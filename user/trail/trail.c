/* SPDX-License-Identifier: Apache-2.0 */
/* See trail.h and state.h. */
#include "trail/trail.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/state.h"

/* Where position @at is in the buffer. */
static char *place(struct writ_trail *trail, uint64_t at)
{
	return trail->buffer + (at - trail->sent);
}

static size_t room(const struct writ_trail *trail)
{
	return WRIT_TRAIL_BUFFER_SIZE - (size_t)(trail->put - trail->sent);
}

static void take(struct writ_trail *trail, const char *line, size_t len)
{
	char *at = place(trail, trail->put);

	memcpy(at, line, len);
	trail->put += writ_chain_close(&trail->chain, at, len);
	trail->lines++;
}

void writ_trail_append(struct writ_trail *trail, char *line, size_t len)
{
	assert(room(trail) >= len + WRIT_CHAIN_ROOM);
	take(trail, line, len);
}

int writ_trail_create(struct writ_trail *trail)
{
	const int flags = O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW;
	_cleanup_close_ int fd = open(trail->settings.log, flags, 0640);
	struct stat found;

	if (fd < 0 || fstat(fd, &found))
		return -errno;
	writ_closep(&trail->old);
	trail->old = trail->fd;
	trail->device = found.st_dev;
	trail->inode = found.st_ino;
	trail->fd = take_fd(&fd);
	return 0;
}

/* Somebody else gave the file another name, or took it away. */
static bool is_moved(const struct writ_trail *trail)
{
	struct stat found = {0};

	if (lstat(trail->settings.log, &found))
		return errno == ENOENT;
	return found.st_ino != trail->inode || found.st_dev != trail->device;
}

/* How far the open file may be written: what is behind a last checkpoint is the next one's. */
static uint64_t limit(const struct writ_trail *trail)
{
	return trail->step == WRIT_TRAIL_CLOSE || trail->step == WRIT_TRAIL_MOVE ? trail->mark
										 : trail->put;
}

/* The buffer begins at @at from now on, which is the end of a line. */
static void forget(struct writ_trail *trail, uint64_t at)
{
	size_t len = (size_t)(at - trail->sent);

	trail->sent = at;
	memmove(trail->buffer, trail->buffer + len, (size_t)(trail->put - at));
}

/* Behind the last line that ends before @at. */
static uint64_t line_start(const struct writ_trail *trail, uint64_t at)
{
	const char *end = memrchr(trail->buffer, '\n', (size_t)(at - trail->sent));

	return end ? trail->sent + (uint64_t)(end + 1 - trail->buffer) : trail->sent;
}

/* What was written in part is continued: a line is torn by the process's death alone. */
static int flush_segment(struct writ_trail *trail)
{
	const uint64_t end = limit(trail), begin = trail->sent + trail->torn;
	uint64_t at = begin, whole;
	int err = 0;

	while (!err && at < end) {
		ssize_t n = write(trail->fd, place(trail, at), (size_t)(end - at));

		if (n > 0)
			at += (uint64_t)n;
		else if (n == 0 || errno != EINTR)
			err = n ? -errno : -EIO;
	}
	if (at == begin)
		return err;
	trail->dirty = true;
	whole = line_start(trail, at);
	trail->torn = at - whole;
	forget(trail, whole);
	return err;
}

static int flush_spill(struct writ_trail *trail)
{
	const uint64_t end = trail->put;
	int err = writ_spill_put(trail, trail->buffer, (size_t)(end - trail->sent));

	if (!err)
		forget(trail, end);
	return err;
}

static int flush(struct writ_trail *trail)
{
	int err = 0;

	if (writ_spill_is_open(&trail->spill)) {
		err = writ_spill_return(trail);
		trail->spilling = err ? err : trail->spilling;
		if (writ_spill_is_open(&trail->spill))
			return flush_spill(trail);
	}
	trail->spilling = 0;
	err = flush_segment(trail);
	if (!err || writ_spill_begin(trail, err))
		return err;
	trail->spilling = err;
	return flush_spill(trail);
}

int writ_trail_put(struct writ_trail *trail, const char *line, size_t len)
{
	if (room(trail) < len + WRIT_CHAIN_ROOM + WRIT_TRAIL_RESERVE)
		return -ENOBUFS;
	take(trail, line, len);
	if (!trail->behind++)
		trail->behind_ns = writ_time_boot();
	if (!trail->error && trail->put - trail->sent >= WRIT_TRAIL_BUFFER_SIZE / 4)
		trail->error = flush(trail);
	return 0;
}

int writ_trail_put_removed(struct writ_trail *trail, uint64_t segment)
{
	char line[WRIT_SEAL_SIZE];

	return writ_trail_put(trail, line, writ_seal_removed(segment, line));
}

static int sync_now(struct writ_trail *trail)
{
	bool spills = writ_spill_is_open(&trail->spill);
	bool *dirty = spills ? &trail->spill.dirty : &trail->dirty;

	if (trail->settings.sync != WRIT_TRAIL_SYNC_EVERY || !*dirty)
		return 0;
	if (fdatasync(spills ? trail->spill.fd : trail->fd))
		return -errno;
	*dirty = false;
	return 0;
}

int writ_trail_commit(struct writ_trail *trail, uint64_t boot_ns)
{
	int err, step = 0;

	if (trail->step == WRIT_TRAIL_STEADY && is_moved(trail))
		trail->rotate = true;
	do { /* a step may let more be written */
		err = flush(trail);
		if (!err)
			err = sync_now(trail);
		if (!err)
			step = writ_steps_advance(trail, boot_ns);
	} while (!err && !step && trail->sent < limit(trail));
	trail->trouble = step;
	if (!err && trail->sent < trail->put)
		err = step;
	trail->error = err;
	return err;
}

void writ_trail_rotate(struct writ_trail *trail)
{
	trail->rotate = true;
}

void writ_trail_configure(struct writ_trail *trail, const struct writ_trail_settings *settings)
{
	const char *log = trail->settings.log, *key = trail->settings.key;
	const char *spill = trail->settings.spill;

	trail->settings = *settings;
	trail->settings.log = log;
	trail->settings.key = key;
	trail->settings.spill = spill;
}

void writ_trail_where(const struct writ_trail *trail, struct writ_trail_at *ret)
{
	*ret = (struct writ_trail_at){
		.segment = trail->segment,
		.lines = trail->lines,
		.checkpoint = trail->checkpoint,
		.bytes = trail->put - trail->segment_at,
		.waiting = trail->put - trail->sent,
		.behind = trail->behind,
		.written = trail->sent,
		.checkpoints = trail->checkpoints,
		.checkpoint_ns = trail->checkpoint_ns,
		.spilled = trail->sent - writ_trail_filed(trail),
		.returned = trail->returned,
		.spilling = trail->spilling,
		.error = trail->error,
		.trouble = trail->trouble,
		.busy = trail->step != WRIT_TRAIL_STEADY || trail->rotate,
	};
}

int writ_trail_open(const struct writ_trail_settings *settings, writ_trail_visitor *visitor,
		    void *context, struct writ_trail **ret, struct writ_trail_found *ret_found)
{
	_cleanup_(writ_trail_closep) struct writ_trail *trail = calloc(1, sizeof(*trail));
	struct writ_trail_found found = {0};
	int err;

	if (!trail)
		return -ENOMEM;
	trail->fd = trail->old = trail->spill.fd = -1;
	trail->settings = *settings;
	trail->begun_ns = trail->synced_ns = writ_time_boot();
	if (sodium_init() < 0)
		return -ENOSYS;
	err = writ_worker_start(&trail->worker);
	if (!err)
		err = writ_recover(trail, visitor, context, &found);
	if (err)
		return err;
	trail->job.log = trail->settings.log;
	trail->job.key = trail->key;
	if (trail->step == WRIT_TRAIL_STEADY) {
		trail->segment = writ_key_segment(trail->key) - 1;
		trail->checkpoint = writ_key_checkpoint(trail->key);
	}
	*ret_found = found;
	*ret = take_ptr(trail);
	return 0;
}

/* What is there is signed, if the disk takes it: a last try, not more. */
static void finish(struct writ_trail *trail)
{
	trail->settings.checkpoint_ns = 0;
	for (int i = 0; i < 8 && (trail->behind || writ_spill_is_open(&trail->spill) ||
				  trail->step != WRIT_TRAIL_STEADY);
	     i++) {
		if (writ_trail_commit(trail, writ_time_boot()))
			return;
		writ_worker_wait(trail->worker);
	}
}

void writ_trail_close(struct writ_trail *trail)
{
	if (!trail)
		return;
	if (trail->fd >= 0)
		finish(trail);
	writ_worker_stop(trail->worker);
	writ_key_close(trail->key);
	writ_closep(&trail->old);
	writ_closep(&trail->spill.fd);
	writ_closep(&trail->fd);
	free(trail);
}
