/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/policy.schema.json against what is shipped, and against the reader itself: what the schema
 * takes and the reader refuses, or the other way round, is a fault of one of them.
 */
#include "policy_helper.h"

#include "compile/source.h"
#include "schema.h"

struct run {
	struct schema schema;
	const char *file;
	size_t documents;
	size_t bad;
};

static int visit(void *context, const struct writ_yaml_node *root)
{
	struct run *run = context;

	run->documents++;
	if (!schema_fits(&run->schema, run->schema.root, root)) {
		run->bad++;
		if (run->file)
			fail_msg("%s:%u: does not fit the schema (%s)", run->file, root->line,
				 run->schema.unknown ? run->schema.unknown : "a value");
	}
	assert_null(run->schema.unknown);
	return 0;
}

static void read_text(struct run *run, const char *text, size_t size)
{
	struct writ_diagnostics diags = {0};

	if (!run->schema.root)
		run->schema.root = json_load_file("docs/policy.schema.json", 0, NULL);
	assert_non_null(run->schema.root);
	assert_int_equal(writ_yaml_read("p.yaml", text, size, &diags, visit, run), 0);
	writ_diagnostics_free(&diags);
}

static void shipped(void **state)
{
	static const char *const files[] = {"policy/roles.yaml", "policy/playbooks.yaml",
					    "policy/agents.yaml", "policy/node.yaml",
					    "policy/sets.yaml"};
	struct run run = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct writ_diagnostics diags = {0};
		char *bytes = NULL;
		size_t size = 0;

		run.file = files[i];
		assert_int_equal(writ_source_read(files[i], &diags, &bytes, &size), 0);
		read_text(&run, bytes, size);
		free(bytes);
	}
	assert_true(run.documents >= 14);
	json_decref(run.schema.root);
}

#define FILES(rule) ROLE "files:\n  - " rule "\n"
#define EXEC(rule) ROLE "exec:\n  - " rule "\n"
#define NETWORK(rule) ROLE "network:\n  - " rule "\n"
#define PARAMETER(rule) PLAYBOOK "parameters:\n  v: " rule "\n"
#define SET(list) "apiVersion: writ/v1\nkind: Set\nname: s\n" list "\n"
#define USES(list) "---\n" ROLE list "\n"

/* What both take, or neither; the reader looks up names besides, so these have none. */
static const struct {
	bool good;
	const char *text;
} cases[] = {
	{true, ROLE},
	{false, ROLE "colour: red\n"},
	{false, "apiVersion: writ/v1\nkind: Role\n"},
	{false, "apiVersion: writ/v2\nkind: Role\nname: r\n"},
	{false, "apiVersion: writ/v1\nkind: Rule\nname: r\n"},
	{false, "apiVersion: writ/v1\nkind: Role\nname: R\n"},
	{true, FILES("{path: /a, allow: [read, write, append, create]}")},
	{true, FILES("{path: /a, allow: [execute, map, link], deny: [delete, attributes]}")},
	{false, FILES("{path: /a}")},
	{false, FILES("{allow: [read]}")},
	{false, FILES("{path: /a, allow: []}")},
	{false, FILES("{path: /a, allow: read}")},
	{false, FILES("{path: /a, allow: [connect]}")},
	{false, FILES("{path: /a, alow: [read]}")},
	{true, EXEC("{path: /a}")},
	{true, EXEC("{path: /a, argv: [a, '']}")},
	{false, EXEC("{path: /a, argv: []}")},
	{false, EXEC("{path: /a, argv: [[a]]}")},
	{true, NETWORK("{connect: 10.0.0.0/8, ports: [1, '2', 3-4], protocol: udp, deny: true}")},
	{true, NETWORK("{connect: '::1'}")},
	{false, NETWORK("{connect: example.org}")},
	{false, NETWORK("{ports: [1]}")},
	{false, NETWORK("{connect: '::1', ports: []}")},
	{false, NETWORK("{connect: '::1', ports: [0]}")},
	{false, NETWORK("{connect: '::1', ports: [65536]}")},
	{false, NETWORK("{connect: '::1', protocol: icmp}")},
	{false, NETWORK("{connect: '::1', deny: maybe}")},
	{true, PLAYBOOK "parameters: {h: {type: address}}\nnetwork: [{connect: '{h}'}]\n"},
	{false, PLAYBOOK "parameters: {h: {type: address}}\nnetwork: [{connect: 'x{h}'}]\n"},
	{true, FILES("{path: /a, allow: [read], audit: none}")},
	{false, FILES("{path: /a, audit: none}")},
	{false, FILES("{path: /a, allow: [read], audit: some}")},
	{true, EXEC("{path: /a, audit: required}")},
	{true, NETWORK("{bind: '::1', audit: denied}")},
	{true, NETWORK("{listen: '::1'}")},
	{true, NETWORK("{send: '::1'}")},
	{false, NETWORK("{connect: '::1', send: '::1'}")},
	{true, ROLE "unix: [{path: /a, allow: [connect, send]}]\n"},
	{true, ROLE "unix: [{abstract: a, deny: [connect], audit: all}]\n"},
	{false, ROLE "unix: [{path: /a, abstract: a, allow: [send]}]\n"},
	{false, ROLE "unix: [{path: /a}]\n"},
	{false, ROLE "unix: [{path: /a, allow: [read]}]\n"},
	{true, ROLE "capabilities: [CAP_CHOWN]\n"},
	{false, ROLE "capabilities: [chown]\n"},
	{false, PLAYBOOK "capabilities: [CAP_CHOWN]\n"},
	{true, ROLE "extends: []\n"},
	{false, ROLE "extends: r\n"},
	{true, SET("paths: [/a]") USES("files: [{path: '@s', allow: [read]}]")},
	{true, SET("addresses: ['::1', 10.0.0.0/8]") USES("network: [{connect: '@s'}]")},
	{true, SET("commands: [{path: /a, argv: [a]}]") USES("exec: [{commands: '@s'}]")},
	{false, SET("commands: [{path: /a}]") USES("exec: [{commands: '@s', path: /a}]")},
	{false, SET("commands: [{path: /a}]") USES("exec: [{commands: s}]")},
	{false, SET("")},
	{false, SET("paths: []")},
	{false, SET("paths: [a]")},
	{false, SET("paths: [/a]\naddresses: ['::1']")},
	{true, PLAYBOOK "ticket: 'CHG-[0-9]+'\ndescription: text\n"},
	{false, "apiVersion: writ/v1\nkind: Playbook\nname: p\n"},
	{false, "apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1m}\n"},
	{false, "apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1, max: 2}\n"},
	{true, PARAMETER("{pattern: '[a-z]+'}")},
	{false, PARAMETER("{}")},
	{true, PARAMETER("{type: pattern, pattern: x}")},
	{true, PARAMETER("{type: name, pattern: x}")},
	{true, PARAMETER("{type: path, under: /srv}")},
	{true, PARAMETER("{type: integer, min: -1, max: 9}")},
	{true, PARAMETER("{type: address, within: 10.0.0.0/8}")},
	{false, PARAMETER("{type: text}")},
	{false, PARAMETER("{type: pattern}")},
	{false, PARAMETER("{type: name, under: /srv}")},
	{false, PARAMETER("{type: path, under: srv}")},
	{false, PARAMETER("{type: path, min: 1}")},
	{false, PARAMETER("{type: integer, min: x}")},
	{false, PARAMETER("{type: address, within: here}")},
	{false, PARAMETER("{pattern: x, max: 1}")},
	{false, PARAMETER("{patern: x}")},
	{true, "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n"},
	{false, "apiVersion: writ/v1\nkind: Node\nname: n\n"},
	{true, "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\nstrict: false\n"},
	{false, "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\nstrict: no\n"},
	{true, ROLE AGENT("a", "/a/b") "mode: monitor\nenvironment: test\n"},
	{false, ROLE AGENT("a", "/a/b") "mode: off\n"},
	{false, ROLE AGENT("a", "/a/b") "roles: r\n"},
};

static void agrees(void **state)
{
	struct run run = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_diagnostics diags = {0};
		struct writ_policy *policy = NULL;
		size_t len = strlen(cases[i].text);
		int err = load_text(cases[i].text, len, &diags, &policy);

		run.bad = 0;
		read_text(&run, cases[i].text, len);
		if (!err != cases[i].good || !run.bad != cases[i].good)
			fail_msg("expected %s, the reader says %d, the schema %zu:\n%s",
				 cases[i].good ? "good" : "bad", err, run.bad, cases[i].text);
		writ_policy_free(policy);
		writ_diagnostics_free(&diags);
	}
	json_decref(run.schema.root);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shipped),
		cmocka_unit_test(agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
