/* SPDX-License-Identifier: Apache-2.0 */
/* See enrol.h. A cgroup's id is its directory's inode number (kernfs: kn->id, cgroup v2). */
#include "kernel/enrol.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/pins.h"
#include "lib/cleanup.h"

#define PATH_SIZE 4096

static void endmntentp(FILE **file)
{
	if (*file)
		(void)endmntent(*file);
}

int writ_enrol_find_root(char *ret_path, size_t size)
{
	_cleanup_(endmntentp) FILE *mounts = setmntent("/proc/self/mounts", "re");

	if (!mounts)
		return -errno;
	for (struct mntent *entry; (entry = getmntent(mounts));) {
		if (strcmp(entry->mnt_type, "cgroup2"))
			continue;
		if ((size_t)snprintf(ret_path, size, "%s", entry->mnt_dir) >= size)
			return -ENAMETOOLONG;
		return 0;
	}
	return -ENOENT;
}

uint32_t writ_enrol_agent(const struct writ_kernel *kernel, uint64_t id)
{
	struct writ_cgroup bound;

	if (bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_cgroups], &id, &bound))
		return 0;
	return bound.agent;
}

void writ_enrol_each(const struct writ_kernel *kernel,
		     void (*visitor)(void *context, uint64_t id, uint32_t agent), void *context)
{
	int fd = kernel->map_fds[WRIT_MAP_cgroups];
	uint64_t id, *from = NULL;

	for (uint32_t n = 0; n < WRIT_CGROUPS_MAX && !bpf_map_get_next_key(fd, from, &id);
	     n++, from = &id)
		visitor(context, id, writ_enrol_agent(kernel, id));
}

int writ_enrol_label(const struct writ_kernel *kernel, int pidfd, uint32_t agent)
{
	struct writ_label label = {.agent = agent};
	int err =
		bpf_map_update_elem(kernel->map_fds[WRIT_MAP_labels], &pidfd, &label, BPF_NOEXIST);

	return err == -EEXIST ? 0 : err; /* the first label stays */
}

/* Runs the iterator of enrol.bpf.c over all tasks: reading it to its end is what runs it. */
static int label_tasks(void)
{
	_cleanup_close_ int program = writ_pins_get(WRIT_PINS_PROGRAMS, WRIT_ITERATOR_LABEL_TASKS);
	_cleanup_close_ int link = -1, iterator = -1;
	char nothing[64];
	ssize_t n;

	if (program < 0)
		return program;
	link = bpf_link_create(program, 0, BPF_TRACE_ITER, NULL);
	if (link < 0)
		return link;
	iterator = bpf_iter_create(link);
	if (iterator < 0)
		return iterator;
	do
		n = read(iterator, nothing, sizeof(nothing));
	while (n > 0 || (n < 0 && errno == EAGAIN));
	return n < 0 ? -errno : 0;
}

static int bind_cgroup(const struct writ_kernel *kernel, const char *dir, uint32_t agent)
{
	struct writ_cgroup bound = {.agent = agent};
	struct stat status;
	uint64_t id;

	if (stat(dir, &status))
		return errno == ENOENT ? 0 : -errno;
	id = status.st_ino;
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_cgroups], &id, &bound, BPF_ANY);
}

struct tree {
	const struct writ_kernel *kernel;
	writ_enrol_matcher match;
	void *context;
	size_t root_len;
	uint32_t bound;
};

/* @agent: the parent's, 0 if it has none. @dir is absolute and is extended in place. */
static int enrol_below(struct tree *tree, char dir[PATH_SIZE], uint32_t agent, unsigned int depth)
{
	_cleanup_closedir_ DIR *entries = opendir(dir);
	size_t len = strlen(dir);

	if (!entries)
		return errno == ENOENT ? 0 : -errno;
	if (depth > WRIT_CGROUP_DEPTH_MAX)
		return -ELOOP;
	for (struct dirent *entry; (entry = readdir(entries));) {
		uint32_t own = agent;
		int err = 0;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		if (len + 1 + strlen(entry->d_name) >= PATH_SIZE)
			return -ENAMETOOLONG;
		(void)sprintf(dir + len, "/%s", entry->d_name);
		if (!own)
			own = tree->match(tree->context, dir + tree->root_len);
		if (own) {
			err = bind_cgroup(tree->kernel, dir, own);
			tree->bound++;
		}
		if (!err)
			err = enrol_below(tree, dir, own, depth + 1);
		dir[len] = '\0';
		if (err)
			return err;
	}
	return 0;
}

int writ_enrol_existing(const struct writ_kernel *kernel, const char *root,
			writ_enrol_matcher match, void *context, uint32_t *ret_bound)
{
	struct tree tree = {kernel, match, context, strlen(root), 0};
	char dir[PATH_SIZE];
	int err;

	if ((size_t)snprintf(dir, sizeof(dir), "%s", root) >= sizeof(dir))
		return -ENAMETOOLONG;
	err = enrol_below(&tree, dir, 0, 0);
	if (!err && tree.bound)
		err = label_tasks();
	if (!err)
		*ret_bound = tree.bound;
	return err;
}
