/* SPDX-License-Identifier: Apache-2.0 */
/* The image as bytes: layout, dead row, absorbing states, flags, checksum. */
#include "policy_helper.h"

static const struct writ_image *header_of(const struct writ_tables *tables)
{
	return (const void *)(tables->bytes + PLACE);
}

static void empty(void **state)
{
	struct writ_tables *tables = role_tables(ROLE);
	const struct writ_image *image = header_of(tables);

	(void)state;
	assert_int_equal(image->magic, WRIT_IMAGE_MAGIC);
	assert_int_equal(image->size % WRIT_IMAGE_ALIGN, 0);
	assert_int_equal(image->id, 0);
	assert_int_equal(image->n_rows, 1);
	assert_int_equal(image->n_accepts, 1);
	assert_int_equal(image->n_cells, 0);
	assert_int_equal(image->path_entry, WRIT_STATE_DEAD);
	assert_int_equal(image->exec_entry, WRIT_STATE_DEAD);
	assert_int_equal(image->flags, 0);
	writ_tables_free(tables);
}

static void absorbing(void **state)
{
	struct writ_tables *tables = role_tables(ROLE "files: [{path: '/a/**', allow: [write]}]\n");
	const struct writ_image *image = header_of(tables);
	const uint32_t *rows = (const void *)(tables->bytes + PLACE + image->rows);
	const struct writ_trie_cell *cells = (const void *)(tables->bytes + PLACE + image->trie);
	uint32_t slash = image->classes['/'], node, below;

	(void)state;
	/* dead row, the state behind "/a", the state behind "/a/" */
	assert_int_equal(image->n_rows, 3);
	/* "/" and "a" are in the trie */
	assert_true(image->path_entry & WRIT_STATE_TRIE);
	node = cells[(image->path_entry & WRIT_STATE_INDEX) + 1 + '/'].state;
	assert_true(node & WRIT_STATE_TRIE);
	node = cells[(node & WRIT_STATE_INDEX) + 1 + 'a'].state;
	assert_false(node & (WRIT_STATE_TRIE | WRIT_STATE_FINAL));
	below = rows[node + 1 + slash];
	assert_true(below & WRIT_STATE_FINAL);
	assert_int_equal(rows[node + 1 + !slash], WRIT_STATE_DEAD);
	writ_tables_free(tables);
}

static void flags(void **state)
{
	static const struct {
		const char *text;
		uint32_t flags;
	} cases[] = {
		{"files: [{path: /a, allow: [read]}]\n", 0},
		{"files: [{path: /a, deny: [read]}]\n", WRIT_IMAGE_HAS_DENY},
		{"network: [{connect: '::1', deny: true}]\n", WRIT_IMAGE_HAS_DENY},
		{"network: [{connect: '::1', deny: false}]\n", 0},
	};
	char text[256];

	(void)state;
	for (int i = 0; i < 4; i++) {
		struct writ_tables *tables;

		(void)snprintf(text, sizeof(text), ROLE "%s", cases[i].text);
		tables = role_tables(text);
		assert_int_equal(header_of(tables)->flags, cases[i].flags);
		writ_tables_free(tables);
	}
}

static void checksum(void **state)
{
	uint8_t bytes[sizeof(struct writ_image)] = {0};
	uint32_t before = writ_image_checksum(bytes, sizeof(bytes));

	(void)state;
	bytes[offsetof(struct writ_image, id)] = 1;
	bytes[offsetof(struct writ_image, checksum) + 3] = 1;
	assert_int_equal(writ_image_checksum(bytes, sizeof(bytes)), before);
	bytes[offsetof(struct writ_image, flags)] = 1;
	assert_int_not_equal(writ_image_checksum(bytes, sizeof(bytes)), before);
	/* FNV-1a of one zero byte, from its definition */
	assert_int_equal(writ_image_checksum(bytes, 1), 0x811c9dc5u * 0x01000193u);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty),
		cmocka_unit_test(absorbing),
		cmocka_unit_test(flags),
		cmocka_unit_test(checksum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
