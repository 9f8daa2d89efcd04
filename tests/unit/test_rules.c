/* SPDX-License-Identifier: Apache-2.0 */
/* The lists files, exec and network: what is read, what is refused, what is warned of. */
#include "policy_helper.h"

#include "writ/names.h"

static void reads(void **state)
{
	struct writ_policy *policy = good_policy(
		ROLE "files:\n"
		     "  - {path: /a, allow: [read, write, append, create, delete, execute, map,"
		     " attributes, link]}\n"
		     "  - {path: /b, deny: [read], allow: [write]}\n"
		     "exec:\n"
		     "  - {path: /bin/x}\n"
		     "  - {path: /bin/y, argv: [y, '', '**']}\n"
		     "network:\n"
		     "  - {connect: 10.0.0.0/8}\n"
		     "  - {connect: '::1', ports: [53, 8000-8100], protocol: udp, deny: true}\n");
	const struct writ_rules *rules = &policy->roles[0].rules;

	(void)state;
	assert_int_equal(rules->n_files, 2);
	assert_int_equal(rules->files[0].allow, 0x1ff);
	assert_int_equal(rules->files[1].deny, WRIT_ACCESS_READ);
	assert_int_equal(rules->files[1].at.line, 6);
	assert_int_equal(rules->files[1].at.column, 5);
	assert_int_equal(rules->n_exec, 2);
	assert_null(rules->exec[0].argv);
	assert_int_equal(rules->exec[1].n_argv, 3);
	assert_string_equal(rules->exec[1].argv[1], "");
	assert_int_equal(rules->n_network, 2);
	assert_int_equal(rules->network[0].bits, 104);
	assert_int_equal(rules->network[0].protocol, WRIT_PROTOCOL_TCP);
	assert_int_equal(rules->network[0].ports[0].high, 65535);
	assert_int_equal(rules->network[1].n_ports, 2);
	assert_int_equal(rules->network[1].ports[1].low, 8000);
	assert_true(rules->network[1].deny);
	writ_policy_free(policy);
}

static const struct {
	const char *text, *why;
} refused[] = {
	{"files: {path: /a}\n", "p.yaml:4:8: files: expected a list, found a mapping"},
	{"files: [/a]\n", "p.yaml:4:9: a file rule: expected a mapping, found \"/a\""},
	{"files: [{allow: [read]}]\n", "missing key \"path\" in a file rule"},
	{"files: [{path: /a}]\n", "a file rule needs allow or deny"},
	{"files: [{path: /a, allow: read}]\n", "allow: expected a list"},
	{"files: [{path: /a, allow: []}]\n", "at least one access word"},
	{"files: [{path: /a, allow: [reed]}]\n", "(did you mean \"read\"?)"},
	{"files: [{path: /a, allow: [connect]}]\n", "expected one of: read, write"},
	{"files: [{path: /a, allow: [execute_argv]}]\n", "expected one of: read, write"},
	{"files: [{path: /a, allow: [read], deny: [read]}]\n", "both allowed and denied"},
	{"files: [{path: /a, alow: [read]}]\n",
	 "p.yaml:4:20: unknown key \"alow\" in a file rule; expected one of: path, allow, "
	 "deny, audit (did you mean \"allow\"?)"},
	{"files: [{path: [/a], allow: [read]}]\n", "path: expected text, found a list"},
	{"exec: [{argv: [a]}]\n", "an exec rule has a path, with or without argv, or commands"},
	{"exec: [{path: /a, argv: []}]\n", "argv[0] first"},
	{"exec: [{path: /a, argv: ['[']}]\n", "argument \"[\": \"[\" without \"]\""},
	{"exec: [{path: /a, allow: [read]}]\n", "unknown key \"allow\" in an exec rule"},
	{"network: [{ports: [1]}]\n", "a network rule needs one of connect, bind, listen and send"},
	{"network: [{connect: example.org}]\n", "expected an IPv4 or IPv6 address"},
	{"network: [{connect: 10.0.0.1/8}]\n", "bits behind its prefix"},
	{"network: [{connect: 10.0.0.0/33}]\n", "0 to 32"},
	{"network: [{connect: '::/129'}]\n", "0 to 128"},
	{"network: [{connect: 1.2.3.4, ports: [0]}]\n", "expected a port"},
	{"network: [{connect: 1.2.3.4, ports: [65536]}]\n", "expected a port"},
	{"network: [{connect: 1.2.3.4, ports: [2-1]}]\n", "expected a port"},
	{"network: [{connect: 1.2.3.4, ports: []}]\n", "leave the key out"},
	{"network: [{connect: 1.2.3.4, ports: 443}]\n", "ports: expected a list"},
	{"network: [{connect: 1.2.3.4, protocol: icmp}]\n", "expected one of: tcp, udp"},
	{"network: [{connect: 1.2.3.4, bind: 1.2.3.4}]\n", "a network rule has one of"},
	{"network: [{listen: x}]\n", "listen: \"x\": expected an IPv4"},
	{"network: [{connect: 1.2.3.4, audit: never}]\n", "audit: expected one of: all, denied"},
	{"files: [{path: /a, allow: [read], audit: al}]\n", "(did you mean \"all\"?)"},
	{"exec: [{path: /a, audit: [all]}]\n", "audit: expected one of: all"},
	{"network: [{connect: 1.2.3.4, deny: maybe}]\n", "expected one of: false, true"},
};

static void refuses(void **state)
{
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		(void)snprintf(text, sizeof(text), ROLE "%s", refused[i].text);
		assert_refused(text, refused[i].why);
	}
}

static void path_limit(void **state)
{
	char *text = calloc(1, 8192), *at;

	(void)state;
	for (int extra = 0; extra < 2; extra++) {
		at = text + sprintf(text, ROLE "files: [{path: '/");
		memset(at, 'x', WRIT_PATH_SIZE - 2 + (size_t)extra);
		strcpy(at + WRIT_PATH_SIZE - 2 + extra, "', allow: [read]}]\n");
		if (extra)
			assert_refused(text, "path: 4096 bytes; the most is 4095");
		else
			assert_accepted(text, NULL);
	}
	free(text);
}

static void argument_limit(void **state)
{
	char text[1024];

	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		size_t used = (size_t)sprintf(text, ROLE "exec: [{path: /a, argv: [a");

		for (uint32_t i = 1; i < WRIT_ARGUMENTS_MAX + extra; i++)
			used += (size_t)sprintf(text + used, ", a");
		(void)sprintf(text + used, "]}]\n");
		if (extra)
			assert_refused(text, "argv: 65 elements; the most is 64");
		else
			assert_accepted(text, NULL);
	}
}

static void rule_limit(void **state)
{
	static const char rule[] = "- {path: /a, allow: [read]}\n";
	char *text = malloc(64 + (WRIT_RULES_MAX + 1) * sizeof(rule)), *at;

	(void)state;
	for (uint32_t extra = 0; extra < 2; extra++) {
		at = text + sprintf(text, ROLE "files:\n");
		for (uint32_t i = 0; i < WRIT_RULES_MAX + extra; i++)
			at = stpcpy(at, rule);
		if (extra)
			assert_refused(text, "files: 65537 elements; the most is 65536");
		else
			assert_accepted(text, NULL);
	}
	free(text);
}

static void warns(void **state)
{
	static const char *const words[] = {"read", "write", "create",	   "delete",
					    "map",  "link",  "attributes", "execute"};
	char text[256];

	(void)state;
	for (int i = 0; i < 8; i++) {
		(void)snprintf(text, sizeof(text), ROLE "files: [{path: /a, deny: [%s]}]\n",
			       words[i]);
		assert_accepted(text, NULL);
	}
	assert_accepted(ROLE "files: [{path: /a, deny: [append]}]\n",
			"p.yaml:4:26: warning: deny append: not mediated by this version");
	assert_accepted(ROLE "files: [{path: /a, allow: [delete, map, attributes, link]}]\n", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads),      cmocka_unit_test(refuses),
		cmocka_unit_test(path_limit), cmocka_unit_test(argument_limit),
		cmocka_unit_test(rule_limit), cmocka_unit_test(warns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
