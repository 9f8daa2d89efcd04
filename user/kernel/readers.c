/* SPDX-License-Identifier: Apache-2.0 */
/* See readers.h. */
#include "kernel/readers.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

int writ_readers_open(const struct writ_kernel *kernel, enum writ_pinned_map map, int *ret_fd)
{
	LIBBPF_OPTS(bpf_get_fd_by_id_opts, options, .open_flags = BPF_F_RDONLY);
	struct bpf_map_info info = {0};
	uint32_t len = sizeof(info);
	int err = bpf_obj_get_info_by_fd(kernel->map_fds[map], &info, &len), fd;

	if (err)
		return err;
	fd = bpf_map_get_fd_by_id_opts(info.id, &options);
	if (fd < 0)
		return fd;
	*ret_fd = fd;
	return 0;
}

int writ_readers_cpus(uint32_t *ret_cpus)
{
	int cpus = libbpf_num_possible_cpus();

	if (cpus < 0)
		return cpus;
	*ret_cpus = (uint32_t)cpus;
	return 0;
}
