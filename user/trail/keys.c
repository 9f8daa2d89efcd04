/* SPDX-License-Identifier: Apache-2.0 */
/* See keys.h. */
#include "trail/keys.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <sodium.h>

#include "lib/cleanup.h"
#include "trail/blake2b.h"
#include "trail/hex.h"
#include "trail/lines.h"
#include "trail/segment.h"

#define ANCHOR "{\"type\":\"anchor\",\"public\":\""
#define ANCHOR_LEN (sizeof(ANCHOR) - 1 + 2 * WRIT_KEY_SIZE + sizeof("\"}\n") - 1)

static void digest_of(const char *line, size_t len, uint8_t ret_digest[WRIT_CHAIN_SIZE])
{
	static const uint8_t nothing[WRIT_CHAIN_SIZE];

	writ_blake2b(nothing, line, len, ret_digest);
}

static bool is_anchor(const char *line, size_t len)
{
	return len > sizeof(ANCHOR) - 1 && !memcmp(line, ANCHOR, sizeof(ANCHOR) - 1);
}

/* The first one is what the reader trusts; from another one on, nobody vouches for the keys. */
static int read_anchor(const char *line, size_t len, const uint8_t *anchor, struct writ_keys *keys)
{
	uint8_t found[WRIT_KEY_SIZE];

	if (len != ANCHOR_LEN || !is_anchor(line, len) ||
	    writ_hex_read(line + sizeof(ANCHOR) - 1, 2 * WRIT_KEY_SIZE, found, WRIT_KEY_SIZE))
		return -EBADMSG;
	memcpy(keys->signer, found, sizeof(found));
	memcpy(keys->last_anchor, found, sizeof(found));
	if (keys->bad_line > 1) {
		keys->renewed = keys->renewed ? keys->renewed : keys->bad_line;
		return 0;
	}
	memcpy(keys->anchor, found, sizeof(found));
	return anchor && memcmp(anchor, found, WRIT_KEY_SIZE) ? -EKEYREJECTED : 0;
}

static int read_entry(const char *line, size_t len, struct writ_keys *keys, size_t *capacity)
{
	struct writ_keys_entry entry;
	int err = writ_seal_read(line, len, &entry.seal);

	if (err || entry.seal.type != WRIT_SEAL_SEGMENT || entry.seal.segment != keys->n ||
	    writ_seal_check(line, len, keys->signer))
		return -EBADMSG;
	digest_of(line, len, entry.digest);
	if (keys->n == *capacity) {
		size_t more = *capacity ? 2 * *capacity : 64;
		void *entries = reallocarray(keys->entries, more, sizeof(*keys->entries));

		if (!entries)
			return -ENOMEM;
		keys->entries = entries;
		*capacity = more;
	}
	memcpy(keys->signer, entry.seal.next_key, sizeof(keys->signer));
	keys->entries[keys->n++] = entry;
	return 0;
}

static int read_lines(struct writ_lines *lines, const uint8_t *anchor, struct writ_keys *keys)
{
	size_t capacity = 0, len;
	const char *line;
	int err = 0, more;

	while (!err && (more = writ_lines_next(lines, &line, &len)) != 0) {
		if (more < 0)
			return more;
		keys->bad_line++;
		if (line[len - 1] != '\n' && keys->bad_line > 1)
			break; /* its writer was interrupted */
		err = keys->bad_line == 1 || is_anchor(line, len)
			      ? read_anchor(line, len, anchor, keys)
			      : read_entry(line, len, keys, &capacity);
	}
	if (!err && !keys->bad_line)
		err = -EBADMSG; /* nothing in it */
	if (!err)
		keys->bad_line = 0;
	return err;
}

int writ_keys_read(const char *log, const uint8_t *anchor, struct writ_keys *ret)
{
	_cleanup_(writ_lines_closep) struct writ_lines *lines = NULL;
	char path[WRIT_SEGMENT_PATH_SIZE];
	int err = writ_segment_keys_path(log, path);

	*ret = (struct writ_keys){0};
	if (!err)
		err = writ_lines_open(path, &lines);
	return err ? err : read_lines(lines, anchor, ret);
}

void writ_keys_free(struct writ_keys *keys)
{
	free(keys->entries);
	*keys = (struct writ_keys){0};
}

static int open_keys(const char *log, int *ret_fd, off_t *ret_size)
{
	const int flags = O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
	char path[WRIT_SEGMENT_PATH_SIZE];
	_cleanup_close_ int fd = -1;
	struct stat found;
	int err = writ_segment_keys_path(log, path);

	if (err)
		return err;
	fd = open(path, flags, 0640);
	if (fd < 0 || fstat(fd, &found))
		return -errno;
	if (!S_ISREG(found.st_mode))
		return -EINVAL;
	*ret_size = found.st_size;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Where the last whole line begins, and where it ends: what is behind that was interrupted. */
static int last_line(int fd, off_t size, off_t *ret_begin, off_t *ret_end)
{
	char tail[2 * WRIT_SEAL_SIZE];
	off_t from = size > (off_t)sizeof(tail) ? size - (off_t)sizeof(tail) : 0;
	ssize_t n = pread(fd, tail, sizeof(tail), from);
	const char *end, *begin;

	if (n < 0)
		return -errno;
	end = memrchr(tail, '\n', (size_t)n);
	begin = end ? memrchr(tail, '\n', (size_t)(end - tail)) : NULL;
	*ret_end = end ? from + (end - tail) + 1 : from;
	*ret_begin = begin ? from + (begin - tail) + 1 : from;
	return 0;
}

static int append(int fd, off_t at, const char *line, size_t len)
{
	ssize_t n;

	if (ftruncate(fd, at))
		return -errno;
	n = pwrite(fd, line, len, at);
	if (n != (ssize_t)len)
		return n < 0 ? -errno : -EIO;
	return fdatasync(fd) ? -errno : 0;
}

int writ_keys_put(const char *log, const char *line, size_t len)
{
	char last[WRIT_SEAL_SIZE];
	off_t size = 0, begin = 0, end = 0;
	_cleanup_close_ int fd = -1;
	int err = open_keys(log, &fd, &size);

	if (!err)
		err = last_line(fd, size, &begin, &end);
	if (err)
		return err;
	if (end - begin == (off_t)len && len <= sizeof(last) &&
	    pread(fd, last, len, begin) == (ssize_t)len && !memcmp(last, line, len))
		return 0;
	return append(fd, end, line, len);
}

int writ_keys_put_anchor(const char *log, const uint8_t anchor[WRIT_KEY_SIZE])
{
	char line[ANCHOR_LEN + 1];

	memcpy(line, ANCHOR, sizeof(ANCHOR) - 1);
	writ_hex_write(anchor, WRIT_KEY_SIZE, line + sizeof(ANCHOR) - 1);
	memcpy(line + ANCHOR_LEN - 3, "\"}\n", 4);
	return writ_keys_put(log, line, ANCHOR_LEN);
}
