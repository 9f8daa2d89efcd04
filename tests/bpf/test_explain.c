/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `writ policy explain` and the kernel's decision, asked the same: random paths, accesses, peers
 * and grants of which some have ended and some not begun. Both must give the same reason, by the
 * same grant. The seed is printed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <arpa/inet.h>
#include <cmocka.h>

#include "compile/explain.h"
#include "harness.h"
#include "lib/time.h"

#define AGENT 2u
#define SECOND ((int64_t)WRIT_NS_PER_SECOND)
#define ROUNDS 400u
#define QUESTIONS 40u
#define KINDS 4u	   /* of questions: address, Unix socket, and twice paths */
#define AT (1000 * SECOND) /* "now" for explain: grants may have begun long before */

static const char policy[] =
	"{apiVersion: writ/v1, kind: Role, name: r, files: [\n"
	"  {path: '/a/**', allow: [read]},\n"
	"  {path: '/a/*b', allow: [write]},\n"
	"  {path: '/a/b/**', deny: [write]},\n"
	"  {path: '/**/c', allow: [read, create]},\n"
	"  {path: '/b/?', allow: [read, write]}],\n"
	" network: [\n"
	"  {connect: 10.0.0.0/8, ports: [443, 8000-8010]},\n"
	"  {connect: 10.1.0.0/16, ports: [443], deny: true},\n"
	"  {connect: 10.3.0.0/16, protocol: udp}, {send: 10.0.0.0/15, protocol: udp},\n"
	"  {send: 10.1.0.0/16, ports: [22], protocol: udp, deny: true},\n"
	"  {bind: 10.0.0.0/8, ports: [80, 443]}, {listen: 10.2.0.0/16, protocol: udp},\n"
	"  {bind: 10.2.0.1, ports: [80], deny: true}],\n"
	" unix: [\n"
	"  {path: '/a/**', allow: [connect, bind]},\n"
	"  {path: '/a/*b', allow: [send, listen], deny: [bind]},\n"
	"  {abstract: 'a*', allow: [connect, send]},\n"
	"  {abstract: '*b', deny: [send]}],\n"
	" playbooks: [p, q]}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: p,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/{service}/**', allow: [write, create]}],\n"
	" network: [{connect: 10.0.0.0/8, ports: [80]}, {connect: 10.2.0.0/16},\n"
	"  {listen: 10.0.0.0/8, ports: [80]}, {bind: 10.1.0.0/16}],\n"
	" unix: [{path: '/{service}/**', allow: [connect, send]},\n"
	"  {abstract: '{service}/**', allow: [connect, bind, listen]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Playbook, name: q,\n"
	" parameters: {service: {pattern: '[a-z]+'}},\n"
	" files: [{path: '/**/{service}', deny: [write], allow: [read]}],\n"
	" ttl: {default: 1m, max: 10m}}\n"
	"---\n"
	"{apiVersion: writ/v1, kind: Agent, name: a, match: {cgroup: /a}, role: r}\n";

static struct harness harness;
static struct writ_explainer *explainer;
static uint32_t seed;
static uint32_t seen[KINDS][WRIT_REASON_COUNT];

static uint32_t random_below(uint32_t below)
{
	return harness_random(&seed, below);
}

static int setup(void **state)
{
	(void)state;
	seed = (uint32_t)time(NULL);
	print_message("seed %u\n", seed);
	harness_open(&harness, 0);
	harness_policy(&harness, policy);
	return writ_explain_new(harness.policy, &explainer);
}

static int teardown(void **state)
{
	(void)state;
	writ_explain_free(explainer);
	harness_close(&harness);
	return 0;
}

struct grants {
	struct writ_explain_grant grants[WRIT_SUPPOSE_MAX];
	struct writ_parameter parameters[WRIT_SUPPOSE_MAX];
	uint64_t ids[WRIT_SUPPOSE_MAX];
	size_t count;
};

/* The same grant for both: far enough from its ends that the clock doesn't matter. */
static void issue(struct grants *grants)
{
	static const struct {
		int64_t begins, ends;
	} times[] = {{-200, -100}, {-100, 400}, {100, 200}};
	static const char *const services[] = {"a", "b", "c"};
	uint32_t when = random_below(3), service = random_below(3);
	const char *playbook = random_below(2) ? "p" : "q";
	size_t i = grants->count++;

	(void)strcpy(grants->parameters[i].name, "service");
	(void)strcpy(grants->parameters[i].value, services[service]);
	grants->grants[i] = (struct writ_explain_grant){
		.playbook = playbook,
		.parameters = &grants->parameters[i],
		.n_parameters = 1,
		.delay_ns = (uint64_t)(AT + times[when].begins * SECOND),
		.ttl_ns = (uint64_t)((times[when].ends - times[when].begins) * SECOND),
	};
	grants->ids[i] = harness_grant(&harness, AGENT, playbook, services[service],
				       times[when].begins * SECOND, times[when].ends * SECOND);
}

static void random_path(char *path, size_t size)
{
	static const char bytes[] = "//abcab";
	size_t len = 1 + random_below((uint32_t)size - 2);

	path[0] = '/';
	for (size_t i = 1; i < len; i++)
		path[i] = bytes[random_below(sizeof(bytes) - 1)];
	path[len] = '\0';
}

static uint32_t ask_path(struct writ_explain_question *question, char *path, size_t size)
{
	static const uint32_t bits[] = {WRIT_ACCESS_READ, WRIT_ACCESS_WRITE, WRIT_ACCESS_CREATE};

	random_path(path, size);
	question->operation = WRIT_OP_OPEN;
	question->access = bits[random_below(3)] | bits[random_below(3)];
	question->path = path;
	if (question->access & WRIT_ACCESS_CREATE) { /* path_mknod comes before file_open */
		uint32_t reason = harness_ask(&harness, AGENT, path, WRIT_ACCESS_CREATE);

		if (reason != WRIT_REASON_ROLE && reason != WRIT_REASON_GRANT)
			return reason;
	}
	return harness_ask(&harness, AGENT, path, question->access);
}

/* What operations on sockets need: as the hooks ask for it. */
static const struct {
	uint32_t operation;
	uint32_t access;
} socket_operations[] = {
	{WRIT_OP_CONNECT, WRIT_ACCESS_CONNECT},
	{WRIT_OP_BIND, WRIT_ACCESS_BIND},
	{WRIT_OP_LISTEN, WRIT_ACCESS_LISTEN},
	{WRIT_OP_SEND, WRIT_ACCESS_SEND},
};

static uint32_t ask_peer(struct writ_explain_question *question, char *peer, size_t size)
{
	static const uint16_t ports[] = {80, 443, 8005, 22};
	uint16_t port = ports[random_below(4)];
	uint32_t which = random_below(4);
	bool udp = socket_operations[which].operation == WRIT_OP_SEND || random_below(3) == 0;
	char whole[96];
	const char *why;

	(void)snprintf(peer, size, "::ffff:10.%u.0.1", random_below(4));
	(void)snprintf(whole, sizeof(whole), "%s %s %u", udp ? "udp" : "tcp", peer, port);
	question->operation = socket_operations[which].operation;
	assert_int_equal(writ_explain_peer(whole, question, &why), 0);
	return harness_ask_address(&harness, AGENT, udp ? WRIT_PROTOCOL_UDP : WRIT_PROTOCOL_TCP,
				   peer, port, socket_operations[which].access);
}

static uint32_t ask_unix(struct writ_explain_question *question, char *name, size_t size)
{
	uint32_t which = random_below(4);
	const char *why;

	random_path(name, size);
	if (random_below(2))
		name[0] = '@';
	question->operation = socket_operations[which].operation;
	assert_int_equal(writ_explain_peer(name, question, &why), 0);
	return harness_ask(&harness, AGENT, name, socket_operations[which].access);
}

/* Asks both the @kind of question; the kernel's reason. */
static uint32_t ask(uint32_t kind, struct writ_explain_question *question, char *object,
		    size_t size)
{
	switch (kind) {
	case 0:
		return ask_peer(question, object, size);
	case 1:
		return ask_unix(question, object, size);
	}
	return ask_path(question, object, size);
}

static void compare(struct grants *grants, uint32_t kind)
{
	struct writ_explain_question question = {.agent = "a",
						 .grants = grants->grants,
						 .n_grants = grants->count,
						 .at_ns = (uint64_t)AT};
	struct writ_explain_answer answer;
	struct writ_diagnostics diags = {0};
	char object[32];
	uint32_t reason = ask(kind, &question, object, sizeof(object));
	uint64_t grant = harness.skel->bss->question.grant, expected;

	assert_int_equal(writ_explain_ask(explainer, &question, &diags, &answer), 0);
	seen[kind < 2 ? kind : 2][reason]++;
	expected = answer.grant == WRIT_DECIDE_NO_GRANT ? 0 : grants->ids[answer.grant];
	if (answer.reason != reason || expected != grant)
		fail_msg("%s operation %u access %x: kernel reason %u grant %llu, explain %u %llu",
			 object, question.operation, question.access, reason,
			 (unsigned long long)grant, answer.reason, (unsigned long long)expected);
}

static void agrees_with_the_kernel(void **state)
{
	static const uint32_t reasons[] = {
		WRIT_REASON_ROLE,	WRIT_REASON_GRANT,   WRIT_REASON_ROLE_DENY,
		WRIT_REASON_NO_RULE,	WRIT_REASON_EXPIRED, WRIT_REASON_NOT_YET_ACTIVE,
		WRIT_REASON_GRANT_DENY,
	};
	uint64_t role;

	(void)state;
	role = harness_role(&harness, "r");
	for (uint32_t round = 0; round < ROUNDS; round++) {
		struct grants grants = {.count = 0};
		uint32_t n = random_below(WRIT_SUPPOSE_MAX + 1);

		harness_agent(&harness, AGENT, role);
		while (grants.count < n)
			issue(&grants);
		for (uint32_t i = 0; i < QUESTIONS; i++)
			compare(&grants, i % KINDS);
	}
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
		assert_true(seen[2][reasons[i]]); /* or the questions are not worth asking */
		if (reasons[i] == WRIT_REASON_GRANT_DENY)
			continue; /* no grant denies a socket */
		assert_true(seen[0][reasons[i]]);
		assert_true(seen[1][reasons[i]]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_the_kernel),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
