/* SPDX-License-Identifier: Apache-2.0 */
/* A damaged image is refused, whatever is damaged; and one that passes is safe to walk. */
#include "policy_helper.h"

#include <stddef.h>

static struct writ_blob sound(void)
{
	struct writ_policy *policy =
		good_policy(ROLE "files:\n  - {path: '/a/**', allow: [read, write]}\n"
				 "  - {path: '/b/*x', deny: [read]}\n"
				 "exec: [{path: /x, argv: [x]}]\n"
				 "network: [{connect: 10.0.0.0/8, ports: [1, 3]}]\n");
	struct writ_diagnostics diags = {0};
	struct writ_blob image = {0};

	assert_int_equal(writ_role_compile(policy, policy->roles, &diags, &image), 0);
	writ_policy_free(policy);
	return image;
}

static void seal(const struct writ_blob *blob)
{
	struct writ_image *image = blob->bytes;

	image->checksum = writ_image_checksum(image, blob->size);
}

/* Each damage gets a checksum that fits it. */
#define FIELD(name, value, why)                               \
	{                                                     \
		offsetof(struct writ_image, name), value, why \
	}
static const struct {
	size_t at;
	uint32_t value;
	const char *why;
} cases[] = {
	FIELD(magic, 1, "no magic"),
	FIELD(version, 1, "unknown version"),
	FIELD(size, 64, "wrong size"),
	FIELD(flags, 2, "unknown flags"),
	FIELD(flags, 0, "the deny flag does not fit the rules"),
	FIELD(path_entry, 1, "the path entry is no state"),
	FIELD(path_entry, WRIT_STATE_TRIE | WRIT_STATE_INDEX, "the path entry is no state"),
	FIELD(path_entry, WRIT_STATE_TRIE | WRIT_STATE_FINAL, "the path entry is no state"),
	FIELD(exec_entry, 1, "the exec entry is no state"),
	FIELD(trie, 4 + sizeof(struct writ_image), "regions overlap or are not aligned"),
	FIELD(n_cells, UINT32_MAX, "a region ends behind the image"),
	FIELD(n_classes, 0, "wrong number of classes"),
	FIELD(n_classes, 257, "wrong number of classes"),
	FIELD(rows, 0, "regions overlap or are not aligned"),
	FIELD(n_rows, 0, "no dead state"),
	FIELD(n_rows, UINT32_MAX, "a region ends behind the image"),
	FIELD(accepts, UINT32_MAX - 3, "a region ends behind the image"),
	FIELD(n_accepts, 0, "no dead state"),
	FIELD(strings_size, UINT32_MAX, "a region ends behind the image"),

	{offsetof(struct writ_image, capabilities) + 4, 1u << 9, "unknown capabilities"},
	{offsetof(struct writ_image, kernel), 1u << WRIT_FAMILY_COUNT, "unknown kernel families"},
	FIELD(classes, UINT32_MAX, "a byte has no class"),
};

static void damaged(void **state)
{
	const char *why;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct writ_blob image = sound();

		memcpy((char *)image.bytes + cases[i].at, &cases[i].value, 4);
		if (cases[i].at != offsetof(struct writ_image, size))
			seal(&image);
		why = "";
		assert_int_equal(writ_image_check(image.bytes, image.size, &why), -EINVAL);
		assert_string_equal(why, cases[i].why);
		writ_blob_free(&image);
	}
}

/* The first cell whose owner is @owner, or any node's if that is 0. */
static struct writ_trie_cell *find_cell(const struct writ_blob *blob, uint32_t owner)
{
	const struct writ_image *image = blob->bytes;
	struct writ_trie_cell *cells = (void *)((char *)blob->bytes + image->trie);

	for (uint32_t i = 0; i < image->n_cells; i++)
		if (owner ? cells[i].owner == owner : cells[i].owner < WRIT_TRIE_NODE)
			return &cells[i];
	fail();
	return NULL;
}

static void assert_damage(struct writ_blob *image, const char *expected)
{
	const char *why = "";

	seal(image);
	assert_int_equal(writ_image_check(image->bytes, image->size, &why), -EINVAL);
	assert_string_equal(why, expected);
	writ_blob_free(image);
}

static void damaged_trie(void **state)
{
	struct writ_blob image = sound();

	(void)state;
	find_cell(&image, WRIT_TRIE_NODE)->state = 1;
	assert_damage(&image, "a node of the trie stands over no state");
	image = sound();
	find_cell(&image, WRIT_TRIE_NODE)->state = WRIT_STATE_TRIE;
	assert_damage(&image, "a node of the trie stands over no state");
	image = sound();
	find_cell(&image, 0)->owner = 100000;
	assert_damage(&image, "an edge of the trie is no node's");
	image = sound();
	find_cell(&image, 0)->state = 1;
	assert_damage(&image, "an edge of the trie leads to no state");
	image = sound();
	find_cell(&image, 0)->state = WRIT_STATE_TRIE | 100000;
	assert_damage(&image, "an edge of the trie leads to no state");
	image = sound();
	find_cell(&image, WRIT_TRIE_NODE)->owner = WRIT_TRIE_FREE;
	assert_damage(&image, "an edge of the trie is no node's");
}

static void sizes(void **state)
{
	struct writ_blob image = sound();

	(void)state;
	assert_int_equal(writ_image_check(image.bytes, image.size, NULL), 0);
	assert_int_equal(writ_image_check(image.bytes, image.size - 64, NULL), -EINVAL);
	assert_int_equal(writ_image_check(image.bytes, 10, NULL), -EINVAL);
	assert_int_equal(writ_image_check(image.bytes, 0, NULL), -EINVAL);
	writ_blob_free(&image);
}

/* Every single word changed, checksum made to fit: refused, or at least walked without harm. */
static void every_word(void **state)
{
	struct writ_tables *tables = writ_tables_new();
	struct writ_blob image = sound();
	uint32_t *words = image.bytes, accept;
	size_t refused = 0;

	(void)state;
	for (size_t i = 0; i < image.size / 4; i++) {
		uint32_t before = words[i];

		if (i == offsetof(struct writ_image, id) / 4)
			continue; /* publication's own, outside of the checksum */
		words[i] ^= 0x80000001u << i % 7;
		assert_int_equal(writ_image_check(image.bytes, image.size, NULL), -EINVAL);
		seal(&image);
		if (writ_image_check(image.bytes, image.size, NULL)) {
			refused++;
		} else {
			assert_int_equal(writ_tables_place(tables, 0, &image), 0);
			assert_int_equal(writ_image_match(tables, 0, "/b/xx", 5, &accept), 0);
			assert_int_equal(writ_image_match_exec(tables, 0, "/x\0x", 5, &accept), 0);
		}
		words[i] = before;
		seal(&image);
	}
	assert_true(refused > image.size / 4 / 3);
	writ_blob_free(&image);
	writ_tables_free(tables);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(damaged),
		cmocka_unit_test(damaged_trie),
		cmocka_unit_test(sizes),
		cmocka_unit_test(every_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
