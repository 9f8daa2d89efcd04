/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cgroup v2 tree, wherever it is mounted: directories in it, and who is a member. Paths are
 * those of policy and of /proc/PID/cgroup: absolute, from the root of the tree.
 */
#ifndef WRIT_CLI_CGROUP_H
#define WRIT_CLI_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define WRIT_MOUNTINFO "/proc/self/mountinfo"

/*
 * Finds the mount point of the cgroup v2 tree in @mountinfo (a file of proc(5)'s format). The
 * mount of the whole tree is taken before one of a part of it. -ENOENT: there is none. @size at
 * least PATH_MAX, else -ENAMETOOLONG is possible.
 */
int writ_cgroup_mount(const char *mountinfo, char *ret_path, size_t size);

/* True when @path is absolute and has no empty, "." or ".." component (a last "/" is allowed). */
bool writ_cgroup_is_plain(const char *path);

/* True when @pattern has no character that means anything in a glob. */
bool writ_cgroup_is_literal(const char *pattern);

/*
 * Opens the directory @path of the tree at @mount, making what is missing. Never follows a
 * symlink. @ret_id is the cgroup's id.
 */
int writ_cgroup_open(const char *mount, const char *path, int *ret_fd, uint64_t *ret_id);

/* The same for one that there is not yet, in one that may be missing. -EEXIST: there is one. */
int writ_cgroup_make(const char *mount, const char *path, int *ret_fd, uint64_t *ret_id);

/* Removes it, unless a process or another cgroup is in it. */
void writ_cgroup_remove(const char *mount, const char *path);

/* Is process @pid in @path? 0 yes; -ESRCH: it is elsewhere, or gone. */
int writ_cgroup_member(pid_t pid, const char *path);

#endif
