/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See stack.h. A return closes all frames down to the one whose caller goes on at the next block. A
 * call opens one wherever it leads: a trampoline calls the function that it was called from at the
 * very address to which it would return. A jump to the beginning of a BPF function hands the frame
 * over to it: that is how newer kernels enter a trampoline.
 */
#include "stack.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

static void open_frame(struct stack *stack, const struct symbol *symbol, uint64_t back)
{
	if (stack->depth == STACK_DEPTH) {
		(void)fprintf(stderr, "calls deeper than %d: %s\n", STACK_DEPTH, symbol->name);
		exit(1);
	}
	stack->frames[stack->depth++] = (struct stack_frame){back, symbol};
}

static void close_frames(struct stack *stack, uint64_t at)
{
	for (uint32_t i = stack->depth; i > 0; i--) {
		if (stack->frames[i - 1].back != at)
			continue;
		stack->depth = i - 1;
		return;
	}
}

struct payer stack_step(struct stack *stack, const struct trace_block *block)
{
	const struct symbol *symbol = symbols_find(block->at);
	struct payer payer = {0};

	if (!(block->at >> 63))
		stack->depth = 0;
	else if (stack->last == TRACE_CALL)
		open_frame(stack, symbol, stack->back);
	else if (stack->last == TRACE_RETURN)
		close_frames(stack, block->at);
	if (block->at >> 63 && !stack->depth)
		open_frame(stack, symbol, 0);
	if (stack->last == TRACE_BLOCK && symbol->is_bpf && symbol->at == block->at)
		stack->frames[stack->depth - 1].symbol = symbol;
	stack->last = block->kind;
	stack->back = block->at + block->bytes;
	for (uint32_t i = stack->depth; i > 0 && !payer.function; i--) {
		if (!stack->frames[i - 1].symbol->is_bpf)
			continue;
		payer.function = stack->frames[i - 1].symbol;
		if (i < stack->depth)
			payer.helper = stack->frames[i].symbol;
	}
	return payer;
}
