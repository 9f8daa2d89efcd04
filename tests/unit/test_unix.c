/* SPDX-License-Identifier: Apache-2.0 */
/* Unix sockets by path and abstract name, and bind, listen, send beside connect. */
#include "policy_helper.h"

#define C WRIT_ACCESS_CONNECT
#define S WRIT_ACCESS_SEND

#define UNIX                                                                   \
	ROLE "files: [{path: '/run/**', allow: [read, write]}]\nunix:\n"       \
	     "  - {path: /run/app.sock, allow: [connect]}\n"                   \
	     "  - {path: '/run/app/*', allow: [connect, send], audit: none}\n" \
	     "  - {path: '/run/db/**', allow: [bind, listen]}\n"               \
	     "  - {abstract: 'app/{a,b}-*', allow: [connect]}\n"               \
	     "  - {abstract: '**x', deny: [connect]}\n"

static void gives(void **state)
{
	const uint32_t files = WRIT_ACCESS_READ | WRIT_ACCESS_WRITE;
	struct writ_tables *tables = role_tables(UNIX);
	uint32_t deny = 0;

	(void)state;
	assert_int_equal(ask(tables, "/run/app.sock", NULL), files | C);
	assert_int_equal(ask(tables, "/run/app/x", NULL), files | C | S);
	assert_int_equal(ask(tables, "/run/app/x/y", NULL), files);
	assert_int_equal(ask(tables, "/run/db", NULL), files);
	assert_int_equal(ask(tables, "/run/db/1", NULL),
			 files | WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN);
	assert_int_equal(ask(tables, "@app/a-1", &deny), C);
	assert_int_equal(deny, 0);
	assert_int_equal(ask(tables, "@app/c-1", NULL), 0);
	(void)ask(tables, "@app/b-x", &deny);
	assert_int_equal(deny, C);
	/* neither kind of name is the other */
	assert_int_equal(ask(tables, "/app/a-1", NULL), 0);
	assert_int_equal(ask(tables, "app/a-1", NULL), 0);
	assert_int_equal(ask(tables, "@/run/app.sock", NULL), 0);
	writ_tables_free(tables);
}

static void everything(void **state)
{
	struct writ_tables *tables =
		role_tables(ROLE "unix: [{abstract: '**', allow: [connect]}]\n");

	(void)state;
	assert_int_equal(ask(tables, "@", NULL), C);
	assert_int_equal(ask(tables, "@00001", NULL), C);
	assert_int_equal(ask(tables, "/run/x", NULL), 0);
	writ_tables_free(tables);
	tables = role_tables(ROLE "unix: [{path: '/**', allow: [connect]}]\n");
	assert_int_equal(ask(tables, "@00001", NULL), 0);
	assert_int_equal(ask(tables, "/run/x", NULL), C);
	writ_tables_free(tables);
}

#define LIST(rule) ROLE "unix: [" rule "]\n"

static void refuses(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{LIST("{allow: [connect]}"), "a unix rule has a path or an abstract name"},
		{LIST("{path: /a, abstract: a, allow: [connect]}"), "a path or an abstract name"},
		{LIST("{path: /a}"), "a unix rule needs allow or deny"},
		{LIST("{path: a, allow: [connect]}"), "is not absolute"},
		{LIST("{path: '@s', allow: [connect]}"), "is not absolute"},
		{LIST("{path: /a, allow: [read]}"), "one of: connect, bind, listen, send"},
		{LIST("{path: /a, allow: []}"), "at least one access word"},
		{LIST("{path: /a, allow: [send], deny: [send]}"),
		 "send is both allowed and denied"},
		{LIST("{abstract: '[', allow: [send]}"), "abstract \"[\": \"[\" without"},
		{LIST("{abstract: '', allow: [send]}"), "abstract: expected text"},
		{LIST("{abstract: '{x}', allow: [send]}"), "not a declared parameter"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_refused(cases[i].text, cases[i].why);
	assert_accepted(LIST("{path: /a, deny: [connect]}"), NULL);
	assert_accepted(LIST("{path: /a, deny: [bind]}"), NULL);
	assert_accepted(PLAYBOOK "parameters: {x: {type: name}}\n"
				 "unix: [{abstract: '{x}', allow: [send]}]\n",
			NULL);
}

static uint32_t ask_port(const struct writ_tables *tables, uint16_t port)
{
	static const uint8_t address[16] = {[10] = 0xff, [11] = 0xff, [12] = 10, [15] = 1};
	uint32_t allow = 0, deny = 0;

	writ_match_bits(tables, PLACE,
			writ_image_match_address(tables, PLACE, WRIT_PROTOCOL_UDP, address, port),
			&allow, &deny);
	return allow | deny << 16;
}

/* Each word by itself, on its own ports. */
static void words(void **state)
{
	static const char text[] =
		ROLE "network:\n  - {connect: 10.0.0.0/8, ports: [1-4], protocol: udp}\n"
		     "  - {bind: 10.0.0.1, ports: [2-4], protocol: udp}\n"
		     "  - {listen: 0.0.0.0/0, ports: [3], protocol: udp}\n"
		     "  - {send: 10.0.0.0/24, ports: [4], protocol: udp, deny: true}\n";
	struct writ_tables *tables = role_tables(text);

	(void)state;
	assert_int_equal(ask_port(tables, 1), C | S); /* of UDP the two are one right */
	assert_int_equal(ask_port(tables, 2), C | S | WRIT_ACCESS_BIND);
	assert_int_equal(ask_port(tables, 3), C | S | WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN);
	assert_int_equal(ask_port(tables, 4), C | S | WRIT_ACCESS_BIND | (C | S) << 16);
	assert_int_equal(ask_port(tables, 5), 0);
	writ_tables_free(tables);
	assert_accepted(text, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives),
		cmocka_unit_test(everything),
		cmocka_unit_test(refuses),
		cmocka_unit_test(words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
