/* SPDX-License-Identifier: Apache-2.0 */
/* See segment.h. */
#include "trail/segment.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/cleanup.h"

#define PACKED ".gz"
#define KEYS ".keys"
#define KEY ".key"
#define DIGITS 8

/* @log in parts: DIR, "audit", ".jsonl". */
struct name {
	char directory[WRIT_SEGMENT_PATH_SIZE];
	char stem[NAME_MAX + 1];
	char ending[NAME_MAX + 1];
};

struct list {
	struct writ_segment *items;
	size_t n;
	size_t capacity;
};

static int split(const char *log, struct name *ret)
{
	const char *slash = strrchr(log, '/'), *base = slash ? slash + 1 : log;
	const char *dot = strrchr(base, '.');
	size_t directory = slash ? (size_t)(slash - log) : 1;
	size_t stem = dot && dot != base ? (size_t)(dot - base) : strlen(base);

	if (!*base)
		return -EISDIR;
	if (directory >= sizeof(ret->directory) || strlen(base) > NAME_MAX)
		return -ENAMETOOLONG;
	(void)snprintf(ret->directory, sizeof(ret->directory), "%.*s", (int)directory,
		       slash ? log : ".");
	if (slash == log)
		(void)snprintf(ret->directory, sizeof(ret->directory), "/");
	(void)snprintf(ret->stem, sizeof(ret->stem), "%.*s", (int)stem, base);
	(void)snprintf(ret->ending, sizeof(ret->ending), "%s", base + stem);
	return 0;
}

int writ_segment_path(const char *log, uint64_t number, bool packed,
		      char ret_path[WRIT_SEGMENT_PATH_SIZE])
{
	struct name name;
	int err = split(log, &name), len;

	if (err)
		return err;
	len = snprintf(ret_path, WRIT_SEGMENT_PATH_SIZE, "%s/%s-%0*llu%s%s", name.directory,
		       name.stem, DIGITS, (unsigned long long)number, name.ending,
		       packed ? PACKED : "");
	return len >= (int)WRIT_SEGMENT_PATH_SIZE ? -ENAMETOOLONG : 0;
}

static int beside(const char *log, const char *ending, char ret_path[WRIT_SEGMENT_PATH_SIZE])
{
	struct name name;
	int err = split(log, &name), len;

	if (err)
		return err;
	len = snprintf(ret_path, WRIT_SEGMENT_PATH_SIZE, "%s/%s%s", name.directory, name.stem,
		       ending);
	return len >= (int)WRIT_SEGMENT_PATH_SIZE ? -ENAMETOOLONG : 0;
}

int writ_segment_keys_path(const char *log, char ret_path[WRIT_SEGMENT_PATH_SIZE])
{
	return beside(log, KEYS, ret_path);
}

int writ_segment_key_path(const char *log, char ret_path[WRIT_SEGMENT_PATH_SIZE])
{
	return beside(log, KEY, ret_path);
}

/* Is @file "audit-NUMBER.jsonl" or that with ".gz", just as writ_segment_path() would write it? */
static bool parse(const struct name *name, const char *file, uint64_t *ret_number, bool *ret_packed)
{
	size_t stem = strlen(name->stem), ending = strlen(name->ending);
	char *end;
	unsigned long long number;

	if (strncmp(file, name->stem, stem) || file[stem] != '-')
		return false;
	file += stem + 1;
	if (*file < '0' || *file > '9')
		return false;
	errno = 0;
	number = strtoull(file, &end, 10);
	if (errno || end - file < DIGITS || (end - file > DIGITS && *file == '0') ||
	    number == WRIT_SEGMENT_OPEN || strncmp(end, name->ending, ending))
		return false;
	end += ending;
	*ret_packed = !strcmp(end, PACKED);
	*ret_number = number;
	return *ret_packed || !*end;
}

static int add(struct list *list, const struct name *name, const char *file, uint64_t number,
	       bool packed)
{
	struct writ_segment *item;
	_cleanup_free_ char *path = NULL;
	struct stat found;

	if (list->n == WRIT_SEGMENTS_MAX)
		return -E2BIG;
	if (asprintf(&path, "%s/%s", name->directory, file) < 0)
		return -ENOMEM;
	if (lstat(path, &found))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISREG(found.st_mode))
		return 0;
	if (list->n == list->capacity) {
		size_t capacity = list->capacity ? 2 * list->capacity : 64;
		void *items = reallocarray(list->items, capacity, sizeof(*list->items));

		if (!items)
			return -ENOMEM;
		list->items = items;
		list->capacity = capacity;
	}
	item = &list->items[list->n++];
	*item = (struct writ_segment){number, (uint64_t)found.st_size, packed, take_ptr(path)};
	return 0;
}

static int by_number(const void *a, const void *b)
{
	const struct writ_segment *one = a, *other = b;

	if (one->number != other->number)
		return one->number < other->number ? -1 : 1;
	return (int)one->packed - (int)other->packed;
}

static void drop_unfinished(struct list *list)
{
	size_t kept = 0;

	for (size_t i = 0; i < list->n; i++)
		if (kept && list->items[kept - 1].number == list->items[i].number)
			free(list->items[i].path);
		else
			list->items[kept++] = list->items[i];
	list->n = kept;
}

static int read_directory(const struct name *name, struct list *list)
{
	_cleanup_closedir_ DIR *directory = opendir(name->directory);
	char open[2 * NAME_MAX + 1];
	const struct dirent *entry;
	bool packed;
	uint64_t number;
	int err = 0;

	if (!directory)
		return -errno;
	(void)snprintf(open, sizeof(open), "%s%s", name->stem, name->ending);
	while (!err && (errno = 0, entry = readdir(directory)))
		if (!strcmp(entry->d_name, open))
			err = add(list, name, open, WRIT_SEGMENT_OPEN, false);
		else if (parse(name, entry->d_name, &number, &packed))
			err = add(list, name, entry->d_name, number, packed);
	return err ? err : -errno;
}

int writ_segments_list(const char *log, struct writ_segment **ret_segments, size_t *ret_n)
{
	struct list list = {0};
	struct name name;
	int err = split(log, &name);

	if (!err)
		err = read_directory(&name, &list);
	if (err) {
		writ_segments_free(list.items, list.n);
		return err;
	}
	if (list.n)
		qsort(list.items, list.n, sizeof(*list.items), by_number);
	drop_unfinished(&list);
	*ret_segments = list.items;
	*ret_n = list.n;
	return 0;
}

void writ_segments_free(struct writ_segment *segments, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(segments[i].path);
	free(segments);
}
