/* SPDX-License-Identifier: Apache-2.0 */
/*
 * trail/chain.c and blake2b.c: the hash is libsodium's, and lines say whether they stand
 * together.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <sodium.h>

#include "trail/blake2b.h"
#include "trail/chain.h"

static void is_the_library_s_hash(void **state)
{
	uint8_t head[32], bytes[1100], ours[32], theirs[32];

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 131 + 7);
	for (size_t i = 0; i < sizeof(head); i++)
		head[i] = (uint8_t)(200 - i);
	for (size_t len = 0; len <= sizeof(bytes); len++) {
		crypto_generichash_state hash;

		(void)crypto_generichash_init(&hash, NULL, 0, sizeof(theirs));
		(void)crypto_generichash_update(&hash, head, sizeof(head));
		(void)crypto_generichash_update(&hash, bytes, len);
		(void)crypto_generichash_final(&hash, theirs, sizeof(theirs));
		writ_blake2b(head, bytes, len, ours);
		assert_memory_equal(ours, theirs, sizeof(ours));
		memcpy(head, ours, sizeof(head)); /* it may be where the digest goes */
		writ_blake2b(head, bytes, len, head);
		writ_blake2b(ours, bytes, len, theirs);
		assert_memory_equal(head, theirs, sizeof(head));
	}
}

static size_t close_line(struct writ_chain *chain, const char *text, char *ret_line)
{
	(void)strcpy(ret_line, text);
	return writ_chain_close(chain, ret_line, strlen(text));
}

static void closes_and_checks(void **state)
{
	struct writ_chain writer = {0}, reader = {0}, said;
	char one[256], two[256];
	size_t one_len = close_line(&writer, "{\"n\":1}\n", one), two_len;

	(void)state;
	assert_int_equal(writ_chain_read(one, one_len, &said), 0);
	assert_memory_equal(said.head, writer.head, sizeof(said.head));
	two_len = close_line(&writer, "{\"n\":2}\n", two);
	assert_int_equal(two_len, strlen("{\"n\":2}\n") + WRIT_CHAIN_ROOM);
	assert_int_equal(two[two_len - 1], '\n');
	assert_int_equal(writ_chain_check(&reader, one, one_len), 0);
	assert_int_equal(writ_chain_check(&reader, two, two_len), 0);
	assert_memory_equal(reader.head, writer.head, sizeof(reader.head));
}

static void finds_each_changed_bit(void **state)
{
	struct writ_chain writer = {0};
	char line[256];
	size_t len = close_line(&writer, "{\"n\":1}\n", line);

	(void)state;
	for (size_t bit = 0; bit < 8 * len; bit++) {
		struct writ_chain reader = {0};

		line[bit / 8] ^= (char)(1 << bit % 8);
		assert_int_not_equal(writ_chain_check(&reader, line, len), 0);
		line[bit / 8] ^= (char)(1 << bit % 8);
	}
}

static void goes_on_behind_a_wrong_line(void **state)
{
	struct writ_chain writer = {0}, reader = {0};
	char one[256], two[256];
	size_t one_len = close_line(&writer, "{\"n\":1}\n", one), two_len;

	(void)state;
	two_len = close_line(&writer, "{\"n\":2}\n", two);
	one[5] = '7';
	assert_int_equal(writ_chain_check(&reader, one, one_len), -EILSEQ);
	assert_int_equal(writ_chain_check(&reader, two, two_len), 0);
}

static void refuses_what_has_no_member(void **state)
{
	static const char *const lines[] = {"", "\n", "{}\n", "{\"chain\":\"00\"}\n"};
	struct writ_chain chain = {0}, before = chain;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		assert_int_equal(writ_chain_check(&chain, lines[i], strlen(lines[i])), -EBADMSG);
	assert_memory_equal(&chain, &before, sizeof(chain));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_the_library_s_hash),
		cmocka_unit_test(closes_and_checks),
		cmocka_unit_test(finds_each_changed_bit),
		cmocka_unit_test(goes_on_behind_a_wrong_line),
		cmocka_unit_test(refuses_what_has_no_member),
	};

	return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
