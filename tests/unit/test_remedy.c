/* SPDX-License-Identifier: Apache-2.0 */
/* compile/remedy.c: a denied operation -> what to ask for, as a command and as its parts. */
#include "policy_helper.h"

#include "compile/remedy.h"
#include "lib/cleanup.h"

#define KIND(kind, name) "---\napiVersion: writ/v1\nkind: " kind "\nname: " name "\n"

static const char remedy_policy[] =
	"apiVersion: writ/v1\nkind: Node\nname: web-1\nenvironment: production\n" /* */
	KIND("Role", "operator") "files: [{path: '/etc/shadow', deny: [read]}]\n"
				 "playbooks: [rotate, collect, queue]\n"	/* */
	KIND("Role", "observer") "files: [{path: /etc/hosts, allow: [read]}]\n" /* */
	KIND("Agent", "bot") "role: operator\nmatch: {cgroup: /bot}\n"		/* */
	KIND("Agent", "watch") "role: observer\nmatch: {cgroup: /watch}\n"	/* */
	KIND("Playbook",
	     "rotate") "parameters:\n  service: {pattern: \"[^/]{1,64}\"}\n"
		       "files:\n"
		       "  - {path: '/etc/ssl/{service}/**', allow: [read, write]}\n"
		       "  - {path: /var/log/syslog, allow: [read]}\n"
		       "exec:\n"
		       "  - {path: /usr/bin/openssl, argv: [openssl, req, '{service}']}\n"
		       "  - {path: '/opt/{service}/reload', argv: [reload, '-q']}\n"
		       "  - {path: /usr/bin/true}\n"
		       "ttl: {default: 3m, max: 10m}\nticket: 'CHG-[0-9]+'\n" /* */
	KIND("Playbook",
	     "collect") "files:\n"
			"  - {path: '/var/log/**', allow: [read, map]}\n"
			"  - {path: '/var/log/{a,b}/**', allow: [create, delete, link]}\n"
			"  - {path: '/etc/shadow', allow: [read]}\n"
			"ttl: {default: 15m, max: 1h}\n" /* */
	KIND("Playbook",
	     "queue") "parameters:\n  host: {type: address, within: 10.0.0.0/8}\n"
		      "  queue: {type: name}\n"
		      "exec: [{path: /usr/bin/redis-cli, argv: [redis-cli, '{queue}']}]\n"
		      "network: [{connect: '{host}', ports: [6379], protocol: tcp}]\n"
		      "unix: [{path: '/run/{queue}.sock', allow: [connect]}]\n"
		      "ttl: {default: 1m, max: 1m}\n" /* */
	KIND("Playbook", "secret") "files: [{path: '/**', allow: [read]}]\n"
				   "ttl: {default: 1m, max: 1m}\n";

static struct {
	struct writ_policy *policy;
	struct writ_policy_playbook *rotate;
	struct writ_policy_playbook *collect;
	struct writ_remedy_denial denial;
	char object[WRIT_REMEDY_OBJECT_SIZE];
	struct writ_remedy found;
	const char *remedy; /* of found, in words */
} here;

static int set_up(void **state)
{
	(void)state;
	memset(&here, 0, sizeof(here));
	here.policy = good_policy(remedy_policy);
	here.rotate = (void *)&here.policy->playbooks[0];
	here.collect = (void *)&here.policy->playbooks[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_policy_free(here.policy);
	return 0;
}

static void find(const char *agent)
{
	_cleanup_(writ_explain_freep) struct writ_explainer *explainer = NULL;

	memset(&here.found, 'x', sizeof(here.found));
	assert_int_equal(writ_explain_new(here.policy, &explainer), 0);
	assert_int_equal(writ_remedy_find(explainer, agent, &here.denial, &here.found), 0);
	here.remedy = here.found.text;
	/* who is told that none can help never had one */
	assert_true(!*here.remedy || writ_remedy_may_help(&here.denial));
	assert_int_equal(!*here.remedy, !here.found.n_offers && !here.found.run);
}

static void deny(uint32_t operation, uint32_t access, const char *object)
{
	here.denial = (struct writ_remedy_denial){.operation = operation,
						  .access = access,
						  .reason = WRIT_REASON_NO_RULE,
						  .object = here.object};
	(void)snprintf(here.object, sizeof(here.object), "%s", object);
}

/* What bot may ask for after that was denied; "" nothing. */
static void assert_remedy(uint32_t operation, uint32_t access, const char *object,
			  const char *expected)
{
	deny(operation, access, object);
	find("bot");
	if (strcmp(here.remedy, expected))
		fail_msg("%s\nexpected: %s\nfound: %s", object, expected, here.remedy);
}

#define ROTATE(value) "writ request rotate service=" value " --ticket TICKET"

static void files(void **state)
{
	(void)state;
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/billing/key.pem",
		      ROTATE("billing"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ | WRIT_ACCESS_WRITE, "/etc/ssl/a/b",
		      ROTATE("a"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ | WRIT_ACCESS_DELETE, "/etc/ssl/a/b", "");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/var/log/syslog",
		      ROTATE("VALUE") " or writ request collect");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/var/log/syslog", "");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/srv/x",
		      ""); /* secret's, which it has not */
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/var/log", "writ request collect");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/var/logs", "");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/var", "");
	/* the role denies it whatever is granted */
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/etc/shadow", "");
}

/* Each operation that needs rights of one path; of two, the one that was denied. */
static void operations(void **state)
{
	(void)state;
	assert_remedy(WRIT_OP_UNLINK, WRIT_ACCESS_DELETE, "/var/log/a/x", "writ request collect");
	assert_remedy(WRIT_OP_MKDIR, WRIT_ACCESS_CREATE, "/var/log/b/x", "writ request collect");
	assert_remedy(WRIT_OP_RENAME, WRIT_ACCESS_DELETE, "/var/log/a/x", "writ request collect");
	assert_remedy(WRIT_OP_LINK, WRIT_ACCESS_LINK, "/var/log/a/x", "writ request collect");
	assert_remedy(WRIT_OP_LINK, WRIT_ACCESS_LINK, "/var/log/c/x", "");
	assert_remedy(WRIT_OP_MAP, WRIT_ACCESS_MAP, "/var/log/c/x", "writ request collect");
	assert_remedy(WRIT_OP_RECEIVE, WRIT_ACCESS_READ, "/var/log/c/x", "writ request collect");
	assert_remedy(WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE, "/etc/ssl/a/b", ROTATE("a"));
	assert_remedy(WRIT_OP_OPEN, 0, "/var/log/c/x", ""); /* needed nothing of the path */
	assert_remedy(WRIT_OP_MOUNT, 0, "/var/log/c/x", "");
	assert_remedy(WRIT_OP_SIGNAL, 0, "", "");
}

/* The arguments are not known: that it may run with some is enough. */
static void programs(void **state)
{
	(void)state;
	assert_remedy(WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE, "/usr/bin/openssl", ROTATE("VALUE"));
	assert_remedy(WRIT_OP_OPEN_EXEC, WRIT_ACCESS_EXECUTE, "/usr/bin/openssl", ROTATE("VALUE"));
	assert_remedy(WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE, "/usr/bin/true", ROTATE("VALUE"));
	assert_remedy(WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE, "/opt/billing/reload", ROTATE("billing"));
	assert_remedy(WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE, "/usr/bin/redis-cli",
		      "writ request queue host=VALUE queue=VALUE");
	assert_remedy(WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE, "/usr/bin/id", "");
	/* may be mapped, not run */
	assert_remedy(WRIT_OP_EXEC, WRIT_ACCESS_EXECUTE, "/var/log/x", "");
	deny(WRIT_OP_ARGV, WRIT_ACCESS_EXECUTE, "/usr/bin/openssl");
	here.denial.reason = WRIT_REASON_ARGV_MISMATCH;
	find("bot");
	assert_string_equal(here.remedy, ROTATE("VALUE"));
}

static void sockets(void **state)
{
	(void)state;
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "tcp 10.1.2.3:6379",
		      "writ request queue host=10.1.2.3 queue=VALUE");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "tcp 10.1.2.3:6380", "");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "udp 10.1.2.3:6379", "");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "tcp 192.0.2.1:6379", "");
	assert_remedy(WRIT_OP_SEND, WRIT_ACCESS_SEND, "udp 10.1.2.3:6379", "");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "/run/jobs.sock",
		      "writ request queue host=VALUE queue=jobs");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "@jobs", "");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "family 16", "");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "", "");
}

/* The same in parts: what `writ request` would be given, each value by itself. */
static void parts(void **state)
{
	(void)state;
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/var/log/syslog",
		      ROTATE("VALUE") " or writ request collect");
	assert_int_equal(here.found.n_offers, 2);
	assert_string_equal(here.found.offers[0].playbook->name, "rotate");
	assert_string_equal(here.found.offers[0].values[0], "");
	assert_string_equal(here.found.offers[1].playbook->name, "collect");
	assert_remedy(WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT, "tcp 10.1.2.3:6379",
		      "writ request queue host=10.1.2.3 queue=VALUE");
	assert_int_equal(here.found.n_offers, 1);
	assert_string_equal(here.found.offers[0].values[0], "10.1.2.3");
	assert_string_equal(here.found.offers[0].values[1], "");
	assert_int_equal(here.found.run, 0);
}

/* An offer whose command does not fit is in neither; a shorter one behind it is in both. */
static void fits(void **state)
{
	static const char text[] =
		"apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [long, short]\n" /* */
		KIND("Agent", "bot") "role: r\nmatch: {cgroup: /bot}\n"		       /* */
		KIND("Playbook", "long") "parameters:\n%s"
					 "files: [{path: '%s/x', allow: [read]}]\n"
					 "ttl: {default: 1m, max: 1m}\n" /* */
		KIND("Playbook", "short") "files: [{path: '/**', allow: [read]}]\n"
					  "ttl: {default: 1m, max: 1m}\n";
	char parameters[2048] = "", path[512] = "", object[1024] = "", yaml[4096];
	struct writ_policy *other = here.policy;

	(void)state;
	for (int i = 0; i < 5; i++) {
		(void)snprintf(parameters + strlen(parameters), sizeof(parameters) / 5,
			       "  p%d: {pattern: '[^/]+'}\n", i);
		(void)snprintf(path + strlen(path), sizeof(path) / 5, "/{p%d}", i);
		(void)snprintf(object + strlen(object), sizeof(object) / 5, "/%0*d", 180, i);
		for (char *at = strrchr(object, '/') + 1; at[1]; at++)
			*at = '\''; /* four bytes each in a shell */
	}
	(void)snprintf(yaml, sizeof(yaml), text, parameters, path);
	strcat(object, "/x");
	here.policy = good_policy(yaml);
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, object, "writ request short");
	assert_int_equal(here.found.n_offers, 1);
	assert_string_equal(here.found.offers[0].playbook->name, "short");
	writ_policy_free(here.policy);
	here.policy = other;
}

/* Only where a further grant is what lacks. */
static void reasons(void **state)
{
	static struct writ_remedy found;
	static const struct {
		uint32_t reason;
		bool helps;
	} all[] = {
		{WRIT_REASON_NO_RULE, true},	    {WRIT_REASON_EXPIRED, true},
		{WRIT_REASON_NOT_YET_ACTIVE, true}, {WRIT_REASON_REVOKED, true},
		{WRIT_REASON_USED_UP, true},	    {WRIT_REASON_ROLE_DENY, false},
		{WRIT_REASON_GRANT_DENY, false},    {WRIT_REASON_GUARDRAIL, false},
		{WRIT_REASON_SUSPENDED, false},	    {WRIT_REASON_PROTECTED, false},
		{WRIT_REASON_WIDENING, false},	    {WRIT_REASON_DETACHED, false},
		{WRIT_REASON_COUNT, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		deny(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/a/b");
		here.denial.reason = all[i].reason;
		find("bot");
		assert_string_equal(here.remedy, all[i].helps ? ROTATE("a") : "");
	}
	here.denial.reason = WRIT_REASON_OTHER_RUN;
	here.denial.grant = 42;
	find("bot");
	assert_string_equal(here.remedy, "writ exec 42 -- COMMAND");
	assert_int_equal(writ_remedy_find(NULL, "bot", &here.denial, &found), 0);
	assert_int_equal(found.run, 42);
	here.denial.reason = WRIT_REASON_NO_RULE;
	assert_int_equal(writ_remedy_find(NULL, "bot", &here.denial, &found), 0);
	assert_string_equal(found.text, "");
	here.denial.reason = WRIT_REASON_OTHER_RUN;
	here.denial.grant = 0;
	find("bot");
	assert_string_equal(here.remedy, "");
}

/* What no request of the agent could have is not offered. */
static void out_of_reach(void **state)
{
	static const char *const staging[] = {"staging"};
	struct writ_policy *policy = here.policy;

	(void)state;
	deny(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/var/log/syslog");
	here.collect->risk = WRIT_RISK_HIGH;
	((struct writ_policy_role *)policy->roles)[0].risk = WRIT_RISK_MEDIUM;
	find("bot");
	assert_string_equal(here.remedy, ROTATE("VALUE"));
	here.rotate->environments = staging;
	here.rotate->n_environments = 1;
	find("bot");
	assert_string_equal(here.remedy, "");
	here.rotate->n_environments = 0;
	find("watch");
	assert_string_equal(here.remedy, "");
	find("nobody");
	assert_string_equal(here.remedy, "");
}

/* The agent chooses the path: what comes of it must not do anything in a shell. */
static void quoting(void **state)
{
	(void)state;
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/$(id)/x", ROTATE("'$(id)'"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/a b;c/x", ROTATE("'a b;c'"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/it's/x", ROTATE("'it'\\''s'"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/a=b/x", ROTATE("a=b"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/~/x", ROTATE("'~'"));
	/* what can't be shown is for the asker to write */
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/a\\b/x", ROTATE("VALUE"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/\xc3\xa4/x", ROTATE("VALUE"));
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/?/x", ROTATE("'?'"));
}

/* Values of two parameters, the first of which looks like more. */
static void two_values(void **state)
{
	struct writ_policy
		*policy = good_policy(
			"apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [p]\n" /* */
			KIND("Agent", "bot") "role: r\nmatch: {cgroup: /bot}\n"	     /* */
			KIND("Playbook",
			     "p") "parameters:\n  a: {pattern: '[^/]+'}\n  b: {pattern: '[^/]+'}\n"
				  "files: [{path: '/srv/{a}/{b}/x', allow: [read]}]\n"
				  "ttl: {default: 1m, max: 1m}\n"),
		*other = here.policy;

	(void)state;
	here.policy = policy;
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/srv/one/two/x",
		      "writ request p a=one b=two");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/srv/a=1 c=2/two/x",
		      "writ request p a='a=1 c=2' b=two");
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/srv/1 b=;/two/x",
		      "writ request p a='1 b=;' b=two");
	here.policy = other;
	writ_policy_free(policy);
}

/* An object that was cut, and one that is no string at all. */
static void cut(void **state)
{
	char object[sizeof(here.object)];

	(void)state;
	memset(object, '0', sizeof(object));
	memcpy(object, "/var/log/", 9);
	object[sizeof(object) - 2] = '\0';
	assert_true(strlen(object) < sizeof(object) - 1);
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, object, "writ request collect");
	object[sizeof(object) - 2] = '0';
	object[sizeof(object) - 1] = '\0';
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, object, "");
	memset(here.object, '/', sizeof(here.object));
	find("bot");
	assert_string_equal(here.remedy, "");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(files),   CASE(operations),   CASE(programs), CASE(sockets),
		CASE(reasons), CASE(out_of_reach), CASE(quoting),  CASE(two_values),
		CASE(parts),   CASE(fits),	   CASE(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
