/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: attach OBJECT [CGROUP [WITHOUT...]]
 *
 * Loads and attaches each program of OBJECT that this kernel has a hook for, but those named
 * WITHOUT, puts the id of CGROUP into its map "cgroups" and empties its ring "events" every 50 ms.
 * Out: "N programs" once all are attached; then it stays until SIGTERM, and they go with it.
 * Status 1: a program did not load or attach, none was left to, or no record has come.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#define LOOK_US 50000

static bool is_named(const char *name, char **names)
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

/* Is there what its section names, "lsm/HOOK" or "tp_btf/POINT"? */
static bool has_hook(const struct btf *btf, const struct bpf_program *program)
{
	const char *section = bpf_program__section_name(program), *hook = strchr(section, '/') + 1;
	bool lsm = !strncmp(section, "lsm", 3);
	char name[128];

	(void)snprintf(name, sizeof(name), "%s%s", lsm ? "bpf_lsm_" : "btf_trace_", hook);
	return btf__find_by_name_kind(btf, name, lsm ? BTF_KIND_FUNC : BTF_KIND_TYPEDEF) >= 0;
}

static int attach_all(struct bpf_object *object)
{
	struct bpf_program *program;
	int n = 0;

	bpf_object__for_each_program(program, object)
	{
		if (!bpf_program__autoload(program))
			continue;
		if (!bpf_program__attach(program)) /* held until this process ends */
			return -errno;
		n++;
	}
	return n;
}

static int load(struct bpf_object *object, char **without)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct bpf_program *program;

	if (!btf)
		return -errno;
	bpf_object__for_each_program(
		program, object) if (!has_hook(btf, program) ||
				     is_named(bpf_program__name(program), without))(void)
		bpf_program__set_autoload(program, false);
	btf__free(btf);
	return bpf_object__load(object) ? -errno : attach_all(object);
}

/* A cgroup's id is the inode number of its directory. */
static int put_cgroup(const struct bpf_object *object, const char *path)
{
	const __u32 value = 1;
	struct stat status;
	__u64 id;

	if (stat(path, &status))
		return -errno;
	id = status.st_ino;
	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "cgroups"), &id, &value,
				   BPF_ANY);
}

static int count(void *context, void *data, size_t size)
{
	(void)data;
	(void)size;
	++*(unsigned long *)context;
	return 0;
}

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

int main(int argc, char **argv)
{
	struct bpf_object *object = argc > 1 ? bpf_object__open_file(argv[1], NULL) : NULL;
	struct ring_buffer *ring = NULL;
	unsigned long records = 0;
	int n, fd;

	if (!object)
		return 1;
	n = load(object, argv + (argc > 3 ? 3 : argc));
	if (n <= 0 || (argc > 2 && put_cgroup(object, argv[2]))) {
		fprintf(stderr, "%s: nothing attached: %s\n", argv[1], strerror(n ? -n : ENOENT));
		return 1;
	}
	fd = bpf_object__find_map_fd_by_name(object, "events");
	if (fd >= 0)
		ring = ring_buffer__new(fd, count, &records, NULL);
	(void)signal(SIGTERM, end);
	printf("%d programs\n", n);
	(void)fflush(stdout);
	while (!ended) {
		(void)usleep(LOOK_US);
		if (ring)
			(void)ring_buffer__consume(ring);
	}
	return ring && !records;
}
