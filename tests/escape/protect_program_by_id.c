// SPDX-License-Identifier: Apache-2.0
/*
 * All program ids are tried until the one of file_open, to run, replace or trace it.
 * technique: bpf(BPF_PROG_GET_FD_BY_ID) of a program of Writ
 * stopped by: `bpf`: the family is not the role's; behind it `bpf_prog`, which no role opens
 * expect: operation=bpf reason=guardrail object=prog_get_next_id
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
	(void)box;
	(void)secret;
	own_claim();
	return escape_if(own_by_name(BPF_PROG_GET_NEXT_ID, BPF_PROG_GET_FD_BY_ID, "file_open") >=
			 0);
}
