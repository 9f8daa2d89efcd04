/* SPDX-License-Identifier: Apache-2.0 */
/* What `writ policy check` warns of, each with a rule that is warned of and one that is not. */
#include "policy_helper.h"

#define F(rules) ROLE "files:\n" rules
#define READ(path) "  - {path: " path ", allow: [read]}\n"
#define WRITE(path) "  - {path: " path ", allow: [read, write]}\n"

/* Loads and checks @text; the warnings of both go to @lines. */
static void advice_of(const char *text, char *lines, size_t size)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = good_policy(text);

	assert_int_equal(writ_policy_check(policy, &diags), 0);
	assert_int_equal(diags.errors, 0);
	lines_of(&diags, lines, size);
	writ_diagnostics_free(&diags);
	writ_policy_free(policy);
}

static void assert_advice(const char *text, const char *expected)
{
	char lines[8192];

	advice_of(text, lines, sizeof(lines));
	if (expected ? !strstr(lines, expected) : lines[0] != '\0')
		fail_msg("%s\nexpected: %s\nfound: %s", text, expected ? expected : "nothing",
			 lines);
}

static void shadowed(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{F(READ("/a/b") READ("'/a/**'")),
		 "p.yaml:5:5: warning: this rule decides nothing: others say the same or deny it, "
		 "such as p.yaml:6:5 /a/** read"},
		{F(READ("'/a/**'") READ("/a/b")), "p.yaml:6:5: warning: this rule decides nothing"},
		{F(READ("/a") READ("/a")), "p.yaml:6:5: warning: this rule decides nothing"},
		{F(READ("/a") "  - {path: '/*', deny: [read]}\n"),
		 "p.yaml:5:5: warning: this rule"},
		/* two together cover one */
		{F(READ("'/{a,b}'") READ("/a") READ("/b")), "p.yaml:6:5: warning: this rule"},
		{ROLE "network:\n  - {connect: 10.0.0.1}\n  - {connect: 10.0.0.0/8}\n",
		 "p.yaml:5:5: warning: this rule decides nothing"},
		{ROLE "exec:\n  - {path: /a, argv: [a, '*']}\n  - {path: /a, argv: [a, b]}\n",
		 "p.yaml:6:5: warning: this rule decides nothing"},
		/* any arguments are allowed, so some are, too */
		{ROLE "exec:\n  - {path: /bin/a, argv: [a]}\n  - {path: '/bin/*'}\n",
		 "p.yaml:5:5: warning: this rule decides nothing: others say the same or deny it, "
		 "such as p.yaml:6:5 /bin/* execute"},
		{ROLE "exec:\n  - {path: '/bin/*', argv: [a]}\n  - {path: /bin/a}\n", NULL},
		{F(READ("/a/b") "  - {path: '/a/**', allow: [write]}\n"), NULL},
		{F(WRITE("/a/b") READ("'/a/**'")), NULL},
		{F(READ("'/a/**'") "  - {path: /a/b, deny: [read]}\n"), NULL},
		{F(READ("'/a/*'") READ("'/*/b'")), NULL},
		{F(READ("/a/b") "  - {path: '/a/*', allow: [read], audit: none}\n"),
		 "p.yaml:5:5: warning: this rule decides nothing"},
		{F("  - {path: /a/b, allow: [read], audit: none}\n" READ("'/a/*'")), NULL},
		{ROLE "network:\n  - {connect: 10.0.0.1, ports: [1]}\n"
		      "  - {connect: 10.0.0.0/8, ports: [2]}\n",
		 NULL},
		{ROLE "exec:\n  - {path: /a, argv: [a]}\n  - {path: /a, argv: [b]}\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_advice(cases[i].text, cases[i].expected);
}

/* What nothing would change without: the same image's answers, with the rule and without. */
static void shadowed_is_true(void **state)
{
	static const char *const globs[] = {"/a", "/a/**", "/a/*", "/{a,b}", "/**", "/a/b", "/*/b"};
	static const char *const paths[] = {"/", "/a", "/b", "/a/b", "/a/c", "/b/b", "/a/b/c"};
	const size_t n = sizeof(globs) / sizeof(globs[0]);
	size_t found = 0;

	(void)state;
	for (size_t i = 0; i < n * n * 4; i++) {
		const char *a = i / n / n & 1 ? "deny" : "allow",
			   *b = i / n / n & 2 ? "deny" : "allow";
		char with[1024], without[512], lines[8192];
		struct writ_tables *x, *y;
		bool same = true, told;

		(void)snprintf(without, sizeof(without), F("  - {path: '%s', %s: [read]}\n"),
			       globs[i % n], a);
		(void)snprintf(with, sizeof(with), "%s  - {path: '%s', %s: [read]}\n", without,
			       globs[i / n % n], b);
		advice_of(with, lines, sizeof(lines));
		told = strstr(lines, "p.yaml:6:5: warning: this rule decides nothing") != NULL;
		x = role_tables(with);
		y = role_tables(without);
		for (size_t p = 0; p < sizeof(paths) / sizeof(paths[0]); p++) {
			uint32_t deny_x = 0, deny_y = 0;
			uint32_t allow_x = ask(x, paths[p], &deny_x) & ~deny_x;
			uint32_t allow_y = ask(y, paths[p], &deny_y) & ~deny_y;

			same = same && allow_x == allow_y && deny_x == deny_y;
		}
		if (told && !same)
			fail_msg("%s\nis no shadow: %s", with, lines);
		found += told;
		writ_tables_free(x);
		writ_tables_free(y);
	}
	assert_true(found > n);
}

static void write_and_run(void **state)
{
	(void)state;
	assert_advice(F("  - {path: '/opt/**', allow: [write, execute]}\n"),
		      "p.yaml:5:5: warning: what may be written here may be run, too: write by ");
	assert_advice(F("  - {path: '/opt/*', allow: [create]}\n"
			"  - {path: '/**/x', allow: [map]}\n"),
		      "create by p.yaml:5:5 /opt/* create, map by p.yaml:6:5 /**/x map");
	assert_advice(F("  - {path: /opt/x, allow: [write]}\n") "exec: [{path: '/opt/*'}]\n",
		      "may be run, too");
	assert_advice(F("  - {path: '/opt/*', allow: [write]}\n"
			"  - {path: '/opt/x', allow: [execute], deny: [write]}\n"),
		      NULL);
	assert_advice(F("  - {path: '/opt/a*', allow: [write]}\n"
			"  - {path: '/opt/b*', allow: [execute]}\n"),
		      NULL);
}

static void reach(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
		{ROLE "unix: [{path: /run/docker.sock, allow: [connect]}]\n",
		 "p.yaml:4:8: warning: connect of a container engine's socket is within reach"},
		{F(WRITE("'/run/*.sock'")), "write of a container engine's socket"},
		{ROLE "unix: [{path: '/run/containerd/**', allow: [send]}]\n",
		 "send of a container engine's socket"},
		{ROLE "unix: [{path: '/run/dbus/*', allow: [connect]}]\n",
		 "connect of the system bus"},
		{F(WRITE("/etc/cron.d/agent")), "write of cron's tables"},
		{F("  - {path: '/var/spool/**', allow: [create]}\n"), "create of cron's tables"},
		{F(WRITE("'/etc/sudoers.d/*'")), "write of sudoers"},
		{F(WRITE("'/home/bot/**'")), "write of authorized_keys"},
		{F(WRITE("'/home/bot/**'")), "write of a shell profile"},
		{F(WRITE("/etc/profile.d/x.sh")), "write of a shell profile"},
		{F(WRITE("'/sys/**'")), "write of cgroupfs is within reach: an agent is a cgroup"},
		{F(WRITE("'/var/log/**'")), "write of Writ's own files"},
		{F("  - {path: /etc/writ, allow: [delete]}\n"), "delete of Writ's own files"},
		{PLAYBOOK "parameters: {x: {type: name}}\n"
			  "files: [{path: '/etc/cron.d/{x}', allow: [write]}]\n",
		 "p.yaml:6:9: warning: write of cron's tables"},
		{F(READ("'/**'")), NULL},
		{F(WRITE("/etc/crontabs")), NULL},
		{F(WRITE("'/home/bot/src/**'")), NULL},
		{F(WRITE("'/run/*.sock'") "  - {path: /run/docker.sock, deny: [write]}\n"), NULL},
		{ROLE "unix: [{path: '/run/**', allow: [listen]}]\n", NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_advice(cases[i].text, cases[i].expected);
}

/* How many warnings of @text there are. */
static size_t count_advice(const char *text)
{
	char lines[8192];
	size_t n = 0;

	advice_of(text, lines, sizeof(lines));
	for (const char *at = lines; (at = strchr(at, '\n')); at++)
		n++;
	return n;
}

/* A warning belongs to the role that has the rule, not to those that extend it. */
static void once(void **state)
{
	static const char text[] =
		ROLE "extends: [s]\n---\napiVersion: writ/v1\nkind: Role\nname: s\n"
		     "files:\n  - {path: '/{etc,opt}/**', allow: [write]}\n";
	char lines[8192], *first;

	(void)state;
	advice_of(text, lines, sizeof(lines));
	first = strstr(lines, "sudoers");
	assert_non_null(first);
	assert_null(strstr(first + 1, "sudoers"));
}

static void playbooks(void **state)
{
	(void)state;
	assert_advice(PLAYBOOK, "p.yaml:1:1: warning: Playbook \"p\": no role may use it");
	assert_advice(PLAYBOOK "---\n" ROLE "playbooks: [p]\n", NULL);
	/* wide.c has its own tests */
	assert_advice(PLAYBOOK "description: Read-only.\nfiles: [{path: /a, allow: [link]}]\n",
		      "p.yaml:6:9: warning: this rule gives link, and the description of playbook "
		      "\"p\" says \"read-only\": take it away");
	assert_advice(
		"apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1h, max: 25h}\n",
		"p.yaml:4:6: warning: ttl: grants of playbook \"p\" may live for more than a "
		"day");
	assert_advice("apiVersion: writ/v1\nkind: Playbook\nname: p\n"
		      "ttl: {default: 1h, max: 1d}\n---\n" ROLE "playbooks: [p]\n",
		      NULL);
	/* rules with different parameters are different, whatever their values will be */
	assert_advice(PLAYBOOK "parameters: {x: {type: path}, y: {type: path}}\n"
			       "files:\n  - {path: '{x}', allow: [read]}\n"
			       "  - {path: '{y}', allow: [read]}\n---\n" ROLE "playbooks: [p]\n",
		      NULL);
}

#define TERMS(max, more)                                                                        \
	"apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1m, max: " max "}\n" more \
	"---\n" ROLE "playbooks: [p]\n"

static void terms(void **state)
{
	(void)state;
	assert_advice(TERMS("1h", "break_glass: true\n"),
		      "p.yaml:1:1: warning: break_glass: playbook \"p\" is granted without");
	assert_advice(TERMS("1h", "break_glass: false\n"), NULL);
	assert_advice(TERMS("61m", "scope: agent\n"),
		      "p.yaml:4:6: warning: ttl: with scope agent every process of the agent");
	assert_advice(TERMS("1h", "scope: agent\n"), NULL);
	assert_advice(TERMS("1d", "scope: run\n"), NULL);
	assert_advice(TERMS("1h", "windows:\n  - {from: '09:00', to: '10:00', zone: No/Where}\n"),
		      "p.yaml:6:5: warning: zone: this host knows no time zone \"No/Where\"");
	assert_advice(TERMS("1h", "windows:\n  - {from: '09:00', to: '10:00', zone: UTC}\n"), NULL);
}

static void risks(void **state)
{
	(void)state;
	assert_advice(TERMS("1h", "risk: high\n") "risk: medium\n",
		      "p.yaml:10:13: warning: playbook \"p\" is of risk high, and role \"r\" may "
		      "have no more than medium: it is never granted");
	assert_advice(TERMS("1h", "risk: high\n"), NULL);
	assert_advice(TERMS("1h", "risk: medium\n") "risk: medium\n", NULL);
	/* what another role may have, one that extends it may not */
	assert_advice(TERMS("1h", "risk: medium\n") "---\napiVersion: writ/v1\nkind: Role\nname: "
						    "s\nextends: [r]\n"
						    "risk: low\n",
		      "p.yaml:10:13: warning: playbook \"p\" is of risk medium, and role \"s\"");
	/* and where both may not, one warning is enough */
	assert_int_equal(
		count_advice(TERMS("1h", "risk: high\n") "risk: medium\n"
							 "---\napiVersion: writ/v1\nkind: Role\n"
							 "name: s\nextends: [r]\n"),
		1);
}

#define COUNTED(role, path)                                                                 \
	"apiVersion: writ/v1\nkind: Playbook\nname: p\nttl: {default: 1m, max: 1h}\n"       \
	"parameters: {x: {type: name}}\nmax_uses: 2\n"                                      \
	"exec: [{path: /bin/b, argv: ['{x}']}, {path: " path ", argv: [a], entry: true}]\n" \
	"---\n" ROLE "playbooks: [p]\nextends: [s]\n---\n"                                  \
	"apiVersion: writ/v1\nkind: Role\nname: s\n" role "\n"

static void uncounted(void **state)
{
	static const char *const runs = "p.yaml:7:39: warning: max_uses: role \"r\" runs this "
					"command without a grant of playbook \"p\", too (";

	(void)state;
	assert_advice(COUNTED("exec: [{path: '/bin/*'}]", "/bin/a"), runs);
	assert_advice(COUNTED("exec: [{path: '/bin/a'}]", "'/bin/[a-c]'"), runs);
	assert_advice(COUNTED("files: [{path: '/bin/**', allow: [execute]}]", "/bin/a"), runs);
	assert_advice(COUNTED("exec: [{path: /bin/b}]", "/bin/a"), NULL);
	assert_advice(COUNTED("files: [{path: '/bin/**', allow: [read]}]", "/bin/a"), NULL);
	/* with other arguments, perhaps */
	assert_advice(COUNTED("exec: [{path: /bin/a, argv: [b]}]", "/bin/a"), NULL);
	assert_advice(COUNTED("exec: [{path: '/bin/*'}]\n"
			      "files: [{path: /bin/a, deny: [execute]}]",
			      "/bin/a"),
		      NULL);
	/* a value is not known yet */
	assert_advice(COUNTED("exec: [{path: '/bin/*'}]", "'/bin/{x}'"), NULL);
	/* and does not stand in the way of the next one's */
	assert_advice(COUNTED("playbooks: [q]\nexec: [{path: '/bin/*'}]",
			      "'/bin/{x}'") "---\napiVersion: writ/v1\nkind: Playbook\nname: "
					    "q\nmax_uses: 1\n"
					    "ttl: {default: 1m, max: 1h}\nexec: [{path: /bin/q}]\n",
		      "max_uses: role \"r\" runs this command without a grant of playbook \"q\"");
	/* once for a role, however many of its rules do */
	assert_int_equal(count_advice(COUNTED("exec: [{path: '/bin/[ab]'}, {path: '/bin/[ac]'}]",
					      "'/bin/[abc]'")),
			 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shadowed),	 cmocka_unit_test(shadowed_is_true),
		cmocka_unit_test(write_and_run), cmocka_unit_test(reach),
		cmocka_unit_test(once),		 cmocka_unit_test(playbooks),
		cmocka_unit_test(terms),	 cmocka_unit_test(risks),
		cmocka_unit_test(uncounted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
