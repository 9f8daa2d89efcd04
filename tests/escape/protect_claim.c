// SPDX-License-Identifier: Apache-2.0
/*
 * An agent opens one of Writ's maps for writing only, as writd does to become its own.
 * technique: Claim to be Writ
 * stopped by: `bpf`: the family is not the role's; behind it `bpf_map`, which no role opens
 * expect: operation=bpf reason=guardrail object=obj_get
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
	int fd = own_get(OWN_PINS "/maps/node", BPF_F_WRONLY);

	(void)box;
	(void)secret;
	return escape_if(fd >= 0);
}
