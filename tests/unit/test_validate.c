/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The external ticket validator with real commands: the clean yes, everything that is none, and
 * what a command is given and leaves behind. No case may leave a descriptor, a zombie or a process.
 */
#include "validate_helper.h"

static void yes(void **state)
{
	(void)state;
	assert_answer(YES, WRIT_REFUSAL_NONE, "");
	assert_string_equal(here.message, "");
	assert_answer("printf ' {\"valid\": true, \"message\": \"open\"}\\n'", WRIT_REFUSAL_NONE,
		      "open");
}

static void no(void **state)
{
	(void)state;
	assert_answer("printf '{\"valid\": false}'", WRIT_REFUSAL_TICKET_REFUSED,
		      "the ticket validator says no");
	assert_answer("printf '{\"message\": \"closed\\\\nin\\\\u001b May\", \"valid\": false}'",
		      WRIT_REFUSAL_TICKET_REFUSED,
		      "the ticket validator says no: closed\\x0ain\\x1b May");
}

static void no_clean_answer(void **state)
{
	static const char *const answers[] = {
		"",
		"yes",
		"true",
		"[true]",
		"{}",
		"{\"valid\": 1}",
		"{\"valid\": \"true\"}",
		"{\"valid\": null}",
		"{\"valid\": true",
		"{\"valid\": true} {\"valid\": true}",
		"{\"valid\": true, \"valid\": false}",
		"{\"valid\": false, \"valid\": true}",
		"{\"Valid\": true}",
		"{\"valid\": true}x",
		"{\"valid\": true, \"m\": \"\\377\"}",
	};
	char script[128];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		(void)snprintf(script, sizeof(script), "printf '%s'", answers[i]);
		assert_answer(script, WRIT_REFUSAL_VALIDATOR, "did not answer {\"valid\": true}");
	}
}

static void status(void **state)
{
	(void)state;
	assert_answer(YES "; exit 1", WRIT_REFUSAL_VALIDATOR, "ended with status 1");
	assert_answer("printf '{\"valid\": false}'; exit 2", WRIT_REFUSAL_VALIDATOR,
		      "ended with status 2");
	assert_answer(YES "; kill -9 $$", WRIT_REFUSAL_VALIDATOR, "was killed by signal 9");
	assert_answer(YES " >&2", WRIT_REFUSAL_VALIDATOR, "did not answer");
}

static void much_output(void **state)
{
	(void)state;
	/* the answer has 15 bytes */
	assert_answer(YES "; printf '%4081s' ''", WRIT_REFUSAL_NONE, "");
	assert_answer(YES "; printf '%4082s' ''", WRIT_REFUSAL_VALIDATOR, "more than 4096 bytes");
	assert_answer("printf '%100000s' ''; " YES, WRIT_REFUSAL_VALIDATOR, "more than 4096 bytes");
	assert_answer("exec yes", WRIT_REFUSAL_VALIDATOR, "more than 4096 bytes");
}

static void slow(void **state)
{
	(void)state;
	here.node.validator_timeout_ns = SHORT;
	assert_answer("exec sleep 1000", WRIT_REFUSAL_VALIDATOR, "did not answer in time");
	assert_answer("trap '' TERM INT HUP; sleep 1000; sleep 1000", WRIT_REFUSAL_VALIDATOR,
		      "did not answer in time");
	assert_answer(YES "; exec sleep 1000", WRIT_REFUSAL_VALIDATOR, "did not answer in time");
	here.wakes = 0; /* a stream that ends is no end, and wakes once */
	assert_answer(YES "; exec >&-; exec sleep 1000", WRIT_REFUSAL_VALIDATOR,
		      "did not answer in time");
	assert_true(here.wakes <= 5);
	assert_answer("kill -STOP $$; " YES, WRIT_REFUSAL_VALIDATOR, "did not answer in time");
}

static void many(void **state)
{
	char go[128];
	FILE *file;

	(void)state;
	(void)snprintf(go, sizeof(go), "%s/go", here.directory);
	write_script("while ! [ -e go ]; do sleep 0.05; done; " YES);
	for (uint64_t i = 0; i < WRIT_VALIDATIONS_MAX; i++)
		start(i);
	assert_int_equal(writ_validate_start(here.validations, &here.node, 64, INPUT), -EBUSY);
	writ_validate_run(here.validations);
	assert_int_equal(here.answers, 0);
	assert_true(writ_validate_timeout(here.validations) > 0);
	file = fopen(go, "w");
	assert_non_null(file);
	(void)fclose(file);
	await(WRIT_VALIDATIONS_MAX);
	assert_int_equal(here.refusal, WRIT_REFUSAL_NONE);
	start(65);
	await(WRIT_VALIDATIONS_MAX + 1);
	assert_int_equal(here.request, 65);
}

/* The first deadline is the one that wakes, whatever the order. */
static void deadlines(void **state)
{
	(void)state;
	write_script("exec sleep 1000");
	start(1);
	here.node.validator_timeout_ns = SHORT;
	start(2);
	here.node.validator_timeout_ns = LONG;
	start(3);
	await(1);
	assert_int_equal(here.request, 2);
	assert_int_equal(here.refusal, WRIT_REFUSAL_VALIDATOR);
	assert_true(writ_validate_timeout(here.validations) > 0);
}

/* The answer may start the next one, in the slot that has just become free. */
static void chain(void *context, uint64_t request, enum writ_refusal refusal, const char *message)
{
	take_answer(context, request, refusal, message);
	if (request < 5)
		start(request + 1);
}

static void starts_the_next(void **state)
{
	(void)state;
	writ_validate_closep(&here.validations);
	assert_int_equal(writ_validate_open(chain, &here, &here.validations), 0);
	write_script(YES);
	start(1);
	await(5);
	assert_int_equal(here.request, 5);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(yes),    CASE(no),		 CASE(no_clean_answer),
		CASE(status), CASE(much_output), CASE(slow),
		CASE(many),   CASE(deadlines),	 CASE(starts_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
