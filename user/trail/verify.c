/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See verify.h. Segments are looked at side by side (part.c), for hashing and unpacking take what
 * one processor has; what stands between them is checked here, in their order.
 */
#include "trail/verify.h"

#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "trail/hex.h"
#include "trail/keys.h"
#include "trail/part.h"
#include "trail/snapshot.h"

#define THREADS_MAX 7u /* beside this one; each has a block of 1 MiB and zlib's window */
#define GONE_TRIES 10
#define PARTS 64u      /* segments at a time: what was found of one takes 5 KiB */

struct verification {
	const struct writ_verify_options *options;
	struct writ_verified *verdict;
	struct writ_keys keys;
	struct writ_part *parts; /* those being looked at side by side */
	size_t n_parts;
	size_t next;	     /* of these, that nobody has begun */
	uint64_t bytes;	     /* of all segments so far */
	uint64_t told;	     /* of these, at the last progress */
	bool begun;	     /* some segment was read: the chain comes from it */
	uint64_t expected;   /* number of the next one */
	uint64_t removed;    /* segments before this one, as a line says */
	uint64_t open;	     /* the open segment's number */
	uint64_t checkpoint; /* and these of the last one that was read: due next, */
	uint64_t line;
	uint64_t behind;
	struct writ_chain chain;
};

#define WORD(name, word) word,
static const char *const words[] = {WRIT_VERIFY_FAULT_LIST(WORD)};
_Static_assert(sizeof(words) / sizeof(words[0]) == WRIT_VERIFY_COUNT, "words of faults");

const char *writ_verify_word(enum writ_verify_fault fault)
{
	return fault < WRIT_VERIFY_COUNT ? words[fault] : "unknown";
}

#define fault(v, ...) writ_part_fault((v)->verdict, __VA_ARGS__)

/* Some are there, then others are missing: nobody but the one who writes removes the oldest. */
static void check_missing(struct verification *v, const struct writ_segment *segment,
			  uint64_t expected)
{
	if (segment->number != WRIT_SEGMENT_OPEN && v->begun && segment->number != expected) {
		fault(v, WRIT_VERIFY_SEGMENT, segment->path, 0, "segment %llu is missing before it",
		      (unsigned long long)expected);
		v->begun = false; /* the chain starts anew */
	}
}

/* Is what is being written now the last of @n segments, or a later one? */
static bool is_open_now(const char *log, uint64_t n)
{
	uint64_t open = WRIT_SEGMENT_OPEN;

	for (int i = 0; i < 20 && open == WRIT_SEGMENT_OPEN; i++) {
		if (i)
			writ_snapshot_pause();
		open = writ_snapshot_open(log);
	}
	return open != WRIT_SEGMENT_OPEN && open + 1 >= n;
}

/* Was anything signed that is not there? */
static void check_end(struct verification *v, uint64_t next)
{
	const struct writ_verify_known *known = &v->options->known;
	const char *log = v->options->log;
	bool is_newer = false;

	/* what was removed, or begun, since is told, or there, now */
	if (v->verdict->first > v->removed)
		v->removed = writ_snapshot_removed(log, next ? next - 1 : 0);
	if (next < v->keys.n && v->open != WRIT_SEGMENT_OPEN && next == v->open + 1)
		is_newer = is_open_now(log, v->keys.n);
	if (v->verdict->first > v->removed)
		fault(v, WRIT_VERIFY_SEGMENT, log, 0,
		      "it begins with segment %llu, and no line says that those before it were "
		      "removed",
		      (unsigned long long)v->verdict->first);
	else if (next < v->keys.n && !is_newer)
		fault(v, WRIT_VERIFY_SEGMENT, log, 0, "segment %llu was begun, and is not there",
		      (unsigned long long)next);
	else if (known->segment != UINT64_MAX && next && next - 1 < known->segment)
		fault(v, WRIT_VERIFY_CUT, log, 0,
		      "it ends with segment %llu; its writer is at segment %llu",
		      (unsigned long long)next - 1, (unsigned long long)known->segment);
	else if (known->checkpoint != UINT64_MAX && next && next - 1 == known->segment &&
		 v->checkpoint < known->checkpoint)
		fault(v, WRIT_VERIFY_CUT, log, v->line,
		      "it ends before checkpoint %llu; its writer has signed %llu",
		      (unsigned long long)v->checkpoint, (unsigned long long)known->checkpoint);
}

/* What stands between this segment and the one before. */
static void check_join(struct verification *v, struct writ_part *part)
{
	if (v->begun && part->tied && memcmp(v->chain.head, part->previous, WRIT_CHAIN_SIZE))
		fault(v, WRIT_VERIFY_BROKEN, part->segment->path, 1,
		      "it does not follow the last line of the segment before");
	v->begun = true;
	v->chain = part->chain;
	v->checkpoint = part->checkpoint;
	v->line = part->line;
	v->behind = part->behind;
	if (part->removed > v->removed)
		v->removed = part->removed;
}

/* Adds what was found in a segment to what was found before it. */
static int add_part(struct verification *v, struct writ_part *part)
{
	struct writ_verified *verdict = v->verdict, *own = &part->verdict;

	if (part->err == -ENOENT && !v->begun && part->segment->number != WRIT_SEGMENT_OPEN)
		return 0; /* of the oldest: removed while others were read; see check_end() */
	if (part->err == -ENOENT)
		return -EAGAIN;
	if (part->err) {
		(void)snprintf(verdict->path, sizeof(verdict->path), "%s", part->segment->path);
		return part->err;
	}
	check_missing(v, part->segment, v->expected);
	check_join(v, part);
	if (own->faults)
		fault(v, own->fault, own->path, own->line, "%s", own->detail);
	verdict->faults += own->faults ? own->faults - 1 : 0;
	if (!verdict->segments++)
		verdict->first = part->number;
	else if (part->number != v->expected && part->segment->number == WRIT_SEGMENT_OPEN)
		fault(v, WRIT_VERIFY_SEGMENT, part->segment->path, 1,
		      "segment %llu is missing before it", (unsigned long long)v->expected);
	verdict->lines += own->lines;
	verdict->bytes += own->bytes;
	verdict->checkpoints += own->checkpoints;
	v->expected = part->number + 1;
	return 0;
}

static void check_parts(struct verification *v, bool tells)
{
	size_t i;

	while ((i = __atomic_fetch_add(&v->next, 1, __ATOMIC_RELAXED)) < v->n_parts) {
		v->parts[i].tells = tells;
		writ_part_check(&v->parts[i]);
	}
}

static void *work(void *argument)
{
	check_parts(argument, false);
	return NULL;
}

/* All parts, on as many processors as there are; on this one alone if threads can't be had. */
static void check_side_by_side(struct verification *v)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t threads[THREADS_MAX];
	size_t n = 0;

	v->next = 0;
	while (n + 1 < v->n_parts && n < THREADS_MAX && (long)n + 1 < processors &&
	       !pthread_create(&threads[n], NULL, work, v))
		n++;
	check_parts(v, true);
	while (n)
		(void)pthread_join(threads[--n], NULL);
}

static int check_batch(struct verification *v, const struct writ_segment *segments, size_t n)
{
	int err = 0;

	memset(v->parts, 0, n * sizeof(*v->parts));
	v->n_parts = n;
	for (size_t i = 0; i < n; i++) {
		v->parts[i].options = v->options;
		v->parts[i].keys = &v->keys;
		v->parts[i].segment = &segments[i];
		v->parts[i].open = v->open;
		v->parts[i].bytes = &v->bytes;
		v->parts[i].told = &v->told;
	}
	check_side_by_side(v);
	writ_part_tell(&v->parts[n - 1], v->bytes); /* what other threads have read, too */
	for (size_t i = 0; !err && i < n; i++)
		err = add_part(v, &v->parts[i]);
	return err;
}

static int check_segments(struct verification *v, const struct writ_segment *segments, size_t n)
{
	int err = 0;

	v->parts = calloc(PARTS, sizeof(*v->parts));
	if (!v->parts)
		return -ENOMEM;
	json_object_seed(0); /* before there are threads */
	for (size_t i = 0; !err && i < n; i += PARTS)
		err = check_batch(v, segments + i, n - i < PARTS ? n - i : PARTS);
	free(v->parts);
	if (err)
		return err;
	check_end(v, v->expected);
	v->verdict->unsigned_lines = v->behind;
	return 0;
}

static int read_keys(struct verification *v)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	int err = writ_segment_keys_path(v->options->log, path);

	if (err)
		return err;
	err = writ_keys_read(v->options->log, v->options->anchor, &v->keys);
	if (err == -EKEYREJECTED)
		fault(v, WRIT_VERIFY_ANCHOR, path, 1, "it begins with another key than was given");
	else if (err == -EBADMSG)
		fault(v, WRIT_VERIFY_KEYS, path, v->keys.bad_line,
		      "it is not signed by the key that the line before names");
	else if (err == -ENOENT)
		fault(v, WRIT_VERIFY_KEYS, path, 0, "it is missing: nothing can be tied to a key");
	else if (err)
		(void)snprintf(v->verdict->path, sizeof(v->verdict->path), "%s", path);
	else if (v->keys.renewed)
		fault(v, WRIT_VERIFY_ANCHOR, path, v->keys.renewed,
		      "the keys were lost, and made anew here: who did it can't be told");
	return err == -EKEYREJECTED || err == -EBADMSG || err == -ENOENT ? 0 : err;
}

static int verify_now(const struct writ_verify_options *options, struct writ_verified *ret)
{
	struct verification v = {.options = options, .verdict = ret};
	struct writ_segment *segments = NULL;
	size_t n = 0;
	int err;

	*ret = (struct writ_verified){.fault = WRIT_VERIFY_NONE};
	err = writ_snapshot_list(options->log, &segments, &n, &v.open);
	if (!err && !n)
		err = -ENOENT;
	if (err)
		(void)snprintf(ret->path, sizeof(ret->path), "%s", options->log);
	if (!err)
		err = read_keys(&v);
	if (!err)
		err = check_segments(&v, segments, n);
	writ_hex_write(v.chain.head, sizeof(v.chain.head), ret->head);
	writ_keys_free(&v.keys);
	writ_segments_free(segments, n);
	return err;
}

/* Of a log that is closed and removed faster than it is read, another moment is taken. */
int writ_verify_trail(const struct writ_verify_options *options, struct writ_verified *ret)
{
	int err = -EAGAIN;

	for (int i = 0; i < GONE_TRIES && err == -EAGAIN; i++)
		err = verify_now(options, ret);
	return err == -EAGAIN ? -ENOENT : err;
}
