/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: figures compare OLD NEW                 two results.json: old, new, per cent
 *        figures check BASELINE RESULTS          status 1: a figure is dearer than the baseline
 *        figures write OUTPUT KERNEL COUNTS [REASON]
 *
 * write makes a results.json of what a guest has counted, and with REASON a baseline.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

/* Free with json_decref. NULL: said why. */
static json_t *load(const char *path)
{
	json_error_t error;
	json_t *root = json_load_file(path, 0, &error);

	if (!root)
		(void)fprintf(stderr, "%s: %s\n", path, error.text);
	return root;
}

static int compare(const char *old_path, const char *new_path, bool check)
{
	json_t *old = load(old_path), *new = load(new_path);
	int status = 2;

	if (old && new &&check)
		status = bench_compare_check(old, new) ? 1 : 0;
	if (old && new && !check)
		bench_compare(old, new), status = 0;
	json_decref(old);
	json_decref(new);
	return status;
}

static int write_results(char **argv)
{
	if (bench_vm_some(argv[1], argv[2])) {
		(void)fprintf(stderr, "%s: no figure\n", argv[2]);
		return 1;
	}
	if (argv[3])
		bench_head("reason", argv[3]);
	if (bench_write(argv[0], true)) {
		(void)fprintf(stderr, "%s: can't write\n", argv[0]);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";

	if (!strcmp(verb, "compare") || !strcmp(verb, "check"))
		return compare(argv[2], argv[3], !strcmp(verb, "check"));
	if (!strcmp(verb, "write") && argc > 4)
		return write_results(argv + 2);
	(void)fprintf(stderr, "usage: figures compare OLD NEW | check BASELINE RESULTS | "
			      "write OUTPUT KERNEL COUNTS [REASON]\n");
	return 2;
}
