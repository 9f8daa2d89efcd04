/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the three parts of the profile agree on: the marks that the guest's program executes, and
 * the trace that the emulator's plugin writes between them.
 */
#ifndef WRIT_TESTS_BENCH_PROFILE_TRACE_H
#define WRIT_TESTS_BENCH_PROFILE_TRACE_H

#include <stdint.h>

/* A mark is a NOP with a displacement that no compiler makes: 0f 1f 80, and these four bytes. */
#define MARK_SIZE 7
#define MARK_BEGIN "WRb0"
#define MARK_END "WRe0"
#define MARK_ASM(text) ".byte 0x0f, 0x1f, 0x80; .ascii \"" text "\""

/* A straight run of instructions, in the order of execution. */
struct trace_block {
	uint64_t at; /* address of the first one */
	uint32_t instructions;
	uint16_t bytes;
	uint16_t kind; /* enum trace_kind */
};

enum trace_kind {
	TRACE_BLOCK,
	TRACE_CALL, /* its last instruction is a call */
	TRACE_RETURN,
	TRACE_BEGIN, /* no instructions: a mark */
	TRACE_END,
};

#endif
