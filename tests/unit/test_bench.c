/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What make bench writes, and the committed baseline, against docs/bench.schema.json; and the rule
 * by which a change is too dear, at its limit and one past it.
 */
#include "policy_helper.h"

#include "../bench/compare.c"
#include "../bench/report.c"
#include "schema.h"

static int visit(void *context, const struct writ_yaml_node *root)
{
	struct schema schema = {.root = json_load_file("docs/bench.schema.json", 0, NULL)};

	assert_non_null(schema.root);
	*(bool *)context = schema_fits(&schema, schema.root, root);
	assert_null(schema.unknown);
	json_decref(schema.root);
	return 0;
}

/* JSON is YAML, but for the length of a line that YAML takes as a key. */
static bool fits(const json_t *root)
{
	char *text = json_dumps(root, JSON_INDENT(1) | JSON_REAL_PRECISION(6));
	struct writ_diagnostics diags = {0};
	bool result = false;

	assert_non_null(text);
	assert_int_equal(writ_yaml_read("b.json", text, strlen(text), &diags, visit, &result), 0);
	writ_diagnostics_free(&diags);
	free(text);
	return result;
}

/* What bench_write() makes; the caller frees it. */
static json_t *written(void)
{
	char path[] = "/tmp/writ-test-XXXXXX";
	int fd = mkstemp(path);
	json_t *root;

	assert_true(fd >= 0);
	(void)close(fd);
	assert_int_equal(bench_write(path, false), 0);
	root = json_load_file(path, 0, NULL);
	(void)unlink(path);
	assert_non_null(root);
	return root;
}

static void what_is_written_fits(void **state)
{
	json_t *root, *figures;

	(void)state;
	bench_keep(
		&(struct bench_figure){"vm.6.12.exec.stock", "instructions", 12345678, NULL, 96});
	bench_keep(&(struct bench_figure){"native.match_ratio.rules_1000", "ratio", 1.02,
					  "native.match_ns.rules_10", 41});
	bench_keep_missing("vm.6.12.read_4k.writ_denied", "instructions", "not refused");
	bench_head("guest", "6.12.0");
	bench_head("reason", "the first");
	root = written();
	figures = json_object_get(root, "results");
	assert_true(fits(root));
	assert_int_equal(json_integer_value(json_object_get(json_array_get(figures, 0), "value")),
			 12345678);
	(void)json_object_del(json_array_get(figures, 2), "why");
	assert_false(fits(root)); /* null, and nobody knows why */
	(void)json_array_remove(figures, 2);
	assert_true(fits(root));
	(void)json_object_set_new(json_array_get(figures, 0), "name", json_string("exec"));
	assert_false(fits(root));
	(void)json_array_clear(figures);
	assert_false(fits(root));
	json_decref(root);
	json_decref(results);
	json_decref(head);
}

static void baseline_fits(void **state)
{
	json_t *root = json_load_file("tests/bench/baseline.json", 0, NULL);

	(void)state;
	assert_non_null(root);
	assert_true(fits(root));
	assert_non_null(json_object_get(root, "reason"));
	json_decref(root);
}

/* Of 2,000 over 8,000: 3 % are 60, and what repeats within 0.2 % of stock is no change: 16. */
static void dearer_than_3_percent(void **state)
{
	(void)state;
	assert_false(bench_compare_is_dearer(10000, 8000, 10000, 8000, 0.002));
	assert_false(bench_compare_is_dearer(10000, 8000, 10076, 8000, 0.002));
	assert_true(bench_compare_is_dearer(10000, 8000, 10077, 8000, 0.002));
	assert_false(bench_compare_is_dearer(10000, 8000, 9000, 8000, 0.002));
	assert_true(bench_compare_is_dearer(10000, 8000, 10000, 7923, 0.002));
	/* nothing added: only what is beyond the repeats */
	assert_false(bench_compare_is_dearer(8000, 8000, 8016, 8000, 0.002));
	assert_true(bench_compare_is_dearer(8000, 8000, 8017, 8000, 0.002));
	/* refused, and cheaper than the act: 3 % of itself, 120, and 16 */
	assert_false(bench_compare_is_dearer(4000, 8000, 4136, 8000, 0.002));
	assert_true(bench_compare_is_dearer(4000, 8000, 4137, 8000, 0.002));
}

static json_t *figures(const char *guest, const char *reason, int value)
{
	return json_pack("{s:s, s:s, s:[{s:s, s:i, s:n}, {s:s, s:i, s:s}]}", "guest", guest,
			 "reason", reason, "results", "name", "stock", "value", 8000, "floor",
			 "name", "writ", "value", value, "floor", "stock");
}

static unsigned int failures(json_t *baseline, json_t *new)
{
	unsigned int n = bench_compare_check(baseline, new);

	json_decref(baseline);
	json_decref(new);
	return n;
}

static void check_fails_when(void **state)
{
	json_t *empty = json_pack("{s:s, s:[]}", "guest", "6.12", "results");

	(void)state;
	assert_int_equal(failures(figures("6.12", "r", 10000), figures("6.12", "", 10050)), 0);
	assert_int_equal(failures(figures("6.12", "r", 10000), figures("6.12", "", 11000)), 1);
	assert_int_equal(failures(figures("6.12", "", 10000), figures("6.12", "", 10000)), 1);
	assert_int_equal(failures(figures("6.12", "r", 10000), figures("6.13", "", 11000)), 0);
	assert_int_equal(failures(figures("6.12", "r", 10000), json_incref(empty)), 1);
	assert_int_equal(failures(json_incref(empty), figures("6.12", "", 10000)), 2);
	json_decref(empty);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(what_is_written_fits),
		cmocka_unit_test(baseline_fits),
		cmocka_unit_test(dearer_than_3_percent),
		cmocka_unit_test(check_fails_when),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
