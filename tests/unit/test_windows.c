/* SPDX-License-Identifier: Apache-2.0 */
/* Change windows: days, times and zones, each read and refused, and zones that this host lacks. */
#include "policy_helper.h"

#include "compile/windows.h"

#define WINDOW(fields) PLAYBOOK "windows:\n  - {" fields "}\n"
#define ALL_DAYS 0x7fu

static void reads(void **state)
{
	struct writ_policy *policy = good_policy(
		PLAYBOOK "windows:\n"
			 "  - {days: [mon, sat], from: '09:05', to: '17:00', zone: Europe/Berlin}\n"
			 "  - {from: 22:00, to: 24:00, zone: UTC}\n"
			 "  - {days: [sun, sun], from: '00:00', to: '00:00', zone: Etc/GMT+5}\n");
	const struct writ_policy_window *windows = policy->playbooks->windows;
	char text[128], cut[8];

	(void)state;
	assert_int_equal(policy->playbooks->n_windows, 3);
	assert_int_equal(windows[0].days, 1u << 1 | 1u << 6);
	assert_int_equal(windows[0].from, 9 * 60 + 5);
	assert_int_equal(windows[0].to, 17 * 60);
	assert_string_equal(windows[0].zone, "Europe/Berlin");
	assert_int_equal(windows[0].at.line, 6);
	assert_int_equal(windows[1].days, ALL_DAYS);
	assert_int_equal(windows[1].to, 1440);
	assert_int_equal(windows[2].days, 1);
	assert_int_equal(windows[2].from + windows[2].to, 0);
	writ_windows_format(&windows[0], text, sizeof(text));
	assert_string_equal(text, "mon,sat 09:05-17:00 Europe/Berlin");
	writ_windows_format(&windows[1], text, sizeof(text));
	assert_string_equal(text, "mon,tue,wed,thu,fri,sat,sun 22:00-24:00 UTC");
	writ_windows_format(&windows[1], cut, sizeof(cut));
	assert_string_equal(cut, "mon,tue");
	writ_policy_free(policy);
}

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{PLAYBOOK "windows: always\n", "windows: expected a list"},
		{PLAYBOOK "windows: []\n", "windows: expected at least one window"},
		{PLAYBOOK "windows: [mon]\n", "a window: expected a mapping"},
		{WINDOW("to: '10:00', zone: UTC"), "missing key \"from\" in a window"},
		{WINDOW("from: '10:00', zone: UTC"), "missing key \"to\" in a window"},
		{WINDOW("from: '10:00', to: '11:00'"), "missing key \"zone\" in a window"},
		{WINDOW("days: mon, from: '10:00', to: '11:00', zone: UTC"),
		 "days: expected a list"},
		{WINDOW("days: [], from: '10:00', to: '11:00', zone: UTC"),
		 "days: expected at least one day"},
		{WINDOW("days: [Mon], from: '10:00', to: '11:00', zone: UTC"),
		 "p.yaml:6:13: days: expected one of: sun, mon, tue, wed, thu, fri, sat; found"},
		{WINDOW("days: [sun, mon, tue, wed, thu, fri, sat, sun], from: '10:00', "
			"to: '11:00', zone: UTC"),
		 "days: 8 elements; the most is 7"},
		{WINDOW("from: '24:00', to: '11:00', zone: UTC"),
		 "from: expected a time from 00:00 to 23:59, found \"24:00\""},
		{WINDOW("from: '23:60', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: '9:00', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: ' 9:00', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: '09.00', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: '09:0x', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: '09:000', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: '99:00', to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: [9], to: '11:00', zone: UTC"), "from: expected a time"},
		{WINDOW("from: '09:00', to: '24:01', zone: UTC"),
		 "to: expected a time from 00:00 to 24:00, found \"24:01\""},
		{WINDOW("from: '09:00', to: '', zone: UTC"), "to: expected a time"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
}

static void zones(void **state)
{
	static const char *const good[] = {
		"UTC",	     "Europe/Berlin", "America/Argentina/Ushuaia",
		"Etc/GMT+5", "EST5EDT",	      "GB-Eire"};
	static const char *const bad[] = {
		"",
		"/etc/passwd",
		"../../etc/passwd",
		"Europe/../../x",
		"Europe//Berlin",
		"Europe/",
		":UTC",
		"UTC\n",
		"tzdata.zi",
		"5",
		"+5",
		"Europe/+x",
		"<+02>-2",
		"CET-1CEST,M3",
		"Europe Berlin",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(writ_windows_is_zone(good[i]));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(writ_windows_is_zone(bad[i]));
	assert_refused(WINDOW("from: '10:00', to: '11:00', zone: ../x"),
		       "zone: expected the name of a time zone such as Europe/Berlin or UTC");
	assert_refused(WINDOW("from: '10:00', to: '11:00', zone: [UTC]"), "zone: expected");
	assert_refused(WINDOW("from: '10:00', to: '11:00', zone: ''"), "zone: expected");
}

static void limits(void **state)
{
	char text[4096], zone[WRIT_ZONE_SIZE + 1];

	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		size_t used = (size_t)sprintf(text, PLAYBOOK "windows:\n");

		for (uint32_t i = 0; i < WRIT_WINDOWS_MAX + extra; i++)
			used += (size_t)sprintf(
				text + used, "  - {from: '10:%02u', to: '11:00', zone: UTC}\n", i);
		if (extra)
			assert_refused(text, "windows: 17 elements; the most is 16");
		else
			assert_accepted(text, NULL);
		memset(zone, 'Z', sizeof(zone));
		zone[WRIT_ZONE_SIZE - 1 + extra] = '\0';
		assert_int_equal(writ_windows_is_zone(zone), !extra);
	}
}

/* How many warnings there are of the windows of @text, and that @expected is in one. */
static size_t advise(const char *text, const char *expected)
{
	struct writ_policy *policy = good_policy(text);
	struct writ_diagnostics diags = {0};
	char lines[4096];
	size_t n;

	writ_windows_advise(policy->playbooks, &diags);
	assert_int_equal(diags.errors, 0);
	lines_of(&diags, lines, sizeof(lines));
	n = diags.count;
	if (expected && !strstr(lines, expected))
		fail_msg("expected: %s\nfound: %s", expected, lines);
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
	return n;
}

static void unknown_zones(void **state)
{
	(void)state;
	/* no database needed for this one */
	assert_int_equal(advise(WINDOW("from: '10:00', to: '11:00', zone: UTC"), NULL), 0);
	assert_int_equal(advise(WINDOW("from: '10:00', to: '11:00', zone: Moon/Tycho"),
				"p.yaml:6:5: warning: zone: this host knows no time zone "
				"\"Moon/Tycho\""),
			 1);
	if (!access(WRIT_ZONEINFO "/Europe/Berlin", R_OK))
		assert_int_equal(
			advise(WINDOW("from: '10:00', to: '11:00', zone: Europe/Berlin"), NULL), 0);
	/* a directory of zones is none */
	if (!access(WRIT_ZONEINFO "/Europe", R_OK))
		assert_int_equal(advise(WINDOW("from: '10:00', to: '11:00', zone: Europe"),
					"knows no time zone \"Europe\""),
				 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),  cmocka_unit_test(refuses),	   cmocka_unit_test(zones),
		cmocka_unit_test(limits), cmocka_unit_test(unknown_zones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
