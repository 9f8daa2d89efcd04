/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Remembered verdicts, asked of the real program. A memo that is used is told by a mark that the
 * test has put into it; the truth is what decide() says of the same question without a directory,
 * for that is never remembered.
 */
#include "memo_helper.h"

static void test_answers(void **state)
{
	struct decide_question *question = &harness.skel->bss->question;
	struct writ_memo *memo = remember("/srv/a/b", READ);

	(void)state;
	memo->image = 11;
	memo->image_at = 12;
	memo->accept = 13;
	memo->audit = 14;
	memo->missing = 15;
	memo->grant = 16;
	memo->expires = 17;
	assert_int_equal(ask("/srv/a/b", READ), MARK);
	assert_int_equal(question->image, 11);
	assert_int_equal(question->image_at, 12);
	assert_int_equal(question->accept, 13);
	assert_int_equal(question->audit, 14);
	assert_int_equal(question->missing, 15);
	assert_int_equal(question->grant, 16);
	assert_int_equal(question->expires, 17);
	assert_int_equal(ask_anew("/srv/a/b", READ), WRIT_REASON_ROLE);
	assert_int_equal(question->grant, 0);
}

/* One bit of one part of the key, in the place where the memo is looked for. */
static void differs(void *part, size_t size, uint32_t bit)
{
	struct writ_memo *memo = remember(FULL_TAIL, READ);
	struct writ_memo before = *memo;
	uint8_t *byte = (uint8_t *)memo + ((uint8_t *)part - (uint8_t *)memo) + bit / 8;

	assert_true(bit / 8 < size);
	*byte ^= (uint8_t)(1u << bit % 8);
	assert_int_equal(ask(FULL_TAIL, READ), WRIT_REASON_ROLE);
	before.version += 2; /* and it is written anew */
	before.reason = WRIT_REASON_ROLE;
	assert_memory_equal(memo, &before, sizeof(before));
}

#define DIFFERS(field)                                                        \
	do {                                                                  \
		for (uint32_t bit = 0; bit < 8 * sizeof(place->field); bit++) \
			differs(&place->field, sizeof(place->field), bit);    \
	} while (0)

static void test_each_bit_of_the_key(void **state)
{
	struct writ_memo *place = remember(FULL_TAIL, READ); /* it will be there each time */

	(void)state;
	DIFFERS(directory);
	DIFFERS(tail);
	DIFFERS(name_len);
	DIFFERS(agent);
	DIFFERS(access);
	DIFFERS(any);
	DIFFERS(role);
	DIFFERS(protected_image);
	DIFFERS(order);
	DIFFERS(generation);
}

/* The same from the other side: questions that differ in one thing; many share the memo's place. */
static void test_other_questions(void **state)
{
	size_t len = strlen(FULL_TAIL);
	char path[] = FULL_TAIL;

	(void)state;
	(void)remember(FULL_TAIL, READ);
	assert_int_equal(ask_in(DIRECTORY + 1, FULL_TAIL, READ), WRIT_REASON_ROLE);
	assert_int_equal(ask(FULL_TAIL, WRITE), WRIT_REASON_NO_RULE);
	assert_int_equal(harness_ask(&harness, OTHER_AGENT, FULL_TAIL, READ), WRIT_REASON_ROLE);
	for (size_t i = len - 40; i < len; i++) {
		(void)remember(FULL_TAIL, READ);
		path[i] ^= 1;
		assert_int_equal(ask(path, READ), WRIT_REASON_ROLE);
		path[i] ^= 1;
	}
	(void)remember(FULL_TAIL, READ);
	harness.skel->bss->question.any = WRITE;
	assert_int_equal(ask(FULL_TAIL, READ), WRIT_REASON_ROLE);
	harness.skel->bss->question.any = 0;
	(void)remember(FULL_TAIL, READ);
	harness.kernel.agents[AGENT].role = harness_role(&harness, "s");
	assert_int_equal(ask(FULL_TAIL, READ), WRIT_REASON_NO_RULE);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_answers),
		CASE(test_each_bit_of_the_key),
		CASE(test_other_questions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
