/* SPDX-License-Identifier: Apache-2.0 */
/* See cgroup.h. */
#include "cli/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "writ/abi.h"

/* Undoes the \040 escapes of mountinfo, in place. */
static void unescape(char *text)
{
	char *to = text;

	while (*text) {
		bool octal = text[0] == '\\' && text[1] && text[2] && text[3];

		*to++ = octal ? (char)((text[1] - '0') << 6 | (text[2] - '0') << 3 |
				       (text[3] - '0'))
			      : *text;
		text += octal ? 4 : 1;
	}
	*to = '\0';
}

/* "36 35 98:0 ROOT MOUNTPOINT options [fields] - FSTYPE source options": cuts out three of them. */
static bool parse_mount(char *line, char **ret_root, char **ret_point)
{
	char *fstype = strstr(line, " - "), *save = NULL, *word = NULL;

	if (!fstype || strncmp(fstype + 3, "cgroup2 ", 8))
		return false;
	word = strtok_r(line, " ", &save);
	for (int i = 0; word && i < 3; i++)
		word = strtok_r(NULL, " ", &save);
	*ret_root = word;
	*ret_point = strtok_r(NULL, " ", &save);
	return *ret_root && *ret_point;
}

int writ_cgroup_mount(const char *mountinfo, char *ret_path, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen(mountinfo, "re");
	_cleanup_free_ char *line = NULL;
	bool found = false, whole = false;
	size_t line_size = 0;

	if (!file)
		return -errno;
	while (!whole && getline(&line, &line_size, file) > 0) {
		char *root, *point;

		if (!parse_mount(line, &root, &point))
			continue;
		whole = !strcmp(root, "/");
		if (found && !whole)
			continue;
		unescape(point);
		if (strlen(point) >= size)
			return -ENAMETOOLONG;
		(void)strcpy(ret_path, point);
		found = true;
	}
	return found ? 0 : -ENOENT;
}

bool writ_cgroup_is_plain(const char *path)
{
	if (*path != '/' || !path[1] || strlen(path) >= WRIT_CGROUP_PATH_SIZE)
		return false;
	while (*path == '/' && path[1]) {
		size_t len = strcspn(++path, "/");

		if (!len || !strncmp(path, ".", len) || (len == 2 && !strncmp(path, "..", 2)))
			return false;
		path += len;
	}
	return true;
}

bool writ_cgroup_is_literal(const char *pattern)
{
	return !strpbrk(pattern, "*?[]{}\\");
}

/* Opens, and makes where it is missing, the directory @name in @parent. */
static int enter(int parent, const char *name, int *ret_fd)
{
	int fd;

	if (mkdirat(parent, name, 0755) && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*ret_fd = fd;
	return 0;
}

int writ_cgroup_open(const char *mount, const char *path, int *ret_fd, uint64_t *ret_id)
{
	_cleanup_close_ int fd = open(mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char copy[WRIT_CGROUP_PATH_SIZE], *save = NULL;
	struct stat found;

	if (fd < 0)
		return -errno;
	if (!writ_cgroup_is_plain(path))
		return -EINVAL;
	(void)strcpy(copy, path);
	for (char *name = strtok_r(copy, "/", &save); name; name = strtok_r(NULL, "/", &save)) {
		int next = -1, err = enter(fd, name, &next);

		if (err)
			return err;
		(void)close(fd);
		fd = next;
	}
	if (fstat(fd, &found))
		return -errno;
	*ret_id = found.st_ino;
	*ret_fd = take_fd(&fd);
	return 0;
}

/* Splits the plain @path into the one above and the last name, without "/" at its end. */
static bool split(const char *path, char ret_above[WRIT_CGROUP_PATH_SIZE], const char **ret_name)
{
	char *slash;

	if (!writ_cgroup_is_plain(path))
		return false;
	(void)strcpy(ret_above, path);
	slash = strrchr(ret_above, '/');
	*ret_name = path + (slash - ret_above) + 1;
	*slash = '\0';
	return slash > ret_above && **ret_name;
}

int writ_cgroup_make(const char *mount, const char *path, int *ret_fd, uint64_t *ret_id)
{
	char above[WRIT_CGROUP_PATH_SIZE];
	_cleanup_close_ int fd = -1;
	const char *name;
	uint64_t id;
	int err;

	if (!split(path, above, &name))
		return -EINVAL;
	err = writ_cgroup_open(mount, above, &fd, &id);
	if (err)
		return err;
	if (mkdirat(fd, name, 0755))
		return -errno;
	return writ_cgroup_open(mount, path, ret_fd, ret_id);
}

void writ_cgroup_remove(const char *mount, const char *path)
{
	char whole[PATH_MAX];

	if (writ_cgroup_is_plain(path) &&
	    snprintf(whole, sizeof(whole), "%s%s", mount, path) < (int)sizeof(whole))
		(void)rmdir(whole);
}

int writ_cgroup_member(pid_t pid, const char *path)
{
	_cleanup_fclose_ FILE *file = NULL;
	_cleanup_free_ char *line = NULL;
	size_t size = 0, len = strlen(path);
	char name[64];

	(void)snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	file = fopen(name, "re");
	if (!file)
		return errno == ENOENT ? -ESRCH : -errno;
	len -= len > 1 && path[len - 1] == '/';
	while (getline(&line, &size, file) > 0)
		if (!strncmp(line, "0::", 3) && !strncmp(line + 3, path, len) &&
		    !strcmp(line + 3 + len, "\n"))
			return 0;
	return -ESRCH;
}
