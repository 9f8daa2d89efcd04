/* SPDX-License-Identifier: Apache-2.0 */
/* audit/rule.c: the words of a rule, from images that are sound, retired, and not sound at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "audit/rule.h"
#include "compile/image_match.h"

#define AT WRIT_IMAGE_ALIGN
#define ID 7u
#define ALLOWS 1u
#define DENIES 2u

static struct writ_tables *tables;
static char text[64];

/* Header, two accept entries, their two rules, and their words. */
struct image {
	struct writ_image header;
	struct writ_accept accepts[2];
	uint32_t accept_rules[2];
	struct writ_image_rule rules[2];
	char strings[32];
};

static struct image *image(void)
{
	return (struct image *)(void *)(tables->bytes + AT);
}

static int set_up(void **state)
{
	(void)state;
	tables = writ_tables_new();
	assert_non_null(tables);
	*image() = (struct image){
		.header = {.magic = WRIT_IMAGE_MAGIC,
			   .id = ID,
			   .size = sizeof(struct image),
			   .accepts = offsetof(struct image, accepts),
			   .n_accepts = 2,
			   .accept_rules = offsetof(struct image, accept_rules),
			   .n_accept_rules = 2,
			   .rules = offsetof(struct image, rules),
			   .n_rules = 2,
			   .strings = offsetof(struct image, strings),
			   .strings_size = 32},
		.accepts = {[1] = {.first = 0, .count = 2}},
		.accept_rules = {0, 1},
		.rules = {{.allow = ALLOWS | DENIES, .text = 0, .text_len = 5},
			  {.deny = DENIES, .text = 5, .text_len = 4}},
		.strings = "allowdeny",
	};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_tables_free(tables);
	return 0;
}

static size_t copy(uint32_t at, uint32_t id, uint32_t accept, uint32_t need)
{
	memset(text, 0, sizeof(text));
	return writ_rule_copy(tables, at, id, accept, need, text, sizeof(text));
}

static void test_words(void **state)
{
	(void)state;
	assert_int_equal(copy(AT, ID, 1, ALLOWS), 5);
	assert_string_equal(text, "allow");
	assert_int_equal(copy(AT, ID, 1, DENIES), 4); /* a deny comes first */
	assert_string_equal(text, "deny");
	assert_int_equal(copy(AT, ID, 1, 4), 0);
	assert_int_equal(copy(AT, ID, 0, ALLOWS), 0); /* an entry without rules */
	assert_int_equal(writ_rule_copy(tables, AT, ID, 1, ALLOWS, text, 3), 3); /* cut */
}

static void test_gone(void **state)
{
	(void)state;
	assert_int_equal(copy(AT, ID + 1, 1, ALLOWS), 0);
	assert_int_equal(copy(AT, 0, 1, ALLOWS), 0);
	assert_int_equal(copy(AT + 1, ID, 1, ALLOWS), 0);
	assert_int_equal(copy(0, ID, 1, ALLOWS), 0);
	assert_int_equal(copy(WRIT_TABLES_SIZE - WRIT_IMAGE_ALIGN, ID, 1, ALLOWS), 0);
	assert_int_equal(copy(UINT32_MAX, ID, 1, ALLOWS), 0);
	image()->header.id = 0; /* retired */
	assert_int_equal(copy(AT, ID, 1, ALLOWS), 0);
	assert_int_equal(copy(AT, 0, 1, ALLOWS), 0);
}

/* Overwritten as it is read: each number may be anything, and nothing outside is touched. */
static void test_anything(void **state)
{
	uint32_t seed = 1;

	(void)state;
	for (int round = 0; round < 200000; round++) {
		uint32_t *words = (uint32_t *)(void *)image();
		size_t n = sizeof(struct image) / sizeof(*words);

		for (int i = 0; i < 3; i++) {
			seed = seed * 1664525u + 1013904223u;
			words[(seed >> 8) % n] = seed & 1 ? UINT32_MAX - (seed >> 24) : seed >> 12;
		}
		image()->header.magic = WRIT_IMAGE_MAGIC;
		image()->header.id = ID;
		assert_in_range(copy(AT, ID, (seed >> 4) & 3u, ALLOWS), 0, sizeof(text));
		if (round % 8 == 7) {
			writ_tables_free(tables);
			assert_int_equal(set_up(state), 0);
		}
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(test_words), TEST(test_gone), TEST(test_anything)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
