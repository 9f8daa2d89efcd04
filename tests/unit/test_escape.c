/* SPDX-License-Identifier: Apache-2.0 */
/* lib/escape.c: what may be printed stays, the rest becomes \xNN, and nothing is cut apart. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "lib/escape.h"

static void escapes(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *text;
	} cases[] = {
		{"", 0, ""},
		{"/etc/hosts", 10, "/etc/hosts"},
		{"a\nb\0c\x1b\x7f", 7, "a\\x0ab\\x00c\\x1b\\x7f"},
		{"a\\b", 3, "a\\\\b"},
		{"\xc3\xa4\xe2\x82\xac\xf0\x9f\xa6\x8a", 9, "\xc3\xa4\xe2\x82\xac\xf0\x9f\xa6\x8a"},
		{"\xff\xfe", 2, "\\xff\\xfe"},
		{"\xc3", 1, "\\xc3"},
		{"\xc3(", 2, "\\xc3("},
		{"\xc2\x9b", 2, "\\xc2\\x9b"}, /* C1: a terminal obeys it */
		{"\xc0\xaf", 2, "\\xc0\\xaf"}, /* overlong */
		{"\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf"},
		{"\xed\xa0\x80", 3, "\\xed\\xa0\\x80"}, /* surrogate */
		{"\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80"},
	};
	char text[64];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = writ_escape_text(cases[i].bytes, cases[i].len, text, sizeof(text));

		assert_string_equal(text, cases[i].text);
		assert_int_equal(len, strlen(text));
		assert_true(len < WRIT_ESCAPE_SIZE(cases[i].len));
	}
}

static void cuts(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(writ_escape_text("abc\n", 4, text, 8), 7);
	assert_string_equal(text, "abc\\x0a");
	assert_int_equal(writ_escape_text("abc\n", 4, text, 7), 3);
	assert_string_equal(text, "abc");
	assert_int_equal(writ_escape_text("a\xc3\xa4", 3, text, 3), 1);
	assert_string_equal(text, "a");
	assert_int_equal(writ_escape_text("a", 1, text, 1), 0);
	assert_string_equal(text, "");
}

static void every_byte(void **state)
{
	char text[8];

	(void)state;
	for (int i = 0; i < 256; i++) {
		unsigned char byte = (unsigned char)i;
		size_t len = writ_escape_text(&byte, 1, text, sizeof(text));

		assert_int_equal(len, byte == '\\' ? 2 : byte >= 0x20 && byte < 0x7f ? 1 : 4);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes),
		cmocka_unit_test(cuts),
		cmocka_unit_test(every_byte),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
