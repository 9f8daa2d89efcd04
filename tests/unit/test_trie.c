/* SPDX-License-Identifier: Apache-2.0 */
/* The trie of literals: which texts are in it, where it ends, and that its cells are put to use. */
#include "policy_helper.h"

#define TEXTS_MAX 64

struct walked {
	const struct writ_trie_cell *cells;
	char texts[TEXTS_MAX][WRIT_LITERAL_SIZE + 1];
	size_t lens[TEXTS_MAX];
	size_t n;
};

/* Every text that a path of edges spells, in the order of their bytes. */
static void walk(struct walked *walked, uint32_t state, const char *text, size_t len)
{
	uint32_t node = state & WRIT_STATE_INDEX;
	char longer[WRIT_LITERAL_SIZE + 1];

	if (!(state & WRIT_STATE_TRIE))
		return;
	assert_true(len < WRIT_LITERAL_SIZE);
	memcpy(longer, text, len);
	for (uint32_t byte = 0; byte < 256; byte++) {
		const struct writ_trie_cell *cell = &walked->cells[node + 1 + byte];

		if (cell->owner != node)
			continue;
		assert_true(walked->n < TEXTS_MAX);
		longer[len] = (char)byte;
		memcpy(walked->texts[walked->n], longer, len + 1);
		walked->lens[walked->n++] = len + 1;
		walk(walked, cell->state, longer, len + 1);
	}
}

static struct walked *walk_trie(const struct writ_tables *tables, bool exec)
{
	const struct writ_image *image = (const void *)(tables->bytes + PLACE);
	struct walked *walked = calloc(1, sizeof(*walked));

	assert_non_null(walked);
	walked->cells = (const void *)(tables->bytes + PLACE + image->trie);
	walk(walked, exec ? image->exec_entry : image->path_entry, "", 0);
	return walked;
}

static void assert_texts(const char *rules, const char *const *expected, size_t n)
{
	struct writ_tables *tables;
	struct walked *walked;
	char text[4096];

	(void)snprintf(text, sizeof(text), ROLE "files:\n%s", rules);
	tables = role_tables(text);
	walked = walk_trie(tables, false);
	assert_int_equal(walked->n, n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(walked->texts[i], expected[i]);
	free(walked);
	writ_tables_free(tables);
}

#define RULE(path) "  - {path: '" path "', allow: [read]}\n"

static void texts(void **state)
{
	static const char *const below[] = {"/", "/a"}, *const root[] = {"/"};
	static const char *const star[] = {"/", "/a", "/a/"};
	static const char *const many[] = {"/", "/a", "/a/", "/a/b", "/a/b/", "/b", "/c"};

	(void)state;
	assert_texts(RULE("/a/**"), below, 2);
	assert_texts(RULE("/a/**") RULE("/a"), below, 2);
	assert_texts(RULE("/**"), root, 1);
	assert_texts(RULE("/*"), root, 1);
	assert_texts(RULE("/a/*"), star, 3);
	assert_texts(RULE("/{b,c}") RULE("/a/b/?") RULE("/**/x") RULE("/a/**"), many, 7);
}

static void exec_texts(void **state)
{
	static const char expected[] = "/x\0n\0-a";
	struct writ_tables *tables =
		role_tables(ROLE "exec: [{path: /x, argv: [n, '-a*']}, {path: /y}]\n");
	struct walked *walked = walk_trie(tables, true);

	(void)state;
	assert_int_equal(walked->n, sizeof(expected) - 1);
	for (size_t i = 0; i < walked->n; i++) {
		assert_int_equal(walked->lens[i], i + 1);
		assert_memory_equal(walked->texts[i], expected, i + 1);
	}
	free(walked);
	writ_tables_free(tables);
}

static void long_literal(void **state)
{
	char path[WRIT_LITERAL_SIZE + 3] = "/", text[1024];
	struct writ_tables *tables;

	(void)state;
	memset(path + 1, 'x', sizeof(path) - 2);
	for (size_t len = WRIT_LITERAL_SIZE - 1; len <= WRIT_LITERAL_SIZE + 1; len++) {
		(void)snprintf(text, sizeof(text), ROLE "files: [{path: '%.*s', allow: [read]}]\n",
			       (int)len, path);
		tables = role_tables(text);
		assert_int_equal(ask(tables, path, NULL), 0);
		path[len] = '\0';
		assert_int_equal(ask(tables, path, NULL), WRIT_ACCESS_READ);
		path[len - 1] = '\0'; /* and beyond the cut every byte still counts */
		assert_int_equal(ask(tables, path, NULL), 0);
		path[len - 1] = path[len] = 'x';
		writ_tables_free(tables);
	}
}

/* Random literals: most cells are used, and each literal is found while its neighbours are not. */
static void dense(void **state)
{
	size_t size = 0, used = 0;
	char *text = NULL, path[64];
	FILE *file = open_memstream(&text, &size);
	struct writ_tables *tables;
	const struct writ_image *image;
	const struct writ_trie_cell *cells;

	(void)state;
	(void)fputs(ROLE "files:\n", file);
	for (uint32_t i = 0; i < 5000; i++)
		(void)fprintf(file, RULE("/%x/%x"), i * 2654435761u, i * 40503u);
	(void)fclose(file);
	tables = role_tables(text);
	image = (const void *)(tables->bytes + PLACE);
	cells = (const void *)(tables->bytes + PLACE + image->trie);
	for (uint32_t i = 0; i < image->n_cells; i++)
		used += cells[i].owner != WRIT_TRIE_FREE;
	assert_true(used > image->n_cells * 3 / 4);
	for (uint32_t i = 0; i < 5000; i++) {
		(void)snprintf(path, sizeof(path), "/%x/%x", i * 2654435761u, i * 40503u);
		assert_int_equal(ask(tables, path, NULL), WRIT_ACCESS_READ);
		(void)strcat(path, "/");
		assert_int_equal(ask(tables, path, NULL), 0);
	}
	writ_tables_free(tables);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(exec_texts),
		cmocka_unit_test(long_literal),
		cmocka_unit_test(dense),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
