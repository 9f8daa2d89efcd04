/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/policy.schema.json against what is shipped, and against the reader itself: what the schema
 * takes and the reader refuses, or the other way round, is a fault of one of them.
 */
#include "policy_helper.h"

#include <glob.h>

#include "compile/cases.h"
#include "compile/source.h"
#include "schema.h"
#include "writ/names.h"

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

/* Every file of the shipped policy, the test files among them. */
static void shipped(void **state)
{
	struct run run = {0};
	size_t tests = 0;
	glob_t found;

	(void)state;
	assert_int_equal(glob("policy/*.yaml", 0, NULL, &found), 0);
	for (size_t i = 0; i < found.gl_pathc; i++) {
		struct writ_diagnostics diags = {0};
		char *bytes = NULL;
		size_t size = 0;

		run.file = found.gl_pathv[i];
		tests += writ_cases_is_test(run.file);
		assert_int_equal(writ_source_read(run.file, &diags, &bytes, &size), 0);
		read_text(&run, bytes, size);
		free(bytes);
	}
	assert_true(run.documents >= 14 + tests);
	assert_true(tests >= 8);
	globfree(&found);
	json_decref(run.schema.root);
}

#define FILES(rule) ROLE "files:\n  - " rule "\n"
#define EXEC(rule) ROLE "exec:\n  - " rule "\n"
#define NETWORK(rule) ROLE "network:\n  - " rule "\n"
#define PARAMETER(rule) PLAYBOOK "parameters:\n  v: " rule "\n"
#define SET(list) "apiVersion: writ/v1\nkind: Set\nname: s\n" list "\n"
#define USES(list) "---\n" ROLE list "\n"
#define WINDOW(fields) PLAYBOOK "windows:\n  - {" fields "}\n"
#define NODE(more) "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n" more "\n"
#define TEST "apiVersion: writ/v1\nkind: Test\nname: t\n"
#define CASE(fields) TEST "cases:\n  - {agent: a, expect: deny, " fields "}\n"
#define GRANT(fields) CASE("operation: read, object: /a, grants: [{" fields "}]")

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
	{true, ROLE "allow_kernel: [mount, io_uring_sqpoll]\n"},
	{true, ROLE "allow_kernel: []\n"},
	{false, ROLE "allow_kernel: [everything]\n"},
	{false, ROLE "allow_kernel: mount\n"},
	{false, PLAYBOOK "allow_kernel: [mount]\n"},
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
	{true, PLAYBOOK "env: [A, 'B_*', 'C=', 'D=a b=c', _e1]\n"},
	{true, PLAYBOOK "env: []\n"},
	{false, PLAYBOOK "env: A\n"},
	{false, PLAYBOOK "env: ['*']\n"},
	{false, PLAYBOOK "env: ['A*B']\n"},
	{false, PLAYBOOK "env: [1A]\n"},
	{false, PLAYBOOK "env: ['=a']\n"},
	{false, ROLE "env: [A]\n"},
	{false, "apiVersion: writ/v1\nkind: Playbook\nname: p\n"},
	{false, "apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1m}\n"},
	{false, "apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1, max: 2}\n"},
	{true, PLAYBOOK "ticket: {pattern: x}\n"},
	{true, PLAYBOOK "ticket: {pattern: x, validate: false}\n"},
	{false, PLAYBOOK "ticket: {validate: true}\n"},
	{false, PLAYBOOK "ticket: {pattern: x, valid: true}\n"},
	{true, PLAYBOOK "scope: agent\non_end: cut\nrisk: medium\nsponsor: required\n"},
	{true, PLAYBOOK "scope: run\non_end: kill\nrisk: high\nsponsor: optional\n"},
	{false, PLAYBOOK "scope: node\n"},
	{false, PLAYBOOK "on_end: stop\n"},
	{false, PLAYBOOK "risk: none\n"},
	{false, PLAYBOOK "sponsor: true\n"},
	{true, PLAYBOOK "max_uses: 1000000\nexec: [{path: /a}, {path: /b, entry: true}]\n"},
	{false, PLAYBOOK "max_uses: 1000001\nexec: [{path: /a}]\n"},
	{false, PLAYBOOK "max_uses: 0\nexec: [{path: /a}]\n"},
	{false, PLAYBOOK "max_uses: '1'\nexec: [{path: /a}]\n"},
	{false, PLAYBOOK "max_uses: 1\nexec: [{path: /a, entry: yes}]\n"},
	{false, EXEC("{path: /a, entry: true}")},
	{true, PLAYBOOK "approvals: {count: 5, groups: [dba, sre@example.org]}\n"},
	{true, PLAYBOOK "approvals: {count: 1, groups: []}\n"},
	{false, PLAYBOOK "approvals: {count: 6}\n"},
	{false, PLAYBOOK "approvals: {groups: [dba]}\n"},
	{false, PLAYBOOK "approvals: {count: 1, groups: ['0']}\n"},
	{false, PLAYBOOK "approvals: 2\n"},
	{true, NODE("audit: {}")},
	{true, NODE("audit: {sync: every, checkpoint: 10s, rotate: {size: 16MiB, age: 1h}}")},
	{true, NODE("audit: {keep: {size: 1TiB, age: 300d}, compress: false}")},
	{false, NODE("audit: {sync: often}")},
	{false, NODE("audit: {rotate: {size: 16MB}}")},
	{true, NODE("audit: {sinks: [{name: a, type: stdout}, {name: b, type: stdout}]}")},
	{true, NODE("audit: {sinks: [{name: a, type: syslog, address: /dev/log, format: ocsf}]}")},
	{true, NODE("audit: {sinks: [{name: a, type: syslog, address: 'tls:a.b:1', ca: /c}]}")},
	{true, NODE("audit: {sinks: [{name: a, type: kafka, brokers: ['a:1'], topic: t}]}")},
	{true, NODE("audit: {sinks: [{name: a, type: stdout, behind: skip, backlog: 1GiB}]}")},
	{false, NODE("audit: {sinks: [{type: stdout}]}")},
	{false, NODE("audit: {sinks: [{name: a, type: email}]}")},
	{false, NODE("audit: {sinks: [{name: a, type: syslog, address: 'udp:a:1'}]}")},
	{false, NODE("audit: {sinks: [{name: a, type: kafka, brokers: [a], topic: t}]}")},
	{false, NODE("audit: {sinks: [{name: a, type: kafka, brokers: ['a:1'], topic: 'a b'}]}")},
	{true, NODE("audit: {alerts: [{name: a, when: loss, syslog: true}]}")},
	{true, NODE("audit: {alerts: [{name: a, when: denials, count: 9, within: 1m, every: 1h, "
		    "command: [/a, b], webhook: 'https://a/b'}]}")},
	{false, NODE("audit: {alerts: [{name: a, when: rain, syslog: true}]}")},
	{false, NODE("audit: {alerts: [{name: a, when: loss, count: 0, syslog: true}]}")},
	{false, NODE("audit: {alerts: [{name: a, when: loss, webhook: 'ftp://a'}]}")},
	{false, NODE("audit: {alerts: [{name: a, when: loss, command: []}]}")},
	{true, WINDOW("days: [mon, sun], from: '09:00', to: '24:00', zone: UTC")},
	{true, WINDOW("from: 22:00, to: 06:00, zone: America/Argentina/Ushuaia")},
	{false, WINDOW("from: '24:00', to: '24:00', zone: UTC")},
	{false, WINDOW("from: '9:00', to: '10:00', zone: UTC")},
	{false, WINDOW("from: '09:00', to: '10:60', zone: UTC")},
	{false, WINDOW("from: '09:00', to: '10:00'")},
	{false, WINDOW("from: '09:00', to: '10:00', zone: /etc/passwd")},
	{false, WINDOW("from: '09:00', to: '10:00', zone: '../UTC'")},
	{false, WINDOW("from: '09:00', to: '10:00', zone: Europe//Berlin")},
	{false, WINDOW("days: [], from: '09:00', to: '10:00', zone: UTC")},
	{false, WINDOW("days: [monday], from: '09:00', to: '10:00', zone: UTC")},
	{false, PLAYBOOK "windows: []\n"},
	{true, PLAYBOOK "environments: [production]\nconcurrency: 131072\ncooldown: 10m\n"},
	{false, PLAYBOOK "environments: []\n"},
	{false, PLAYBOOK "environments: [Production]\n"},
	{false, PLAYBOOK "concurrency: 131073\n"},
	{false, PLAYBOOK "concurrency: 0\n"},
	{false, PLAYBOOK "cooldown: 10\n"},
	{true, PLAYBOOK "rate: {count: 100000, per: 1h}\n"},
	{false, PLAYBOOK "rate: {count: 100001, per: 1h}\n"},
	{false, PLAYBOOK "rate: {count: 3}\n"},
	{false, PLAYBOOK "rate: {per: 1h}\n"},
	{true, PLAYBOOK "break_glass: true\n"},
	{false, PLAYBOOK "break_glass: yes\n"},
	{true, ROLE "ttl_max: 30m\nrisk: medium\n"},
	{false, ROLE "ttl_max: 30\n"},
	{false, ROLE "risk: extreme\n"},
	{false, ROLE "scope: run\n"},
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
	{true, NODE("operators: {group: writ-operators}\npending: 30m")},
	{true, NODE("ticket_validator: {command: [/usr/bin/check, '', -v], timeout: 60s}")},
	{true, NODE("denials: {backoff: 1s, backoff_max: 2s, suspend_after: 0}")},
	{true, NODE("denials: {}")},
	{true, NODE("metrics: {textfile: /var/lib/node_exporter/writ.prom}")},
	{true, NODE("metrics: {textfile: /writ.prom, interval: 1m}")},
	{false, NODE("metrics: {}")},
	{false, NODE("metrics: {interval: 15s}")},
	{false, NODE("metrics: {textfile: writ.prom}")},
	{false, NODE("metrics: {textfile: /var/lib/node_exporter/writ.txt}")},
	{false, NODE("metrics: {textfile: /var/lib/node_exporter/.prom}")},
	{false, NODE("metrics: /writ.prom")},
	{false, NODE("operators: writ-operators")},
	{false, NODE("operators: {}")},
	{false, NODE("operators: {group: 'a b'}")},
	{false, NODE("ticket_validator: {command: []}")},
	{false, NODE("ticket_validator: {timeout: 5s}")},
	{false, NODE("ticket_validator: {command: /usr/bin/check}")},
	{false, NODE("denials: {suspend_after: 1001}")},
	{false, NODE("denials: {suspend_after: -1}")},
	{false, NODE("denials: {backof: 1s}")},
	{false, NODE("pending: 1")},
	{true, ROLE AGENT("a", "/a/b") "instances: many\n"},
	{false, ROLE AGENT("a", "/a/b") "instances: 2\n"},
	{true, ROLE AGENT("a", "/a/b") "mode: monitor\nenvironment: test\n"},
	{false, ROLE AGENT("a", "/a/b") "mode: off\n"},
	{false, ROLE AGENT("a", "/a/b") "roles: r\n"},
};

/* The same of test files. */
static const struct {
	bool good;
	const char *text;
} tests[] = {
	{true, TEST "cases: []\n"},
	{false, TEST},
	{false, TEST "cases: {}\n"},
	{false, TEST "cases: []\ncolour: red\n"},
	{false, "apiVersion: writ/v1\nkind: Test\ncases: []\n"},
	{false, "apiVersion: writ/v2\nkind: Test\nname: t\ncases: []\n"},
	{false, "apiVersion: writ/v1\nkind: Tset\nname: t\ncases: []\n"},
	{true, CASE("operation: read, object: /a, reason: no_rule, at: 5m")},
	{true, CASE("operation: write, object: /")},
	{true, CASE("operation: create, object: /a")},
	{true, CASE("operation: open, object: /a, access: [read, attributes]")},
	{true, CASE("operation: exec, object: /a, argv: [a, '', 5, true, 1.5]")},
	{true, CASE("operation: exec, object: /a")},
	{true, CASE("operation: rmdir, object: /a, reason: below")},
	{true, CASE("operation: xattr, object: /a")},
	{false, CASE("operation: rmdir, object: /a, access: [delete]")},
	{false, CASE("operation: chmod, object: a")},
	{false, CASE("operation: rename, object: /a")},
	{true, CASE("operation: connect, object: '10.0.0.1:1'")},
	{true, CASE("operation: connect, object: 'udp [::1]:53'")},
	{true, CASE("operation: connect, object: 'tcp ::1 53'")},
	{false, CASE("object: /a")},
	{false, CASE("operation: read")},
	{false, CASE("operation: rewind, object: /a")},
	{false, CASE("operation: read, object: a")},
	{false, CASE("operation: exec, object: a")},
	{false, CASE("operation: open, object: a, access: [read]")},
	{false, CASE("operation: open, object: /a")},
	{false, CASE("operation: open, object: /a, access: []")},
	{false, CASE("operation: open, object: /a, access: [connect]")},
	{false, CASE("operation: open, object: /a, access: [read], argv: [a]")},
	{false, CASE("operation: read, object: /a, access: [read]")},
	{false, CASE("operation: exec, object: /a, access: [read]")},
	{false, CASE("operation: connect, object: '10.0.0.1:1', access: [read]")},
	{false, CASE("operation: read, object: /a, argv: [a]")},
	{false, CASE("operation: connect, object: '10.0.0.1:1', argv: [a]")},
	{false, CASE("operation: connect, object: 'host:1'")},
	{false, CASE("operation: connect, object: 'icmp 10.0.0.1:1'")},
	{false, CASE("operation: connect, object: 10.0.0.1")},
	{false, CASE("operation: read, object: /a, reason: none")},
	{false, CASE("operation: read, object: /a, reason: because")},
	{false, CASE("operation: read, object: /a, at: 5")},
	{false, CASE("operation: read, object: /a, verdict: deny")},
	{false, TEST "cases: [{agent: a, operation: read, object: /a}]\n"},
	{false, TEST "cases: [{agent: a, operation: read, object: /a, expect: maybe}]\n"},
	{false, TEST "cases: [{agent: A, operation: read, object: /a, expect: deny}]\n"},
	{false, TEST "cases: [{operation: read, object: /a, expect: deny}]\n"},
	{true, GRANT("playbook: p, parameters: {a: b, c: 5, d: true}, ttl: 3m, delay: 1m")},
	{true, GRANT("playbook: p, parameters: {}")},
	{false, GRANT("parameters: {a: b}")},
	{false, GRANT("playbook: P")},
	{false, GRANT("playbook: p, parameters: [a]")},
	{false, GRANT("playbook: p, parameters: {a: ''}")},
	{false, GRANT("playbook: p, parameters: {a: [b]}")},
	{false, GRANT("playbook: p, ttl: 3")},
	{false, GRANT("playbook: p, ticket: CHG-1")},
};

static int load_cases(const char *text)
{
	char path[] = "/tmp/writ-test-XXXXXX.test.yaml";
	struct writ_diagnostics diags = {0};
	struct writ_cases loaded = {0};
	FILE *file = fdopen(mkstemps(path, 10), "w");
	int err;

	assert_non_null(file);
	(void)fputs(text, file);
	assert_int_equal(fclose(file), 0);
	err = writ_cases_load(path, &diags, &loaded);
	assert_int_equal(unlink(path), 0);
	writ_cases_free(&loaded);
	writ_diagnostics_free(&diags);
	return err;
}

static void assert_agrees(struct run *run, bool good, int err, const char *text)
{
	run->bad = 0;
	read_text(run, text, strlen(text));
	if (!err != good || !run->bad != good)
		fail_msg("expected %s, the reader says %d, the schema %zu:\n%s",
			 good ? "good" : "bad", err, run->bad, text);
}

static void agrees(void **state)
{
	struct run run = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_diagnostics diags = {0};
		struct writ_policy *policy = NULL;
		int err = load_text(cases[i].text, strlen(cases[i].text), &diags, &policy);

		assert_agrees(&run, cases[i].good, err, cases[i].text);
		writ_policy_free(policy);
		writ_diagnostics_free(&diags);
	}
	json_decref(run.schema.root);
}

static void agrees_on_tests(void **state)
{
	struct run run = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		assert_agrees(&run, tests[i].good, load_cases(tests[i].text), tests[i].text);
	/* every reason that a decision can have */
	for (uint32_t i = 1; i < WRIT_REASON_COUNT; i++) {
		char text[256];

		(void)snprintf(text, sizeof(text), CASE("operation: read, object: /, reason: %s"),
			       writ_reason_name(i));
		assert_agrees(&run, true, load_cases(text), text);
	}
	json_decref(run.schema.root);
}

int main(void)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(shipped),
		cmocka_unit_test(agrees),
		cmocka_unit_test(agrees_on_tests),
	};

	return cmocka_run_group_tests(all, NULL, NULL);
}
