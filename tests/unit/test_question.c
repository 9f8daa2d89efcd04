/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a question: each that is one, and near misses that are none. */
#include "policy_helper.h"

#include "compile/explain.h"

static void access_words(void **state)
{
	uint32_t access = 0;

	(void)state;
	assert_int_equal(writ_explain_access("read", &access), 0);
	assert_int_equal(access, WRIT_ACCESS_READ);
	assert_int_equal(writ_explain_access("read,create,link", &access), 0);
	assert_int_equal(access, WRIT_ACCESS_READ | WRIT_ACCESS_CREATE | WRIT_ACCESS_LINK);
	assert_int_equal(writ_explain_access("", &access), -EINVAL);
	assert_int_equal(writ_explain_access("rea", &access), -EINVAL);
	assert_int_equal(writ_explain_access("reads", &access), -EINVAL);
	assert_int_equal(writ_explain_access("read,,write", &access), -EINVAL);
	assert_int_equal(writ_explain_access("execute_argv", &access), -EINVAL);
	assert_int_equal(writ_explain_access("connect", &access), -EINVAL);
}

static void operations(void **state)
{
	struct writ_explain_question question = {0};

	(void)state;
	assert_int_equal(writ_explain_operation("create", &question), 0);
	assert_int_equal(question.operation, WRIT_OP_OPEN);
	assert_int_equal(question.access, WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE);
	assert_int_equal(writ_explain_operation("exec", &question), 0);
	assert_int_equal(question.operation, WRIT_OP_EXEC);
	assert_int_equal(writ_explain_operation("argv", &question), -EINVAL);
	assert_int_equal(writ_explain_operation("listen", &question), 0);
	assert_int_equal(question.operation, WRIT_OP_LISTEN);
	assert_true(writ_explain_is_socket(question.operation));
	assert_false(writ_explain_is_socket(WRIT_OP_EXEC));
	assert_int_equal(writ_explain_operation("accept", &question), -EINVAL);
	assert_int_equal(writ_explain_operation("rename", &question), -EINVAL); /* has two paths */
	assert_int_equal(writ_explain_operation("link", &question), -EINVAL);
}

static void operations_of_names(void **state)
{
	static const struct {
		const char *word;
		uint32_t operation, access;
	} words[] = {
		{"delete", WRIT_OP_UNLINK, WRIT_ACCESS_DELETE},
		{"mknod", WRIT_OP_MKNOD, WRIT_ACCESS_CREATE},
		{"mkdir", WRIT_OP_MKDIR, WRIT_ACCESS_CREATE},
		{"symlink", WRIT_OP_SYMLINK, WRIT_ACCESS_CREATE},
		{"unlink", WRIT_OP_UNLINK, WRIT_ACCESS_DELETE},
		{"rmdir", WRIT_OP_RMDIR, WRIT_ACCESS_DELETE},
		{"truncate", WRIT_OP_TRUNCATE, WRIT_ACCESS_WRITE},
		{"chmod", WRIT_OP_CHMOD, WRIT_ACCESS_ATTRIBUTES},
		{"chown", WRIT_OP_CHOWN, WRIT_ACCESS_ATTRIBUTES},
		{"utimes", WRIT_OP_UTIMES, WRIT_ACCESS_ATTRIBUTES},
		{"xattr", WRIT_OP_XATTR, WRIT_ACCESS_ATTRIBUTES},
		{"map", WRIT_OP_MAP, WRIT_ACCESS_MAP},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		struct writ_explain_question question = {0};

		assert_int_equal(writ_explain_operation(words[i].word, &question), 0);
		assert_int_equal(question.operation, words[i].operation);
		assert_int_equal(question.access, words[i].access);
	}
}

#define NAME_107                                                                                   \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"8901234567890123456"

static const struct {
	const char *text;
	const char *path; /* of a good one */
} unix_cases[] = {
	{"unix:/run/x.sock", "/run/x.sock"},
	{"/run/x.sock", "/run/x.sock"},
	{"unix:@name", "@name"},
	{"@name", "@name"},
	{"unix:@" NAME_107, "@" NAME_107},
	{"unix:@" NAME_107 "7", NULL},
	{"unix:run/x.sock", NULL},
	{"unix:", NULL},
	{"unix", NULL},
};

static void unix_sockets(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(unix_cases) / sizeof(unix_cases[0]); i++) {
		struct writ_explain_question question = {.operation = WRIT_OP_SEND, .protocol = 6};
		const char *why = NULL, *path = unix_cases[i].path;
		int err = writ_explain_peer(unix_cases[i].text, &question, &why);

		if (err != (path ? 0 : -EINVAL))
			fail_msg("%s: %d", unix_cases[i].text, err);
		if (err) {
			assert_non_null(why);
			continue;
		}
		assert_string_equal(question.path, path);
		assert_int_equal(question.protocol, 0);
	}
}

/* What an operation does not take, though another one does. */
static void operations_and_peers(void **state)
{
	static const struct {
		uint32_t operation;
		const char *text;
		int err;
	} asked[] = {
		{WRIT_OP_BIND, "tcp 127.0.0.1:0", 0},
		{WRIT_OP_LISTEN, "tcp [::]:0", 0},
		{WRIT_OP_CONNECT, "tcp 127.0.0.1:0", -EINVAL},
		{WRIT_OP_SEND, "udp 127.0.0.1:0", -EINVAL},
		{WRIT_OP_SEND, "udp 127.0.0.1:53", 0},
		{WRIT_OP_SEND, "tcp 127.0.0.1:53", -EINVAL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
		struct writ_explain_question question = {.operation = asked[i].operation};
		const char *why;

		assert_int_equal(writ_explain_peer(asked[i].text, &question, &why), asked[i].err);
	}
}

static const struct {
	const char *text;
	uint32_t protocol; /* of a good one */
	uint16_t port;
	uint8_t first, last; /* bytes of the address */
} cases[] = {
	{"tcp 10.0.0.1:443", WRIT_PROTOCOL_TCP, 443, 0, 1},
	{"10.0.0.1:443", WRIT_PROTOCOL_TCP, 443, 0, 1},
	{"udp 10.0.0.1 53", WRIT_PROTOCOL_UDP, 53, 0, 1},
	{"udp [fd00::2]:53", WRIT_PROTOCOL_UDP, 53, 0xfd, 2},
	{"fd00::2 65535", WRIT_PROTOCOL_TCP, 65535, 0xfd, 2},
	{"sctp 10.0.0.1:443", 0, 0, 0, 0},
	{"10.0.0.1", 0, 0, 0, 0},
	{"10.0.0.1:", 0, 0, 0, 0},
	{"10.0.0.1:0", 0, 0, 0, 0},
	{"10.0.0.1:65536", 0, 0, 0, 0},
	{"10.0.0.1:80-90", 0, 0, 0, 0},
	{"10.0.0.0/8:443", 0, 0, 0, 0},
	{"[::1]443", 0, 0, 0, 0},
	{"[::1", 0, 0, 0, 0},
	{"localhost:443", 0, 0, 0, 0},
	{"", 0, 0, 0, 0},
};

static void peers(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_explain_question question = {0};
		const char *why = NULL;
		int err = writ_explain_peer(cases[i].text, &question, &why);

		if (err != (cases[i].protocol ? 0 : -EINVAL))
			fail_msg("%s: %d", cases[i].text, err);
		if (err) {
			assert_non_null(why);
			continue;
		}
		assert_int_equal(question.protocol, cases[i].protocol);
		assert_int_equal(question.port, cases[i].port);
		assert_int_equal(question.address[0], cases[i].first);
		assert_int_equal(question.address[15], cases[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_words),
		cmocka_unit_test(operations),
		cmocka_unit_test(operations_of_names),
		cmocka_unit_test(peers),
		cmocka_unit_test(unix_sockets),
		cmocka_unit_test(operations_and_peers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
