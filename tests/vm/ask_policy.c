// SPDX-License-Identifier: Apache-2.0
/*
 * From a seed: a policy for the agents asker-0 to asker-3, whose rules overlap and contradict each
 * other, grants of its playbooks in every state, and questions about what the rules are about.
 */
#include "ask.h"

#include <fcntl.h>
#include <string.h>

#include "writ/abi.h"

#define ANY(list) (list)[ask_random(state, sizeof(list) / sizeof((list)[0]))]

uint32_t ask_random(uint32_t *state, uint32_t below)
{
	*state ^= *state << 13; /* xorshift32 (Marsaglia 2003) */
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state % below;
}

uint32_t ask_stream(uint32_t seed, uint32_t purpose)
{
	uint32_t state = seed * 2654435761u + purpose * 40503u + 1u; /* 2^32 / golden ratio */

	state = state ? state : 1;
	for (int i = 0; i < 8; i++) /* neighbours begin alike */
		(void)ask_random(&state, 2);
	return state;
}

/* --- policy ----------------------------------------------------------------------------------- */

/*
 * Most rules are random. What only few of them would say has a place of its own: ASK_ROOT/own is
 * what single playbooks allow and deny, bin/t is a program with arguments.
 */

/* A playbook's rules may name its parameter. */
static const char *part(uint32_t *state, int parameter)
{
	static const char *const parts[] = {"a",    "b",     "c",  "*",	 "?",
					    "[ab]", "{a,c}", "a*", "*b", "[^a]*"};

	return parameter && ask_random(state, 2) ? "{service}" : ANY(parts);
}

static void put_path(uint32_t *state, int parameter, FILE *out)
{
	fprintf(out, "\"" ASK_ROOT "/");
	switch (ask_random(state, 4)) {
	case 0:
		fprintf(out, "%s/**\"", part(state, parameter));
		break;
	case 1:
		fprintf(out, "**/%s\"", part(state, parameter));
		break;
	default:
		fprintf(out, "%s/", part(state, parameter));
		fprintf(out, "%s/", part(state, 0));
		fprintf(out, "%s\"", part(state, 0));
	}
}

static void put_files(uint32_t *state, int parameter, uint32_t n, FILE *out)
{
	static const char *const allows[] = {"read",	     "read, write",
					     "write",	     "write, create",
					     "read, create", "read, write, create"};
	static const char *const denies[] = {"read", "write", "create", "read, write"};

	for (uint32_t i = 0; i < n; i++) {
		int deny = ask_random(state, 5) == 0;

		fprintf(out, "  - {path: ");
		put_path(state, parameter, out);
		if (deny)
			fprintf(out, ", deny: [%s]}\n", ANY(denies));
		else
			fprintf(out, ", allow: [%s]}\n", ANY(allows));
	}
}

static void put_program(uint32_t *state, FILE *out)
{
	static const char *const programs[] = {"p", "q", "r", "{p,q}", "r*", "[qs]", "rs"};

	fprintf(out, "\"" ASK_ROOT "/bin/%s\"", ANY(programs));
}

/* Executing by words of files, which the open of a program asks for as well. */
static void put_executables(uint32_t *state, FILE *out)
{
	static const char *const words[] = {"allow: [execute]", "allow: [map]",
					    "allow: [read, map]", "deny: [execute]"};

	fprintf(out, "  - {path: ");
	put_program(state, out);
	fprintf(out, ", %s}\n", ANY(words));
}

static void put_exec(uint32_t *state, int parameter, uint32_t n, FILE *out)
{
	static const char *const first[] = {"p", "*", "{p,q}"};
	static const char *const next[] = {"start", "st*", "[ab]", "*", "?"};

	fprintf(out, "exec:\n");
	for (uint32_t i = 0; i < n; i++) {
		fprintf(out, "  - {path: ");
		put_program(state, out);
		if (ask_random(state, 5)) {
			fprintf(out, ", argv: [\"%s\"", ANY(first));
			if (ask_random(state, 2))
				fprintf(out, ", \"%s\"",
					parameter && ask_random(state, 2) ? "{service}"
									  : ANY(next));
			fprintf(out, "%s]", ask_random(state, 3) ? "" : ", \"**\"");
		}
		fprintf(out, "}\n");
	}
}

static void put_network(uint32_t *state, uint32_t n, FILE *out)
{
	static const char *const peers[] = {"127.0.0.0/8",  "127.1.0.0/16", "127.1.2.0/24",
					    "127.1.2.3/32", "127.0.0.1/32", "::1/128"};
	static const char *const ports[] = {"", ", ports: [80]", ", ports: [443, 8000-8010]",
					    ", ports: [1-100]"};

	fprintf(out, "network:\n");
	for (uint32_t i = 0; i < n; i++)
		fprintf(out, "  - {connect: \"%s\"%s, protocol: %s%s}\n", ANY(peers), ANY(ports),
			ask_random(state, 3) ? "tcp" : "udp",
			ask_random(state, 5) ? "" : ", deny: true");
}

static void put_role(uint32_t seed, uint32_t number, FILE *out)
{
	uint32_t stream = ask_stream(seed, 100 + number), *state = &stream;

	fprintf(out, "apiVersion: writ/v1\nkind: Role\nname: ask-%u\nfiles:\n", number);
	put_files(state, 0, 6, out);
	put_executables(state, out);
	put_exec(state, 0, 3, out);
	fprintf(out, "  - {path: " ASK_ROOT "/bin/t, argv: [\"*\", a]}\n");
	put_network(state, 4, out);
	fprintf(out, "playbooks: [ask-0, ask-1, ask-2, ask-3]\n---\n");
}

static void put_playbook(uint32_t seed, uint32_t number, FILE *out)
{
	uint32_t stream = ask_stream(seed, 200 + number), *state = &stream;

	fprintf(out,
		"apiVersion: writ/v1\nkind: Playbook\nname: ask-%u\n"
		"parameters: {service: {pattern: \"[a-c]\"}}\n"
		"scope: agent\nttl: {default: 1h, max: 1h}\nfiles:\n"
		"  - {path: \"" ASK_ROOT "/own/{service}/%u\", allow: [read, write]}\n"
		"  - {path: \"" ASK_ROOT "/own/{service}/no\", deny: [read]}\n",
		number, number);
	put_files(state, 1, 4, out);
	put_executables(state, out);
	put_exec(state, 1, 3, out);
	put_network(state, 2, out);
	fprintf(out, "---\n");
}

void ask_policy_write(uint32_t seed, FILE *out)
{
	for (uint32_t i = 0; i < ASK_AGENTS; i++) {
		put_role(seed, i, out);
		put_playbook(seed, i, out);
		fprintf(out,
			"apiVersion: writ/v1\nkind: Agent\nname: asker-%u\nrole: ask-%u\n"
			"match: {cgroup: /vm/asker-%u}\nmode: %s\n%s",
			i, i, i, i + 1 == ASK_AGENTS ? "monitor" : "enforce",
			i + 1 == ASK_AGENTS ? "" : "---\n");
	}
}

/* Each state once or twice, and no two of the same playbook for the same service. */
void ask_grants(uint32_t seed, uint32_t agent, struct ask_grant grants[ASK_GRANTS])
{
	static const uint32_t states[] = {ASK_LIVE, ASK_EXPIRED, ASK_PENDING, ASK_REVOKED};
	static const uint32_t steps[] = {1, 5, 7, 11}; /* prime to the number of pairs */
	uint32_t stream = ask_stream(seed, 300 + agent), *state = &stream;
	uint32_t turn = ask_random(state, 4), pair = ask_random(state, 12), step = ANY(steps);

	for (uint32_t i = 0; i < ASK_GRANTS; i++, pair = (pair + step) % 12) {
		(void)snprintf(grants[i].playbook, sizeof(grants[i].playbook), "ask-%u", pair / 3);
		(void)snprintf(grants[i].service, sizeof(grants[i].service), "%c",
			       'a' + (char)(pair % 3));
		grants[i].state = states[(i + turn) % 4];
	}
}

/* --- questions -------------------------------------------------------------------------------- */

static void ask_open(uint32_t *state, uint32_t number, struct ask_record *record)
{
	static const struct {
		int flags;
		uint32_t access;
	} ways[] = {
		{O_RDONLY, WRIT_ACCESS_READ},
		{O_WRONLY, WRIT_ACCESS_WRITE},
		{O_RDWR, WRIT_ACCESS_READ | WRIT_ACCESS_WRITE},
		{O_WRONLY | O_APPEND, WRIT_ACCESS_WRITE},
		{O_RDONLY | O_TRUNC, WRIT_ACCESS_READ | WRIT_ACCESS_WRITE},
		{O_RDONLY | O_CREAT, WRIT_ACCESS_READ}, /* it exists, so nothing is created */
		{O_WRONLY | O_CREAT, WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE},
		{O_RDWR | O_CREAT, WRIT_ACCESS_READ | WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE},
		{O_RDONLY | O_CREAT, WRIT_ACCESS_READ | WRIT_ACCESS_CREATE},
	};
	static const char *const own[] = {"0", "1", "2", "3", "no"};
	uint32_t way = ask_random(state, sizeof(ways) / sizeof(ways[0]));
	char *at = record->object;

	if (ask_random(state, 4))
		at += sprintf(at, ASK_ROOT "/%c/%c/%c", 'a' + (int)ask_random(state, 3),
			      'a' + (int)ask_random(state, 3), 'a' + (int)ask_random(state, 3));
	else
		at += sprintf(at, ASK_ROOT "/own/%c/%s", 'a' + (int)ask_random(state, 3), ANY(own));
	if (ways[way].access & WRIT_ACCESS_CREATE)
		(void)sprintf(at, "-%u%s", number, ask_random(state, 2) ? "b" : "");
	record->operation = WRIT_OP_OPEN;
	record->flags = ways[way].flags;
	record->access = ways[way].access;
}

static void ask_exec(uint32_t *state, struct ask_record *record)
{
	static const char *const programs[] = {"p", "q", "r", "s", "rs", "t"};
	static const char *const first[] = {"p", "q", "x"};
	static const char *const next[] = {"start", "stop", "a", "b", "c", ""};

	(void)sprintf(record->object, ASK_ROOT "/bin/%s", ANY(programs));
	record->operation = WRIT_OP_EXEC;
	record->n_argv = 1 + ask_random(state, ASK_ARGV);
	(void)strcpy(record->argv[0], ANY(first));
	for (uint32_t i = 1; i < record->n_argv; i++)
		(void)strcpy(record->argv[i], ANY(next));
}

static void ask_connect(uint32_t *state, struct ask_record *record)
{
	static const char *const peers[] = {"127.0.0.1", "127.1.2.3", "127.1.2.4",
					    "127.1.0.1", "127.2.0.1", "::1"};
	static const uint16_t ports[] = {22, 80, 443, 8000, 8005, 8011};

	(void)strcpy(record->address, ANY(peers));
	record->operation = WRIT_OP_CONNECT;
	record->protocol = ask_random(state, 3) ? WRIT_PROTOCOL_TCP : WRIT_PROTOCOL_UDP;
	record->port = ANY(ports);
	(void)sprintf(record->object, record->address[0] == ':' ? "%s [%s]:%u" : "%s %s:%u",
		      record->protocol == WRIT_PROTOCOL_TCP ? "tcp" : "udp", record->address,
		      record->port);
}

void ask_question(uint32_t *state, uint32_t agent, uint32_t number, struct ask_record *ret_record)
{
	uint32_t kind = ask_random(state, 10);

	*ret_record = (struct ask_record){.agent = agent};
	if (kind < 5)
		ask_open(state, number, ret_record);
	else if (kind < 8)
		ask_exec(state, ret_record);
	else
		ask_connect(state, ret_record);
}
