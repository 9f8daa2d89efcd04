// SPDX-License-Identifier: GPL-2.0-only
/*
 * What reaches into the kernel beside bpf(2): its code, its counters, its threads.
 *
 * perf_event_open		perf_event_open(2): addresses, registers and memory of everything
 * kernel_module_request	a module that the kernel would load by itself; its name
 * kernel_load_data		init_module(2), kexec_load(2), firmware from memory; which
 * kernel_read_file		finit_module(2), kexec_file_load(2), firmware; the file
 * uring_sqpoll			a ring that a kernel thread polls: the task makes no call
 * uring_override_creds		a ring used with credentials that somebody registered
 * uring_cmd			commands straight to a driver (NVMe, ublk); not those of sockets
 */
#include "device.bpf.h"
#include "guard.bpf.h"

#define DATA_SIZE 24u

/* enum kernel_load_data_id and kernel_read_file_id, include/linux/kernel_read_file.h */
static const char data[][DATA_SIZE] = {
	"unknown",	   "firmware", "module",	   "kexec_image",
	"kexec_initramfs", "policy",   "x509_certificate",
};
#define DATA (sizeof(data) / sizeof(data[0]))

static const char word_perf[] = "perf_event_open";
static const char word_sqpoll[] = "sqpoll";
static const char word_personality[] = "personality";

/* Its arguments differ between kernels, and none is needed: a program that refuses ends it. */
SEC("lsm/perf_event_open")
int BPF_PROG(perf_event_open)
{
	return guard_word(subject_current(), WRIT_OP_PERF, WRIT_FAMILY_PERF, word_perf);
}

SEC("lsm/kernel_module_request")
int BPF_PROG(kernel_module_request, char *name, int ret)
{
	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_MODULE, WRIT_FAMILY_MODULE, name);
}

SEC("lsm/kernel_load_data")
int BPF_PROG(kernel_load_data, int id, bool contents, int ret)
{
	__u32 number = (__u32)id;

	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_MODULE, WRIT_FAMILY_MODULE,
			  data[number < DATA ? number : 0]);
}

SEC("lsm/kernel_read_file")
int BPF_PROG(kernel_read_file, struct file *file, int id, bool contents, int ret)
{
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent)
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_MODULE, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_file(scratch, file);
	return guard_end(scratch, WRIT_FAMILY_MODULE);
}

SEC("lsm/uring_sqpoll")
int BPF_PROG(uring_sqpoll, int ret)
{
	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_URING, WRIT_FAMILY_URING, word_sqpoll);
}

SEC("lsm/uring_override_creds")
int BPF_PROG(uring_override_creds, const struct cred *cred, int ret)
{
	if (ret)
		return ret;
	return guard_word(subject_current(), WRIT_OP_URING, WRIT_FAMILY_URING, word_personality);
}

SEC("lsm/uring_cmd")
int BPF_PROG(uring_cmd, struct io_uring_cmd *command, int ret)
{
	struct file *file = command->file;
	struct scratch *scratch;
	__u32 agent;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK)
		return 0;
	scratch = scratch_begin(agent, WRIT_OP_IOCTL, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	object_file(scratch, file);
	return guard_end(scratch, WRIT_FAMILY_DEVICE);
}
