/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where was the writer before us? The open segment is read from its first line on. A last line that
 * is cut was a crash, and goes: its record still waits in the ring, or nobody has it. All else that
 * is not what was written is kept as it is, under another name, and a new segment is begun.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "trail/keys.h"
#include "trail/lines.h"
#include "trail/state.h"

/* What the open segment has. */
struct scan {
	struct writ_chain chain;
	struct writ_seal first;
	struct writ_seal last; /* its last checkpoint; type NONE: none */
	uint64_t lines;
	uint64_t whole;	 /* bytes up to and with the last line that is what was written */
	uint64_t size;	 /* bytes */
	uint64_t behind; /* lines behind the last checkpoint */
	uint64_t spilled; /* of `whole`, what is in the spill file alone */
	uint64_t copied;  /* bytes that the spill file and the segment have */
	bool cut;	 /* what is behind `whole` has no newline: a crash */
	char first_line[WRIT_SEAL_SIZE + WRIT_CHAIN_ROOM];
	size_t first_len;
};

/* The first line says where the chain begins. */
static int scan_first(struct scan *scan, const char *line, size_t len)
{
	if (len > sizeof(scan->first_line) || writ_seal_read(line, len, &scan->first) ||
	    scan->first.type != WRIT_SEAL_SEGMENT)
		return -EBADMSG;
	memcpy(scan->first_line, line, len);
	scan->first_len = len;
	memcpy(scan->chain.head, scan->first.head, sizeof(scan->chain.head));
	return 0;
}

static int scan_line(struct scan *scan, const char *line, size_t len)
{
	struct writ_seal seal;
	int err = scan->lines ? 0 : scan_first(scan, line, len);

	if (!err)
		err = writ_chain_check(&scan->chain, line, len);
	if (!err)
		err = writ_seal_read(line, len, &seal);
	if (err)
		return err;
	scan->behind += scan->lines++ > 0; /* the first line is signed by itself */
	scan->whole += len;
	if (seal.type == WRIT_SEAL_CHECKPOINT) {
		scan->last = seal;
		scan->behind = 0;
	}
	return 0;
}

static int scan_file(const char *path, struct scan *scan, writ_trail_visitor *visitor,
		     void *context)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	struct writ_chain good = {0};
	const char *line;
	size_t len;
	int err = writ_lines_open(path, &lines), more = 0;

	while (!err && (more = writ_lines_next(lines, &line, &len)) > 0) {
		good = scan->chain;
		scan->size += len;
		if (scan->size - len != scan->whole)
			continue; /* behind a bad one */
		scan->cut = line[len - 1] != '\n';
		if (scan_line(scan, line, len))
			scan->chain = good;
		else if (visitor)
			visitor(context, line, len);
	}
	return err ? err : more;
}

/* The spilled lines from byte @from on. -EBADMSG: one does not follow the one before it. */
static int scan_spill(const char *path, uint64_t from, struct scan *scan,
		      writ_trail_visitor *visitor, void *context)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	const char *line;
	size_t len;
	int err = writ_lines_open(path, &lines), more = 0;

	while (!err && (more = writ_lines_next(lines, &line, &len)) > 0) {
		if (writ_lines_offset(lines) < WRIT_SPILL_HEADER + from)
			continue;
		if (line[len - 1] != '\n')
			break; /* a crash: its record still waits in the ring */
		if (scan_line(scan, line, len))
			return -EBADMSG;
		scan->spilled += len;
		if (visitor)
			visitor(context, line, len);
	}
	return err ? err : more < 0 ? more : 0;
}

/* What does not follow the segment is nobody's to throw away. */
static int set_spill_aside(const struct writ_trail *trail, struct writ_trail_found *found)
{
	if (snprintf(found->aside, sizeof(found->aside), "%s.bad-%lld", trail->settings.spill,
		     (long long)time(NULL)) >= (int)sizeof(found->aside))
		return -ENAMETOOLONG;
	found->bad_spill = true;
	return rename(trail->settings.spill, found->aside) && errno != ENOENT ? -errno : 0;
}

static bool is_spilled(const struct writ_trail *trail)
{
	return trail->settings.spill && (!access(trail->settings.spill, F_OK) || errno != ENOENT);
}

/* An earlier writer's lines that the segment may not have yet; those it has are passed over. */
static int find_spilled(struct writ_trail *trail, struct scan *scan, writ_trail_visitor *visitor,
			void *context, struct writ_trail_found *found)
{
	const char *path = trail->settings.spill;
	struct writ_spill_found spill;
	struct scan before;
	bool ours;
	int err = path ? writ_spill_find(path, &spill) : -ENOENT;

	if (err)
		return err == -ENOENT ? 0 : set_spill_aside(trail, found);
	/* an empty segment's number is not known: its first line is in the spill, or nowhere */
	ours = scan->lines ? scan->first.segment == spill.segment : !spill.offset;
	if (scan->lines && scan->first.segment > spill.segment) /* closed with all of it */
		return unlink(path) ? -errno : 0;
	if (!ours || scan->whole < spill.offset || (scan->whole != scan->size && !scan->cut))
		return set_spill_aside(trail, found);
	scan->copied = scan->whole - spill.offset;
	if (scan->copied >= spill.size)
		return unlink(path) ? -errno : 0;
	before = *scan;
	err = scan_spill(path, scan->copied, scan, NULL, NULL);
	if (err) {
		*scan = before;
		return err == -EBADMSG ? set_spill_aside(trail, found) : err;
	}
	*scan = before; /* once more for the visitor, now that all of them are known to be ours */
	return scan_spill(path, scan->copied, scan, visitor, context);
}

/* The head behind the last closed segment, of which only the last line counts; zeros: none. */
static int read_head(const char *log, struct writ_chain *ret)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	struct writ_segment *segments = NULL;
	struct writ_chain head = {0};
	size_t n = 0, len, last;
	const char *line;
	int err = writ_segments_list(log, &segments, &n), more = 0;

	last = n && segments[n - 1].number == WRIT_SEGMENT_OPEN ? n - 1 : n;
	if (!err && last)
		err = writ_lines_open(segments[last - 1].path, &lines);
	while (!err && last && (more = writ_lines_next(lines, &line, &len)) > 0)
		(void)writ_chain_read(line, len, &head);
	writ_segments_free(segments, n);
	if (!err && more != -EBADMSG) /* a damaged one: from what could be read */
		err = more;
	if (!err)
		*ret = head;
	return err;
}

static int begin_new(struct writ_trail *trail)
{
	int err = read_head(trail->settings.log, &trail->chain);

	if (!err)
		err = writ_trail_create(trail);
	if (!err)
		writ_steps_begin(trail);
	return err;
}

/* Keeps a segment that is not what was written as it is. */
static int set_aside(struct writ_trail *trail, struct writ_trail_found *found)
{
	if (snprintf(found->aside, sizeof(found->aside), "%s.bad-%lld", trail->settings.log,
		     (long long)time(NULL)) >= (int)sizeof(found->aside))
		return -ENAMETOOLONG;
	if (rename(trail->settings.log, found->aside))
		return -errno;
	return begin_new(trail);
}

static int reopen(struct writ_trail *trail, const struct scan *scan)
{
	_cleanup_close_ int fd =
		open(trail->settings.log, O_RDWR | O_APPEND | O_CLOEXEC | O_NOFOLLOW);
	const uint64_t filed = scan->whole - scan->spilled;
	struct stat found;

	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (filed < (uint64_t)found.st_size && ftruncate(fd, (off_t)filed))
		return -errno;
	trail->device = found.st_dev;
	trail->inode = found.st_ino;
	trail->fd = take_fd(&fd);
	trail->chain = scan->chain;
	trail->lines = scan->lines;
	trail->behind = scan->behind;
	trail->behind_ns = trail->begun_ns;
	trail->segment_at = 0 - scan->whole; /* modular: put - segment_at is what it has */
	if (!scan->spilled)
		return 0;
	return writ_spill_reopen(trail, scan->copied + scan->spilled, scan->copied);
}

/* Its first line was written, but its key not yet exchanged. Is it ours? */
static int finish_begin(struct writ_trail *trail, const struct scan *scan, bool *ret_fits)
{
	uint8_t checkpoint[WRIT_KEY_SIZE], next[WRIT_KEY_SIZE];
	int err;

	writ_key_segment_names(trail->key, checkpoint, next);
	*ret_fits = !memcmp(checkpoint, scan->first.checkpoint_key, sizeof(checkpoint)) &&
		    !memcmp(next, scan->first.next_key, sizeof(next));
	if (!*ret_fits)
		return 0;
	err = writ_keys_put(trail->settings.log, scan->first_line, scan->first_len);
	return err ? err : writ_key_begun(trail->key);
}

/* Does the file fit the key? A step that was under way is ended. */
static int fit(struct writ_trail *trail, const struct scan *scan, bool *ret_fits)
{
	uint64_t signed_ones = scan->last.type == WRIT_SEAL_NONE ? 0 : scan->last.checkpoint + 1;

	if (scan->first.segment == writ_key_segment(trail->key)) {
		int err = finish_begin(trail, scan, ret_fits);

		if (err || !*ret_fits)
			return err;
	}
	*ret_fits = scan->first.segment + 1 == writ_key_segment(trail->key);
	if (!*ret_fits)
		return 0;
	if (signed_ones == writ_key_checkpoint(trail->key) + 1)
		return writ_key_checked(trail->key);
	*ret_fits = signed_ones == writ_key_checkpoint(trail->key);
	return 0;
}

static int go_on(struct writ_trail *trail, struct scan *scan, struct writ_trail_found *found)
{
	bool fits = true;
	int err;

	if (!scan->lines) { /* not even its first line: it was being made */
		if (!scan->size || scan->cut) {
			if (unlink(trail->settings.log))
				return -errno;
			return begin_new(trail);
		}
		fits = false;
	}
	if (found->key_lost)
		fits = false;
	if (scan->whole - scan->spilled != scan->size && !scan->cut)
		found->bad_line = scan->lines + 1;
	err = fits ? fit(trail, scan, &fits) : 0;
	if (err)
		return err;
	if (found->bad_line || !fits) {
		found->bad_seal = !fits;
		return set_aside(trail, found);
	}
	found->cut = scan->size - (scan->whole - scan->spilled);
	err = reopen(trail, scan);
	if (!err && scan->last.last && !scan->behind) /* it was over: only the next is missing */
		writ_steps_move(trail);
	return err;
}

/* A key that has signed nothing may be one whose maker died before its anchor was put. */
static int put_anchor(struct writ_trail *trail, const struct writ_keys *keys)
{
	uint8_t anchor[WRIT_KEY_SIZE];

	writ_key_anchor(trail->key, anchor);
	if (!writ_key_is_new(trail->key) || !memcmp(anchor, keys->last_anchor, sizeof(anchor)))
		return 0;
	return writ_keys_put_anchor(trail->settings.log, anchor);
}

static int open_key(struct writ_trail *trail, struct writ_trail_found *found)
{
	struct writ_keys keys;
	int err, read = writ_keys_read(trail->settings.log, NULL, &keys);

	/* -EBADMSG: as many as can be read; that file is not ours to judge */
	err = read == -ENOENT || read == -EBADMSG ? 0 : read;
	if (!err)
		err = writ_key_open(trail->settings.key, &trail->key);
	if (err == -ENOENT || err == -EBADMSG) {
		found->key_lost = err == -EBADMSG || keys.n;
		found->key_made = !found->key_lost;
		err = writ_key_make(trail->settings.key, keys.n, &trail->key);
	}
	if (!err)
		err = put_anchor(trail, &keys);
	writ_keys_free(&keys);
	return err;
}

int writ_recover(struct writ_trail *trail, writ_trail_visitor *visitor, void *context,
		 struct writ_trail_found *ret_found)
{
	_cleanup_free_ struct scan *scan = calloc(1, sizeof(*scan));
	int err;

	if (!scan)
		return -ENOMEM;
	err = open_key(trail, ret_found);
	if (err)
		return err;
	err = scan_file(trail->settings.log, scan, visitor, context);
	if (err == -ENOENT) { /* what was spilled can follow nothing */
		err = is_spilled(trail) ? set_spill_aside(trail, ret_found) : 0;
		return err ? err : begin_new(trail);
	}
	if (!err)
		err = find_spilled(trail, scan, visitor, context, ret_found);
	return err ? err : go_on(trail, scan, ret_found);
}
