/* SPDX-License-Identifier: Apache-2.0 */
/* Directories of the cgroup v2 tree, by descriptor, and the files that steer them. */
#ifndef WRIT_DAEMON_HIERARCHY_H
#define WRIT_DAEMON_HIERARCHY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WRIT_NS_PER_CLOCK_TICK UINT64_C(10000000) /* of /proc: USER_HZ is 100 */

/* The cgroup with @id, of the tree that @root_fd is in. A descriptor, or -errno; -ESTALE: gone. */
int writ_hierarchy_open(int root_fd, uint64_t id);

/*
 * The id of the cgroup at @path, from the root of the tree. What is missing is made; no link is
 * followed.
 */
int writ_hierarchy_make(int root_fd, const char *path, uint64_t *ret_id);

/* Where directory @fd is now, from the root of the tree that is mounted at @root. */
int writ_hierarchy_path(const char *root, int fd, char *ret_path, size_t size);

/* Writes @text to @file of directory @fd. */
int writ_hierarchy_write(int fd, const char *file, const char *text);

/* Is any process in it, or below it? */
int writ_hierarchy_populated(int fd, bool *ret_populated);

/* Removes it with the empty cgroups in it. 0, or -errno; -EBUSY: somebody is in it. */
int writ_hierarchy_remove(int fd);

/* When process @pid started: clock ticks since boot. */
int writ_hierarchy_started(uint32_t pid, uint64_t *ret_ticks);

#endif
