/* SPDX-License-Identifier: Apache-2.0 */
/* Rules in one line. */
#include "policy_helper.h"

#include "compile/rule_text.h"

#define R WRIT_ACCESS_READ
#define W WRIT_ACCESS_WRITE

static void assert_text(struct writ_rule_text *text, const char *expected)
{
	assert_int_equal(text->size, strlen(expected));
	assert_memory_equal(text->bytes, expected, text->size);
	text->size = 0;
}

static void lines(void **state)
{
	static const char *const argv[] = {"x", "", "a b\n"};
	static const struct writ_port_span spans[] = {{443, 443}, {8000, 8100}}, all = {0, 65535};
	const struct writ_position at = {"/etc/writ/web.yaml", 12, 5};
	const struct writ_file_rule file = {.at = at, .path = "/a\n\\*"};
	const struct writ_exec_rule exec = {.at = at, .path = "/x", .argv = argv, .n_argv = 3};
	const struct writ_exec_rule any = {.at = at, .path = "/x"};
	struct writ_network_rule network = {.at = at,
					    .connect = "10.0.0.0/8",
					    .access = WRIT_ACCESS_CONNECT,
					    .protocol = 6,
					    .ports = spans,
					    .n_ports = 2};
	const struct writ_policy_agent agent = {.name = "bot", .cgroup = "/a/b", .cgroup_at = at};
	struct writ_rule_text text = {0};

	(void)state;
	assert_int_equal(writ_rule_text_file(&text, &file, R | W, 0), 0);
	assert_text(&text, "web.yaml:12:5 /a\\x0a\\\\* read,write");
	assert_int_equal(writ_rule_text_file(&text, &file, R, W), 0);
	assert_text(&text, "web.yaml:12:5 /a\\x0a\\\\* read deny write");
	assert_int_equal(writ_rule_text_exec(&text, &exec), 0);
	assert_text(&text, "web.yaml:12:5 /x execute argv: x  a b\\x0a");
	assert_int_equal(writ_rule_text_exec(&text, &any), 0);
	assert_text(&text, "web.yaml:12:5 /x execute");
	assert_int_equal(writ_rule_text_network(&text, &network), 0);
	assert_text(&text, "web.yaml:12:5 10.0.0.0/8 tcp 443,8000-8100 connect");
	network.ports = &all;
	network.n_ports = 1;
	network.deny = true;
	assert_int_equal(writ_rule_text_network(&text, &network), 0);
	assert_text(&text, "web.yaml:12:5 10.0.0.0/8 tcp deny connect");
	assert_int_equal(writ_rule_text_agent(&text, &agent), 0);
	assert_text(&text, "web.yaml:12:5 /a/b agent bot");
	writ_rule_text_free(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(lines)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
