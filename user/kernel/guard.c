/* SPDX-License-Identifier: Apache-2.0 */
/* See guard.h. What is entered is read from the kernel, by the pins. */
#include "kernel/guard.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

/* What arming needs at each step. */
struct arming {
	struct writ_kernel *kernel;
	uint32_t round;
};

/* One pinned map is as good as another: a pin that is lost must not keep a new writd out. */
int writ_guard_claim(void)
{
	LIBBPF_OPTS(bpf_obj_get_opts, options, .file_flags = BPF_F_WRONLY);
	int err = -ENOENT;

	for (int i = 0; i < WRIT_MAP_COUNT && err == -ENOENT; i++) {
		char path[WRIT_PINS_PATH_SIZE];
		int fd;

		writ_pins_path(WRIT_PINS_MAPS, writ_kernel_map_name(i), path);
		fd = bpf_obj_get_opts(path, &options);
		err = fd < 0 ? fd : 0;
		writ_closep(&fd);
	}
	if (err && err != -ENOENT)
		(void)writ_log_errno(err, "take over what is pinned below " WRIT_PIN_DIR
					  "; only root outside of every agent may");
	return err;
}

/* What the kernel has of the owner @pid. */
static int find_owner(const struct writ_kernel *kernel, pid_t pid, struct writ_owner *ret_owner)
{
	_cleanup_close_ int fd = (int)syscall(__NR_pidfd_open, pid, 0);

	if (fd < 0)
		return -errno;
	return bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_owners], &fd, ret_owner);
}

int writ_guard_lend(const struct writ_kernel *kernel, pid_t parent)
{
	_cleanup_close_ int self = (int)syscall(__NR_pidfd_open, getpid(), 0);
	struct writ_owner owner;
	int err = self < 0 ? -errno : find_owner(kernel, parent, &owner);

	if (err)
		return err;
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_owners], &self, &owner, BPF_ANY);
}

/* A fork has its parent's self_exec_id (kernel/fork.c), and an exec counts it on (fs/exec.c). */
int writ_guard_child(const struct writ_kernel *kernel, int pidfd)
{
	struct writ_owner owner;
	int err;

	err = find_owner(kernel, getpid(), &owner);
	if (err)
		return err == -ENOENT ? 0 : err; /* no program that guards is attached */
	owner.exec_id++;
	owner.is_child = 1;
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_owners], &pidfd, &owner, BPF_ANY);
}

static int enter(const struct arming *arming, uint32_t kind, uint32_t device, uint64_t id,
		 uint32_t flags)
{
	struct writ_guard_key key = {.kind = kind, .device = device, .id = id};
	struct writ_guard guard = {.flags = flags, .round = arming->round};

	return bpf_map_update_elem(arming->kernel->map_fds[WRIT_MAP_guarded], &key, &guard,
				   BPF_ANY);
}

static int enter_map(const struct arming *arming, int fd)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	return err ? err : enter(arming, WRIT_GUARD_MAP, 0, info.id, 0);
}

static int enter_program(const struct arming *arming, int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	return err ? err : enter(arming, WRIT_GUARD_PROGRAM, 0, info.id, 0);
}

static int enter_link(const struct arming *arming, int fd)
{
	struct bpf_link_info info = {0};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	return err ? err : enter(arming, WRIT_GUARD_LINK, 0, info.id, 0);
}

/* Takes hold of what is pinned as @name in @dir, in the place of what *@fd was. */
static int hold(const char *dir, const char *name, int *fd)
{
	int fresh = writ_pins_get(dir, name);

	if (fresh < 0)
		return fresh;
	writ_closep(fd);
	*fd = fresh;
	return 0;
}

static int enter_attached(const struct arming *arming, enum writ_program program)
{
	struct writ_kernel *kernel = arming->kernel;
	const char *name = writ_kernel_program_name(program);
	int err;

	if (kernel->lacks[program])
		return 0;
	err = hold(WRIT_PINS_LINKS, name, &kernel->link_fds[program]);
	if (!err)
		err = hold(WRIT_PINS_PROGRAMS, name, &kernel->program_fds[program]);
	if (!err)
		err = enter_link(arming, kernel->link_fds[program]);
	return err ? err : enter_program(arming, kernel->program_fds[program]);
}

/* Programs that are pinned and not, or not always, attached. */
static int enter_other(const struct arming *arming, const char *name)
{
	_cleanup_close_ int fd = writ_pins_get(WRIT_PINS_PROGRAMS, name);

	return fd < 0 ? fd : enter_program(arming, fd);
}

/* One that is attached now stays so. */
static int enter_reaching(const struct arming *arming)
{
	struct writ_kernel *kernel = arming->kernel;
	int err = 0;

	for (unsigned int i = 0; i < WRIT_REACH_COUNT && !err; i++) {
		const char *name = writ_kernel_pinned_name(WRIT_PROGRAM_COUNT + i);

		err = hold(WRIT_PINS_LINKS, name, &kernel->reach_fds[i]);
		if (!err)
			err = enter_link(arming, kernel->reach_fds[i]);
		else if (err == -ENOENT)
			err = 0;
	}
	return err;
}

int writ_guard_link(struct writ_kernel *kernel, int fd)
{
	const struct arming arming = {kernel, 0};

	return enter_link(&arming, fd);
}

/* Device numbers in the kernel have 20 bits of minor (MINORBITS, linux/kdev_t.h). */
static int enter_directory(const struct arming *arming, const char *dir)
{
	struct stat status;

	if (stat(dir, &status))
		return -errno;
	return enter(arming, WRIT_GUARD_DIRECTORY,
		     major(status.st_dev) << 20 | minor(status.st_dev), status.st_ino, 0);
}

/* The parent of mount @id, by mountinfo (proc(5): "ID PARENT ..."). 0: it is not in there. */
static uint64_t parent_mount(uint64_t id)
{
	_cleanup_fclose_ FILE *mounts = fopen("/proc/self/mountinfo", "re");
	_cleanup_free_ char *line = NULL;
	unsigned long long own, parent;
	size_t size = 0;

	while (mounts && getline(&line, &size, mounts) > 0)
		if (sscanf(line, "%llu %llu", &own, &parent) == 2 && own == id)
			return parent == own ? 0 : parent;
	return 0;
}

/* The bpffs and all that it is mounted on: with one of those it would be unmounted as well. */
static int enter_mounts(const struct arming *arming)
{
	struct statx status = {0};
	uint32_t flags = WRIT_GUARD_PINS;
	int err = 0;

	if (statx(AT_FDCWD, WRIT_PINS_TOP, 0, STATX_MNT_ID, &status))
		return -errno;
	if (!(status.stx_mask & STATX_MNT_ID))
		return -EOPNOTSUPP;
	for (uint64_t id = status.stx_mnt_id; id && !err; id = parent_mount(id), flags = 0)
		err = enter(arming, WRIT_GUARD_MOUNT, 0, id, flags);
	return err;
}

static int enter_all(const struct arming *arming)
{
	const char *const dirs[] = {WRIT_PINS_TOP, WRIT_PINS_MAPS, WRIT_PINS_PROGRAMS,
				    WRIT_PINS_LINKS};
	int err = enter_reaching(arming);

	for (unsigned int i = WRIT_PROGRAM_COUNT; writ_kernel_pinned_name(i) && !err; i++)
		err = enter_other(arming, writ_kernel_pinned_name(i));
	for (int i = 0; i < WRIT_PROGRAM_COUNT && !err; i++)
		err = enter_attached(arming, i);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]) && !err; i++)
		err = enter_directory(arming, dirs[i]);
	return err ? err : enter_mounts(arming);
}

/* What an earlier writd entered and nobody has entered again. */
static void leave_old_out(const struct arming *arming)
{
	int fd = arming->kernel->map_fds[WRIT_MAP_guarded];
	struct writ_guard_key key, next, *from = NULL;
	struct writ_guard guard;

	for (uint32_t n = 0; n < WRIT_GUARDED_MAX && !bpf_map_get_next_key(fd, from, &next); n++) {
		key = next;
		from = &key;
		if (bpf_map_lookup_elem(fd, &key, &guard) || guard.round == arming->round)
			continue;
		(void)bpf_map_delete_elem(fd, &key);
		from = NULL; /* behind a key that is gone the order begins anew */
	}
}

/*
 * Maps come first, and then the claim: from that moment on their descriptors are to be had by
 * owners only.
 */
int writ_guard_arm(struct writ_kernel *kernel)
{
	const struct arming arming = {kernel, (uint32_t)writ_time_boot() | 1};
	int err = 0;

	for (int i = 0; i < WRIT_MAP_COUNT && !err; i++)
		err = enter_map(&arming, kernel->map_fds[i]);
	if (!err)
		err = writ_guard_claim();
	if (!err)
		err = enter_all(&arming);
	if (err)
		return writ_log_errno(err, "guard Writ's own maps, programs and pins");
	leave_old_out(&arming);
	return 0;
}

/* 0: it is there. 1: it is again. -errno: it can't be. */
static int mend(const char *dir, const char *name, int fd)
{
	char path[WRIT_PINS_PATH_SIZE];
	int err;

	writ_pins_path(dir, name, path);
	if (fd < 0 || !access(path, F_OK))
		return 0;
	err = writ_pins_make(WRIT_PINS_TOP);
	if (!err)
		err = writ_pins_make(dir);
	if (!err)
		err = writ_pins_put(dir, name, fd);
	return err ? err : 1;
}

struct mending {
	void (*told)(void *context, const char *pin, int err);
	void *context;
	unsigned int count;
};

static void mend_one(struct mending *mending, const char *dir, const char *name, int fd)
{
	int result = mend(dir, name, fd);
	char path[WRIT_PINS_PATH_SIZE];

	if (!result)
		return;
	writ_pins_path(dir, name, path);
	mending->count++;
	mending->told(mending->context, path, result < 0 ? result : 0);
}

unsigned int writ_guard_mend(const struct writ_kernel *kernel,
			     void (*told)(void *context, const char *pin, int err), void *context)
{
	struct mending mending = {told, context, 0};

	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++) {
		const char *name = writ_kernel_program_name(i);

		mend_one(&mending, WRIT_PINS_LINKS, name, kernel->link_fds[i]);
		mend_one(&mending, WRIT_PINS_PROGRAMS, name, kernel->program_fds[i]);
	}
	for (unsigned int i = 0; i < WRIT_REACH_COUNT; i++)
		mend_one(&mending, WRIT_PINS_LINKS, writ_kernel_pinned_name(WRIT_PROGRAM_COUNT + i),
			 kernel->reach_fds[i]);
	for (int i = 0; i < WRIT_MAP_COUNT; i++)
		mend_one(&mending, WRIT_PINS_MAPS, writ_kernel_map_name(i), kernel->map_fds[i]);
	return mending.count;
}
