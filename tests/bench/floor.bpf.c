// SPDX-License-Identifier: GPL-2.0-only
/*
 * The least that an enforcer can do which tells what happened: look the cgroup up, take the path,
 * leave a record. It decides nothing. What Writ costs beyond it is the price of its decision, its
 * identity and its guarantees.
 *
 * Hooks: file_open, bprm_check_security, path_unlink, path_rename with the path; socket_connect,
 * socket_sendmsg without one. Those whose hook the kernel does not let bpf_d_path be called on do
 * not load: attach leaves them out.
 */
#include "vmlinux.h"

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "GPL";

#define PATH_MAX 256

struct record {
	__u64 cgroup;
	__u64 time;
	__u32 hook;
	__s32 len;
	char path[PATH_MAX];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u64);
	__type(value, __u32);
} cgroups SEC(".maps");

/* A full ring loses the record; the reader looks often enough that none is. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 22);
} events SEC(".maps");

static __always_inline int record(__u32 hook, struct path *path)
{
	__u64 cgroup = bpf_get_current_cgroup_id();
	struct record *record;

	if (!bpf_map_lookup_elem(&cgroups, &cgroup))
		return 0;
	record = bpf_ringbuf_reserve(&events, sizeof(*record), 0);
	if (!record)
		return 0;
	record->cgroup = cgroup;
	record->time = bpf_ktime_get_boot_ns();
	record->hook = hook;
	record->len = path ? (__s32)bpf_d_path(path, record->path, sizeof(record->path)) : 0;
	bpf_ringbuf_submit(record, BPF_RB_NO_WAKEUP);
	return 0;
}

SEC("lsm/file_open")
int BPF_PROG(file_open, struct file *file)
{
	return record(1, &file->f_path);
}

SEC("lsm/bprm_check_security")
int BPF_PROG(bprm_check_security, struct linux_binprm *bprm)
{
	return record(2, &bprm->file->f_path);
}

SEC("lsm/path_unlink")
int BPF_PROG(path_unlink, struct path *dir)
{
	return record(3, dir);
}

SEC("lsm/path_rename")
int BPF_PROG(path_rename, struct path *dir)
{
	return record(4, dir);
}

SEC("lsm/socket_connect")
int BPF_PROG(socket_connect)
{
	return record(5, NULL);
}

SEC("lsm/socket_sendmsg")
int BPF_PROG(socket_sendmsg)
{
	return record(6, NULL);
}
