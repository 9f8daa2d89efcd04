/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See seccomp.h. A straight line of comparisons: the kernel works it out once for each call whose
 * verdict hangs on no argument, and then only looks at a bit.
 */
#include "lib/seccomp.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define X32 0x40000000u /* __X32_SYSCALL_BIT, asm/unistd.h */

#define FRAME 9u    /* what begin() and the end take, but for the clocks */
#define FOR_EACH 2u /* one call */
#define FOR_BITS 5u /* one struct writ_seccomp_bits */

/*
 * What libc asks the vDSO for. That answers by itself where user space can read the clock source
 * (tsc, the hypervisor's page); elsewhere (hpet, acpi_pm, xen, a tsc that was found to be unstable)
 * it makes the call (kernel: lib/vdso/gettimeofday.c).
 */
static const uint16_t clocks[] = {
	__NR_clock_getres, __NR_clock_gettime, __NR_getcpu, __NR_gettimeofday, __NR_time,
};

#define N_CLOCKS (sizeof(clocks) / sizeof(clocks[0]))

struct program {
	struct sock_filter *code;
	unsigned short len;
};

static void add(struct program *program, struct sock_filter instruction)
{
	program->code[program->len++] = instruction;
}

static void load(struct program *program, size_t offset)
{
	add(program, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

/* @verdict if the loaded word compares so with @number. */
static void when(struct program *program, uint16_t comparison, uint32_t number, bool is,
		 uint32_t verdict)
{
	add(program, (struct sock_filter)BPF_JUMP(BPF_JMP | comparison | BPF_K, number, is ? 0 : 1,
						  is ? 1 : 0));
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, verdict));
}

static void begin(struct program *program)
{
	load(program, offsetof(struct seccomp_data, arch));
	when(program, BPF_JEQ, AUDIT_ARCH_X86_64, false, SECCOMP_RET_KILL_PROCESS);
	load(program, offsetof(struct seccomp_data, nr));
	when(program, BPF_JGE, X32, true, SECCOMP_RET_KILL_PROCESS);
	/* before the lists: none of them may let it through */
	when(program, BPF_JEQ, __NR_clone3, true, SECCOMP_RET_ERRNO | ENOSYS);
	for (size_t i = 0; i < N_CLOCKS; i++)
		when(program, BPF_JEQ, clocks[i], true, SECCOMP_RET_ALLOW);
}

static void when_bits(struct program *program, const struct writ_seccomp_bits *bits)
{
	/* over the rest when it is another call */
	add(program,
	    (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, bits->call, 0, FOR_BITS - 1));
	/* little-endian: the low half comes first */
	load(program, offsetof(struct seccomp_data, args) + bits->argument * sizeof(uint64_t));
	when(program, BPF_JSET, bits->bits, true, bits->verdict);
	load(program, offsetof(struct seccomp_data, nr));
}

static void build(struct program *program, const struct writ_seccomp *filter)
{
	begin(program);
	for (size_t i = 0; i < filter->n_calls; i++)
		for (size_t at = 0; at < filter->calls[i].count; at++)
			when(program, BPF_JEQ, filter->calls[i].calls[at], true,
			     filter->calls[i].verdict);
	for (size_t i = 0; i < filter->n_bits; i++)
		when_bits(program, &filter->bits[i]);
	add(program, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, filter->otherwise));
}

static size_t size_of(const struct writ_seccomp *filter)
{
	size_t n = FRAME + FOR_EACH * N_CLOCKS + FOR_BITS * filter->n_bits;

	for (size_t i = 0; i < filter->n_calls; i++)
		n += FOR_EACH * filter->calls[i].count;
	return n;
}

int writ_seccomp_install(const struct writ_seccomp *filter)
{
	const size_t size = size_of(filter);
	_cleanup_free_ struct sock_filter *code = NULL;
	struct program program = {.len = 0};
	struct sock_fprog call;

	if (size > BPF_MAXINSNS)
		return -EINVAL;
	code = calloc(size, sizeof(*code));
	if (!code)
		return -ENOMEM;
	program.code = code;
	build(&program, filter);
	call = (struct sock_fprog){.len = program.len, .filter = code};
	return syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
		       filter->log ? SECCOMP_FILTER_FLAG_LOG : 0, &call)
		       ? -errno
		       : 0;
}
