/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's end of the channel: questions put ahead of answers, and rows that share packets. */
#include <errno.h>

#include "core_channel.h"

static int put(enum writ_verb verb, int pass, char error[WRIT_ERROR_SIZE])
{
	const struct writ_request request = {.verb = verb, .grant = 7};

	return writ_core_put(fake.core, &request, pass, error);
}

static int take(enum writ_verb verb, char error[WRIT_ERROR_SIZE])
{
	fake.rows = 0;
	return writ_core_take(fake.core, verb, count_row, NULL, error);
}

/* All are there before the first is answered, and the answers are theirs in that order. */
static void questions_may_be_put_ahead(void **state)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	for (unsigned int i = 0; i + 1 < WRIT_CORE_AHEAD; i++)
		assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
	assert_int_equal(put(WRIT_VERB_GRANTS, 4000, error), -EBADF); /* has no answer to take */
	assert_int_equal(put(WRIT_VERB_PROPOSE, fake.fd, error), 0);
	(void)reply(WRIT_REPLY_GRANT);
	end(0, "");
	notice(WRIT_NOTICE_GRANT, 5);
	for (unsigned int i = 0; i + 2 < WRIT_CORE_AHEAD; i++)
		end(-EACCES, "no");
	(void)reply(WRIT_REPLY_PROPOSAL);
	(void)reply(WRIT_REPLY_GRANT);
	end(0, "");
	send_all();
	assert_int_equal(take(WRIT_VERB_GRANTS, error), 0);
	assert_int_equal(fake.rows, 1);
	for (unsigned int i = 0; i + 2 < WRIT_CORE_AHEAD; i++) {
		assert_int_equal(take(WRIT_VERB_GRANTS, error), -EACCES);
		assert_string_equal(error, "no");
	}
	assert_int_equal(take(WRIT_VERB_PROPOSE, error), 0);
	assert_string_equal(error, "");
	assert_int_equal(fake.rows, 2);
	assert_int_equal(next_notice(&row), 0);
	assert_int_equal(row.grant, 5);
}

/* As the core sends them: whole rows, the last packet with fewer. */
static void send_packed(size_t per_packet, size_t missing)
{
	for (size_t i = 0; i < fake.n_replies; i += per_packet) {
		size_t rest = fake.n_replies - i, n = rest < per_packet ? rest : per_packet;

		assert_true(send(fake.fd, &fake.replies[i], n * sizeof(fake.replies[0]) - missing,
				 MSG_NOSIGNAL) > 0);
	}
}

static void rows_may_share_a_packet(void **state)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	(void)reply(WRIT_REPLY_GRANT);
	notice(WRIT_NOTICE_GRANT, 1);
	(void)reply(WRIT_REPLY_GRANT);
	(void)reply(WRIT_REPLY_GRANT);
	end(0, "");
	notice(WRIT_NOTICE_GRANT, 2); /* behind the end of an answer */
	notice(WRIT_NOTICE_GRANT, 3);
	send_packed(WRIT_REPLIES_PER_PACKET, 0);
	assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
	assert_int_equal(take(WRIT_VERB_GRANTS, error), 0);
	assert_int_equal(fake.rows, 3);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(next_notice(&row), 0);
		assert_int_equal(row.grant, i);
	}
	assert_int_equal(next_notice(&row), -EAGAIN);
}

static void a_packet_is_whole_rows(void **state)
{
	const struct {
		size_t per_packet;
		size_t missing;
	} packets[] = {
		{WRIT_REPLIES_PER_PACKET + 1, 0}, {2, 1}, {1, sizeof(struct writ_reply) - 1}};
	char error[WRIT_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		for (size_t n = 0; n < WRIT_REPLIES_PER_PACKET; n++)
			(void)reply(WRIT_REPLY_GRANT);
		end(0, "");
		send_packed(packets[i].per_packet, packets[i].missing);
		assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
		assert_int_equal(take(WRIT_VERB_GRANTS, error), -EPROTO);
		(void)tear_down(NULL);
		assert_int_equal(set_up(NULL), 0);
	}
}

/* None of those that were put is known to be done, and none is known not to be. */
static void a_core_that_goes_between_two_is_gone_for_all(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
	assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
	end(0, "");
	send_all();
	fake.leave = 1;
	(void)close(fake.fd);
	assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), -EPIPE);
	assert_string_equal(error, "the core is gone");
	assert_int_equal(take(WRIT_VERB_GRANTS, error), -EPIPE);
	assert_int_equal(take(WRIT_VERB_GRANTS, error), -EPIPE);
	assert_string_equal(error, "the core is gone");
}

static void take_both(void *context)
{
	char error[WRIT_ERROR_SIZE];
	unsigned int *finished = context;

	(*finished)++;
	assert_int_equal(take(WRIT_VERB_GRANTS, error), -EACCES);
	assert_int_equal(take(WRIT_VERB_GRANTS, error), -EACCES);
}

/* Else it would have another question's answer. */
static void who_asks_meanwhile_has_the_others_taken_first(void **state)
{
	const struct writ_request request = {.verb = WRIT_VERB_GRANTS};
	unsigned int finished = 0;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	writ_core_finish_by(fake.core, take_both, &finished);
	assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
	assert_int_equal(put(WRIT_VERB_GRANTS, -1, error), 0);
	end(-EACCES, "no");
	end(-EACCES, "no");
	end(0, "");
	end(0, "");
	send_all();
	assert_int_equal(writ_core_ask(fake.core, &request, -1, NULL, NULL, error), 0);
	assert_int_equal(finished, 1);
	assert_int_equal(writ_core_ask(fake.core, &request, -1, NULL, NULL, error), 0);
	assert_int_equal(finished, 1); /* nothing is outstanding */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(questions_may_be_put_ahead),
		CASE(who_asks_meanwhile_has_the_others_taken_first),
		CASE(a_core_that_goes_between_two_is_gone_for_all),
		CASE(rows_may_share_a_packet),
		CASE(a_packet_is_whole_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
