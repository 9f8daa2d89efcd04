/* SPDX-License-Identifier: Apache-2.0 */
/* Types of parameters: what each takes and refuses, and that no value reaches further. */
#include "policy_helper.h"

#include "compile/bindings.h"
#include "compile/grant.h"
#include "compile/values.h"

#define PLAY(parameter, rules)                                                                    \
	ROLE "playbooks: [p]\n" AGENT("x", "/x/y") "---\n" PLAYBOOK "parameters: {v: {" parameter \
						   "}}\n" rules

#define USE "files: [{path: '/srv/{v}/**', allow: [read]}, {path: '/opt/x{v}', allow: [write]}]\n"
#define USE_PATH "files: [{path: '{v}/**', allow: [read]}, {path: '{v}', allow: [write]}]\n"
#define USE_ARGUMENT "exec: [{path: /bin/x, argv: [x, '{v}']}]\n"
#define USE_ADDRESS "network: [{connect: '{v}', ports: [443]}]\n"

/* Asks for the playbook with @value; the image goes to @tables when there is one. */
static int issue(const char *text, const char *value, struct writ_tables *tables, char *why)
{
	struct writ_policy *policy = good_policy(text);
	struct writ_diagnostics diags = {0};
	struct writ_grant_plan plan = {0};
	struct writ_request asked = {.n_parameters = 1, .agent = "x", .playbook = "p"};
	int err;

	strcpy(asked.parameters[0].name, "v");
	(void)snprintf(asked.parameters[0].value, WRIT_VALUE_SIZE, "%s", value);
	err = writ_grant_compile(policy, &asked, &diags, &plan);
	if (!err && tables)
		place_image(tables, &plan.image);
	writ_diagnostics_join(&diags, why, 1024);
	writ_diagnostics_free(&diags);
	writ_grant_plan_free(&plan);
	writ_policy_free(policy);
	return err;
}

#define NAME PLAY("type: name", USE)
#define PATH PLAY("type: path, under: /srv/data", USE_PATH)
#define ANY_PATH PLAY("type: path", USE_PATH)
#define INTEGER PLAY("type: integer, min: -5, max: 100", USE_ARGUMENT)
#define ADDRESS PLAY("type: address", USE_ADDRESS)
#define WITHIN PLAY("type: address, within: 10.0.0.0/8", USE_ADDRESS)
#define LOOSE PLAY("type: name, pattern: '.*'", USE)
#define LOOSE_PATH PLAY("type: path, under: /srv/data, pattern: '.*'", USE_PATH)
#define NARROW PLAY("type: name, pattern: '[a-z]+'", USE)

static const struct {
	const char *text, *value, *fault; /* NULL: taken */
} given[] = {
	{NAME, "billing", NULL},
	{NAME, "Web_1.example-2", NULL},
	{NAME, "...", NULL},
	{NAME, "", "is empty"},
	{NAME, ".", "by dots"},
	{NAME, "..", "by dots"},
	{NAME, "a/b", "holds \"/\""},
	{NAME, "a b", "holds other signs"},
	{NAME, "*", "holds other signs"},
	{NAME, "a\nb", "control byte"},
	{NAME, "\xc3\xa4", "holds other signs"},
	/* a pattern narrows a type and never widens it */
	{LOOSE, "a b", "holds other signs"},
	{LOOSE, "*", "holds other signs"},
	{LOOSE, "..", "by dots"},
	{LOOSE, "a.b", NULL},
	{LOOSE_PATH, "/etc/shadow", "is not below"},
	{NARROW, "abc", NULL},
	{NARROW, "abc1",
	 "does not match; expected a value that is one part of a path and matches [a-z]+"},
	{NARROW, "..", "by dots"},
	{PATH, "/srv/data/a", NULL},
	{PATH, "/srv/data/a/b.c", NULL},
	{PATH, "/srv/data/*", NULL},
	{PATH, "/srv/data", "is not below"},
	{PATH, "/srv/data/", "empty part"},
	{PATH, "/srv/database", "is not below"},
	{PATH, "/srv", "is not below"},
	{PATH, "/etc/shadow", "is not below"},
	{PATH, "/srv/data/../../etc/shadow", "part of dots"},
	{PATH, "/srv/data/./a", "part of dots"},
	{PATH, "/srv/data//a", "empty part"},
	{PATH, "srv/data/a", "is not absolute"},
	{PATH, "", "is not absolute"},
	{ANY_PATH, "/a", NULL},
	{ANY_PATH, "/", "is the root directory"},
	{ANY_PATH, "/a/..", "part of dots"},
	{ANY_PATH, "/a\x7f", "control byte"},
	{INTEGER, "0", NULL},
	{INTEGER, "-5", NULL},
	{INTEGER, "100", NULL},
	{INTEGER, "101", "is out of range"},
	{INTEGER, "-6", "is out of range"},
	{INTEGER, "01", "is no integer"},
	{INTEGER, "-0", "is no integer"},
	{INTEGER, "+1", "is no integer"},
	{INTEGER, " 1", "is no integer"},
	{INTEGER, "1 ", "is no integer"},
	{INTEGER, "0x1", "is no integer"},
	{INTEGER, "", "is no integer"},
	{INTEGER, "9223372036854775808", "is no integer"},
	{ADDRESS, "192.0.2.7", NULL},
	{ADDRESS, "2001:db8::1", NULL},
	{ADDRESS, "192.0.2.0/24", "is more than one address"},
	{ADDRESS, "0.0.0.0/0", "is more than one address"},
	{ADDRESS, "example.org", "expected a value that is one address"},
	{WITHIN, "10.1.2.3", NULL},
	{WITHIN, "10.1.0.0/16", NULL},
	{WITHIN, "10.0.0.0/8", NULL},
	{WITHIN, "0.0.0.0/0", "is outside of that prefix"},
	{WITHIN, "8.0.0.0/7", "is outside of that prefix"},
	{WITHIN, "11.0.0.1", "is outside of that prefix"},
	{WITHIN, "::/0", "is outside of that prefix"},
	{WITHIN, "::10.1.2.3", "is outside of that prefix"},
	{WITHIN, "", "expected a value that is within 10.0.0.0/8"},
};

static void takes(void **state)
{
	char why[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		int err = issue(given[i].text, given[i].value, NULL, why);

		if (err != (given[i].fault ? -EINVAL : 0) ||
		    (given[i].fault && !strstr(why, given[i].fault)))
			fail_msg("\"%s\": expected %s, found %d %s", given[i].value,
				 given[i].fault ? given[i].fault : "taken", err, why);
	}
}

/* What is asked of every image that hostile values come to: none of it belongs to any of them. */
static void assert_narrow(const struct writ_tables *tables, const char *value)
{
	static const char *const others[] = {
		"/",	     "/etc/shadow", "/srv",	      "/srv/x",	    "/srv/other/f",
		"/srv/data", "/opt",	    "/opt/other",     "/opt/xx",    "/srv/data/other",
		"/srv//f",   "/srv/y/f",    "/srv/databases", "/srv/./x/f", "/root/.ssh/id",
	};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (ask(tables, others[i], NULL))
			fail_msg("\"%s\" gives %s", value, others[i]);
}

/* Signs, dots, slashes and bytes in every order: taken or refused, nothing is ever given away. */
static void never_widens(void **state)
{
	static const char *const atoms[] = {"*", "**", "?", "[!-~]", "{a,b}", "{v}", "\\", "/",
					    ".", "..", "a", "\xff",  ",",     "}",   "",   "@"};
	static const char *const texts[] = {NAME, PATH, ANY_PATH, PLAY("pattern: '.*'", USE),
					    LOOSE};
	static const char *const starts[] = {"", "/srv/data/", "/", "", ""};
	const size_t n = sizeof(atoms) / sizeof(atoms[0]);
	struct writ_tables *tables = writ_tables_new();
	size_t taken = 0;

	(void)state;
	for (size_t i = 0; i < n * n * 5; i++) {
		const char *start = starts[i / n / n];
		char value[64], path[128], why[1024];

		(void)snprintf(value, sizeof(value), "%s%s%s", start, atoms[i % n],
			       atoms[i / n % n]);
		if (!strcmp(value, "/srv/data") || issue(texts[i / n / n], value, tables, why))
			continue;
		taken++;
		assert_narrow(tables, value);
		(void)snprintf(path, sizeof(path), value[0] == '/' ? "%s" : "/opt/x%s", value);
		assert_int_equal(ask(tables, path, NULL) & WRIT_ACCESS_WRITE, WRIT_ACCESS_WRITE);
	}
	assert_true(taken > 150);
	writ_tables_free(tables);
}

static uint32_t ask_address(const struct writ_tables *tables, uint8_t a, uint8_t b, uint16_t port)
{
	const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = a, [13] = b, [15] = 1};
	uint32_t allow = 0, deny = 0;

	writ_match_bits(tables, PLACE,
			writ_image_match_address(tables, PLACE, WRIT_PROTOCOL_TCP, address, port),
			&allow, &deny);
	return allow;
}

static void addresses(void **state)
{
	struct writ_tables *tables = writ_tables_new();
	char why[1024];

	(void)state;
	assert_int_equal(issue(WITHIN, "10.1.0.0/16", tables, why), 0);
	assert_int_equal(ask_address(tables, 10, 1, 443), WRIT_ACCESS_CONNECT);
	assert_int_equal(ask_address(tables, 10, 1, 444), 0);
	assert_int_equal(ask_address(tables, 10, 2, 443), 0);
	assert_int_equal(issue(ADDRESS, "10.2.0.1", tables, why), 0);
	assert_int_equal(ask_address(tables, 10, 2, 443), WRIT_ACCESS_CONNECT);
	assert_int_equal(ask_address(tables, 10, 1, 443), 0);
	writ_tables_free(tables);
}

static void declared(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{PLAY("", USE), "missing key \"pattern\" in a parameter, or its type"},
		{PLAY("type: nam", USE), "(did you mean \"name\"?)"},
		{PLAY("type: name, under: /a", USE), "under goes with type path, not with name"},
		{PLAY("type: path, min: 1", USE_PATH), "min goes with type integer"},
		{PLAY("type: integer, within: '::/0'", USE), "within goes with type address"},
		{PLAY("type: integer, min: 2, max: 1", USE), "min is more than max"},
		{PLAY("type: integer, min: 1.5", USE), "min: expected an integer"},
		{PLAY("type: path, under: /a/../b", USE_PATH), "under: \"/a/../b\" has a part of"},
		{PLAY("type: path, under: /", USE_PATH), "under: \"/\" is the root directory"},
		{PLAY("type: address, within: 10.0.0.1/8", USE_ADDRESS), "has bits behind"},
		{PLAY("type: path", USE), "has a parameter of type path behind its first part"},
		{PLAY("type: path", "files: [{path: '{v}x', allow: [read]}]\n"),
		 "goes on behind a parameter of type path without \"/\""},
		{PLAY("type: path", "files: [{path: '{v}/', allow: [read]}]\n"), "ends in \"/\""},
		{PLAY("type: path", "files: [{path: '{v}/../x', allow: [read]}]\n"), "\"/../\""},
		{PLAY("type: name", "files: [{path: '{v}/x', allow: [read]}]\n"), "not absolute"},
		{PLAY("type: name", USE_ADDRESS), "parameter v is not of type address"},
		{PLAY("type: address", "network: [{connect: '{w}'}]\n"),
		 "\"{w}\": not a declared parameter"},
		{PLAYBOOK "parameters: {agent: {type: name}}\n", "that name is a variable's"},
		{PLAYBOOK "parameters: {environment: {type: name}}\n", "that name is a variable's"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
	assert_accepted(PLAY("type: path", USE_PATH USE_ARGUMENT), NULL);
	assert_accepted(PLAY("type: path", "exec: [{path: '{v}'}]\n"), NULL);
}

/* `writ policy check` compiles with a stand-in of every type. */
static void stand_ins(void **state)
{
	static const char *const texts[] = {NAME, PATH, ANY_PATH, INTEGER, ADDRESS, WITHIN, NARROW};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct writ_policy *policy = good_policy(texts[i]);
		struct writ_diagnostics diags = {0};

		assert_int_equal(writ_grant_check(policy->playbooks, &diags), 0);
		writ_policy_free(policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(takes),     cmocka_unit_test(never_widens),
		cmocka_unit_test(addresses), cmocka_unit_test(declared),
		cmocka_unit_test(stand_ins),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
