/* SPDX-License-Identifier: Apache-2.0 */
/* Memory: zeroed, aligned, large objects, products that overflow, arrays that grow. */
#include "policy_helper.h"

#include "compile/arena.h"

static void allocates(void **state)
{
	static const char zero[5000];
	struct writ_arena arena = {0};

	(void)state;
	for (size_t size = 0; size < 5000; size += 7) {
		char *at = writ_arena_alloc(&arena, size);

		assert_non_null(at);
		assert_int_equal((uintptr_t)at % 8, 0);
		assert_memory_equal(at, zero, size);
		memset(at, 0xff, size);
	}
	assert_non_null(writ_arena_alloc(&arena, 4u << 20));
	assert_string_equal(writ_arena_text(&arena, "abc", 2), "ab");
	assert_non_null(writ_arena_array(&arena, 0, 8));
	assert_null(writ_arena_array(&arena, SIZE_MAX / 2, 8));
	assert_null(writ_arena_alloc(&arena, SIZE_MAX));
	writ_arena_free(&arena);
	assert_null(arena.chunks);
}

static void grows(void **state)
{
	uint32_t *items = NULL;
	size_t capacity = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(writ_array_reserve(&items, &capacity, i + 1, sizeof(*items)), 0);
		items[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	assert_true(capacity >= 1000 && capacity < 2000);
	free(items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(allocates),
		cmocka_unit_test(grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
