/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What tests/bench/endtoend/run has counted -> vm.KERNEL.end_to_end.WORK.SYSTEM, and how that
 * compares with the system before it. In: build/bench/endtoend/instructions, lines
 * "WORK.SYSTEM COUNT REPEATS"; `missing` beside it, lines "WORK WHY".
 */
#include "native.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "bench.h"

#define RESULTS "build/bench/endtoend/"
#define UNIT "instructions"

static const char *const works[] = {"compile", "sqlite", "npm"};

/* Each is compared with the one before it; the last is a number of records. */
static const char *const systems[] = {"stock", "writ_unmanaged", "writ_role_1000", "decisions"};
#define SYSTEMS (sizeof(systems) / sizeof(systems[0]))
#define DECISIONS (SYSTEMS - 1)

/* The line of @file that begins with @word, without it; false: none. */
static bool find_line(const char *file, const char *word, char *ret_rest, size_t size)
{
	FILE *stream = fopen(file, "re");
	char line[256];
	bool found = false;

	while (stream && !found && fgets(line, sizeof(line), stream)) {
		size_t len = strlen(word);

		if (strncmp(line, word, len) || line[len] != ' ')
			continue;
		line[strcspn(line, "\n")] = '\0';
		(void)snprintf(ret_rest, size, "%s", line + len + 1);
		found = true;
	}
	if (stream)
		(void)fclose(stream);
	return found;
}

struct name {
	char text[BENCH_NAME_SIZE];
};

static struct name name_of(const char *kernel, const char *work, const char *what,
			   const char *system)
{
	struct name name;

	(void)snprintf(name.text, sizeof(name.text), "vm.%s.end_to_end.%s.%s%s", kernel, work, what,
		       system);
	return name;
}

static void report_missing(const char *kernel, const char *work, const char *why)
{
	for (size_t i = 0; i < SYSTEMS; i++) {
		bench_missing(name_of(kernel, work, "", systems[i]).text,
			      i == DECISIONS ? "decisions" : UNIT, why);
		if (i && i != DECISIONS)
			bench_missing(name_of(kernel, work, "ratio_", systems[i]).text, "ratio",
				      why);
	}
}

static void report_counts(const char *kernel, const char *work)
{
	double last = 0;

	for (size_t i = 0; i < SYSTEMS; i++) {
		struct name name = name_of(kernel, work, "", systems[i]), floor;
		struct name ratio = name_of(kernel, work, "ratio_", systems[i]);
		char line[96], rest[64];
		unsigned int repeats;
		double count;

		(void)snprintf(line, sizeof(line), "%s.%s", work, systems[i]);
		assert_true(find_line(RESULTS "instructions", line, rest, sizeof(rest)));
		assert_int_equal(sscanf(rest, "%lf %u", &count, &repeats), 2);
		if (i == DECISIONS) {
			bench_report(&(struct bench_figure){name.text, "decisions", count, NULL,
							    repeats});
			continue;
		}
		if (i)
			floor = name_of(kernel, work, "", systems[i - 1]);
		bench_report(&(struct bench_figure){name.text, UNIT, count, i ? floor.text : NULL,
						    repeats});
		if (i)
			bench_report(&(struct bench_figure){ratio.text, "ratio", count / last,
							    floor.text, repeats});
		last = count;
	}
}

/* What writd itself takes while nobody does anything. */
static void report_idle(const char *kernel)
{
	struct name name = name_of(kernel, "idle_second", "", "writd");
	char rest[64];
	double count;

	if (find_line(RESULTS "instructions", "idle_second.writd", rest, sizeof(rest)) &&
	    sscanf(rest, "%lf", &count) == 1)
		bench_report(&(struct bench_figure){name.text, UNIT, count, NULL, 1});
	else
		bench_missing(name.text, UNIT, "no guest said it");
}

void bench_endtoend(const char *kernel)
{
	(void)fprintf(stderr, "whole pieces of work, kernel %s\n", kernel);
	for (size_t i = 0; i < sizeof(works) / sizeof(works[0]); i++) {
		char stock[64], rest[64], why[200];

		(void)snprintf(stock, sizeof(stock), "%s.stock", works[i]);
		if (find_line(RESULTS "instructions", stock, rest, sizeof(rest)))
			report_counts(kernel, works[i]);
		else if (find_line(RESULTS "missing", works[i], why, sizeof(why)))
			report_missing(kernel, works[i], why);
		else
			report_missing(kernel, works[i], "tests/bench/endtoend/run was not run");
	}
	report_idle(kernel);
}
