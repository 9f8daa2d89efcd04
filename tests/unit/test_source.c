/* SPDX-License-Identifier: Apache-2.0 */
/* Files as text: UTF-8 or an error with its place; size and number of files bounded. */
#include "policy_helper.h"

#include <fcntl.h>

#include "compile/source.h"

static void bytes(void **state)
{
	static const struct {
		const char *text;
		size_t len;
		const char *error; /* NULL: fine */
	} cases[] = {
		{"a: b\n", 5, NULL},
		{"", 0, NULL},
		{"\xc3\xa4 \xe2\x82\xac \xf0\x9f\xa6\x8a\t\r\n", 14, NULL},
		{"\xef\xbb\xbf"
		 "a: b\n",
		 8, NULL},
		{"a\n b\0c", 6, "f:2:3: byte 0x00: NUL; expected UTF-8 text"},
		{"\x1b[2J", 4, "f:1:1: byte 0x1b: control byte; expected UTF-8 text"},
		{"a\x7f", 2, "f:1:2: byte 0x7f: control byte; expected UTF-8 text"},
		{"\xc3\xa4\xff", 3, "f:1:2: byte 0xff: invalid UTF-8; expected UTF-8 text"},
		{"\xc3", 1, "f:1:1: byte 0xc3: invalid UTF-8; expected UTF-8 text"},
		{"\xc0\xaf", 2, "f:1:1: byte 0xc0: invalid UTF-8; expected UTF-8 text"},
		{"\xe0\x80\xaf", 3, "f:1:1: byte 0xe0: invalid UTF-8; expected UTF-8 text"},
		{"\xed\xa0\x80", 3, "f:1:1: byte 0xed: invalid UTF-8; expected UTF-8 text"},
		{"\xf4\x90\x80\x80", 4, "f:1:1: byte 0xf4: invalid UTF-8; expected UTF-8 text"},
		{"\xc2\x9b", 2, "f:1:1: byte 0xc2: invalid UTF-8; expected UTF-8 text"},
	};
	char line[256];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_diagnostics diags = {0};
		int err = writ_source_check("f", cases[i].text, cases[i].len, &diags);

		assert_int_equal(err, cases[i].error ? -EINVAL : 0);
		if (cases[i].error) {
			writ_diagnostics_format(&diags, 0, line, sizeof(line));
			assert_string_equal(line, cases[i].error);
		}
		writ_diagnostics_free(&diags);
	}
}

static void size_limit(void **state)
{
	char path[] = "/tmp/writ-test-XXXXXX", *text = NULL;
	int fd = mkstemp(path);
	struct writ_diagnostics diags = {0};
	size_t size = 0;

	(void)state;
	assert_int_equal(ftruncate(fd, WRIT_POLICY_SIZE_MAX + 1), 0);
	assert_int_equal(writ_source_read(path, &diags, &text, &size), -EINVAL);
	assert_string_equal(diags.items[0].text, "larger than 64 MiB: split the file");
	/* at the limit it is read: the first NUL is what is wrong then */
	assert_int_equal(ftruncate(fd, WRIT_POLICY_SIZE_MAX), 0);
	assert_int_equal(writ_source_read(path, &diags, &text, &size), -EINVAL);
	assert_non_null(strstr(diags.items[1].text, "NUL"));
	writ_diagnostics_free(&diags);
	(void)close(fd);
	(void)unlink(path);
}

static void file_limit(void **state)
{
	struct writ_source_list list = {0};
	struct writ_diagnostics diags = {0};
	struct writ_arena arena = {0};

	(void)state;
	for (uint32_t i = 0; i < WRIT_POLICY_FILES_MAX; i++)
		assert_int_equal(writ_source_find("policy/node.yaml", &arena, &diags, &list), 0);
	assert_int_equal(writ_source_find("policy/node.yaml", &arena, &diags, &list), -EINVAL);
	assert_int_equal(list.count, WRIT_POLICY_FILES_MAX);
	writ_source_list_free(&list);
	writ_arena_free(&arena);
	writ_diagnostics_free(&diags);
}

static void tests_beside_the_policy_are_no_part_of_it(void **state)
{
	static const char *const names[] = {"a.yaml",	 "a.test.yaml", "b.test.yml",
					    "test.yaml", ".c.yaml",	"d.txt"};
	char directory[] = "/tmp/writ-test-XXXXXX", path[64];
	struct writ_source_list list = {0};
	struct writ_diagnostics diags = {0};
	struct writ_arena arena = {0};

	(void)state;
	assert_non_null(mkdtemp(directory));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		assert_int_equal(close(open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	}
	assert_int_equal(writ_source_find(directory, &arena, &diags, &list), 0);
	assert_int_equal(list.count, 2);
	assert_string_equal(strrchr(list.files[0], '/'), "/a.yaml");
	assert_string_equal(strrchr(list.files[1], '/'), "/test.yaml");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", directory, names[i]);
		assert_int_equal(unlink(path), 0);
	}
	assert_int_equal(rmdir(directory), 0);
	writ_source_list_free(&list);
	writ_arena_free(&arena);
	writ_diagnostics_free(&diags);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes),
		cmocka_unit_test(size_limit),
		cmocka_unit_test(file_limit),
		cmocka_unit_test(tests_beside_the_policy_are_no_part_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
