/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints and new segments. A line is signed, then written, then known to be on the disk, and
 * only then its key is erased: a crash at any point leaves either the key or the line, and
 * recover.c goes on from there. Lines go on meanwhile: what waits for the disk is the worker's.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/cleanup.h"
#include "lib/time.h"
#include "trail/keys.h"
#include "trail/state.h"

static void put_checkpoint(struct writ_trail *trail, bool last)
{
	char line[WRIT_SEAL_SIZE];
	size_t len = writ_seal_checkpoint(trail->key, &trail->chain, trail->lines, last, line);

	writ_trail_append(trail, line, len);
	trail->mark = trail->put;
	trail->behind = 0;
	trail->job.check = true;
	trail->signing = true;
	trail->step = last ? WRIT_TRAIL_CLOSE : WRIT_TRAIL_CHECK;
}

/* The next segment's first line is made at once, so that lines can go on behind it. */
static void put_first(struct writ_trail *trail)
{
	struct writ_trail_job *job = &trail->job;
	char line[WRIT_SEAL_SIZE];
	size_t len = writ_seal_segment(trail->key, &trail->chain, line);

	trail->segment_at = trail->put;
	trail->lines = 0;
	writ_trail_append(trail, line, len);
	/* as it stands in the buffer, with its chain member */
	job->first_len = (size_t)(trail->put - trail->segment_at);
	memcpy(job->first, trail->buffer + (trail->segment_at - trail->sent), job->first_len);
}

static void begin(struct writ_trail *trail)
{
	trail->step = WRIT_TRAIL_BEGIN;
	trail->mark = trail->segment_at + trail->job.first_len;
	trail->segment = writ_key_segment(trail->key);
	trail->begun_ns = writ_time_boot();
}

void writ_steps_begin(struct writ_trail *trail)
{
	put_first(trail);
	begin(trail);
}

void writ_steps_move(struct writ_trail *trail)
{
	put_first(trail);
	trail->mark = trail->segment_at;
	trail->step = WRIT_TRAIL_MOVE;
}

static bool is_due(uint64_t now, uint64_t since, uint64_t interval)
{
	return now >= since && now - since >= interval;
}

static bool must_rotate(const struct writ_trail *trail, uint64_t now)
{
	const struct writ_trail_settings *settings = &trail->settings;

	if (trail->rotate)
		return true;
	if (trail->lines < 2) /* its first line */
		return false;
	return trail->put - trail->segment_at >= settings->rotate_bytes ||
	       is_due(now, trail->begun_ns, settings->rotate_ns);
}

/* Something is due: its lines are put, to be written by the next flush. */
static void start(struct writ_trail *trail, uint64_t now)
{
	if (must_rotate(trail, now)) {
		trail->rotate = false;
		put_checkpoint(trail, true);
		put_first(trail);
	} else if (trail->behind && is_due(now, trail->behind_ns, trail->settings.checkpoint_ns)) {
		put_checkpoint(trail, false);
	}
}

static int sync_interval_job(void *argument)
{
	const struct writ_trail_job *job = argument;

	return fdatasync(job->fd) ? -errno : 0;
}

static int sync_interval(struct writ_trail *trail, uint64_t now)
{
	bool spills = writ_spill_is_open(&trail->spill);
	bool *dirty = spills ? &trail->spill.dirty : &trail->dirty;
	int err = 0;

	if (trail->asked == WRIT_TRAIL_ASKED_INTERVAL && writ_worker_done(trail->worker, &err))
		trail->asked = WRIT_TRAIL_ASKED_NOTHING;
	if (err)
		return err;
	if (trail->settings.sync != WRIT_TRAIL_SYNC_INTERVAL || !*dirty ||
	    trail->asked != WRIT_TRAIL_ASKED_NOTHING || trail->step != WRIT_TRAIL_STEADY ||
	    !is_due(now, trail->synced_ns, trail->settings.sync_ns))
		return 0;
	trail->job.fd = spills ? trail->spill.fd : trail->fd;
	err = writ_worker_ask(trail->worker, sync_interval_job, &trail->job);
	if (err)
		return err;
	trail->asked = WRIT_TRAIL_ASKED_INTERVAL;
	*dirty = false;
	trail->synced_ns = now;
	return 0;
}

static int sync_directory(const char *path)
{
	char directory[PATH_MAX];
	_cleanup_close_ int fd = -1;

	(void)snprintf(directory, sizeof(directory), "%s", path);
	fd = open(dirname(directory), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || fsync(fd) ? -errno : 0;
}

/* Gives what stands in the way of @path another name: nothing of anybody's is lost. */
static int clear(const char *path)
{
	char aside[PATH_MAX];

	if (snprintf(aside, sizeof(aside), "%s.found-%lld", path, (long long)time(NULL)) >=
	    (int)sizeof(aside))
		return -ENAMETOOLONG;
	return rename(path, aside) && errno != ENOENT ? -errno : 0;
}

static int rename_aside(const char *from, const char *to)
{
	int err;

	if (!renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		return 0;
	if (errno != EEXIST)
		return -errno;
	err = clear(to);
	if (!err && renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE))
		err = -errno;
	return err;
}

static bool is_ours(const struct writ_trail *trail)
{
	struct stat found;

	return !lstat(trail->settings.log, &found) && found.st_ino == trail->inode &&
	       found.st_dev == trail->device;
}

/* The old file stays open until the worker knows it to be on the disk. */
static int move(struct writ_trail *trail)
{
	char closed[WRIT_SEGMENT_PATH_SIZE];
	int err = writ_segment_path(trail->settings.log, writ_key_segment(trail->key) - 1, false,
				    closed);

	if (!err && is_ours(trail))
		err = rename_aside(trail->settings.log, closed);
	if (!err)
		err = writ_trail_create(trail);
	if (err == -EEXIST) { /* somebody moved ours away, and put another file there */
		err = clear(trail->settings.log);
		if (!err)
			err = writ_trail_create(trail);
	}
	return err;
}

/* What a step waits for. Each part may be done again after one that failed. */
static int step_job(void *argument)
{
	struct writ_trail_job *job = argument;
	int err = 0;

	if (job->old >= 0 && fdatasync(job->old))
		return -errno;
	if (fdatasync(job->fd))
		return -errno;
	if (job->check)
		err = writ_key_checked(job->key);
	if (err)
		return err;
	job->check = false;
	if (!job->begin)
		return 0;
	err = sync_directory(job->log);
	if (!err)
		err = writ_keys_put(job->log, job->first, job->first_len);
	return err ? err : writ_key_begun(job->key);
}

/* Has the worker done what this step waits for? 0; -EAGAIN: not yet; or what the disk said. */
static int wait_for_disk(struct writ_trail *trail)
{
	struct writ_trail_job *job = &trail->job;
	int err = 0;

	if (trail->asked != WRIT_TRAIL_ASKED_NOTHING) {
		bool ours = trail->asked == WRIT_TRAIL_ASKED_STEP;

		if (!writ_worker_done(trail->worker, &err))
			return -EAGAIN;
		trail->asked = WRIT_TRAIL_ASKED_NOTHING;
		if (err || ours)
			return err;
	}
	job->old = trail->old;
	job->fd = trail->fd;
	job->begin = trail->step == WRIT_TRAIL_BEGIN;
	err = writ_worker_ask(trail->worker, step_job, job);
	if (err)
		return err;
	trail->asked = WRIT_TRAIL_ASKED_STEP;
	trail->dirty = false;
	return -EAGAIN;
}

static void end_step(struct writ_trail *trail)
{
	writ_closep(&trail->old);
	trail->old = -1;
	trail->step = WRIT_TRAIL_STEADY;
	trail->checkpoint = writ_key_checkpoint(trail->key);
	if (!trail->signing)
		return;
	trail->signing = false;
	trail->checkpoints++;
	trail->checkpoint_ns = writ_time_boot();
}

/* One step further, if it can be made. -EAGAIN: not now, but nothing is wrong. */
static int step(struct writ_trail *trail)
{
	int err;

	if (trail->step == WRIT_TRAIL_MOVE) {
		err = move(trail);
		if (!err)
			begin(trail);
		return err;
	}
	if (writ_trail_filed(trail) < trail->mark)
		return -EAGAIN;
	if (trail->step == WRIT_TRAIL_CLOSE) {
		trail->step = WRIT_TRAIL_MOVE;
		return 0;
	}
	err = wait_for_disk(trail);
	if (!err)
		end_step(trail);
	return err;
}

int writ_steps_advance(struct writ_trail *trail, uint64_t boot_ns)
{
	int err = 0;

	if (trail->step == WRIT_TRAIL_STEADY && !writ_spill_is_open(&trail->spill))
		start(trail, boot_ns);
	while (!err && trail->step != WRIT_TRAIL_STEADY)
		err = step(trail);
	if (err == -EAGAIN)
		err = 0;
	return err ? err : sync_interval(trail, boot_ns);
}
