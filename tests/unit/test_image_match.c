/* SPDX-License-Identifier: Apache-2.0 */
/* Asking an image: the longest literal, any bytes, any length, addresses, and the deciding rule. */
#include "policy_helper.h"

#include <arpa/inet.h>

static void long_paths(void **state)
{
	struct writ_tables *tables = role_tables(ROLE "files: [{path: '/a/**', allow: [read]}]\n");
	char path[WRIT_PATH_SIZE + 1];
	uint32_t accept = 0;

	(void)state;
	memset(path, 'x', sizeof(path));
	memcpy(path, "/a/", 3);
	assert_int_equal(writ_image_match(tables, PLACE, path, 4095, &accept), 0);
	assert_int_not_equal(accept, 0);
	assert_int_equal(writ_image_match(tables, PLACE, path, 4096, &accept), -ENAMETOOLONG);
	writ_tables_free(tables);
}

static void long_rule(void **state)
{
	/* a rule of 4095 bytes, far over WRIT_LITERAL_SIZE: every byte counts */
	char *text = calloc(1, 8192), path[WRIT_PATH_SIZE] = "/";
	struct writ_tables *tables;

	(void)state;
	memset(path + 1, 'x', WRIT_PATH_SIZE - 2);
	(void)snprintf(text, 8192, ROLE "files: [{path: '%s', allow: [read]}]\n", path);
	tables = role_tables(text);
	assert_int_equal(ask(tables, path, NULL), WRIT_ACCESS_READ);
	path[WRIT_PATH_SIZE - 2] = 'y';
	assert_int_equal(ask(tables, path, NULL), 0);
	path[WRIT_PATH_SIZE - 2] = '\0';
	assert_int_equal(ask(tables, path, NULL), 0);
	writ_tables_free(tables);
	free(text);
}

static void any_bytes(void **state)
{
	struct writ_tables *tables = role_tables(ROLE "files:\n  - {path: '/a/**', allow: [read]}\n"
						      "  - {path: \"/a/x\\ny*\", deny: [read]}\n");
	uint32_t deny = 0;

	(void)state;
	assert_int_equal(ask(tables, "/a/x\nz", &deny), WRIT_ACCESS_READ);
	assert_int_equal(deny, 0);
	assert_int_equal(ask(tables, "/a/x\ny\xff\xfe", &deny), WRIT_ACCESS_READ);
	assert_int_equal(deny, WRIT_ACCESS_READ);
	assert_int_equal(ask(tables, "/a/\xc0\xaf\x1b[2J", &deny), WRIT_ACCESS_READ);
	writ_tables_free(tables);
}

static void longest_literal(void **state)
{
	struct writ_tables *tables = role_tables(ROLE "files:\n"
						      "  - {path: '/a', allow: [read]}\n"
						      "  - {path: '/ab', allow: [write]}\n"
						      "  - {path: '/abc/**', allow: [append]}\n"
						      "  - {path: '/a**', allow: [create]}\n"
						      "  - {path: '/abcd*', allow: [delete]}\n"
						      "  - {path: '/b/x', allow: [link]}\n");

	(void)state;
	assert_int_equal(ask(tables, "/a", NULL), WRIT_ACCESS_READ | WRIT_ACCESS_CREATE);
	assert_int_equal(ask(tables, "/ab", NULL), WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE);
	assert_int_equal(ask(tables, "/abc", NULL), WRIT_ACCESS_CREATE);
	assert_int_equal(ask(tables, "/abc/d", NULL), WRIT_ACCESS_APPEND | WRIT_ACCESS_CREATE);
	assert_int_equal(ask(tables, "/abcd", NULL), WRIT_ACCESS_DELETE | WRIT_ACCESS_CREATE);
	assert_int_equal(ask(tables, "/abb", NULL), WRIT_ACCESS_CREATE);
	assert_int_equal(ask(tables, "/", NULL), 0);
	assert_int_equal(ask(tables, "/b", NULL), 0);
	assert_int_equal(ask(tables, "/b/x", NULL), WRIT_ACCESS_LINK);
	assert_int_equal(ask(tables, "/c", NULL), 0);
	assert_int_equal(ask(tables, "", NULL), 0);
	writ_tables_free(tables);
}

/* "" when no rule decides. */
static const char *deciding(const struct writ_tables *tables, const char *path, uint32_t need)
{
	static char line[256];
	uint32_t accept = 0, rule = 0;
	const char *text = NULL;
	size_t len = 0;

	assert_int_equal(writ_image_match(tables, PLACE, path, strlen(path), &accept), 0);
	line[0] = '\0';
	if (writ_image_rule(tables, PLACE, accept, need, &rule, &text, &len))
		(void)snprintf(line, sizeof(line), "%.*s", (int)len, text);
	return line;
}

static void rules(void **state)
{
	struct writ_tables *tables = role_tables(ROLE "files:\n"
						      "  - {path: '/a/**', allow: [read, write]}\n"
						      "  - {path: '/a/b', allow: [read]}\n"
						      "  - {path: '/a/*', deny: [write]}\n"
						      "exec:\n"
						      "  - {path: /a/x, argv: [x, '**']}\n");

	(void)state;
	assert_string_equal(deciding(tables, "/a/b", WRIT_ACCESS_READ),
			    "p.yaml:5:5 /a/** read,write");
	assert_string_equal(deciding(tables, "/a/b", WRIT_ACCESS_WRITE),
			    "p.yaml:7:5 /a/* deny write");
	assert_string_equal(deciding(tables, "/a", WRIT_ACCESS_READ), "p.yaml:5:5 /a/** read");
	assert_string_equal(deciding(tables, "/a", WRIT_ACCESS_WRITE), "");
	assert_string_equal(deciding(tables, "/a/b", WRIT_ACCESS_EXECUTE), "");
	assert_string_equal(deciding(tables, "/a/x", WRIT_ACCESS_EXECUTE_ARGV),
			    "p.yaml:9:5 /a/x execute argv: x **");
	writ_tables_free(tables);
}

static uint32_t connects(const struct writ_tables *tables, const char *address, uint16_t port,
			 uint32_t *deny)
{
	uint8_t bytes[16] = {[10] = 0xff, [11] = 0xff};
	uint32_t allow = 0;

	if (inet_pton(AF_INET, address, bytes + 12) != 1)
		assert_int_equal(inet_pton(AF_INET6, address, bytes), 1);
	writ_match_bits(tables, PLACE,
			writ_image_match_address(tables, PLACE, WRIT_PROTOCOL_TCP, bytes, port),
			&allow, deny);
	return allow;
}

static void addresses(void **state)
{
	struct writ_tables *tables =
		role_tables(ROLE "network:\n"
				 "  - {connect: 10.0.0.0/8, ports: [443, 8000-8100]}\n"
				 "  - {connect: 10.1.0.0/16}\n"
				 "  - {connect: 10.1.2.3, ports: [22], deny: true}\n"
				 "  - {connect: '::/0', ports: [53]}\n"
				 "  - {connect: '::ffff:192.0.2.0/120', ports: [1]}\n"
				 "  - {connect: 0.0.0.0/0, protocol: udp}\n");
	uint32_t deny = 0;

	(void)state;
	assert_int_equal(connects(tables, "10.2.0.1", 443, &deny), WRIT_ACCESS_CONNECT);
	assert_int_equal(connects(tables, "10.2.0.1", 8100, &deny), WRIT_ACCESS_CONNECT);
	assert_int_equal(connects(tables, "10.2.0.1", 8101, &deny), 0);
	assert_int_equal(connects(tables, "11.0.0.1", 443, &deny), 0);
	assert_int_equal(connects(tables, "10.1.0.1", 9, &deny), WRIT_ACCESS_CONNECT);
	assert_int_equal(connects(tables, "10.1.2.3", 22, &deny), WRIT_ACCESS_CONNECT);
	assert_int_equal(deny, WRIT_ACCESS_CONNECT);
	assert_int_equal(connects(tables, "10.1.2.3", 443, &deny), WRIT_ACCESS_CONNECT);
	assert_int_equal(deny, 0);
	assert_int_equal(connects(tables, "2001:db8::1", 53, &deny), WRIT_ACCESS_CONNECT);
	/* an IPv6 prefix never speaks of IPv4, however it is written */
	assert_int_equal(connects(tables, "11.0.0.1", 53, &deny), 0);
	assert_int_equal(connects(tables, "10.2.0.1", 53, &deny), 0);
	assert_int_equal(connects(tables, "::ffff:11.0.0.1", 53, &deny), 0);
	assert_int_equal(connects(tables, "192.0.2.7", 1, &deny), WRIT_ACCESS_CONNECT);
	writ_tables_free(tables);
}

static void arena(void **state)
{
	struct writ_tables *tables = writ_tables_new();
	char bytes[64] = {0};
	const struct writ_blob blob = {bytes, sizeof(bytes)};

	(void)state;
	assert_int_equal(writ_tables_place(tables, WRIT_TABLES_SIZE - 64, &blob), 0);
	assert_int_equal(writ_tables_place(tables, WRIT_TABLES_SIZE, &blob), -ENOSPC);
	assert_int_equal(writ_tables_place(tables, 32, &blob), -ENOSPC);
	writ_tables_free(tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(long_paths), cmocka_unit_test(long_rule),
		cmocka_unit_test(any_bytes),  cmocka_unit_test(longest_literal),
		cmocka_unit_test(rules),      cmocka_unit_test(addresses),
		cmocka_unit_test(arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
