/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/exposition.c: text that a strict reader takes, whatever stands in a label; and that the
 * reader is strict.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/exposition.h"
#include "prometheus.h"

static void assert_sound(const char *text)
{
	if (!prom_parse(text))
		fail_msg("%s\nof: %s", prom.why, text);
}

static void writes_families(void **state)
{
	struct writ_exposition out = {0};

	(void)state;
	writ_exposition_family(&out, "a_total", "counter", "Many.");
	writ_exposition_sample(&out, "", WRIT_LABELS({"x", "1"}, {"y", "2"}), 7);
	writ_exposition_sample(&out, "", WRIT_LABELS({"x", "1"}, {"y", "3"}), UINT64_MAX);
	writ_exposition_gauge(&out, "b", "One.", 0);
	writ_exposition_counter(&out, "c_total", "One.", 3);
	writ_exposition_family(&out, "d_seconds", "gauge", "A time.");
	writ_exposition_ns(&out, "", WRIT_LABELS_NONE, UINT64_C(1795348800000000001));
	writ_exposition_family(&out, "e_seconds", "gauge", "Another.");
	writ_exposition_ms(&out, "", WRIT_LABELS_NONE, 60001);
	assert_int_equal(out.err, 0);
	assert_int_equal(strlen(out.text), out.len);
	assert_string_equal(out.text, "# HELP a_total Many.\n# TYPE a_total counter\n"
				      "a_total{x=\"1\",y=\"2\"} 7\n"
				      "a_total{x=\"1\",y=\"3\"} 18446744073709551615\n"
				      "# HELP b One.\n# TYPE b gauge\nb 0\n"
				      "# HELP c_total One.\n# TYPE c_total counter\nc_total 3\n"
				      "# HELP d_seconds A time.\n# TYPE d_seconds gauge\n"
				      "d_seconds 1795348800.000000001\n"
				      "# HELP e_seconds Another.\n# TYPE e_seconds gauge\n"
				      "e_seconds 60.001\n");
	assert_sound(out.text);
	writ_exposition_free(&out);
}

/* A name can't end its label, or its line. */
static void escapes_labels(void **state)
{
	struct writ_exposition out = {0};

	(void)state;
	writ_exposition_family(&out, "a", "gauge", "One.");
	writ_exposition_sample(&out, "", WRIT_LABELS({"x", "\"} 9\na{x=\"\\"}), 1);
	writ_exposition_sample(&out, "", WRIT_LABELS({"x", "\n"}), 2);
	writ_exposition_sample(&out, "", WRIT_LABELS({"x", ""}), 3);
	writ_exposition_sample(&out, "", WRIT_LABELS({"x", "\303\244\t"}), 4);
	assert_string_equal(out.text, "# HELP a One.\n# TYPE a gauge\n"
				      "a{x=\"\\\"} 9\\na{x=\\\"\\\\\"} 1\n"
				      "a{x=\"\\n\"} 2\na{x=\"\"} 3\na{x=\"\303\244\t\"} 4\n");
	assert_sound(out.text);
	assert_int_equal(prom.n_samples, 4);
	writ_exposition_free(&out);
}

static void grows(void **state)
{
	struct writ_exposition out = {0};
	char name[16];

	(void)state;
	writ_exposition_family(&out, "a", "gauge", "One.");
	for (int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "n%d", i);
		writ_exposition_sample(&out, "", WRIT_LABELS({"x", name}), 1);
	}
	assert_sound(out.text);
	assert_int_equal(prom.n_samples, 5000);
	writ_exposition_free(&out);
}

#define HEAD(name, type) "# HELP " name " h\n# TYPE " name " " type "\n"

static const char *const bad[] = {
	"",
	HEAD("a", "gauge") "a 1",
	HEAD("a", "gauge") "a  1\n",
	HEAD("a", "gauge") "a 1 2\n",
	HEAD("a", "gauge") "a x\n",
	HEAD("a", "gauge") "a\n",
	HEAD("a", "gauge") "1a 1\n",
	HEAD("a", "gauge") "b 1\n",
	HEAD("a", "gauge") "\n",
	HEAD("a", "gauge") "a 1\na 1\n",
	HEAD("a", "gauge") "a{} 1\n",
	HEAD("a", "gauge") "a{x=\"1\",} 1\n",
	HEAD("a", "gauge") "a{x=1} 1\n",
	HEAD("a", "gauge") "a{x=\"\\t\"} 1\n",
	HEAD("a", "gauge") "a{x=\"1} 1\n",
	HEAD("a", "gauge") "a{x=\"1\",x=\"2\"} 1\n",
	HEAD("a", "gauge") "a{x:y=\"1\"} 1\n",
	HEAD("a", "gauge") "a{x=\"\377\"} 1\n",
	HEAD("a", "gauge") HEAD("a", "gauge"),
	HEAD("a", "thing") "a 1\n",
	HEAD("a", "counter") "a 1\n",
	HEAD("a_total", "gauge") "a_total 1\n",
	HEAD("a_total", "counter") "a_total -1\n",
	"a 1\n",
	"# HELP a h\na 1\n",
	"# TYPE a gauge\na 1\n",
	"# a comment\n",
	HEAD("a", "gauge") HEAD("b", "gauge") "a 1\n",
	HEAD("h", "histogram") "h 1\n",
	HEAD("h", "histogram") "h_bucket{le=\"1\"} 1\nh_sum 1\nh_count 1\n",
	HEAD("h", "histogram") "h_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 1\nh_count 1\n",
	HEAD("h", "histogram") "h_bucket{le=\"2\"} 1\nh_bucket{le=\"1\"} 1\n"
			       "h_bucket{le=\"+Inf\"} 1\nh_count 1\n",
	HEAD("h", "histogram") "h_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 2\n",
	HEAD("h", "histogram") "h_bucket{le=\"+Inf\"} 1\nh_sum 1\n",
};

static void the_reader_is_strict(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (prom_parse(bad[i]))
			fail_msg("taken: %s", bad[i]);
	assert_sound(HEAD("h", "histogram") "h_bucket{p=\"q\",le=\"1\"} 1\n"
					    "h_bucket{p=\"q\",le=\"+Inf\"} 3\n"
					    "h_sum{p=\"q\"} 4.5\nh_count{p=\"q\"} 3\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_families),
		cmocka_unit_test(escapes_labels),
		cmocka_unit_test(grows),
		cmocka_unit_test(the_reader_is_strict),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
