/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Blocks in the order of execution -> who pays for each: the innermost BPF function that was being
 * called, and the kernel function that it called.
 */
#ifndef WRIT_TESTS_BENCH_PROFILE_STACK_H
#define WRIT_TESTS_BENCH_PROFILE_STACK_H

#include "symbols.h"
#include "trace.h"

#define STACK_DEPTH 128

struct stack_frame {
	uint64_t back;		     /* where it returns to */
	const struct symbol *symbol; /* of its first block */
};

struct stack {
	struct stack_frame frames[STACK_DEPTH];
	uint32_t depth; /* of frames in use, the running one included; 0: user space */
	enum trace_kind last;
	uint64_t back; /* of the call that was last */
};

struct payer {
	const struct symbol *function; /* NULL: no BPF function, the kernel's or user space's own */
	const struct symbol *helper;   /* NULL: the function's own instructions */
};

/* Takes the next block and says who pays for it. */
struct payer stack_step(struct stack *stack, const struct trace_block *block);

#endif
