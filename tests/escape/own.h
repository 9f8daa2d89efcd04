/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the techniques against Writ itself share. Each begins with a claim: root outside of every
 * agent may make it, so the control gets its effect; an agent may not, and gets nothing.
 */
#ifndef TESTS_ESCAPE_OWN_H
#define TESTS_ESCAPE_OWN_H

#include "escape.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OWN_PINS "/sys/fs/bpf/writ"
#define OWN_PID "/run/writd.pid"

static inline int own_bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof(*attr));
}

/* The descriptor of a pin, or -1. */
static inline int own_get(const char *path, unsigned int flags)
{
	union bpf_attr attr = {.pathname = (unsigned long)path, .file_flags = flags};

	return own_bpf(BPF_OBJ_GET, &attr);
}

static inline void own_claim(void)
{
	(void)own_get(OWN_PINS "/maps/node", BPF_F_WRONLY);
}

/* What was removed a moment ago writd pins again: waits for it, two seconds at most. */
static inline void own_await(const char *pin)
{
	for (int i = 0; i < 200 && access(pin, F_OK); i++)
		usleep(10000);
}

/* The first object of @get's kind whose kernel name is @name, by going through all ids; or -1. */
static inline int own_by_name(int next, int get, const char *name)
{
	union bpf_attr at = {.start_id = 0};

	while (!own_bpf(next, &at)) {
		union bpf_attr attr = {.map_id = at.next_id}, info = {.info = {.info_len = 0}};
		struct bpf_map_info map = {0};
		struct bpf_prog_info program = {0};
		int fd = own_bpf(get, &attr);

		at.start_id = at.next_id;
		if (fd < 0)
			continue;
		info.info.bpf_fd = (__u32)fd;
		info.info.info_len = get == BPF_MAP_GET_FD_BY_ID ? sizeof(map) : sizeof(program);
		info.info.info =
			get == BPF_MAP_GET_FD_BY_ID ? (unsigned long)&map : (unsigned long)&program;
		if (!own_bpf(BPF_OBJ_GET_INFO_BY_FD, &info) &&
		    !strcmp(get == BPF_MAP_GET_FD_BY_ID ? map.name : program.name, name))
			return fd;
		(void)close(fd);
	}
	return -1;
}

/* For prepare(): an agent can't read where writd is, so it is told. 0 or -errno. */
static inline int own_prepare_pid(const char *box)
{
	char path[ESCAPE_PATH_SIZE];
	long pid = escape_number(OWN_PID);

	escape_path(path, box, "writd");
	return pid ? escape_write_number(path, pid) : -ESRCH;
}

static inline pid_t own_pid(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "writd");
	return (pid_t)escape_number(path);
}

#endif
