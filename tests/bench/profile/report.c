/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: report KERNEL TRACE KALLSYMS WINDOWS
 *
 * Where the instructions of an operation go. In: what plugin.c traced, and the guest's list of
 * windows. Out: Markdown; for each operation what it takes on each system and what each part of
 * Writ takes of an agent's, and for the first operation each function. Of the windows between
 * marks the one with the median count speaks. Status 1: the trace is not what the guest says it
 * did, or what Writ's functions take is not, within 2 %, what an agent's operation takes more.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "stack.h"
#include "symbols.h"
#include "trace.h"

#define WINDOWS_MAX 64
#define ROWS_MAX 256
#define OPERATIONS_MAX 8
#define REST_SHARE 50 /* one part in so many may not be in Writ's functions */
#define NAME_SIZE 64  /* as in the format that reads it */

static const char *const systems[] = {"stock", "writ_unmanaged", "writ_role_1000"};
#define SYSTEMS (sizeof(systems) / sizeof(systems[0]))
#define STOCK 0 /* of them */
#define MANAGED 2

enum part {
	PART_PATH,
	PART_DECISION,
	PART_RECORD,
	PART_HOOK,
	PART_TRAMPOLINE,
	PART_COUNT,
};

static const char *const part_names[] = {"path", "decision", "record", "hook", "trampoline"};
_Static_assert(sizeof(part_names) / sizeof(part_names[0]) == PART_COUNT, "a name for each");

/* Functions whose name begins so; what is not here is of the hook itself. */
static const struct {
	const char *prefix;
	enum part part;
} prefixes[] = {
	{"path_build", PART_PATH},	  {"path_try", PART_PATH},
	{"path_step", PART_PATH},	  {"path_stands", PART_PATH},
	{"path_name", PART_PATH},	  {"path_mounts", PART_PATH},
	{"paths_", PART_PATH},		  {"directory_", PART_PATH},
	{"comparison_", PART_PATH},	  {"memo_", PART_DECISION},
	{"decision_finish", PART_RECORD}, {"event_", PART_RECORD}, {"program_", PART_RECORD},
	{"decide", PART_DECISION},	  {"judge", PART_DECISION},
	{"match_", PART_DECISION},	  {"writ_match", PART_DECISION},
	{"live_grant", PART_DECISION},	  {"ended_grant", PART_DECISION},
	{"trampoline", PART_TRAMPOLINE},
};

struct window {
	struct trace_block *blocks;
	size_t count;
	uint64_t instructions;
};

/* What one BPF function pays, itself (helper NULL) or by one helper. */
struct row {
	enum part part;
	const char *function;
	const char *helper;
	uint64_t instructions;
};

struct operation {
	char name[NAME_SIZE];
	uint64_t instructions[SYSTEMS];
	uint64_t parts[PART_COUNT]; /* of the managed one */
	struct row rows[ROWS_MAX];
	size_t n_rows;
};

static struct operation operations[OPERATIONS_MAX];
static size_t n_operations;

static void __attribute__((noreturn)) fail(const char *what)
{
	(void)fprintf(stderr, "profile: %s\n", what);
	exit(1);
}

static bool read_block(FILE *trace, struct trace_block *ret)
{
	return fread(ret, sizeof(*ret), 1, trace) == 1;
}

static void read_window(FILE *trace, struct window *window)
{
	struct trace_block block;

	*window = (struct window){0};
	if (!read_block(trace, &block) || block.kind != TRACE_BEGIN)
		fail("the trace has fewer windows than the guest made");
	while (read_block(trace, &block) && block.kind != TRACE_END) {
		if (!(window->count & (window->count - 1))) /* 0 or a power of two: full */
			window->blocks =
				reallocarray(window->blocks, window->count ? 2 * window->count : 1,
					     sizeof(block));
		if (!window->blocks)
			abort();
		window->blocks[window->count++] = block;
		window->instructions += block.instructions;
	}
}

static int compare_windows(const void *left, const void *right)
{
	uint64_t a = ((const struct window *)left)->instructions;
	uint64_t b = ((const struct window *)right)->instructions;

	return (a > b) - (a < b);
}

static enum part part_of(const char *function)
{
	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (!strncmp(function, prefixes[i].prefix, strlen(prefixes[i].prefix)))
			return prefixes[i].part;
	return PART_HOOK;
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void pay(struct operation *operation, const struct payer *payer, uint64_t instructions)
{
	const char *function = payer->function->name;
	const char *helper = payer->helper ? payer->helper->name : NULL;
	struct row *rows = operation->rows;
	size_t i = 0;

	while (i < operation->n_rows &&
	       !(same(rows[i].function, function) && same(rows[i].helper, helper)))
		i++;
	if (i == ROWS_MAX)
		fail("more functions than there is room for");
	if (i == operation->n_rows)
		rows[operation->n_rows++] = (struct row){part_of(function), function, helper, 0};
	rows[i].instructions += instructions;
	operation->parts[rows[i].part] += instructions;
}

static void attribute(struct operation *operation, const struct window *window)
{
	struct stack stack = {0};

	for (size_t i = 0; i < window->count; i++) {
		struct payer payer = stack_step(&stack, &window->blocks[i]);

		if (payer.function)
			pay(operation, &payer, window->blocks[i].instructions);
	}
}

static struct operation *find(const char *name)
{
	size_t i = 0;

	while (i < n_operations && strcmp(operations[i].name, name))
		i++;
	if (i == OPERATIONS_MAX)
		fail("more operations than there is room for");
	if (i == n_operations)
		(void)snprintf(operations[n_operations++].name, NAME_SIZE, "%s", name);
	return &operations[i];
}

/* The next @n windows of the trace. */
static void take(FILE *trace, const char *system, const char *name, size_t n)
{
	struct operation *operation = find(name);
	struct window windows[WINDOWS_MAX];
	size_t place = 0;

	while (place < SYSTEMS && strcmp(systems[place], system))
		place++;
	if (place == SYSTEMS || !n || n > WINDOWS_MAX)
		fail("a system or a number of windows that can't be");
	for (size_t i = 0; i < n; i++)
		read_window(trace, &windows[i]);
	qsort(windows, n, sizeof(windows[0]), compare_windows);
	operation->instructions[place] = windows[n / 2].instructions;
	if (place == MANAGED)
		attribute(operation, &windows[n / 2]);
	for (size_t i = 0; i < n; i++)
		free(windows[i].blocks);
}

/*
 * What an agent's operation takes more than on stock and no function of Writ's takes: the kernel's
 * own ways around the programs. More than a little of it means that the stack was not followed.
 */
static int64_t rest_of(const struct operation *operation)
{
	int64_t more = (int64_t)(operation->instructions[MANAGED] - operation->instructions[STOCK]);
	int64_t rest = more;

	for (size_t i = 0; i < PART_COUNT; i++)
		rest -= (int64_t)operation->parts[i];
	if (rest == more || llabs(rest) > more / REST_SHARE) {
		(void)fprintf(stderr,
			      "profile: %s: %lld instructions more than on stock, %lld of them not "
			      "in Writ\n",
			      operation->name, (long long)more, (long long)rest);
		exit(1);
	}
	return rest;
}

static void print_operations(void)
{
	printf("\n| operation |");
	for (size_t i = 0; i < SYSTEMS; i++)
		printf(" %s |", systems[i]);
	for (size_t i = 0; i < PART_COUNT; i++)
		printf(" %s |", part_names[i]);
	printf(" rest |\n|---|");
	for (size_t i = 0; i < SYSTEMS + PART_COUNT + 1; i++)
		printf("---:|");
	for (size_t i = 0; i < n_operations; i++) {
		printf("\n| `%s` |", operations[i].name);
		for (size_t n = 0; n < SYSTEMS; n++)
			printf(" %llu |", (unsigned long long)operations[i].instructions[n]);
		for (size_t n = 0; n < PART_COUNT; n++)
			printf(" %llu |", (unsigned long long)operations[i].parts[n]);
		printf(" %lld |", (long long)rest_of(&operations[i]));
	}
	printf("\n");
}

/* Parts in their order, within them what takes most first. */
static int compare_rows(const void *left, const void *right)
{
	const struct row *a = left, *b = right;

	if (a->part != b->part)
		return (a->part > b->part) - (a->part < b->part);
	return (a->instructions < b->instructions) - (a->instructions > b->instructions);
}

static void print_functions(struct operation *operation)
{
	qsort(operation->rows, operation->n_rows, sizeof(operation->rows[0]), compare_rows);
	printf("\nBy function, and by the helper that it calls, `%s` on %s:\n", operation->name,
	       systems[MANAGED]);
	printf("\n| part | function | helper | instructions |\n|---|---|---|---:|\n");
	for (size_t i = 0; i < operation->n_rows; i++) {
		const struct row *row = &operation->rows[i];

		printf("| %s | `%s` | %s | %llu |\n", part_names[row->part], row->function,
		       row->helper ? row->helper : "", (unsigned long long)row->instructions);
	}
}

int main(int argc, char **argv)
{
	char system[NAME_SIZE], operation[NAME_SIZE];
	FILE *trace, *list;
	size_t windows;

	if (argc != 5) {
		(void)fprintf(stderr, "usage: report KERNEL TRACE KALLSYMS WINDOWS\n");
		return 2;
	}
	trace = fopen(argv[2], "re");
	list = fopen(argv[4], "re");
	if (!trace || !list)
		fail("no trace, or no list of windows");
	symbols_read(argv[3]);
	while (fscanf(list, "%63s %63s %zu", system, operation, &windows) == 3)
		take(trace, system, operation, windows);
	if (fgetc(trace) != EOF)
		fail("the trace has more windows than the guest says");
	if (!n_operations)
		fail("the guest made no windows");
	printf("Guest instructions of one operation, kernel %s.\n", argv[1]);
	print_operations();
	print_functions(&operations[0]);
	(void)fclose(trace);
	(void)fclose(list);
	return 0;
}
