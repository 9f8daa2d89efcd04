/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See query.h. Within a block one literal of the question, `,"grant":17`, is searched for as bytes;
 * only lines that have it are looked at in full.
 */
#include "trail/query.h"

#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "lib/cleanup.h"
#include "trail/lines.h"

#define LITERAL_SIZE (WRIT_BLOCK_WORD_MAX + 32)
#define OBJECT ",\"object\":\""
#define EXE ",\"exe\":\""
#define EXEC ",\"exec\":\""
#define GZIP_BITS 31

struct search {
	const struct writ_query *query;
	writ_query_visitor *visitor;
	void *context;
	struct writ_query_cost *cost;
	char literal[LITERAL_SIZE]; /* what each answer has in it; "": none such */
	size_t literal_len;
	char *packed; /* of the block being read */
	char *lines;
	size_t packed_size;
	size_t lines_size;
};

/* The rarest word of the question, as it stands in a line up to its value's end. */
static void choose_literal(struct search *search)
{
	static const enum writ_word rarest[] = {
		WRIT_WORD_GRANT,  WRIT_WORD_TICKET,    WRIT_WORD_PLAYBOOK, WRIT_WORD_AGENT,
		WRIT_WORD_REASON, WRIT_WORD_OPERATION, WRIT_WORD_VERDICT,  WRIT_WORD_TYPE};

	for (size_t i = 0; !search->query->also && i < WRIT_WORD_COUNT; i++) {
		const char *value = search->query->words[rarest[i]];

		if (!value || strlen(value) > WRIT_BLOCK_WORD_MAX)
			continue;
		search->literal_len = (size_t)snprintf(
			search->literal, sizeof(search->literal), ",\"%s\":%s%s",
			writ_word_keys[rarest[i]], rarest[i] == WRIT_WORD_GRANT ? "" : "\"", value);
		return;
	}
}

static bool has_words(const struct writ_query *query, const char *line, size_t len)
{
	for (int word = 0; word < WRIT_WORD_COUNT; word++) {
		const char *wanted = query->words[word], *value;
		size_t value_len;

		if (wanted && (!writ_word_find(word, line, len, &value, &value_len) ||
			       value_len != strlen(wanted) || memcmp(value, wanted, value_len)))
			return false;
	}
	return true;
}

/*
 * The text behind @key, which no text within a line can have in it, as it was before JSON: a
 * backslash stands before each quote and backslash in it.
 */
static bool has_text(const char *pattern, const char *key, const char *line, size_t len)
{
	const char *at = memmem(line, len, key, strlen(key)), *end = line + len;
	char text[WRIT_LINES_MAX];
	size_t n = 0;

	if (!at)
		return false;
	for (at += strlen(key); at < end && *at != '"' && n < sizeof(text) - 1; at++) {
		at += *at == '\\' && at + 1 < end;
		text[n++] = *at;
	}
	text[n] = '\0';
	return !fnmatch(pattern, text, 0);
}

static bool has_exec(const char *exec, const char *line, size_t len)
{
	const char *at = memmem(line, len, EXEC, sizeof(EXEC) - 1);
	size_t size = strlen(exec);

	if (!at)
		return false;
	at += sizeof(EXEC) - 1;
	return (size_t)(line + len - at) > size && !memcmp(at, exec, size) && at[size] == '"';
}

static bool answers(const struct writ_query *query, const char *line, size_t len)
{
	int64_t time;

	if (!has_words(query, line, len))
		return false;
	if (query->object && !has_text(query->object, OBJECT, line, len))
		return false;
	if (query->exe && !has_text(query->exe, EXE, line, len))
		return false;
	if (query->exec && !has_exec(query->exec, line, len))
		return false;
	if (query->since_us == INT64_MIN && query->until_us == INT64_MAX)
		return true;
	time = writ_word_time(line, len);
	return time >= query->since_us && time <= query->until_us;
}

static bool matches(const struct writ_query *query, const char *line, size_t len)
{
	for (; query; query = query->also)
		if (answers(query, line, len))
			return true;
	return false;
}

static int look_at(struct search *search, const char *line, size_t len)
{
	return matches(search->query, line, len) ? search->visitor(search->context, line, len) : 0;
}

/* The lines of one block. */
static int search_bytes(struct search *search, const char *bytes, size_t len)
{
	const char *at = bytes, *end = bytes + len;
	int err = 0;

	search->cost->bytes += len;
	while (!err && at < end) {
		const char *hit = at, *newline;

		if (search->literal_len)
			hit = memmem(at, (size_t)(end - at), search->literal, search->literal_len);
		if (!hit)
			return 0;
		newline = memchr(hit, '\n', (size_t)(end - hit));
		newline = newline ? newline + 1 : end;
		if (hit > at) {
			const char *before = memrchr(at, '\n', (size_t)(hit - at));

			at = before ? before + 1 : at;
		}
		err = look_at(search, at, (size_t)(newline - at));
		at = newline;
	}
	return err;
}

static int search_whole(struct search *search, const char *path)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	int err = writ_lines_open(path, &lines), more = 0;
	const char *line;
	size_t len;

	while (!err && (more = writ_lines_next(lines, &line, &len)) > 0) {
		search->cost->bytes += len;
		err = look_at(search, line, len);
	}
	return err ? err : more;
}

static bool may_answer(const struct writ_query *query, const struct writ_block *block)
{
	if (block->last_us < query->since_us || block->first_us > query->until_us)
		return false;
	for (int word = 0; word < WRIT_WORD_COUNT; word++) {
		const char *value = query->words[word];

		if (value && !writ_block_may_have(block, word, value, strlen(value)))
			return false;
	}
	return true;
}

static bool may_have(const struct writ_query *query, const struct writ_block *block)
{
	for (; query; query = query->also)
		if (may_answer(query, block))
			return true;
	return false;
}

static int make_room(char **bytes, size_t *size, size_t wanted)
{
	if (wanted <= *size)
		return 0;
	free(*bytes);
	*bytes = malloc(wanted);
	*size = *bytes ? wanted : 0;
	return *bytes ? 0 : -ENOMEM;
}

static int inflate_block(const struct search *search, const struct writ_block *block)
{
	z_stream zlib = {
		.next_in = (Bytef *)search->packed,
		.avail_in = block->length,
		.next_out = (Bytef *)search->lines,
		.avail_out = block->size,
	};
	int result;

	if (inflateInit2(&zlib, GZIP_BITS) != Z_OK)
		return -ENOMEM;
	result = inflate(&zlib, Z_FINISH);
	(void)inflateEnd(&zlib);
	return result == Z_STREAM_END && !zlib.avail_out ? 0 : -EBADMSG;
}

static int read_block(struct search *search, int fd, const struct writ_block *block, bool packed)
{
	char **into = packed ? &search->packed : &search->lines;
	ssize_t n;
	int err = 0;

	if (block->length > 2 * WRIT_BLOCK_SIZE || block->size > 2 * WRIT_BLOCK_SIZE)
		return -EBADMSG;
	if (packed)
		err = make_room(&search->packed, &search->packed_size, block->length);
	if (!err)
		err = make_room(&search->lines, &search->lines_size, block->size);
	if (err)
		return err;
	n = pread(fd, *into, block->length, (off_t)block->at);
	if (n != (ssize_t)block->length)
		return n < 0 ? -errno : -EBADMSG;
	return packed ? inflate_block(search, block) : 0;
}

static int search_blocks(struct search *search, const struct writ_segment *segment,
			 const struct writ_blocks *blocks)
{
	_cleanup_close_ int fd = open(segment->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int err = fd < 0 ? -errno : 0;

	for (size_t i = 0; !err && i < blocks->n; i++) {
		const struct writ_block *block = &blocks->blocks[i];

		search->cost->blocks++;
		if (!may_have(search->query, block))
			continue;
		search->cost->read++;
		err = read_block(search, fd, block, segment->packed);
		if (!err)
			err = search_bytes(search, search->lines, block->size);
	}
	return err;
}

static int search_file(struct search *search, const char *log, const struct writ_segment *segment)
{
	struct writ_blocks blocks;
	int err;

	if (segment->number == WRIT_SEGMENT_OPEN ||
	    writ_blocks_open(log, segment->number, segment->packed, &blocks))
		return search_whole(search, segment->path);
	err = search_blocks(search, segment, &blocks);
	writ_blocks_close(&blocks);
	return err;
}

/* It was packed since the files were listed. */
static int search_packed(struct search *search, const char *log, uint64_t number)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	struct writ_segment segment = {.number = number, .packed = true, .path = path};
	int err = writ_segment_path(log, number, true, path);

	return err ? err : search_file(search, log, &segment);
}

static int search_segment(struct search *search, const char *log,
			  const struct writ_segment *segment)
{
	int err = search_file(search, log, segment);

	search->cost->segments++;
	if (err == -ENOENT && !segment->packed && segment->number != WRIT_SEGMENT_OPEN)
		err = search_packed(search, log, segment->number);
	if (err != -EBADMSG)
		return err;
	/* what can be read of the others is an answer, too */
	search->cost->damaged++;
	(void)snprintf(search->cost->path, sizeof(search->cost->path), "%s", segment->path);
	return 0;
}

int writ_query_run(const char *log, const struct writ_query *query, writ_query_visitor *visitor,
		   void *context, struct writ_query_cost *ret_cost)
{
	struct search search = {
		.query = query, .visitor = visitor, .context = context, .cost = ret_cost};
	struct writ_segment *segments = NULL;
	size_t n = 0;
	int err;

	*ret_cost = (struct writ_query_cost){0};
	choose_literal(&search);
	err = writ_segments_list(log, &segments, &n);
	if (!err && !n)
		err = -ENOENT;
	for (size_t i = 0; !err && i < n; i++)
		err = search_segment(&search, log, &segments[i]);
	writ_segments_free(segments, n);
	free(search.packed);
	free(search.lines);
	return err;
}
