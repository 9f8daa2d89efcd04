/* SPDX-License-Identifier: Apache-2.0 */
/* See lookup.h. */
#include "audit/lookup.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"

int writ_lookup(int map, const void *key, void *ret_value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr)); /* the kernel refuses what it does not know, padding too */
	attr.map_fd = (uint32_t)map;
	attr.key = (uint64_t)(uintptr_t)key;
	attr.value = (uint64_t)(uintptr_t)ret_value;
	return syscall(__NR_bpf, BPF_MAP_LOOKUP_ELEM, &attr, sizeof(attr)) ? -errno : 0;
}

int writ_lookup_lost(int counters, uint32_t cpus,
		     void (*each)(void *context, uint32_t cpu, uint64_t lost), void *context)
{
	_cleanup_free_ struct writ_counters *counts = calloc(cpus, sizeof(*counts));
	uint32_t zero = 0;
	int err;

	if (!counts)
		return -ENOMEM;
	err = writ_lookup(counters, &zero, counts);
	for (uint32_t cpu = 0; cpu < cpus && !err; cpu++)
		each(context, cpu, counts[cpu].lost);
	return err;
}
