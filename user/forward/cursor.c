/* SPDX-License-Identifier: Apache-2.0 */
/* See cursor.h. */
#include "forward/cursor.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "lib/cleanup.h"
#include "trail/hex.h"

#define DIGITS (2 * WRIT_CHAIN_SIZE)
#define LINE_SIZE 256

static int path_of(const char *directory, const char *name, const char *ending,
		   char ret_path[PATH_MAX])
{
	return snprintf(ret_path, PATH_MAX, "%s/%s.%s", directory, name, ending) >= PATH_MAX
		       ? -ENAMETOOLONG
		       : 0;
}

int writ_cursor_load(const char *directory, const char *name, struct writ_place *ret)
{
	struct writ_place place = {0};
	char path[PATH_MAX], line[LINE_SIZE], digits[DIGITS + 1], end;
	int err = path_of(directory, name, "cursor", path);
	_cleanup_close_ int fd = err ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	ssize_t n;

	if (err)
		return err;
	n = fd < 0 ? -1 : read(fd, line, sizeof(line) - 1);
	if (n < 0)
		return -errno;
	line[n] = '\0';
	if (sscanf(line, "1 %" SCNu64 " %" SCNu64 " %" SCNu64 " %64[0-9a-f]%c", &place.segment,
		   &place.offset, &place.line, digits, &end) != 5 ||
	    end != '\n' || place.segment == UINT64_MAX ||
	    writ_hex_read(digits, strlen(digits), place.head, sizeof(place.head)))
		return -EBADMSG;
	*ret = place;
	return 0;
}

static int write_file(const char *path, const char *line, size_t len)
{
	_cleanup_close_ int fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	ssize_t n = fd < 0 ? -1 : write(fd, line, len);

	if (n < 0)
		return -errno;
	if (n != (ssize_t)len)
		return -ENOSPC;
	return fdatasync(fd) ? -errno : 0;
}

int writ_cursor_save(const char *directory, const char *name, const struct writ_place *place)
{
	char path[PATH_MAX], fresh[PATH_MAX], line[LINE_SIZE], digits[DIGITS];
	int err = path_of(directory, name, "cursor", path), len;

	if (!err)
		err = path_of(directory, name, "cursor.new", fresh);
	if (err)
		return err;
	writ_hex_write(place->head, sizeof(place->head), digits);
	len = snprintf(line, sizeof(line), "1 %" PRIu64 " %" PRIu64 " %" PRIu64 " %.*s\n",
		       place->segment, place->offset, place->line, DIGITS, digits);
	err = write_file(fresh, line, (size_t)len);
	return !err && rename(fresh, path) ? -errno : err;
}
