// SPDX-License-Identifier: Apache-2.0
/*
 * Maps of other programs are found by number, without a pin and without their owner.
 * technique: bpf(BPF_MAP_GET_FD_BY_ID) of a map of others
 * stopped by: `bpf`
 * expect: operation=bpf reason=guardrail object=map_get_fd_by_id
 */
#include "escape.h"

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAGIC 0x5ec2e7u

static int map_make(uint32_t *ret_id)
{
	struct bpf_map_info info = {0};
	union bpf_attr attr = {0};
	uint32_t zero = 0, value = MAGIC;
	int fd;

	attr.map_type = BPF_MAP_TYPE_ARRAY;
	attr.key_size = 4;
	attr.value_size = 4;
	attr.max_entries = 1;
	fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	attr = (union bpf_attr){0};
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)&value;
	if (fd < 0 || syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr)))
		return -1;
	attr = (union bpf_attr){0};
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = sizeof(info);
	attr.info.info = (uintptr_t)&info;
	if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)))
		return -1;
	*ret_id = info.id;
	return 0;
}

static void keep_map(const char *box)
{
	char path[ESCAPE_PATH_SIZE];
	uint32_t id;

	escape_path(path, box, "id");
	if (!map_make(&id) && !escape_write_number(path, id))
		for (;;)
			pause();
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_victim(box, keep_map);

	(void)secret;
	escape_path(path, box, "id");
	return err || escape_await(path, 5) ? err : -ETIMEDOUT;
}

int escape_attempt(const char *box, const char *secret)
{
	uint32_t zero = 0, value = 0;
	union bpf_attr attr = {0};
	char path[ESCAPE_PATH_SIZE];
	long fd;

	(void)secret;
	escape_path(path, box, "id");
	attr.map_id = (uint32_t)escape_number(path);
	fd = syscall(SYS_bpf, BPF_MAP_GET_FD_BY_ID, &attr, sizeof(attr));
	if (fd < 0)
		return ESCAPE_REFUSED;
	attr = (union bpf_attr){0};
	attr.map_fd = (uint32_t)fd;
	attr.key = (uintptr_t)&zero;
	attr.value = (uintptr_t)&value;
	if (syscall(SYS_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)))
		return ESCAPE_REFUSED;
	return escape_if(value == MAGIC);
}
