/* SPDX-License-Identifier: Apache-2.0 */
/* What operations.c does and measure.c counts: one operation after the other, in one process. */
#ifndef WRIT_TESTS_BENCH_OPERATIONS_H
#define WRIT_TESTS_BENCH_OPERATIONS_H

#include <stdbool.h>
#include <stddef.h>

struct operation {
	const char *name;
	int (*run)(void);     /* 0, or -errno */
	void (*settle)(void); /* clears up behind a block, outside of its time; NULL: nothing */
	unsigned int per_block;
	const char *never_denied; /* why it can't be; NULL: it can */
	/* to another place of the kernel's allocators: 0 or -errno; NULL: it has none */
	int (*move)(void);
};

extern const struct operation operations[];
extern const size_t operations_count;

/* Files, peers and sockets: those that policy allows, or those that it doesn't. 0 or -errno. */
int operations_prepare(bool denied);

/* Waits until what the operations have left behind is gone. */
void operations_end(void);

#endif
