// SPDX-License-Identifier: Apache-2.0
/*
 * All program ids are tried until the one of file_open, to run, replace or trace it.
 * technique: open a program by its id
 * stopped by: bpf, bpf_prog
 * expect: operation=bpf
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
