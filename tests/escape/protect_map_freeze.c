// SPDX-License-Identifier: Apache-2.0
/*
 * A map is frozen, so that nothing can be published in it any more.
 * technique: bpf(BPF_MAP_FREEZE) of a map of Writ
 * stopped by: `bpf`: the family is not the role's; behind it `bpf_map`, which no role opens
 * expect: operation=bpf reason=guardrail object=map_freeze
 */
#include "own.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	union bpf_attr attr = {.map_fd = 0};

	(void)box;
	(void)secret;
	own_claim(); /* this one no process writes: the control breaks nothing */
	attr.map_fd = (__u32)own_get(OWN_PINS "/maps/scratches", 0);
	return escape_if(!own_bpf(BPF_MAP_FREEZE, &attr) || errno == EBUSY);
}
