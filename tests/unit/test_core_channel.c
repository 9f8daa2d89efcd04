/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The broker's end of the channel: whole answers, rows that belong to the question, notices between
 * them, and a core that is slow, gone, of another version, or says nonsense.
 */
#include <errno.h>
#include <stdio.h>

#include "core_channel.h"

static int ask(enum writ_verb verb, int pass, char error[WRIT_ERROR_SIZE])
{
	const struct writ_request request = {.verb = verb, .grant = 7};
	int err;

	assert_int_equal(pthread_create(&fake.thread, NULL, serve, NULL), 0);
	err = writ_core_ask(fake.core, &request, pass, count_row, NULL, error);
	assert_int_equal(pthread_join(fake.thread, NULL), 0);
	return err;
}

static int ask_again(void)
{
	const struct writ_request request = {.verb = WRIT_VERB_GRANTS};
	char error[WRIT_ERROR_SIZE];

	return writ_core_ask(fake.core, &request, -1, NULL, NULL, error);
}

static void an_answer_is_its_rows_and_its_end(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	(void)reply(WRIT_REPLY_GRANT);
	(void)reply(WRIT_REPLY_GRANT);
	end(0, "not shown");
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), 0);
	assert_string_equal(error, "");
	assert_int_equal(fake.rows, 2);
	assert_int_equal(fake.request_len, sizeof(struct writ_request));
	assert_int_equal(fake.request.version, WRIT_CONTROL_VERSION);
	assert_int_equal(fake.request.grant, 7);
	assert_int_equal(fake.n_passed, 0);
}

static void a_refusal_has_the_cores_words(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	end(-EACCES, "the role may not use it");
	assert_int_equal(ask(WRIT_VERB_PROPOSE, -1, error), -EACCES);
	assert_string_equal(error, "the role may not use it");
	fake.n_replies = 0;
	memset(fake.replies, 0, sizeof(*fake.replies));
	end(-ENOSPC, "");
	assert_int_equal(ask(WRIT_VERB_PROPOSE, -1, error), -ENOSPC);
	assert_non_null(strstr(error, "No space left"));
}

static void the_connection_goes_with_the_question(void **state)
{
	char error[WRIT_ERROR_SIZE];
	struct stat status;
	int pair[2];

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(fstat(pair[0], &status), 0);
	(void)reply(WRIT_REPLY_ATTEST);
	end(0, "");
	assert_int_equal(ask(WRIT_VERB_ATTEST, pair[0], error), 0);
	assert_int_equal(fake.n_passed, 1);
	assert_int_equal(fake.passed.st_ino, status.st_ino);
	(void)close(pair[0]);
	(void)close(pair[1]);
}

/* Counts and words that are none of this build's are no answer. */
static void figures_are_within_their_rows(void **state)
{
	struct writ_reply *row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	(void)reply(WRIT_REPLY_METRICS);
	row = reply(WRIT_REPLY_DECISIONS);
	row->decisions.n = WRIT_DECISIONS_PER_ROW;
	row = reply(WRIT_REPLY_PROGRAMS);
	row->programs.n = WRIT_PROGRAMS_PER_ROW;
	end(0, "");
	assert_int_equal(ask(WRIT_VERB_METRICS, -1, error), 0);
	assert_int_equal(fake.rows, 3);
}

static void assert_no_answer(void)
{
	char error[WRIT_ERROR_SIZE];

	end(0, "");
	assert_int_equal(ask(WRIT_VERB_METRICS, -1, error), -EPROTO);
	assert_int_equal(ask_again(), -EPIPE);
}

static void too_many_decisions_are_no_answer(void **state)
{
	(void)state;
	reply(WRIT_REPLY_DECISIONS)->decisions.n = WRIT_DECISIONS_PER_ROW + 1;
	assert_no_answer();
}

static void an_unknown_word_is_no_answer(void **state)
{
	struct writ_decisions_row *row = &reply(WRIT_REPLY_DECISIONS)->decisions;

	(void)state;
	row->n = 2;
	row->counts[1].reason = WRIT_REASON_COUNT;
	assert_no_answer();
}

static void too_many_programs_are_no_answer(void **state)
{
	(void)state;
	reply(WRIT_REPLY_PROGRAMS)->programs.n = WRIT_PROGRAMS_PER_ROW + 1;
	assert_no_answer();
}

static void an_endless_name_is_no_answer(void **state)
{
	struct writ_programs_row *row = &reply(WRIT_REPLY_PROGRAMS)->programs;

	(void)state;
	row->n = 1;
	memset(row->programs[0].name, 'x', sizeof(row->programs[0].name));
	assert_no_answer();
}

static void a_bad_descriptor_does_not_end_the_channel(void **state)
{
	const struct writ_request request = {.verb = WRIT_VERB_ATTEST};
	char error[WRIT_ERROR_SIZE];

	(void)state;
	assert_int_equal(writ_core_ask(fake.core, &request, 4000, NULL, NULL, error), -EBADF);
	assert_string_not_equal(error, "");
	end(0, "");
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), 0);
}

static void notices_between_rows_are_kept_in_order(void **state)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	assert_int_equal(next_notice(&row), -EAGAIN);
	notice(WRIT_NOTICE_GRANT, 1);
	(void)reply(WRIT_REPLY_GRANT);
	notice(WRIT_NOTICE_SWITCH, 2);
	end(0, "");
	notice(WRIT_NOTICE_POLICY, 3);
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), 0);
	assert_int_equal(fake.rows, 1);
	for (uint64_t i = 1; i <= 3; i++) {
		assert_int_equal(next_notice(&row), 0);
		assert_int_equal(row.grant, i);
	}
	assert_int_equal(next_notice(&row), -EAGAIN);
}

/* In their order: none comes before one that is not wanted now. */
static void notices_of_another_kind_stay(void **state)
{
	const uint32_t grants = 1u << WRIT_NOTICE_GRANT;
	struct writ_notice_row row;

	(void)state;
	notice(WRIT_NOTICE_GRANT, 1);
	notice(WRIT_NOTICE_POLICY, 2);
	notice(WRIT_NOTICE_GRANT, 3);
	send_all();
	assert_int_equal(writ_core_notice(fake.core, grants, &row), 0);
	assert_int_equal(row.grant, 1);
	assert_int_equal(writ_core_notice(fake.core, grants, &row), -EAGAIN);
	assert_int_equal(writ_core_notice(fake.core, grants, &row), -EAGAIN);
	assert_int_equal(next_notice(&row), 0);
	assert_int_equal(row.grant, 2);
	assert_int_equal(writ_core_notice(fake.core, grants, &row), 0);
	assert_int_equal(row.grant, 3);
	assert_int_equal(next_notice(&row), -EAGAIN);
}

static void that_notices_were_lost_stays(void **state)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	for (size_t i = 0; i <= WRIT_CORE_NOTICES_MAX; i++)
		notice(WRIT_NOTICE_GRANT, i + 1);
	end(0, "");
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), 0);
	assert_int_equal(writ_core_notice(fake.core, 1u << WRIT_NOTICE_GRANT, &row), -EAGAIN);
	assert_int_equal(next_notice(&row), 0);
	assert_int_equal(row.notice, WRIT_NOTICE_RESYNC);
	assert_int_equal(next_notice(&row), -EAGAIN);
}

/* @count notices and an answer; how many come out, or -1 for one RESYNC. */
static int notices_after(size_t count)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];
	int seen = 0;

	fake.n_replies = 0;
	for (size_t i = 0; i < count; i++)
		notice(WRIT_NOTICE_GRANT, i + 1);
	memset(&fake.replies[count], 0, sizeof(*fake.replies));
	end(0, "");
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), 0);
	while (!next_notice(&row)) {
		if (row.notice == WRIT_NOTICE_RESYNC)
			return seen || next_notice(&row) != -EAGAIN ? -2 : -1;
		assert_int_equal(row.grant, ++seen);
	}
	return seen;
}

static void too_many_notices_become_one(void **state)
{
	(void)state;
	assert_int_equal(notices_after(WRIT_CORE_NOTICES_MAX), WRIT_CORE_NOTICES_MAX);
	assert_int_equal(notices_after(WRIT_CORE_NOTICES_MAX + 1), -1);
	assert_int_equal(notices_after(2 * WRIT_CORE_NOTICES_MAX + 2), -1);
	assert_int_equal(notices_after(3), 3);
}

static void a_core_that_is_gone_is_noticed(void **state)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	fake.leave = 1;
	(void)reply(WRIT_REPLY_GRANT); /* and no end */
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), -EPIPE);
	assert_string_equal(error, "the core is gone");
	assert_int_equal(next_notice(&row), -EPIPE);
	assert_int_equal(ask_again(), -EPIPE);
}

/* The next answer can't be told from a late one: nothing is asked any more. */
static void a_core_that_is_silent_is_given_up(void **state)
{
	struct writ_notice_row row;
	char error[WRIT_ERROR_SIZE];

	(void)state;
	(void)reply(WRIT_REPLY_GRANT);
	assert_int_equal(ask(WRIT_VERB_GRANTS, -1, error), -ETIMEDOUT);
	assert_string_equal(error, "the core gave no answer for 5 s");
	end(0, "");
	send_all(); /* late */
	assert_int_equal(ask_again(), -EPIPE);
	assert_int_equal(next_notice(&row), -EPIPE);
}

static void nonsense(enum writ_verb verb, const char *what)
{
	char error[WRIT_ERROR_SIZE];
	int err;

	end(0, "");
	err = ask(verb, -1, error);
	if (err != -EPROTO)
		print_message("%s: %d\n", what, err);
	assert_int_equal(err, -EPROTO);
	assert_int_equal(ask_again(), -EPIPE);
	(void)tear_down(NULL);
	assert_int_equal(set_up(NULL), 0);
}

static void nonsense_is_no_answer(void **state)
{
	(void)state;
	reply(WRIT_REPLY_GRANT)->version++;
	nonsense(WRIT_VERB_GRANTS, "version");
	(void)reply(WRIT_REPLY_GRANT);
	fake.sizes[0]--;
	nonsense(WRIT_VERB_GRANTS, "short");
	(void)reply(0);
	nonsense(WRIT_VERB_GRANTS, "no type");
	(void)reply(WRIT_REPLY_NOTICE + 1);
	nonsense(WRIT_VERB_GRANTS, "unknown type");
	(void)reply(WRIT_REPLY_AGENT);
	nonsense(WRIT_VERB_GRANTS, "another verb's row");
	(void)reply(WRIT_REPLY_GRANT);
	nonsense(WRIT_VERB_WITHDRAW, "a row where none is");
	reply(WRIT_REPLY_END)->code = 1;
	nonsense(WRIT_VERB_GRANTS, "a code above 0");
	reply(WRIT_REPLY_END)->code = -4096;
	nonsense(WRIT_VERB_GRANTS, "a code that is no errno");
	memset(reply(WRIT_REPLY_GRANT)->grant.info.ticket, 'x', WRIT_TICKET_SIZE);
	nonsense(WRIT_VERB_GRANTS, "a string without end");
	reply(WRIT_REPLY_GRANT)->grant.clip = WRIT_CLIP_COUNT;
	nonsense(WRIT_VERB_GRANTS, "a word that there is not");
	reply(WRIT_REPLY_ATTEST)->attest.agent_index = WRIT_AGENTS_MAX;
	nonsense(WRIT_VERB_ATTEST, "an agent that there is not");
	reply(WRIT_REPLY_PROPOSAL)->proposal.state = WRIT_PROPOSAL_GONE + 1;
	nonsense(WRIT_VERB_PROPOSE, "a state that there is not");
	notice(WRIT_NOTICE_RESYNC + 1, 1);
	nonsense(WRIT_VERB_GRANTS, "a notice that there is not");
	reply(WRIT_REPLY_EXEC)->exec.env_size = WRIT_ENV_SIZE + 1;
	nonsense(WRIT_VERB_ENTER, "more than the field holds");
}

static void an_answer_to_no_question_ends_the_channel(void **state)
{
	struct writ_notice_row row;

	(void)state;
	end(0, "");
	send_all();
	assert_int_equal(next_notice(&row), -EPROTO);
	assert_int_equal(next_notice(&row), -EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(an_answer_is_its_rows_and_its_end),
		CASE(a_refusal_has_the_cores_words),
		CASE(the_connection_goes_with_the_question),
		CASE(a_bad_descriptor_does_not_end_the_channel),
		CASE(figures_are_within_their_rows),
		CASE(too_many_decisions_are_no_answer),
		CASE(an_unknown_word_is_no_answer),
		CASE(too_many_programs_are_no_answer),
		CASE(an_endless_name_is_no_answer),
		CASE(notices_between_rows_are_kept_in_order),
		CASE(notices_of_another_kind_stay),
		CASE(that_notices_were_lost_stays),
		CASE(too_many_notices_become_one),
		CASE(a_core_that_is_gone_is_noticed),
		CASE(a_core_that_is_silent_is_given_up),
		CASE(nonsense_is_no_answer),
		CASE(an_answer_to_no_question_ends_the_channel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
