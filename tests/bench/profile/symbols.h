/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's /proc/kallsyms: addresses to names, those of BPF functions too. */
#ifndef WRIT_TESTS_BENCH_PROFILE_SYMBOLS_H
#define WRIT_TESTS_BENCH_PROFILE_SYMBOLS_H

#include <stdbool.h>
#include <stdint.h>

struct symbol {
	uint64_t at;
	char *name; /* a BPF function's own; every trampoline is "trampoline" */
	bool is_bpf;
};

/* Exits when the file can't be read or has no BPF function. */
void symbols_read(const char *path);

/* The symbol that @at is in; never NULL: before the first there is user space, "user". */
const struct symbol *symbols_find(uint64_t at);

#endif
