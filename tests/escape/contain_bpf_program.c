// SPDX-License-Identifier: Apache-2.0
/*
 * A program of its own in the kernel sees and changes what every process does. It looks for others
 * first: 6.1 refuses the load for want of CAP_BPF, before the hook.
 * technique: bpf(BPF_PROG_LOAD)
 * stopped by: `bpf`
 * expect: operation=bpf reason=guardrail object=prog_get_next_id
 */
#include "escape.h"

#include <linux/bpf.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 7},
		{.code = BPF_JMP | BPF_EXIT},
	};
	char packet[64] = "";
	union bpf_attr attr = {0}, run = {0};

	(void)box;
	(void)secret;
	(void)syscall(SYS_bpf, BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr));
	attr = (union bpf_attr){0};
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insns = (uintptr_t)code;
	attr.insn_cnt = 2;
	attr.license = (uintptr_t) "GPL";
	run.test.prog_fd = (uint32_t)syscall(SYS_bpf, BPF_PROG_LOAD, &attr, sizeof(attr));
	run.test.data_in = (uintptr_t)packet;
	run.test.data_size_in = sizeof(packet);
	if (syscall(SYS_bpf, BPF_PROG_TEST_RUN, &run, sizeof(run)))
		return ESCAPE_REFUSED;
	return escape_if(run.test.retval == 7);
}
