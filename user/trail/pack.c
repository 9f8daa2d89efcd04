/* SPDX-License-Identifier: Apache-2.0 */
/* See pack.h: one segment. */
#include "trail/pack.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <zlib.h>

#include "lib/cleanup.h"
#include "trail/blocks.h"
#include "trail/lines.h"

#define LEVEL 4	     /* of 9: a quarter of the time of 6, and a tenth larger, for these lines */
#define GZIP_BITS 31 /* zlib.h, deflateInit2(): the largest window, with gzip's header */

struct packing {
	int out; /* -1: nothing is packed, only indexed */
	z_stream zlib;
	uint8_t *packed;
	size_t packed_size;
	char *lines; /* of the block */
	size_t used;
	size_t capacity;
	struct writ_block *blocks;
	size_t n;
	size_t blocks_capacity;
	uint64_t at; /* in the file that is indexed */
	uint64_t line;
};

static void release(struct packing *packing)
{
	(void)deflateEnd(&packing->zlib);
	free(packing->packed);
	free(packing->lines);
	free(packing->blocks);
	writ_closep(&packing->out);
}

static int write_all(int fd, const uint8_t *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* One member of the file. Returns its length in @ret_len. */
static int deflate_block(struct packing *packing, uint32_t *ret_len)
{
	z_stream *zlib = &packing->zlib;
	size_t bound = deflateBound(zlib, packing->used);

	if (bound > packing->packed_size) {
		free(packing->packed);
		packing->packed = malloc(bound);
		packing->packed_size = packing->packed ? bound : 0;
		if (!packing->packed)
			return -ENOMEM;
	}
	(void)deflateReset(zlib);
	zlib->next_in = (Bytef *)packing->lines;
	zlib->avail_in = (uInt)packing->used;
	zlib->next_out = packing->packed;
	zlib->avail_out = (uInt)packing->packed_size;
	if (deflate(zlib, Z_FINISH) != Z_STREAM_END)
		return -EIO;
	*ret_len = (uint32_t)(packing->packed_size - zlib->avail_out);
	return write_all(packing->out, packing->packed, *ret_len);
}

/* Ends the block that the lines so far make. */
static int end_block(struct packing *packing)
{
	struct writ_block *block = &packing->blocks[packing->n];
	int err = 0;

	if (!packing->used)
		return 0;
	block->at = packing->at;
	block->length = block->size = (uint32_t)packing->used;
	if (packing->out >= 0)
		err = deflate_block(packing, &block->length);
	packing->at += block->length;
	packing->used = 0;
	packing->n++;
	return err;
}

static int begin_block(struct packing *packing)
{
	if (packing->n == WRIT_BLOCKS_MAX)
		return -EFBIG;
	if (packing->n == packing->blocks_capacity) {
		size_t capacity = packing->n ? 2 * packing->n : 256;
		void *blocks = reallocarray(packing->blocks, capacity, sizeof(*packing->blocks));

		if (!blocks)
			return -ENOMEM;
		packing->blocks = blocks;
		packing->blocks_capacity = capacity;
	}
	packing->blocks[packing->n] = (struct writ_block){.line = packing->line};
	return 0;
}

static int add_line(struct packing *packing, const char *line, size_t len)
{
	int err = 0;

	if (packing->used + len > packing->capacity)
		err = end_block(packing);
	packing->line++;
	if (!err && !packing->used)
		err = begin_block(packing);
	if (err)
		return err;
	memcpy(packing->lines + packing->used, line, len);
	packing->used += len;
	writ_block_add(&packing->blocks[packing->n], line, len);
	return 0;
}

static int each_line(struct packing *packing, const char *path, const volatile bool *stop)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	int err = writ_lines_open(path, &lines), more = 0;
	const char *line;
	size_t len;

	while (!err && (more = writ_lines_next(lines, &line, &len)) > 0)
		err = *stop ? -ECANCELED : add_line(packing, line, len);
	if (!err)
		err = more;
	return err ? err : end_block(packing);
}

static int open_packed(const char *log, uint64_t number, char new[WRIT_SEGMENT_PATH_SIZE + 8],
		       int *ret_fd)
{
	char path[WRIT_SEGMENT_PATH_SIZE];
	int fd, err = writ_segment_path(log, number, true, path);

	if (err)
		return err;
	(void)snprintf(new, WRIT_SEGMENT_PATH_SIZE + 8, "%s.new", path);
	if (unlink(new) && errno != ENOENT)
		return -errno;
	fd = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

/* The copy takes the plain file's place; its time is the segment's age. */
static int replace(const char *log, uint64_t number, const char *plain, const char *new, int fd)
{
	char packed[WRIT_SEGMENT_PATH_SIZE];
	struct stat found;
	int err = writ_segment_path(log, number, true, packed);

	if (err)
		return err;
	if (stat(plain, &found) ||
	    futimens(fd, (struct timespec[]){found.st_atim, found.st_mtim}) || fsync(fd) ||
	    rename(new, packed) || unlink(plain))
		return -errno;
	return 0;
}

static int pack(struct packing *packing, const char *log, uint64_t number, const char *path,
		bool compress, const volatile bool *stop)
{
	char new[WRIT_SEGMENT_PATH_SIZE + 8] = "";
	int err = compress ? open_packed(log, number, new, &packing->out) : 0;

	if (!err)
		err = each_line(packing, path, stop);
	if (!err)
		err = writ_blocks_save(log, number, compress, packing->blocks, packing->n);
	if (!err && compress)
		err = replace(log, number, path, new, packing->out);
	if (err && *new)
		(void)unlink(new);
	return err;
}

static bool is_indexed(const char *log, uint64_t number)
{
	struct writ_blocks blocks;

	if (writ_blocks_open(log, number, false, &blocks))
		return false;
	writ_blocks_close(&blocks);
	return true;
}

int writ_pack_segment(const char *log, uint64_t number, bool compress, const volatile bool *stop)
{
	struct packing packing = {.out = -1, .capacity = WRIT_BLOCK_SIZE};
	char plain[WRIT_SEGMENT_PATH_SIZE];
	int err = writ_segment_path(log, number, false, plain);

	if (err)
		return err;
	if (access(plain, F_OK)) /* packed already; its blocks are in its index or nowhere */
		return 0;
	if (!compress && is_indexed(log, number))
		return 0;
	packing.lines = malloc(WRIT_BLOCK_SIZE + WRIT_LINES_MAX);
	if (!packing.lines || deflateInit2(&packing.zlib, LEVEL, Z_DEFLATED, GZIP_BITS, 8,
					   Z_DEFAULT_STRATEGY) != Z_OK)
		err = -ENOMEM;
	if (!err)
		err = pack(&packing, log, number, plain, compress, stop);
	release(&packing);
	return err;
}
