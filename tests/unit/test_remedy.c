/* SPDX-License-Identifier: Apache-2.0 */
/* A denied operation -> the command that asks for what would allow it, or nothing. */
#include "policy_helper.h"

#include "broker/remedy.h"

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
	struct writ_denial_row denial;
	char remedy[WRIT_REMEDY_SIZE];
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
	memset(here.remedy, 'x', sizeof(here.remedy));
	assert_int_equal(writ_remedy_find(here.policy, agent, &here.denial, here.remedy), 0);
}

static void deny(uint32_t operation, uint32_t access, const char *object)
{
	here.denial = (struct writ_denial_row){
		.operation = operation, .access = access, .reason = WRIT_REASON_NO_RULE};
	(void)snprintf(here.denial.object, sizeof(here.denial.object), "%s", object);
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

/* Only where a further grant is what lacks. */
static void reasons(void **state)
{
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
	here.policy = NULL;
	find("bot");
	assert_string_equal(here.remedy, "");
	here.policy = policy;
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
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_WRITE, "/etc/ssl/?/x", ROTATE("VALUE"));
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
	/* ambiguous: quoted all the same */
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, "/srv/1 b=;/two/x",
		      "writ request p a=1 b='; b=two'");
	here.policy = other;
	writ_policy_free(policy);
}

/* An object that was cut, and one that is no string at all. */
static void cut(void **state)
{
	char object[sizeof(here.denial.object)];

	(void)state;
	memset(object, '0', sizeof(object));
	memcpy(object, "/var/log/", 9);
	object[sizeof(object) - 2] = '\0';
	assert_true(strlen(object) < sizeof(object) - 1);
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, object, "writ request collect");
	object[sizeof(object) - 2] = '0';
	object[sizeof(object) - 1] = '\0';
	assert_remedy(WRIT_OP_OPEN, WRIT_ACCESS_READ, object, "");
	memset(here.denial.object, '/', sizeof(here.denial.object));
	find("bot");
	assert_string_equal(here.remedy, "");
}

/* As many as fit, each of them whole. */
static void many(void **state)
{
	static char text[32768];
	size_t used = (size_t)snprintf(text, sizeof(text),
				       "apiVersion: writ/v1\nkind: Role\n"
				       "name: r\nplaybooks: [");
	struct writ_policy *policy;

	(void)state;
	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%splaybook-%040d",
					 i ? ", " : "", i);
	used += (size_t)snprintf(text + used, sizeof(text) - used,
				 "]\n" KIND("Agent", "bot") "role: r\nmatch: {cgroup: /bot}\n");
	for (int i = 0; i < 40; i++)
		used += (size_t)snprintf(
			text + used, sizeof(text) - used,
			KIND("Playbook", "playbook-%040d") "ttl: {default: 1m, max: 1m}\n"
							   "files: [{path: /x, allow: [read]}]\n",
			i);
	policy = good_policy(text);
	writ_remedy_offers(policy, &policy->agents[0], "", here.remedy);
	used = strlen(here.remedy);
	assert_true(used > WRIT_REMEDY_SIZE - 80);
	assert_int_equal((used + 4) % strlen("writ request playbook- or " /* and 40 digits */
					     "0123456789012345678901234567890123456789"),
			 0);
	writ_remedy_offers(policy, &policy->agents[0],
			   "playbook-000000000000000000000000000000000000007", here.remedy);
	assert_non_null(strstr(here.remedy, "writ request playbook-"));
	assert_null(strstr(here.remedy, " or "));
	writ_policy_free(policy);
}

/* One command that is longer than the line: none, rather than a part of it. */
static void too_long(void **state)
{
	static struct writ_policy_parameter parameters[WRIT_PARAMETERS_MAX];
	struct writ_policy_playbook *playbook = here.rotate;
	const struct writ_policy_parameter *before = playbook->parameters;
	struct writ_request request = {.n_parameters = WRIT_PARAMETERS_MAX};
	static char names[WRIT_PARAMETERS_MAX][WRIT_NAME_SIZE];

	(void)state;
	for (uint32_t i = 0; i < WRIT_PARAMETERS_MAX; i++) {
		(void)snprintf(names[i], sizeof(names[i]), "parameter-%u", i);
		parameters[i] = before[0];
		parameters[i].name = names[i];
		strcpy(request.parameters[i].name, names[i]);
		memset(request.parameters[i].value, 'v', 64);
	}
	playbook->parameters = parameters;
	playbook->n_parameters = WRIT_PARAMETERS_MAX;
	writ_remedy_command(playbook, NULL, here.remedy);
	assert_non_null(strstr(here.remedy, "parameter-15=VALUE --ticket TICKET"));
	writ_remedy_command(playbook, &request, here.remedy);
	assert_string_equal(here.remedy, "");
	playbook->parameters = before;
	playbook->n_parameters = 1;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(files),   CASE(operations),   CASE(programs), CASE(sockets),
		CASE(reasons), CASE(out_of_reach), CASE(quoting),  CASE(two_values),
		CASE(cut),     CASE(many),	   CASE(too_long),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
