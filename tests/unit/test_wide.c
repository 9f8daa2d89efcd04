/* SPDX-License-Identifier: Apache-2.0 */
/* Grants that are wider than their playbook's description needs, and some that only look so. */
#include "policy_helper.h"

#include "compile/advice.h"

#define P(description, rules)                                                                \
	"apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 3m, max: 10m}\n"       \
	"description: '" description                                                         \
	"'\nparameters: {service: {type: name}, host: {type: address}}\n" rules "---\n" ROLE \
	"playbooks: [p]\n"

/* A rule that uses both parameters, so that only @rule can be warned of. */
#define USES                                            \
	"exec: [{path: /bin/a, argv: ['{service}']}]\n" \
	"network: [{connect: '{host}', ports: [9], audit: all}]\n"
#define FILE_RULE(path, words) "files:\n  - {path: '" path "', allow: [" words "]}\n" USES
#define EXEC_RULE(rule)                                                                      \
	"network: [{connect: '{host}'}]\nexec:\n  - {path: /bin/a, argv: ['{service}']}\n  " \
	"- " rule "\n"
#define NETWORK_RULE(rule)                              \
	"exec: [{path: /bin/a, argv: ['{service}']}]\n" \
	"network:\n  - {connect: '{host}', ports: [9]}\n  - " rule "\n"
#define UNIX_RULE(path, words) "unix:\n  - {" path ", allow: [" words "]}\n" USES

#define LOOKS "Inspect one service."
#define ONE "Restart one service."
#define ANY "Restart things."

static void assert_warned(const char *text, const char *expected)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = good_policy(text);
	char lines[8192];
	size_t warnings;

	assert_int_equal(writ_wide_find(&policy->playbooks[0], &diags), 0);
	lines_of(&diags, lines, sizeof(lines));
	warnings = diags.warnings;
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
	if (warnings != !!expected || (expected && strncmp(lines, expected, strlen(expected))))
		fail_msg("%s\nexpected: %s\nfound: %s", text, expected ? expected : "nothing",
			 lines);
}

/* (a) The description says that nothing is changed. */
static void promise(void **state)
{
	static const char whole[] =
		"p.yaml:8:5: warning: this rule gives write, delete, and the description of "
		"playbook \"p\" says \"inspect\": take it away, or let the description say what it "
		"changes\n";
	static const char calls[] =
		"p.yaml:10:5: warning: this rule gives connect, and the description of playbook "
		"\"p\" says \"inspect\": take it away, or let the description say what it calls\n";

	(void)state;
	assert_warned(P(LOOKS, FILE_RULE("/var/x/y/z", "read, write, delete")), whole);
	assert_warned(P(LOOKS, FILE_RULE("/srv/{service}/x", "attributes")),
		      "p.yaml:8:5: warning: this rule gives attributes, and");
	assert_warned(P(LOOKS, FILE_RULE("/srv/x", "link")),
		      "p.yaml:8:5: warning: this rule gives");
	assert_warned(P(LOOKS, FILE_RULE("/srv/x", "create")), "p.yaml:8:5: warning: this rule");
	assert_warned(P(LOOKS, FILE_RULE("/dev/{null,sda}", "write")), "p.yaml:8:5: warning: this");
	assert_warned(P(LOOKS, NETWORK_RULE("{connect: 10.0.0.1}")), calls);
	assert_warned(P(LOOKS, UNIX_RULE("path: /run/x/y/z", "send")),
		      "p.yaml:8:5: warning: this rule gives send, and");
	assert_warned(P(LOOKS, FILE_RULE("/srv/x", "read, map")), NULL);
	assert_warned(P(LOOKS, FILE_RULE("/dev/{null,tty}", "read, write")), NULL);
	assert_warned(P(LOOKS, NETWORK_RULE("{connect: 10.0.0.1, deny: true}")), NULL);
	assert_warned(P(LOOKS, NETWORK_RULE("{bind: 10.0.0.1}")), NULL);
	assert_warned(P("Inspect one service, asking it.", NETWORK_RULE("{connect: 10.0.0.1}")),
		      NULL);
	assert_warned(P("Inspect one service and repair it.", FILE_RULE("/srv/x", "write")), NULL);
	assert_warned(P(ONE, FILE_RULE("/srv/x", "write")), NULL);
}

/* (b) It speaks of one service, and the rule does not. */
static void narrowed(void **state)
{
	static const char whole[] =
		"p.yaml:8:5: warning: this rule gives write on all of /var/lib/** for every value "
		"of "
		"parameter \"service\", of which the description of playbook \"p\" speaks: name "
		"{service} in it, or only what is needed\n";

	(void)state;
	assert_warned(P(ONE, FILE_RULE("/var/lib/**", "read, write")), whole);
	assert_warned(P(ONE, FILE_RULE("/opt/**", "write")),
		      "p.yaml:8:5: warning: this rule gives");
	assert_warned(P(ONE, FILE_RULE("/srv/*/*", "delete")), "p.yaml:8:5: warning: this rule");
	assert_warned(P(ONE, FILE_RULE("/{srv/{service},opt/x}/*", "write")),
		      "p.yaml:8:5: warning: this rule gives write on all of");
	assert_warned(P(ONE, EXEC_RULE("{path: '/usr/bin/*'}")),
		      "p.yaml:10:5: warning: this rule gives execute on all of /usr/bin/* for");
	assert_warned(P(ONE, EXEC_RULE("{path: '/opt/bin/**', argv: [x, '{agent}']}")),
		      "p.yaml:10:5: warning: this rule gives execute on all of /opt/bin/** for");
	assert_warned(P(ONE, NETWORK_RULE("{connect: 0.0.0.0/0}")),
		      "p.yaml:10:5: warning: this rule gives connect on all of 0.0.0.0/0 for");
	assert_warned(P(ONE, NETWORK_RULE("{connect: '::/0', ports: [1-65535]}")),
		      "p.yaml:10:5: warning: this rule gives connect on all of ::/0 for");
	assert_warned(P(ONE, UNIX_RULE("abstract: '**'", "connect")),
		      "p.yaml:8:5: warning: this rule gives connect on all of @** for");
	assert_warned(P(ONE, FILE_RULE("/var/lib/**", "read")), NULL);
	assert_warned(P(ONE, FILE_RULE("/var/lib/x/**", "write")), NULL);
	assert_warned(P(ONE, FILE_RULE("/var/lib/*.db", "write")), NULL);
	assert_warned(P(ONE, FILE_RULE("/var/lib/x", "write")), NULL);
	assert_warned(P(ONE, FILE_RULE("/var/{service}/**", "write")), NULL);
	assert_warned(P(ONE, FILE_RULE("/{service}/**", "delete")), NULL);
	assert_warned(P(ONE, EXEC_RULE("{path: '/opt/bin/**', argv: [x, '{service}']}")), NULL);
	assert_warned(P(ONE, NETWORK_RULE("{connect: 0.0.0.0/0, ports: [443]}")), NULL);
	assert_warned(P(ONE, NETWORK_RULE("{connect: 0.0.0.0/1}")), NULL);
	assert_warned(P(ONE, NETWORK_RULE("{connect: 0.0.0.0/0, deny: true}")), NULL);
	assert_warned(P(ONE, UNIX_RULE("abstract: 'a**'", "connect")), NULL);
	assert_warned(P(ANY, FILE_RULE("/var/lib/**", "read, write")), NULL);
	assert_warned(P(ANY, NETWORK_RULE("{connect: 0.0.0.0/0}")), NULL);
}

/* (d) A whole directory at the top, whatever the description says. */
static void top(void **state)
{
	static const char whole[] =
		"p.yaml:8:5: warning: this rule gives write on all of /opt/**, a directory at the "
		"top: name what playbook \"p\" needs of it\n";

	(void)state;
	assert_warned(P(ANY, FILE_RULE("/opt/**", "read, write")), whole);
	assert_warned(P(ANY, FILE_RULE("/opt/*", "create")),
		      "p.yaml:8:5: warning: this rule gives");
	assert_warned(P(ANY, FILE_RULE("/**", "link")),
		      "p.yaml:8:5: warning: this rule gives link");
	assert_warned(P(ANY, EXEC_RULE("{path: '/opt/**'}")),
		      "p.yaml:10:5: warning: this rule gives execute on all of /opt/**, a");
	/* arguments that name the service do not make every program one that is needed */
	assert_warned(P(ONE, EXEC_RULE("{path: '/opt/**', argv: [x, '{service}']}")),
		      "p.yaml:10:5: warning: this rule gives execute on all of /opt/**, a");
	assert_warned(P(ANY, FILE_RULE("/**", "read")), NULL);
	assert_warned(P(ANY, FILE_RULE("/usr/**", "read, map")), NULL);
	assert_warned(P(ANY, FILE_RULE("/opt/x/**", "write")), NULL);
	assert_warned(P(ANY, FILE_RULE("/opt/*.db", "write")), NULL);
	assert_warned(P(ANY, FILE_RULE("/opt/**/x", "write")), NULL);
	assert_warned(P(ANY, FILE_RULE("/opt/x", "write")), NULL);
	assert_warned(P(ANY, "files: [{path: '/**', allow: [read], deny: [write]}]\n" USES), NULL);
}

/* One warning for a rule, however many elements the set has that it names. */
static void once(void **state)
{
	(void)state;
	assert_warned("apiVersion: writ/v1\nkind: Set\nname: s\npaths: ['/opt/**', '/srv/**']\n"
		      "---\n" P(ANY, "files:\n  - {path: '@s', allow: [write]}\n" USES),
		      "p.yaml:13:5: warning: this rule gives write on all of /opt/**, a");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(promise),
		cmocka_unit_test(narrowed),
		cmocka_unit_test(top),
		cmocka_unit_test(once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
