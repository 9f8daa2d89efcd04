/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Opens the kernel side: finds the pins of an earlier writd and adopts them, or loads, attaches
 * and pins. In: the BPF object that the build put into the skeleton. Out: descriptors of every
 * map. Of two versions the newer is attached before the older leaves; maps are kept.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/caches.h"
#include "kernel/guard.h"
#include "kernel/hooks.h"
#include "kernel/load.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"
#include "writ.skel.h"

static void bpf_freep(struct writ_bpf **bpf)
{
	writ_bpf__destroy(*bpf);
}

static void link_freep(struct bpf_link **link)
{
	(void)bpf_link__destroy(*link);
}

static int log_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	enum writ_log_level as = level == LIBBPF_DEBUG ? WRIT_LOG_DEBUG : WRIT_LOG_WARNING;
	_cleanup_free_ char *text = NULL;
	char *rest = NULL;

	if (vasprintf(&text, format, args) < 0) {
		text = NULL;
		return 0;
	}
	/* a verifier log comes as one message of many lines */
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		writ_log(as, "%s", line);
	return 0;
}

/* FNV-1a over the object. */
uint64_t writ_load_hash(void)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	const unsigned char *bytes;
	size_t size;

	bytes = writ_bpf__elf_bytes(&size);
	for (size_t i = 0; i < size; i++)
		hash = (hash ^ bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

int writ_load_adopt(struct writ_kernel *kernel)
{
	if (!writ_pins_exist(WRIT_PINS_LINKS))
		return -ENOENT;
	for (int i = 0; i < WRIT_MAP_COUNT; i++) {
		int fd = writ_pins_get(WRIT_PINS_MAPS, writ_kernel_map_name(i));

		if (fd < 0)
			return writ_log_errno(
				fd,
				"pinned map %s; 'writd --unload' removes what is pinned, "
				"and ends enforcement until writd starts again",
				writ_kernel_map_name(i));
		kernel->map_fds[i] = fd;
	}
	return 0;
}

/* Notes the optional programs that can't be here. A required one fails to load, and says so. */
static int find_lacking(struct writ_kernel *kernel)
{
	struct writ_hooks hooks = {0};
	int err = writ_hooks_find(&hooks);

	if (err)
		return writ_log_errno(err, "BTF of the kernel");
	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++)
		kernel->lacks[i] = !hooks.present[i] && writ_hooks_lost(i);
	return 0;
}

static int leave_out_lacking(const struct writ_kernel *kernel, struct writ_bpf *bpf)
{
	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++) {
		struct bpf_program *program = bpf_object__find_program_by_name(
			bpf->obj, writ_kernel_program_name(i));
		int err;

		if (!kernel->lacks[i])
			continue;
		err = program ? bpf_program__set_autoload(program, false) : -ENOENT;
		if (err)
			return err;
	}
	return 0;
}

static struct bpf_map *object_map(struct writ_bpf *bpf, enum writ_pinned_map map)
{
	return bpf_object__find_map_by_name(bpf->obj, writ_kernel_map_name(map));
}

/* The object, not yet loaded; with @kernel's maps in place of its own, where it has some. */
static int object_open(const struct writ_kernel *kernel, struct writ_bpf **ret_bpf)
{
	_cleanup_(bpf_freep) struct writ_bpf *bpf = writ_bpf__open();
	int err;

	if (!bpf)
		return -errno;
	for (int i = 0; i < WRIT_MAP_COUNT; i++) {
		struct bpf_map *map = object_map(bpf, i);

		if (!map)
			return -ENOENT;
		if (kernel->map_fds[i] < 0)
			continue;
		err = bpf_map__reuse_fd(map, kernel->map_fds[i]);
		if (err)
			return err;
	}
	err = leave_out_lacking(kernel, bpf);
	if (err)
		return err;
	if (kernel->ring_size)
		(void)bpf_map__set_max_entries(bpf->maps.events, kernel->ring_size);
	*ret_bpf = take_ptr(bpf);
	return 0;
}

int writ_load_pin(struct writ_kernel *kernel, const struct bpf_object *object)
{
	for (int i = 0; i < WRIT_MAP_COUNT; i++) {
		int fd = bpf_object__find_map_fd_by_name(object, writ_kernel_map_name(i)), err;

		if (kernel->map_fds[i] >= 0)
			continue;
		err = writ_pins_put(WRIT_PINS_MAPS, writ_kernel_map_name(i), fd);
		if (err)
			return err;
		kernel->map_fds[i] = writ_pins_get(WRIT_PINS_MAPS, writ_kernel_map_name(i));
		if (kernel->map_fds[i] < 0)
			return kernel->map_fds[i];
	}
	return 0;
}

static int pin_program(struct writ_bpf *bpf, const char *name, struct bpf_program **ret_program)
{
	struct bpf_program *program = bpf_object__find_program_by_name(bpf->obj, name);
	int err;

	if (!program)
		return writ_log_errno(-ENOENT, "program %s", name);
	err = writ_pins_put(WRIT_PINS_PROGRAMS, name, bpf_program__fd(program));
	if (err)
		return writ_log_errno(err, "pin the program %s", name);
	*ret_program = program;
	return 0;
}

/* Attaches one program and pins its link and itself; the pin keeps it when this process ends. */
static int attach_program(struct writ_bpf *bpf, const char *name, const char *links)
{
	_cleanup_(link_freep) struct bpf_link *link = NULL;
	struct bpf_program *program;
	int err = pin_program(bpf, name, &program);

	if (err)
		return err;
	link = bpf_program__attach(program);
	if (!link)
		return writ_log_errno(-errno, "attach %s", name);
	err = writ_pins_put(links, name, bpf_link__fd(link));
	return err ? writ_log_errno(err, "pin the link of %s", name) : 0;
}

/* A program that is attached only at times: now, if the one before it is. */
static int take_along(struct writ_bpf *bpf, const char *name, const char *links)
{
	char link[WRIT_PINS_PATH_SIZE];
	struct bpf_program *program;

	writ_pins_path(links, name, link);
	return writ_pins_exist(link) ? attach_program(bpf, name, links)
				     : pin_program(bpf, name, &program);
}

static int attach_all(const struct writ_kernel *kernel, struct writ_bpf *bpf, const char *links)
{
	int err = 0;

	for (int i = 0; i < WRIT_PROGRAM_COUNT && !err; i++)
		if (!kernel->lacks[i])
			err = attach_program(bpf, writ_kernel_program_name(i), links);
	for (unsigned int i = WRIT_PROGRAM_COUNT; writ_kernel_pinned_name(i) && !err; i++)
		err = take_along(bpf, writ_kernel_pinned_name(i), links);
	return err;
}

static int make_pin_dirs(const char *links)
{
	int err = writ_pins_make(WRIT_PINS_TOP);

	if (!err)
		err = writ_pins_make(WRIT_PINS_MAPS);
	if (!err)
		err = writ_pins_make(WRIT_PINS_PROGRAMS);
	if (!err)
		err = writ_pins_make(links);
	return err ? writ_log_errno(err, "directory below " WRIT_PIN_DIR
					 "; is bpffs mounted on /sys/fs/bpf?")
		   : 0;
}

/* Loads, attaches and pins under @links. */
static int load_under(struct writ_kernel *kernel, const char *links)
{
	_cleanup_(bpf_freep) struct writ_bpf *bpf = NULL;
	int err = object_open(kernel, &bpf);

	if (err)
		return writ_log_errno(err, "open the BPF object");
	err = writ_bpf__load(bpf);
	if (err)
		return writ_log_errno(err, "load the BPF programs; 'writd --check' says what is "
					   "missing");
	err = make_pin_dirs(links);
	if (!err)
		err = writ_load_pin(kernel, bpf->obj);
	return err ? err : attach_all(kernel, bpf, links);
}

/* Nothing was there: what a failure leaves is removed. */
static int load_fresh(struct writ_kernel *kernel)
{
	int err;

	(void)writ_kernel_unload(kernel); /* maps of a load that was cut off before its links */
	err = load_under(kernel, WRIT_PINS_LINKS);
	if (err)
		(void)writ_kernel_unload(kernel);
	return err;
}

/* A pin of this build; others are of programs that it has no more. */
static bool is_program(const char *name)
{
	for (unsigned int i = 0; writ_kernel_pinned_name(i); i++)
		if (!strcmp(name, writ_kernel_pinned_name(i)))
			return true;
	return false;
}

/* writ_pins_put() renames each new link over the old one: that hook has both, then the new one. */
static int load_over(struct writ_kernel *kernel)
{
	int err = load_under(kernel, WRIT_PINS_LINKS);

	if (!err)
		err = writ_pins_prune(WRIT_PINS_LINKS, is_program);
	return err ? err : writ_pins_prune(WRIT_PINS_PROGRAMS, is_program);
}

/*
 * What is said of the programs that are pinned. -EPROTO: their maps and images have another layout,
 * so neither can the new programs use them nor the old ones what this writd would publish.
 */
int writ_load_pinned_hash(const struct writ_kernel *kernel, uint64_t *ret_hash)
{
	int fd = kernel->map_fds[WRIT_MAP_node];
	struct bpf_map_info info = {0};
	struct writ_node node = {0};
	uint32_t len = sizeof(info), zero = 0;
	int err = bpf_obj_get_info_by_fd(fd, &info, &len);

	if (!err && info.value_size == sizeof(node))
		err = bpf_map_lookup_elem(fd, &zero, &node);
	if (err)
		return writ_log_errno(err, "read the pinned map node");
	if (node.abi != WRIT_ABI_VERSION)
		return writ_log_errno(-EPROTO, "the programs that run are of a version whose maps "
					       "this writd can't take over; 'writd --unload' "
					       "removes them, and ends enforcement until writd "
					       "starts again");
	*ret_hash = node.object_hash;
	return 0;
}

int writ_load_record(const struct writ_kernel *kernel)
{
	struct writ_node node = {0};
	uint32_t zero = 0;
	int err = bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_node], &zero, &node);

	if (err)
		return err;
	node.abi = WRIT_ABI_VERSION;
	node.object_hash = writ_load_hash();
	node.loaded_ns = writ_time_boot();
	return bpf_map_update_elem(kernel->map_fds[WRIT_MAP_node], &zero, &node, BPF_ANY);
}

/* Over the pinned maps: keeps the programs that run if they are of this build, or replaces them. */
static int load_again(struct writ_kernel *kernel)
{
	uint64_t hash = 0;
	int err = writ_load_pinned_hash(kernel, &hash);

	if (err)
		return err;
	if (hash == writ_load_hash() &&
	    writ_kernel_count_links() == writ_kernel_count_programs(kernel)) {
		kernel->origin = WRIT_KERNEL_ADOPTED;
		return 0;
	}
	kernel->origin = WRIT_KERNEL_UPGRADED;
	return load_over(kernel);
}

/* What the programs that left have answered, those that came may answer otherwise. */
static int forget_answers(const struct writ_kernel *kernel)
{
	int err = writ_kernel_quiesce();

	if (!err)
		err = writ_caches_forget_memos(kernel->map_fds[WRIT_MAP_caches]);
	return err ? writ_log_errno(err, "empty the map caches") : 0;
}

int writ_load_pinned(struct writ_kernel *kernel)
{
	uint64_t hash;
	int err = writ_load_adopt(kernel);

	return err ? err : writ_load_pinned_hash(kernel, &hash);
}

int writ_load_programs(struct writ_kernel *kernel)
{
	int err;

	(void)libbpf_set_print(log_libbpf);
	err = find_lacking(kernel);
	if (err)
		return err;
	err = writ_guard_claim();
	if (err && err != -ENOENT)
		return err;
	err = writ_load_adopt(kernel);
	if (!err) {
		err = load_again(kernel);
	} else if (err == -ENOENT) {
		kernel->origin = WRIT_KERNEL_LOADED;
		err = load_fresh(kernel);
	}
	if (err)
		return err;
	err = writ_guard_arm(kernel);
	if (err && kernel->origin == WRIT_KERNEL_LOADED)
		(void)writ_kernel_unload(kernel); /* loaded just now: nothing relies on it yet */
	if (err || kernel->origin == WRIT_KERNEL_ADOPTED)
		return err;
	if (writ_kernel_count_links() != writ_kernel_count_programs(kernel)) {
		writ_error("not every program is attached after attaching it");
		return -EIO;
	}
	if (kernel->origin == WRIT_KERNEL_UPGRADED)
		err = forget_answers(kernel);
	return err ? err : writ_load_record(kernel);
}
