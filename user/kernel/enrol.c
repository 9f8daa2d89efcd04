/* SPDX-License-Identifier: Apache-2.0 */
/* See enrol.h. A cgroup's id is its directory's inode number (kernfs: kn->id, cgroup v2). */
#include "kernel/enrol.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <mntent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/caches.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"

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

	if (err == -EEXIST) /* the first label stays */
		return 0;
	return err ? err : writ_caches_forget_unmanaged(kernel->map_fds[WRIT_MAP_caches]);
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

static void fts_closep(FTS **fts)
{
	if (*fts)
		(void)fts_close(*fts);
}

/* One directory: fts_number holds the agent, 0 for none, and is inherited by what is below. */
static int enrol_directory(struct tree *tree, FTSENT *entry)
{
	uint32_t agent = (uint32_t)entry->fts_parent->fts_number;

	if (entry->fts_level == FTS_ROOTLEVEL)
		return 0;
	if (!agent)
		agent = tree->match(tree->context, entry->fts_path + tree->root_len);
	if (!agent)
		return 0;
	entry->fts_number = agent;
	tree->bound++;
	return bind_cgroup(tree->kernel, entry->fts_accpath, agent);
}

/*
 * However deep: an agent may have made cgroups to be in the way of a restart. A directory that
 * vanishes meanwhile, or whose path is longer than any path may be, is passed over; its tasks are
 * found by their ancestors.
 */
int writ_enrol_existing(const struct writ_kernel *kernel, const char *root,
			writ_enrol_matcher match, void *context, uint32_t *ret_bound)
{
	struct tree tree = {kernel, match, context, strlen(root), 0};
	char *const roots[] = {(char *)(uintptr_t)root, NULL};
	_cleanup_(fts_closep) FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	int err = fts ? 0 : -errno;

	for (FTSENT *entry; !err && (entry = fts_read(fts));)
		if (entry->fts_info == FTS_D)
			err = enrol_directory(&tree, entry);
	if (!err && tree.bound && !kernel->unattached) /* labels are the hooks' */
		err = label_tasks();
	if (!err)
		*ret_bound = tree.bound;
	return err;
}
