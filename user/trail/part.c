/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See part.h. A fault does not end the search: the chain goes on from what the wrong line says, and
 * checkpoints from what the wrong one should have said.
 */
#include "trail/part.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "trail/blake2b.h"
#include "trail/lines.h"
#include "trail/snapshot.h"

#define PROGRESS_BYTES (16u << 20)
#define TORN_TRIES 10 /* of a pause each: a batch is written at once */

#define fault(part, what, line, ...) \
	writ_part_fault(&(part)->verdict, what, (part)->segment->path, line, __VA_ARGS__)

void writ_part_fault(struct writ_verified *verdict, enum writ_verify_fault what, const char *path,
		     uint64_t line, const char *format, ...)
{
	va_list arguments;

	if (verdict->faults++)
		return;
	verdict->fault = what;
	verdict->line = line;
	(void)snprintf(verdict->path, sizeof(verdict->path), "%s", path);
	va_start(arguments, format);
	(void)vsnprintf(verdict->detail, sizeof(verdict->detail), format, arguments);
	va_end(arguments);
}

/* The newest segment's first line stands there before it stands in the file of keys. */
static bool is_next(const struct writ_part *part, const struct writ_seal *seal)
{
	return part->segment->number == WRIT_SEGMENT_OPEN && seal->segment == part->number &&
	       seal->segment == part->keys->n && !part->keys->bad_line;
}

/* The first line must be the very one in the file of keys, which is signed. */
static void check_first(struct writ_part *part, const char *line, size_t len)
{
	static const uint8_t nothing[WRIT_CHAIN_SIZE];
	const struct writ_keys_entry *entry;
	uint8_t digest[WRIT_CHAIN_SIZE];
	struct writ_seal seal;

	if (writ_seal_read(line, len, &seal) || seal.type != WRIT_SEAL_SEGMENT) {
		fault(part, WRIT_VERIFY_FIRST_LINE, 1, "it is not the first of a segment");
		return;
	}
	if (part->number == WRIT_SEGMENT_OPEN)
		part->number = seal.segment;
	entry = seal.segment < part->keys->n ? &part->keys->entries[seal.segment] : NULL;
	writ_blake2b(nothing, line, len, digest);
	memcpy(part->first, seal.checkpoint_key, sizeof(part->first));
	if (is_next(part, &seal) && !writ_seal_check(line, len, part->keys->signer))
		part->tied = true;
	else if (!entry || seal.segment != part->number ||
		 memcmp(digest, entry->digest, sizeof(digest)))
		fault(part, WRIT_VERIFY_FIRST_LINE, 1,
		      "it is not the one that was signed for segment %llu",
		      (unsigned long long)part->number);
	else
		part->tied = true;
	memcpy(part->previous, seal.head, sizeof(seal.head));
	memcpy(part->chain.head, seal.head, sizeof(seal.head));
	part->signer = entry ? entry->seal.checkpoint_key : part->tied ? part->first : NULL;
}

static void check_numbers(struct writ_part *part, const struct writ_seal *seal, uint64_t lines,
			  const uint8_t head[WRIT_CHAIN_SIZE])
{
	if (seal->segment != part->number || seal->checkpoint != part->checkpoint)
		fault(part, WRIT_VERIFY_CHECKPOINT, part->line,
		      "it is checkpoint %llu of segment %llu; due is %llu of %llu",
		      (unsigned long long)seal->checkpoint, (unsigned long long)seal->segment,
		      (unsigned long long)part->checkpoint, (unsigned long long)part->number);
	else if (seal->lines != lines)
		fault(part, WRIT_VERIFY_CHECKPOINT, part->line,
		      "%llu lines were signed, %llu are there", (unsigned long long)seal->lines,
		      (unsigned long long)lines);
	else if (memcmp(seal->head, head, WRIT_CHAIN_SIZE))
		fault(part, WRIT_VERIFY_BROKEN, part->line,
		      "what stands before it is not what it signed");
}

static void check_seal(struct writ_part *part, const char *line, size_t len,
		       const struct writ_chain *before)
{
	struct writ_seal seal;

	part->behind++;
	if (writ_seal_read(line, len, &seal)) {
		fault(part, WRIT_VERIFY_SIGNATURE, part->line, "it is no signed line");
		return;
	}
	if (seal.type == WRIT_SEAL_REMOVED && seal.segment >= part->removed)
		part->removed = seal.segment + 1;
	if (seal.type == WRIT_SEAL_NONE || seal.type == WRIT_SEAL_REMOVED)
		return;
	if (seal.type == WRIT_SEAL_SEGMENT) {
		fault(part, WRIT_VERIFY_FIRST_LINE, part->line,
		      "a segment's first line, within a segment");
		return;
	}
	if (!part->signer || writ_seal_check(line, len, part->signer)) {
		fault(part, WRIT_VERIFY_SIGNATURE, part->line,
		      "it is not signed by the key of checkpoint %llu",
		      (unsigned long long)part->checkpoint);
		return;
	}
	check_numbers(part, &seal, part->line - 1, before->head);
	memcpy(part->next, seal.next_key, sizeof(part->next));
	part->signer = part->next;
	part->checkpoint = seal.checkpoint + 1;
	part->ended = seal.last;
	part->behind = 0;
	part->verdict.checkpoints++;
}

static void check_line(struct writ_part *part, const char *line, size_t len)
{
	struct writ_chain before;
	int err;

	part->line++;
	if (part->ended)
		fault(part, WRIT_VERIFY_CHECKPOINT, part->line,
		      "the segment ended with the checkpoint before it");
	part->ended = false;
	if (part->line == 1)
		check_first(part, line, len);
	before = part->chain;
	err = writ_chain_check(&part->chain, line, len);
	if (err == -EBADMSG)
		fault(part, WRIT_VERIFY_NOT_CHAINED, part->line,
		      line[len - 1] == '\n' ? "it has no chain member"
					    : "its end is missing: a crash, or the file was cut");
	else if (err)
		fault(part, WRIT_VERIFY_BROKEN, part->line,
		      "it does not follow the line before it: it was changed, or put in, or what "
		      "stood before it is gone");
	if (part->line > 1)
		check_seal(part, line, len, &before);
}

void writ_part_tell(const struct writ_part *part, uint64_t bytes)
{
	const struct writ_verify_options *options = part->options;

	if (!options->progress || bytes - *part->told < PROGRESS_BYTES)
		return;
	*part->told = bytes;
	options->progress(options->context, part->segment->path, bytes);
}

static void count(struct writ_part *part, size_t len)
{
	uint64_t bytes = __atomic_add_fetch(part->bytes, len, __ATOMIC_RELAXED);

	part->verdict.lines++;
	part->verdict.bytes += len;
	if (part->tells)
		writ_part_tell(part, bytes);
}

static int open_lines(const struct writ_part *part, struct writ_lines **ret)
{
	return writ_snapshot_lines(part->options->log, part->segment, part->open, ret);
}

/* Opens it anew, behind the first @skip bytes. */
static int open_behind(const struct writ_part *part, uint64_t skip, struct writ_lines **ret)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	const char *line;
	uint64_t at = 0;
	size_t len;
	int err = open_lines(part, &lines), more = 1;

	while (!err && at < skip && more > 0) {
		more = writ_lines_next(lines, &line, &len);
		at += more > 0 ? len : 0;
	}
	if (!err && at != skip)
		err = -EBADMSG;
	if (!err)
		*ret = take_ptr(lines);
	return err;
}

/*
 * Of a line without its end: it is just being written, perhaps. Waits for that a little, and goes
 * on with @lines there. False: its end is missing.
 */
static bool is_being_written(const struct writ_part *part, uint64_t offset,
			     struct writ_lines **lines, const char **ret_line, size_t *ret_len)
{
	if (part->segment->number != WRIT_SEGMENT_OPEN)
		return false;
	for (int i = 0; i < TORN_TRIES; i++) {
		_cleanup_(writ_lines_closep) struct writ_lines *again = NULL;

		writ_snapshot_pause();
		if (open_behind(part, offset, &again) ||
		    writ_lines_next(again, ret_line, ret_len) <= 0 ||
		    (*ret_line)[*ret_len - 1] != '\n')
			continue;
		writ_lines_close(*lines);
		*lines = take_ptr(again);
		return true;
	}
	return false;
}

static int check_lines(struct writ_part *part)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	const char *line;
	uint64_t offset = 0;
	size_t len;
	int err = open_lines(part, &lines), more = 0;

	while (!err && (more = writ_lines_next(lines, &line, &len)) > 0) {
		if (line[len - 1] != '\n')
			(void)is_being_written(part, offset, &lines, &line, &len);
		offset += len;
		check_line(part, line, len);
		count(part, len);
	}
	if (err || more != -EBADMSG)
		return err ? err : more;
	fault(part, WRIT_VERIFY_DAMAGED, part->line + 1, "it can't be unpacked from here on");
	return 0;
}

void writ_part_check(struct writ_part *part)
{
	bool open = part->segment->number == WRIT_SEGMENT_OPEN;

	part->number = open ? part->open : part->segment->number;
	part->err = check_lines(part);
	if (part->err)
		return;
	if (!part->line)
		fault(part, WRIT_VERIFY_CUT, 0, "it is empty");
	else if (!open && !part->ended)
		fault(part, WRIT_VERIFY_CUT, part->line,
		      "the segment has no last checkpoint: its end is missing");
}
