/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two results.json -> what changed; results and the committed baseline -> what has become dearer.
 * Exact figures repeat within NOISE of the stock figure from boot to boot; what goes beyond that
 * and ALLOWED is a change of the code.
 */
#include "bench.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define ALLOWED 0.03
#define NOISE 0.003 /* seen: 0.0021, of an exec */

static const json_t *find(const json_t *results, const char *name)
{
	const json_t *entry;
	size_t i;

	json_array_foreach(json_object_get(results, "results"), i, entry)
	{
		const char *own = json_string_value(json_object_get(entry, "name"));

		if (own && name && !strcmp(own, name))
			return entry;
	}
	return NULL;
}

/* NAN: there is no such figure, or it is null. */
static double value_of(const json_t *entry)
{
	const json_t *value = json_object_get(entry, "value");

	return json_is_number(value) ? json_number_value(value) : (double)NAN;
}

static void print_value(double value)
{
	if (isnan(value))
		printf(" %14s", "-");
	else
		printf(" %14.*f", value == (double)(long long)value ? 0 : 3, value);
}

static void print_change(const char *name, double old, double new)
{
	printf("%-50s", name);
	print_value(old);
	print_value(new);
	if (isnan(old) || isnan(new) || old == 0)
		printf(" %10s\n", old == new ? "=" : "-");
	else
		printf(" %+9.2f%%\n", (new - old) / old * 100);
}

static const char *name_of(const json_t *entry)
{
	const char *name = json_string_value(json_object_get(entry, "name"));

	return name ? name : "?";
}

void bench_compare(const json_t *old, const json_t *new)
{
	const json_t *entry;
	size_t i;

	printf("%-50s %14s %14s %10s\n", "", "old", "new", "change");
	json_array_foreach(json_object_get(new, "results"), i, entry)
		print_change(name_of(entry), value_of(find(old, name_of(entry))), value_of(entry));
	json_array_foreach(json_object_get(old, "results"), i,
			   entry) if (!find(new, name_of(entry)))
		print_change(name_of(entry), value_of(entry), (double)NAN);
}

bool bench_compare_is_dearer(double base, double base_stock, double value, double stock,
			     double noise)
{
	noise *= base_stock;

	if (base < base_stock)
		return value > base * (1 + ALLOWED) + noise;
	return value - stock > (base - base_stock) * (1 + ALLOWED) + noise;
}

/* One figure of the baseline that has a floor; true: it failed. */
static bool check(const json_t *baseline, const json_t *new, const json_t *entry,
		  const char *floor_name)
{
	const char *name = name_of(entry);
	double base = value_of(entry), base_stock = value_of(find(baseline, floor_name));
	double value = value_of(find(new, name)), stock = value_of(find(new, floor_name));
	bool dearer;

	if (isnan(base) || isnan(base_stock) || isnan(value) || isnan(stock)) {
		printf("not ok %s - no such figure\n", name);
		return true;
	}
	dearer = bench_compare_is_dearer(base, base_stock, value, stock, NOISE);
	printf("%s %s - %.0f, %+.0f to stock; baseline %.0f, %+.0f%s\n", dearer ? "not ok" : "ok",
	       name, value, value - stock, base, base - base_stock,
	       dearer ? ": over 3 % dearer; if that is meant, make bench-baseline REASON='why'"
		      : "");
	return dearer;
}

/* Instructions of another kernel are other instructions. */
static bool is_same_guest(const json_t *baseline, const json_t *new)
{
	const char *theirs = json_string_value(json_object_get(baseline, "guest"));
	const char *ours = json_string_value(json_object_get(new, "guest"));

	if (theirs && ours && !strcmp(theirs, ours))
		return true;
	printf("skip baseline - no figures of %s: make bench-baseline REASON='why'\n",
	       ours ? ours : "this guest");
	return false;
}

unsigned int bench_compare_check(const json_t *baseline, const json_t *new)
{
	const char *reason = json_string_value(json_object_get(baseline, "reason"));
	unsigned int failed = 0, checked = 0;
	const json_t *entry;
	size_t i;

	if (!reason || !*reason) {
		printf("not ok baseline - it gives no reason: make bench-baseline REASON='why'\n");
		failed++;
	}
	if (!is_same_guest(baseline, new))
		return failed;
	json_array_foreach(json_object_get(baseline, "results"), i, entry)
	{
		const char *floor_name = json_string_value(json_object_get(entry, "floor"));

		if (!floor_name)
			continue;
		failed += check(baseline, new, entry, floor_name);
		checked++;
	}
	if (!checked) {
		printf("not ok baseline - it has no figure\n");
		failed++;
	}
	return failed;
}
