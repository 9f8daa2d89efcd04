/* SPDX-License-Identifier: Apache-2.0 */
/* See symbols.h. */
#include "symbols.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PROGRAM "bpf_prog_" /* and the tag of 16 digits, "_", the function's name */
#define PROGRAM_SIZE (sizeof(PROGRAM) - 1 + 16 + 1)
#define TRAMPOLINE "bpf_trampoline_"

static struct symbol *symbols;
static size_t count;

static void add(uint64_t at, const char *name)
{
	struct symbol symbol = {.at = at};

	if (!strncmp(name, PROGRAM, strlen(PROGRAM)) && strlen(name) > PROGRAM_SIZE) {
		symbol.is_bpf = true;
		name += PROGRAM_SIZE;
	} else if (!strncmp(name, TRAMPOLINE, strlen(TRAMPOLINE))) {
		symbol.is_bpf = true;
		name = "trampoline";
	}
	if (!(count & (count - 1))) /* 0 or a power of two: full */
		symbols = reallocarray(symbols, count ? 2 * count : 1, sizeof(*symbols));
	symbol.name = strdup(name);
	if (!symbols || !symbol.name)
		abort();
	symbols[count++] = symbol;
}

static int compare(const void *left, const void *right)
{
	uint64_t a = ((const struct symbol *)left)->at, b = ((const struct symbol *)right)->at;

	return (a > b) - (a < b);
}

void symbols_read(const char *path)
{
	FILE *file = fopen(path, "re");
	char line[512], name[256];
	size_t of_bpf = 0;
	uint64_t at;
	char type;

	add(0, "user");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%" SCNx64 " %c %255s", &at, &type, name) == 3 &&
		    strchr("tTwW", type) && at >> 63)
			add(at, name);
	for (size_t i = 0; i < count; i++)
		of_bpf += symbols[i].is_bpf;
	if (!file || !of_bpf) {
		(void)fprintf(stderr, "%s: no BPF functions in it\n", path);
		exit(1);
	}
	(void)fclose(file);
	qsort(symbols, count, sizeof(*symbols), compare);
}

const struct symbol *symbols_find(uint64_t at)
{
	size_t low = 0, high = count;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (symbols[middle].at <= at)
			low = middle;
		else
			high = middle;
	}
	return &symbols[low];
}
