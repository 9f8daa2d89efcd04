/* SPDX-License-Identifier: Apache-2.0 */
/* See kernel.h: the handle, its memory maps, counters, and the end of enforcement. */
#include "kernel/kernel.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "kernel/agents.h"
#include "kernel/arena.h"
#include "kernel/load.h"
#include "kernel/note.h"
#include "kernel/pins.h"
#include "kernel/reach.h"
#include "kernel/reclaim.h"
#include "kernel/unattached.h"
#include "lib/cleanup.h"
#include "lib/log.h"

/* Detaching takes some grace periods of RCU; a minute of it is a kernel that is stuck. */
#define UNLOAD_WAIT_US 10000u
#define UNLOAD_TRIES 6000

const char *writ_kernel_map_name(enum writ_pinned_map map)
{
	static const char *const names[] = {
#define X(name) #name,
		WRIT_PINNED_MAPS(X)
#undef X
	};
	return names[map];
}

const char *writ_kernel_program_name(enum writ_program program)
{
	static const char *const names[] = {
#define X(name) #name,
		WRIT_PROGRAMS(X)
#undef X
	};
	return names[program];
}

const char *writ_kernel_pinned_name(unsigned int i)
{
	static const char *const others[] = {
#define X(name) #name,
		WRIT_REACH_PROGRAMS(X)
#undef X
		WRIT_ITERATOR_LABEL_TASKS,
		WRIT_ITERATOR_AGENTS_OF_TASKS,
		WRIT_ITERATOR_CUT_NETWORKS,
		WRIT_ITERATOR_CUT_DESCRIPTORS,
		WRIT_ITERATOR_CUT_MAPPINGS,
		WRIT_ITERATOR_CUT_TCP,
		WRIT_ITERATOR_CUT_UDP,
		WRIT_PROGRAM_NOTE,
	};

	if (i < WRIT_PROGRAM_COUNT)
		return writ_kernel_program_name(i);
	i -= WRIT_PROGRAM_COUNT;
	return i < sizeof(others) / sizeof(others[0]) ? others[i] : NULL;
}

/* The kernel rounds a memory-mapped array up to whole pages. */
static int map_memory(int fd, size_t size, void **ret_memory)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (size + page - 1) / page * page, PROT_READ | PROT_WRITE,
			    MAP_SHARED, fd, 0);

	if (memory == MAP_FAILED)
		return -errno;
	*ret_memory = memory;
	return 0;
}

static int map_arrays(struct writ_kernel *kernel)
{
	const struct {
		enum writ_pinned_map map;
		size_t size;
		void **ret;
	} arrays[] = {
		{WRIT_MAP_tables, sizeof(struct writ_tables), (void **)&kernel->tables},
		{WRIT_MAP_agents, sizeof(struct writ_agent) * WRIT_AGENTS_MAX,
		 (void **)&kernel->agents},
		{WRIT_MAP_grants, sizeof(struct writ_grants) * WRIT_AGENTS_MAX,
		 (void **)&kernel->grants},
		{WRIT_MAP_node, sizeof(struct writ_node), (void **)&kernel->node},
		{WRIT_MAP_accounts, sizeof(struct writ_accounts), (void **)&kernel->accounts},
	};

	for (size_t i = 0; i < sizeof(arrays) / sizeof(arrays[0]); i++) {
		int err = map_memory(kernel->map_fds[arrays[i].map], arrays[i].size, arrays[i].ret);

		if (err)
			return writ_log_errno(err, "map the memory of %s",
					      writ_kernel_map_name(arrays[i].map));
	}
	/* no child reads them, and to copy 64 MB of page tables takes milliseconds of the loop */
	(void)madvise(kernel->tables, sizeof(struct writ_tables), MADV_DONTFORK);
	return 0;
}

static void read_ring_size(struct writ_kernel *kernel)
{
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);

	if (!bpf_obj_get_info_by_fd(kernel->map_fds[WRIT_MAP_events], &info, &len))
		kernel->ring_size = info.max_entries;
}

static struct writ_kernel *kernel_new(void)
{
	struct writ_kernel *kernel = calloc(1, sizeof(*kernel));

	if (!kernel)
		return NULL;
	memset(kernel->map_fds, -1, sizeof(kernel->map_fds));
	memset(kernel->link_fds, -1, sizeof(kernel->link_fds));
	memset(kernel->program_fds, -1, sizeof(kernel->program_fds));
	memset(kernel->reach_fds, -1, sizeof(kernel->reach_fds));
	kernel->note_fd = -1;
	return kernel;
}

int writ_kernel_adopt(struct writ_kernel **ret_kernel)
{
	_cleanup_(writ_kernel_closep) struct writ_kernel *kernel = kernel_new();
	int err = kernel ? writ_load_pinned(kernel) : -ENOMEM;

	if (!err)
		err = map_arrays(kernel);
	if (!err)
		err = writ_note_open(kernel);
	if (err)
		return err;
	read_ring_size(kernel);
	*ret_kernel = take_ptr(kernel);
	return 0;
}

/* @load fills the descriptors of the maps, and says where they come from. */
static int open_by(int (*load)(struct writ_kernel *kernel), uint32_t ring_size,
		   struct writ_kernel **ret_kernel)
{
	_cleanup_(writ_kernel_closep) struct writ_kernel *kernel = kernel_new();
	int err;

	if (!kernel)
		return -ENOMEM;
	kernel->ring_size = ring_size;
	err = load(kernel);
	if (!err)
		err = map_arrays(kernel);
	if (!err)
		err = writ_arena_open(kernel, &kernel->arena);
	if (!err)
		err = writ_agents_open(kernel, &kernel->names);
	if (!err)
		err = writ_reclaim_open(kernel);
	if (!err && !kernel->unattached)
		err = writ_reach_open(kernel);
	if (!err)
		err = writ_note_open(kernel);
	if (err)
		return err;
	read_ring_size(kernel);
	*ret_kernel = take_ptr(kernel);
	return 0;
}

int writ_kernel_open(uint32_t ring_size, struct writ_kernel **ret_kernel)
{
	return open_by(writ_load_programs, ring_size, ret_kernel);
}

int writ_kernel_open_unattached(uint32_t ring_size, struct writ_kernel **ret_kernel)
{
	return open_by(writ_unattached_load, ring_size, ret_kernel);
}

static void unmap(void *memory, size_t size)
{
	if (memory)
		(void)munmap(memory, size);
}

/* Of what keeps programs attached besides the pins. */
static void let_go(struct writ_kernel *kernel)
{
	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++) {
		writ_closep(&kernel->link_fds[i]);
		writ_closep(&kernel->program_fds[i]);
		kernel->link_fds[i] = kernel->program_fds[i] = -1;
	}
	for (int i = 0; i < WRIT_REACH_COUNT; i++)
		writ_closep(&kernel->reach_fds[i]);
}

void writ_kernel_close(struct writ_kernel *kernel)
{
	if (!kernel)
		return;
	writ_reclaim_close(kernel->reclaim);
	writ_arena_close(kernel->arena);
	writ_agents_close(kernel->names);
	writ_reach_close(kernel->holders);
	unmap(kernel->tables, sizeof(struct writ_tables));
	unmap(kernel->agents, sizeof(struct writ_agent) * WRIT_AGENTS_MAX);
	unmap(kernel->grants, sizeof(struct writ_grants) * WRIT_AGENTS_MAX);
	unmap(kernel->node, sizeof(struct writ_node));
	unmap(kernel->accounts, sizeof(struct writ_accounts));
	for (int i = 0; i < WRIT_MAP_COUNT; i++)
		writ_closep(&kernel->map_fds[i]);
	let_go(kernel);
	writ_closep(&kernel->note_fd);
	free(kernel);
}

void writ_kernel_closep(struct writ_kernel **kernel)
{
	writ_kernel_close(*kernel);
}

bool writ_kernel_is_attached(enum writ_program wanted)
{
	const char *name = writ_kernel_program_name(wanted);
	_cleanup_close_ int link = writ_pins_get(WRIT_PINS_LINKS, name);
	_cleanup_close_ int program = -1;
	struct bpf_link_info link_info = {0};
	struct bpf_prog_info program_info = {0};
	uint32_t link_len = sizeof(link_info), program_len = sizeof(program_info);

	if (link < 0 || bpf_obj_get_info_by_fd(link, &link_info, &link_len))
		return false;
	program = bpf_prog_get_fd_by_id(link_info.prog_id);
	if (program < 0 || bpf_obj_get_info_by_fd(program, &program_info, &program_len))
		return false;
	/* the kernel keeps BPF_OBJ_NAME_LEN - 1 bytes of a name */
	return !strncmp(program_info.name, name, sizeof(program_info.name) - 1);
}

uint32_t writ_kernel_count_links(void)
{
	uint32_t count = 0;

	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++)
		count += writ_kernel_is_attached(i);
	return count;
}

uint32_t writ_kernel_count_programs(const struct writ_kernel *kernel)
{
	uint32_t count = 0;

	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++)
		count += !kernel->lacks[i];
	return count;
}

#define PINNED_MAX (WRIT_PROGRAM_COUNT + 16)

/* Ids of the pinned programs that leave with their pins; how many. @kernel holds `note`. */
static size_t program_ids(const struct writ_kernel *kernel, uint32_t ret_ids[PINNED_MAX])
{
	size_t count = 0;

	for (unsigned int i = 0; i < PINNED_MAX && writ_kernel_pinned_name(i); i++) {
		const char *name = writ_kernel_pinned_name(i);
		_cleanup_close_ int fd = writ_pins_get(WRIT_PINS_PROGRAMS, name);
		struct bpf_prog_info info = {0};
		uint32_t len = sizeof(info);

		if (kernel && !strcmp(name, WRIT_PROGRAM_NOTE))
			continue;
		if (fd >= 0 && !bpf_obj_get_info_by_fd(fd, &info, &len))
			ret_ids[count++] = info.id;
	}
	return count;
}

static bool is_gone(uint32_t id)
{
	_cleanup_close_ int fd = bpf_prog_get_fd_by_id(id);

	return fd < 0;
}

/* The kernel detaches in a worker, after the pin is gone: until then the hook still decides. */
static int await_detached(const uint32_t *ids, size_t count)
{
	for (int tries = 0; tries < UNLOAD_TRIES; tries++) {
		while (count && is_gone(ids[count - 1]))
			count--;
		if (!count)
			return 0;
		(void)usleep(UNLOAD_WAIT_US);
	}
	return -ETIMEDOUT;
}

int writ_kernel_unload(struct writ_kernel *kernel)
{
	const char *const dirs[] = {WRIT_PINS_LINKS, WRIT_PINS_PROGRAMS, WRIT_PINS_MAPS};
	uint32_t ids[PINNED_MAX];
	size_t count = program_ids(kernel, ids);
	int err = 0;

	if (kernel)
		let_go(kernel);
	for (size_t i = 0; i < sizeof(dirs) / sizeof(dirs[0]); i++) {
		int failed = writ_pins_remove(dirs[i]);

		err = err ? err : failed;
	}
	if (rmdir(WRIT_PINS_TOP) && errno != ENOENT && !err)
		err = -errno;
	return err ? err : await_detached(ids, count);
}

int writ_kernel_counters(const struct writ_kernel *kernel, struct writ_counters *ret_sum,
			 void (*each)(void *context, uint32_t cpu, uint64_t lost), void *context)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ struct writ_counters *counts = NULL;
	struct writ_counters sum = {0};
	uint32_t zero = 0;
	int err;

	if (cpus < 0)
		return cpus;
	counts = calloc((size_t)cpus, sizeof(*counts));
	if (!counts)
		return -ENOMEM;
	err = bpf_map_lookup_elem(kernel->map_fds[WRIT_MAP_counters], &zero, counts);
	if (err)
		return err;
	for (int cpu = 0; cpu < cpus; cpu++) {
		const __u64 *from = (const __u64 *)&counts[cpu];
		__u64 *to = (__u64 *)&sum;

		for (size_t i = 0; i < sizeof(sum) / sizeof(*to); i++)
			to[i] += from[i];
		if (each)
			each(context, (uint32_t)cpu, counts[cpu].lost);
	}
	*ret_sum = sum;
	return 0;
}

/*
 * Updating a map of maps returns only when the programs that were running have finished: "bpf: wait
 * for running BPF programs when updating map-in-map" (kernel/bpf/syscall.c,
 * maybe_wait_bpf_programs). membarrier GLOBAL would do too, but not on nohz_full hosts.
 */
int writ_kernel_quiesce(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, options);
	_cleanup_close_ int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "writ_inner", 4, 4, 1, NULL);
	_cleanup_close_ int outer = -1;
	uint32_t zero = 0;

	if (inner < 0)
		return inner;
	options.inner_map_fd = (uint32_t)inner;
	outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "writ_outer", 4, 4, 1, &options);
	if (outer < 0)
		return outer;
	return bpf_map_update_elem(outer, &zero, &inner, BPF_ANY);
}
