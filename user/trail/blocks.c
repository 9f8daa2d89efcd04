/* SPDX-License-Identifier: Apache-2.0 */
/* See blocks.h. */
#include "trail/blocks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/cleanup.h"

#define MAGIC UINT64_C(0x3178646e69727721) /* changes with the layout */
#define FILTER_BITS (8u * WRIT_BLOCK_FILTER_BYTES)
#define PROBES 4u
#define STAMP "{\"time\":\""

struct header {
	uint64_t magic;
	uint64_t n;
	uint64_t packed;
	uint8_t pad[40]; /* blocks are aligned to a line of the cache */
};
_Static_assert(sizeof(struct header) == 64, "header");

#define KEY(name, word) word,
const char *const writ_word_keys[] = {WRIT_WORD_LIST(KEY)};
#define MEMBER(name, word) {",\"" word "\":", sizeof(",\"" word "\":") - 1},
static const struct {
	const char *text;
	size_t len;
} members[] = {WRIT_WORD_LIST(MEMBER)};

/* The end of a string that begins at @at: a quote that no backslash escapes. */
static const char *string_end(const char *at, const char *end)
{
	while (at < end && *at != '"')
		at += *at == '\\' ? 2 : 1;
	return at < end ? at : NULL;
}

bool writ_word_find(enum writ_word word, const char *line, size_t len, const char **ret_value,
		    size_t *ret_len)
{
	const char *end = line + len;
	const char *at = memmem(line, len, members[word].text, members[word].len);
	const char *stop;

	if (!at)
		return false;
	at += members[word].len;
	if (at < end && *at == '"') {
		stop = string_end(++at, end);
	} else {
		stop = at;
		while (stop < end && *stop >= '0' && *stop <= '9')
			stop++;
		stop = stop == at ? NULL : stop; /* null, say */
	}
	if (!stop)
		return false;
	*ret_value = at;
	*ret_len = (size_t)(stop - at);
	return true;
}

static bool digits(const char *at, unsigned int n, int *ret)
{
	int value = 0;

	while (n--) {
		if (*at < '0' || *at > '9')
			return false;
		value = 10 * value + (*at++ - '0');
	}
	*ret = value;
	return true;
}

/* "2026-11-22T10:11:12.345678Z" */
int64_t writ_word_time(const char *line, size_t len)
{
	const char *at = line + sizeof(STAMP) - 1;
	struct tm tm = {0};
	int micro;

	if (len < sizeof(STAMP) + 27 || memcmp(line, STAMP, sizeof(STAMP) - 1) ||
	    !digits(at, 4, &tm.tm_year) || !digits(at + 5, 2, &tm.tm_mon) ||
	    !digits(at + 8, 2, &tm.tm_mday) || !digits(at + 11, 2, &tm.tm_hour) ||
	    !digits(at + 14, 2, &tm.tm_min) || !digits(at + 17, 2, &tm.tm_sec) ||
	    !digits(at + 20, 6, &micro))
		return INT64_MIN;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return (int64_t)timegm(&tm) * 1000000 + micro;
}

/* FNV-1a, 64 bits; its two halves give the probes (Kirsch and Mitzenmacher, 2006). */
static uint64_t hash(enum writ_word word, const char *value, size_t len)
{
	uint64_t sum = UINT64_C(0xcbf29ce484222325) ^ (uint64_t)word;

	sum *= UINT64_C(0x100000001b3);
	for (size_t i = 0; i < len; i++)
		sum = (sum ^ (uint8_t)value[i]) * UINT64_C(0x100000001b3);
	return sum;
}

static uint32_t probe(uint64_t sum, uint32_t i)
{
	return ((uint32_t)sum + i * ((uint32_t)(sum >> 32) | 1)) % FILTER_BITS;
}

static void add_word(struct writ_block *block, enum writ_word word, const char *line, size_t len)
{
	const char *value;
	uint64_t sum;

	if (!writ_word_find(word, line, len, &value, &len))
		return;
	sum = hash(word, value, len);
	for (uint32_t i = 0; i < PROBES; i++)
		block->filter[probe(sum, i) / 8] |= (uint8_t)(1 << probe(sum, i) % 8);
}

void writ_block_add(struct writ_block *block, const char *line, size_t len)
{
	int64_t time = writ_word_time(line, len);

	if (time != INT64_MIN) {
		if (!block->first_us || time < block->first_us)
			block->first_us = time;
		if (time > block->last_us)
			block->last_us = time;
	}
	for (int word = 0; word < WRIT_WORD_COUNT; word++)
		add_word(block, word, line, len);
}

bool writ_block_may_have(const struct writ_block *block, enum writ_word word, const char *value,
			 size_t len)
{
	uint64_t sum = hash(word, value, len);

	for (uint32_t i = 0; i < PROBES; i++)
		if (!(block->filter[probe(sum, i) / 8] & 1 << probe(sum, i) % 8))
			return false;
	return true;
}

int writ_blocks_path(const char *log, uint64_t number, char ret_path[WRIT_SEGMENT_PATH_SIZE])
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	int err = writ_segment_path(log, number, false, path);

	if (err)
		return err;
	return snprintf(ret_path, WRIT_SEGMENT_PATH_SIZE, "%s.index", path) >=
			       (int)WRIT_SEGMENT_PATH_SIZE
		       ? -ENAMETOOLONG
		       : 0;
}

int writ_blocks_open(const char *log, uint64_t number, bool packed, struct writ_blocks *ret)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	const struct header *header;
	_cleanup_close_ int fd = -1;
	struct stat found;
	int err = writ_blocks_path(log, number, path);

	if (err)
		return err;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode) || found.st_size < (off_t)sizeof(*header))
		return -EBADMSG;
	header = mmap(NULL, (size_t)found.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (header == MAP_FAILED)
		return -errno;
	if (header->magic != MAGIC || header->packed != packed || header->n > WRIT_BLOCKS_MAX ||
	    (uint64_t)found.st_size != sizeof(*header) + header->n * sizeof(struct writ_block)) {
		(void)munmap((void *)(uintptr_t)header, (size_t)found.st_size);
		return -EBADMSG;
	}
	*ret = (struct writ_blocks){(const void *)(header + 1), header->n, (size_t)found.st_size};
	return 0;
}

void writ_blocks_close(struct writ_blocks *blocks)
{
	if (blocks->blocks)
		(void)munmap((void *)((uintptr_t)blocks->blocks - sizeof(struct header)),
			     blocks->mapped);
	*blocks = (struct writ_blocks){0};
}

int writ_blocks_save(const char *log, uint64_t number, bool packed, const struct writ_block *blocks,
		     size_t n)
{
	const struct header header = {.magic = MAGIC, .n = n, .packed = packed};
	char path[WRIT_SEGMENT_PATH_SIZE], new[WRIT_SEGMENT_PATH_SIZE + 8];
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_close_ int fd = -1;
	int err = writ_blocks_path(log, number, path);

	if (err)
		return err;
	(void)snprintf(new, sizeof(new), "%s.new", path);
	if (unlink(new) && errno != ENOENT)
		return -errno;
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!file)
		return -errno;
	(void)take_fd(&fd);
	if (fwrite(&header, sizeof(header), 1, file) != 1 ||
	    fwrite(blocks, sizeof(*blocks), n, file) != n || fflush(file) ||
	    fdatasync(fileno(file)) || rename(new, path)) {
		err = errno ? -errno : -EIO;
		(void)unlink(new);
	}
	return err;
}
