// SPDX-License-Identifier: Apache-2.0
/*
 * All map ids are tried until the one whose name is "agents", and an agent's entry is read.
 * technique: bpf(BPF_MAP_GET_FD_BY_ID) of a map of Writ
 * stopped by: `bpf`: the family is not the role's; behind it `bpf_map`, which no role opens
 * expect: operation=bpf reason=guardrail object=map_get_next_id
 */
#include "own.h"

#include "writ/maps.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	char value[sizeof(struct writ_agent)];
	unsigned int index = 1;
	union bpf_attr attr = {.key = (unsigned long)&index, .value = (unsigned long)value};
	int fd;

	(void)box;
	(void)secret;
	own_claim();
	fd = own_by_name(BPF_MAP_GET_NEXT_ID, BPF_MAP_GET_FD_BY_ID, "agents");
	attr.map_fd = (__u32)fd;
	return escape_if(fd >= 0 && !own_bpf(BPF_MAP_LOOKUP_ELEM, &attr));
}
