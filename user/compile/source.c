/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See source.h. The text check comes before the YAML parser, because only here is it known which
 * byte is wrong and where.
 */
#include "compile/source.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"
#include "writ/abi.h"

static int add_file(const char *path, struct writ_arena *arena, struct writ_diagnostics *diags,
		    struct writ_source_list *list)
{
	const struct writ_position at = {.file = path};

	if (list->count >= WRIT_POLICY_FILES_MAX)
		return writ_diagnostics_error(diags, &at, "more than %u policy files",
					      WRIT_POLICY_FILES_MAX);
	if (writ_array_reserve(&list->files, &list->capacity, list->count + 1,
			       sizeof(*list->files)))
		return -ENOMEM;
	list->files[list->count] = writ_arena_text(arena, path, strlen(path));
	if (!list->files[list->count])
		return -ENOMEM;
	list->count++;
	return 0;
}

static int is_policy(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	if (entry->d_name[0] == '.' || !dot || (strcmp(dot, ".yaml") && strcmp(dot, ".yml")))
		return 0;
	/* *.test.yaml beside it are questions to the policy (cases.h), no part of it */
	return dot - entry->d_name < 5 || memcmp(dot - 5, ".test", 5);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_directory(const char *path, struct writ_arena *arena, struct writ_diagnostics *diags,
			 struct writ_source_list *list)
{
	const struct writ_position at = {.file = path};
	struct dirent **entries = NULL;
	size_t len = strlen(path);
	int n = scandir(path, &entries, is_policy, by_name), err = 0;

	if (n < 0)
		return writ_diagnostics_error(diags, &at, "can't read the directory: %s",
					      strerror(errno));
	for (int i = 0; i < n; i++) {
		char name[WRIT_PATH_SIZE];
		int put = snprintf(name, sizeof(name), "%s%s%s", path,
				   len && path[len - 1] == '/' ? "" : "/", entries[i]->d_name);

		if (!err && put >= (int)sizeof(name))
			err = writ_diagnostics_error(diags, &at, "the file's path is too long");
		else if (!err)
			err = add_file(name, arena, diags, list);
		free(entries[i]);
	}
	free(entries);
	return err;
}

int writ_source_find(const char *path, struct writ_arena *arena, struct writ_diagnostics *diags,
		     struct writ_source_list *list)
{
	const struct writ_position at = {.file = path};
	struct stat st;

	if (stat(path, &st) < 0)
		return writ_diagnostics_error(diags, &at, "can't open: %s", strerror(errno));
	if (S_ISDIR(st.st_mode))
		return add_directory(path, arena, diags, list);
	if (!S_ISREG(st.st_mode))
		return writ_diagnostics_error(diags, &at, "neither a file nor a directory");
	return add_file(path, arena, diags, list);
}

void writ_source_list_free(struct writ_source_list *list)
{
	free(list->files);
	*list = (struct writ_source_list){0};
}

/* Length of the character at @at that YAML allows in a stream, 0 if there is none. */
static size_t character_length(const unsigned char *at, size_t left)
{
	uint32_t value;
	size_t len;

	if (at[0] < 0x80)
		return (at[0] >= 0x20 && at[0] != 0x7f) || at[0] == '\t' || at[0] == '\n' ||
		       at[0] == '\r';
	len = at[0] >= 0xf0 ? 4 : at[0] >= 0xe0 ? 3 : 2;
	if (at[0] < 0xc2 || at[0] > 0xf4 || left < len)
		return 0;
	value = at[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		value = value << 6 | (at[i] & 0x3fu);
	}
	if (value < 0xa0 && value != 0x85)
		return 0; /* C1 controls */
	if ((len == 3 && value < 0x800) || (len == 4 && value < 0x10000) || value > 0x10ffff)
		return 0;
	if ((value >= 0xd800 && value <= 0xdfff) || value == 0xfffe || value == 0xffff)
		return 0;
	return len;
}

int writ_source_check(const char *file, const char *bytes, size_t size,
		      struct writ_diagnostics *diags)
{
	struct writ_position at = {.file = file, .line = 1, .column = 1};

	for (size_t i = 0; i < size;) {
		unsigned char byte = (unsigned char)bytes[i];
		size_t len = character_length((const unsigned char *)bytes + i, size - i);

		if (!len)
			return writ_diagnostics_error(diags, &at,
						      "byte 0x%02x: %s; expected UTF-8 text", byte,
						      !byte	    ? "NUL"
						      : byte < 0x80 ? "control byte"
								    : "invalid UTF-8");
		at.column++;
		if (byte == '\n') {
			at.line++;
			at.column = 1;
		}
		i += len;
	}
	return 0;
}

static int read_all(int fd, char *bytes, size_t size, size_t *ret_size)
{
	size_t used = 0;

	while (used < size) {
		ssize_t got = read(fd, bytes + used, size - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (!got)
			break;
		used += (size_t)got;
	}
	*ret_size = used;
	return 0;
}

int writ_source_read(const char *file, struct writ_diagnostics *diags, char **ret_bytes,
		     size_t *ret_size)
{
	const struct writ_position at = {.file = file};
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_free_ char *bytes = NULL;
	struct stat st;
	size_t size = 0;
	int err;

	if (fd < 0 || fstat(fd, &st) < 0)
		return writ_diagnostics_error(diags, &at, "can't open: %s", strerror(errno));
	if (!S_ISREG(st.st_mode))
		return writ_diagnostics_error(diags, &at, "not a file");
	if (st.st_size > (off_t)WRIT_POLICY_SIZE_MAX)
		return writ_diagnostics_error(diags, &at, "larger than %u MiB: split the file",
					      WRIT_POLICY_SIZE_MAX >> 20);
	bytes = malloc((size_t)st.st_size + 1);
	if (!bytes)
		return -ENOMEM;
	err = read_all(fd, bytes, (size_t)st.st_size, &size);
	if (err)
		return writ_diagnostics_error(diags, &at, "can't read: %s", strerror(-err));
	err = writ_source_check(file, bytes, size, diags);
	if (err)
		return err;
	*ret_bytes = take_ptr(bytes);
	*ret_size = size;
	return 0;
}
