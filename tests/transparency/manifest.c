// SPDX-License-Identifier: Apache-2.0
/*
 * What a file tree is, a line for each name in the order of their bytes: type, mode, owner, links,
 * size, a hash of the content or the link's target, extended attributes.
 *   manifest DIR
 * Times are told where work set them on purpose, that is when they are before the year 2001.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SET_BEFORE 978307200	       /* 2001-01-01 */
#define HASH_BASIS 0xcbf29ce484222325u /* FNV-1a */
#define HASH_PRIME 0x100000001b3u
#define TEXT_SIZE 65536

static void hash(uint64_t *value, const unsigned char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		*value = (*value ^ bytes[i]) * HASH_PRIME;
}

static int put_content(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	uint64_t value = HASH_BASIS;
	static unsigned char bytes[TEXT_SIZE];
	ssize_t len;

	if (fd < 0)
		return -1;
	while ((len = read(fd, bytes, sizeof(bytes))) > 0)
		hash(&value, bytes, (size_t)len);
	(void)close(fd);
	printf(" %016llx", (unsigned long long)value);
	return (int)len;
}

static void put_link(const char *path)
{
	char target[4096];
	ssize_t len = readlink(path, target, sizeof(target) - 1);

	if (len >= 0)
		printf(" -> %.*s", (int)len, target);
}

static void put_attributes(const char *path)
{
	static char names[TEXT_SIZE], value[TEXT_SIZE];
	ssize_t len = llistxattr(path, names, sizeof(names));

	for (const char *name = names; name < names + len; name += strlen(name) + 1) {
		ssize_t size = lgetxattr(path, name, value, sizeof(value));

		printf(" %s=%.*s", name, size > 0 ? (int)size : 0, value);
	}
}

static int put_tree(const char *path);

static int put_entries(const char *path)
{
	struct dirent **entries;
	int count = scandir(path, &entries, NULL, alphasort), err = count < 0;

	for (int i = 0; i < count; i++) {
		char below[4096];

		(void)snprintf(below, sizeof(below), "%s/%s", path, entries[i]->d_name);
		if (strcmp(entries[i]->d_name, ".") && strcmp(entries[i]->d_name, ".."))
			err |= put_tree(below);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int put_tree(const char *path)
{
	struct stat status;
	int err = 0;

	if (lstat(path, &status))
		return 1;
	printf("%s %06o %u:%u %lu", path, status.st_mode, status.st_uid, status.st_gid,
	       S_ISDIR(status.st_mode) ? 0ul : (unsigned long)status.st_nlink);
	if (!S_ISDIR(status.st_mode))
		printf(" %lld", (long long)status.st_size);
	if (status.st_mtime < SET_BEFORE)
		printf(" @%lld", (long long)status.st_mtime);
	if (S_ISREG(status.st_mode))
		err |= put_content(path);
	if (S_ISLNK(status.st_mode))
		put_link(path);
	put_attributes(path);
	(void)putchar('\n');
	if (S_ISDIR(status.st_mode))
		err |= put_entries(path);
	return err;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: manifest DIR\n");
		return 2;
	}
	return put_tree(argv[1]) ? 1 : 0;
}
