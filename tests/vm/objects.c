// SPDX-License-Identifier: Apache-2.0
/*
 * BPF objects of this kernel, by bpf(2) alone and without Writ's own code.
 *   objects programs | links     ids of all of them, on one line
 *   objects suspend INDEX        sets an agent's state to suspended
 *   objects resume INDEX         and to active
 *   objects disown [abi]         makes the pinned programs look like those of another build, or of
 *                                one whose maps have another layout
 *   objects unpin PATH           removes a pin
 *   objects runs                 `NAME RUNS` of each of Writ's programs, since bpf_stats_enabled
 *                                was set; `NAME -`: not pinned, its hook is not in this kernel
 *   objects retries              how many walks of a path were repeated, for a rename or a mount
 * The last six claim first, as any root outside of every agent can, and only so.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/kernel.h"
#include "writ/maps.h"

static long bpf(int command, union bpf_attr *attr)
{
	return syscall(SYS_bpf, command, attr, sizeof(*attr));
}

static int list(int command)
{
	union bpf_attr attr = {.start_id = 0};

	while (!bpf(command, &attr)) {
		printf("%u ", attr.next_id);
		attr.start_id = attr.next_id;
	}
	(void)putchar('\n');
	return errno == ENOENT ? 0 : 1;
}

/* The memory of a pinned array, NULL and a message if it can't be had. */
static void *map_array(const char *path, size_t size)
{
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)path};
	int fd = (int)bpf(BPF_OBJ_GET, &attr);
	void *memory =
		fd < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (memory != MAP_FAILED)
		return memory;
	perror(path);
	return NULL;
}

/* Opens a pinned map for writing only: from then on this process is one of Writ's own. */
static void claim(void)
{
	static const char path[] = WRIT_PIN_DIR "/maps/node";
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)path, .file_flags = BPF_F_WRONLY};

	if (bpf(BPF_OBJ_GET, &attr) < 0)
		perror("claim");
}

static int set_state(const char *index, __u32 state)
{
	unsigned long agent = strtoul(index, NULL, 10);
	struct writ_agent *agents;

	claim();
	agents = map_array(WRIT_PIN_DIR "/maps/agents",
			   WRIT_AGENTS_MAX * sizeof(struct writ_agent));
	if (!agents || agent >= WRIT_AGENTS_MAX)
		return 1;
	agents[agent].state = state;
	return 0;
}

static int disown(const char *abi)
{
	struct writ_node *node;

	claim();
	node = map_array(WRIT_PIN_DIR "/maps/node", sizeof(*node));
	if (!node)
		return 1;
	if (abi)
		node->abi ^= 1u << 31;
	else
		node->object_hash ^= 1;
	return 0;
}

static int unpin(const char *path)
{
	claim();
	if (!unlink(path))
		return 0;
	perror(path);
	return 1;
}

/* 0 and how often it ran, or -errno. */
static int program_runs(const char *name, unsigned long long *ret_runs)
{
	struct bpf_prog_info info = {0};
	union bpf_attr attr = {0};
	char path[256];
	int fd, err;

	(void)snprintf(path, sizeof(path), WRIT_PIN_DIR "/programs/%s", name);
	attr.pathname = (__u64)(unsigned long)path;
	fd = (int)bpf(BPF_OBJ_GET, &attr);
	if (fd < 0)
		return -errno;
	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (__u32)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (__u64)(unsigned long)&info;
	err = bpf(BPF_OBJ_GET_INFO_BY_FD, &attr) ? -errno : 0;
	(void)close(fd);
	*ret_runs = info.run_cnt;
	return err;
}

/* Of each CPU that there may be: so many values the kernel gives. */
static int retries(void)
{
	static struct writ_counters counts[WRIT_CPUS_MAX];
	static const char path[] = WRIT_PIN_DIR "/maps/counters";
	union bpf_attr attr = {.pathname = (__u64)(unsigned long)path};
	unsigned long long sum = 0;
	__u32 zero = 0;
	int fd;

	claim();
	fd = (int)bpf(BPF_OBJ_GET, &attr);
	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (__u32)fd;
	attr.key = (__u64)(unsigned long)&zero;
	attr.value = (__u64)(unsigned long)counts;
	if (fd < 0 || bpf(BPF_MAP_LOOKUP_ELEM, &attr)) {
		perror(path);
		return 1;
	}
	for (size_t i = 0; i < WRIT_CPUS_MAX; i++)
		sum += counts[i].path_retries;
	printf("%llu\n", sum);
	return 0;
}

static int runs(void)
{
	static const char *const names[] = {
#define X(name) #name,
		WRIT_PROGRAMS(X)
#undef X
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

	claim();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		unsigned long long count = 0;
		int err = program_runs(names[i], &count);

		if (err == -ENOENT) {
			printf("%s -\n", names[i]);
		} else if (err) {
			fprintf(stderr, "%s: %s\n", names[i], strerror(-err));
			return 1;
		} else {
			printf("%s %llu\n", names[i], count);
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "programs"))
		return list(BPF_PROG_GET_NEXT_ID);
	if (argc == 2 && !strcmp(argv[1], "links"))
		return list(BPF_LINK_GET_NEXT_ID);
	if (argc == 3 && !strcmp(argv[1], "suspend"))
		return set_state(argv[2], WRIT_AGENT_SUSPENDED);
	if (argc == 3 && !strcmp(argv[1], "resume"))
		return set_state(argv[2], WRIT_AGENT_ACTIVE);
	if ((argc == 2 || argc == 3) && !strcmp(argv[1], "disown"))
		return disown(argv[2]);
	if (argc == 3 && !strcmp(argv[1], "unpin"))
		return unpin(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "runs"))
		return runs();
	if (argc == 2 && !strcmp(argv[1], "retries"))
		return retries();
	fprintf(stderr, "usage: objects programs|links|suspend INDEX|resume INDEX|disown [abi]|"
			"unpin PATH|runs|retries\n");
	return 2;
}
