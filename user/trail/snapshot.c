/* SPDX-License-Identifier: Apache-2.0 */
/* See snapshot.h. */
#include "trail/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/cleanup.h"
#include "trail/seal.h"

#define TRIES 20 /* of a pause each */
#define PAUSE_NS 5000000L
#define HOLES_MAX 1000

void writ_snapshot_pause(void)
{
	const struct timespec pause = {.tv_nsec = PAUSE_NS};

	(void)nanosleep(&pause, NULL);
}

/* The number in the first line of @path; WRIT_SEGMENT_OPEN: it has none. */
static uint64_t number_of(const char *path)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	struct writ_seal seal;
	const char *line;
	size_t len;

	if (writ_lines_open(path, &lines) || writ_lines_next(lines, &line, &len) <= 0 ||
	    writ_seal_read(line, len, &seal) || seal.type != WRIT_SEAL_SEGMENT)
		return WRIT_SEGMENT_OPEN;
	return seal.segment;
}

uint64_t writ_snapshot_open(const char *log)
{
	return number_of(log);
}

/*
 * Each is behind the one before, and the open one behind the last: a name that is changed while the
 * directory is read may be found under both names, or neither.
 */
static bool is_of_one_moment(const struct writ_segment *segments, size_t n, uint64_t open)
{
	if (open == WRIT_SEGMENT_OPEN || !n || segments[n - 1].number != WRIT_SEGMENT_OPEN)
		return false;
	for (size_t i = 1; i + 1 < n; i++)
		if (segments[i].number != segments[i - 1].number + 1)
			return false;
	return n == 1 || segments[n - 2].number + 1 == open;
}

/* A segment that the directory did not show, for its name was changed just then. */
static int find_segment(const char *log, uint64_t number, struct writ_segment *ret)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	struct stat found;
	int err = -ENOENT;

	for (int i = 0; i < 3 && err == -ENOENT; i++) {
		err = writ_segment_path(log, number, i == 1, path);
		if (!err && lstat(path, &found))
			err = -errno;
		if (!err)
			*ret = (struct writ_segment){number, (uint64_t)found.st_size, i == 1,
						     strdup(path)};
	}
	if (!err && !ret->path)
		err = -ENOMEM;
	return err;
}

/* Puts those that are there, and were not shown, into their places; a few, for that is rare. */
static int fill_holes(const char *log, uint64_t open, struct writ_segment **segments, size_t *n)
{
	for (size_t i = 1, holes = 0; i < *n && holes < HOLES_MAX; i++) {
		struct writ_segment *grown, *at = *segments, one = {0};
		uint64_t due = at[i - 1].number + 1;
		uint64_t next = at[i].number == WRIT_SEGMENT_OPEN ? open : at[i].number;
		int err = -ENOENT;

		if (next != WRIT_SEGMENT_OPEN && next > due)
			err = find_segment(log, due, &one);
		if (err == -ENOENT)
			continue;
		grown = err ? NULL : reallocarray(at, *n + 1, sizeof(*at));
		if (!grown) {
			free(one.path);
			return err ? err : -ENOMEM;
		}
		*segments = grown;
		memmove(grown + i + 1, grown + i, (*n - i) * sizeof(*grown));
		grown[i] = one;
		++*n;
		holes++;
	}
	return 0;
}

int writ_snapshot_list(const char *log, struct writ_segment **ret_segments, size_t *ret_n,
		       uint64_t *ret_open)
{
	struct writ_segment *segments = NULL;
	uint64_t open = WRIT_SEGMENT_OPEN;
	size_t n = 0;
	int err = 0;

	for (int i = 0; i < TRIES; i++) {
		if (i)
			writ_snapshot_pause();
		writ_segments_free(segments, n);
		segments = NULL;
		n = 0;
		err = writ_segments_list(log, &segments, &n);
		if (err)
			return err;
		open = number_of(log);
		err = fill_holes(log, open, &segments, &n);
		if (err)
			break;
		if (is_of_one_moment(segments, n, open))
			break;
	}
	if (err) {
		writ_segments_free(segments, n);
		return err;
	}
	*ret_segments = segments;
	*ret_n = n;
	*ret_open = open;
	return 0;
}

static int open_closed(const char *log, uint64_t number, struct writ_lines **ret)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	int err = -ENOENT;

	/* once more plain: it may come to be closed between two looks */
	for (int i = 0; i < 3 && err == -ENOENT; i++) {
		err = writ_segment_path(log, number, i == 1, path);
		if (!err)
			err = writ_lines_open(path, ret);
	}
	return err;
}

int writ_snapshot_lines(const char *log, const struct writ_segment *segment, uint64_t open,
			struct writ_lines **ret)
{
	int err = -ENOENT;

	if (segment->number != WRIT_SEGMENT_OPEN)
		return open_closed(log, segment->number, ret);
	if (open == WRIT_SEGMENT_OPEN)
		return writ_lines_open(segment->path, ret);
	for (int i = 0; i < TRIES && err == -ENOENT; i++) {
		_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
		bool ours = !writ_lines_open(segment->path, &lines) &&
			    number_of(segment->path) == open;

		/* the name meant it before and after: then what is open is it */
		if (ours) {
			*ret = take_ptr(lines);
			return 0;
		}
		err = open_closed(log, open, ret);
	}
	return err;
}

uint64_t writ_snapshot_removed(const char *log, uint64_t from)
{
	struct writ_segment *segments = NULL;
	uint64_t removed = 0, open;
	size_t n = 0;

	if (writ_snapshot_list(log, &segments, &n, &open))
		return 0;
	for (size_t i = 0; i < n; i++) {
		_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
		struct writ_seal seal;
		const char *line;
		size_t len;

		if (segments[i].number < from ||
		    writ_snapshot_lines(log, &segments[i], open, &lines))
			continue;
		while (writ_lines_next(lines, &line, &len) > 0)
			if (!writ_seal_read(line, len, &seal) &&
			    seal.type == WRIT_SEAL_REMOVED && seal.segment >= removed)
				removed = seal.segment + 1;
	}
	writ_segments_free(segments, n);
	return removed;
}
