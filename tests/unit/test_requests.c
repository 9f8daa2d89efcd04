/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon/requests.c, answer_requests.c: requests that came to nothing stand in the log with who
 * asked, by the connection; a broker that lies, and one that never stops, get no further than that.
 */
#include "daemon_helper.h"

#define MINUTE (60 * WRIT_NS_PER_SECOND)

static struct writ_note_request notes[8192];
static uint8_t events[8192];
static size_t n_notes;

static void take_request(const void *record, size_t len)
{
	const struct writ_note *note = record;

	take_note(record, len);
	if (note->event.type != WRIT_EVENT_REQUEST)
		return;
	assert_true(n_notes < sizeof(notes) / sizeof(notes[0]));
	events[n_notes] = note->event.operation;
	notes[n_notes++] = note->request;
}

static int begin(void **state)
{
	int err = set_up(state);

	n_notes = 0;
	fake.note = take_request;
	return err;
}

static struct writ_request record(enum writ_refusal refusal)
{
	struct writ_request request = {
		.verb = WRIT_VERB_RECORD, .refusal = refusal, .ledger = 41};

	(void)strcpy(request.agent, "bot");
	(void)strcpy(request.playbook, "fix");
	(void)strcpy(request.ticket, "CHG-1");
	(void)strcpy(request.reason, "it is down");
	(void)strcpy(request.context.session, "s1");
	return request;
}

static void refused(void **state)
{
	(void)state;
	assert_int_equal(ask_broker(record(WRIT_REFUSAL_TICKET), true), 0);
	assert_int_equal(got.n_rows, 0);
	assert_int_equal(n_notes, 1);
	assert_int_equal(events[0], WRIT_REQUEST_EVENT_REFUSED);
	assert_logged("\"type\":\"request\"");
	assert_logged("\"event\":\"refused\",\"agent\":\"bot\"");
	assert_logged("\"verdict\":\"deny\",\"reason\":\"ticket\",\"request\":41,"
		      "\"playbook\":\"fix\",\"ticket\":\"CHG-1\",\"operator\":\"\","
		      "\"context\":{\"session\":\"s1\"}");
	assert_logged("\"why\":\"it is down\"");
}

static void withdrawn(void **state)
{
	(void)state;
	assert_int_equal(ask_broker(record(WRIT_REFUSAL_NONE), true), 0);
	assert_logged("\"event\":\"withdrawn\",\"agent\":\"bot\"");
}

/* A broker that was taken over: not of another agent, not of nobody, and known words alone. */
static void lies(void **state)
{
	struct writ_request other = record(WRIT_REFUSAL_ROLE);

	(void)state;
	(void)strcpy(other.agent, "cat");
	assert_int_equal(ask_broker(other, true), -EPERM);
	assert_said("it was not cat who asked");
	assert_int_equal(ask_broker(record(WRIT_REFUSAL_ROLE), false), -EPERM);
	assert_int_equal(ask_broker(record(WRIT_REFUSAL_COUNT), true), -EINVAL);
	assert_int_equal(ask_broker(record(UINT32_MAX), true), -EINVAL);
	fake.mark = (struct writ_peer_mark){.pid = 12, .uid = 12345}; /* nobody's, no operator */
	assert_int_equal(ask_broker(record(WRIT_REFUSAL_ROLE), true), -EPERM);
	assert_int_equal(n_notes, 0);
	assert_int_equal(ask_person(record(WRIT_REFUSAL_ROLE), WRIT_CALLER_ROOT, 0), -EPERM);
	assert_int_equal(n_notes, 0);
}

/* An operator's, for an agent that there is, and for one that there is not. */
static void pushed(void **state)
{
	struct writ_request request = record(WRIT_REFUSAL_PARAMETERS);

	(void)state;
	fake.mark = (struct writ_peer_mark){.pid = 12}; /* root, outside of every agent */
	assert_int_equal(ask_broker(request, true), 0);
	assert_string_equal(notes[0].agent, "bot");
	assert_string_equal(notes[0].role, "r");
	assert_string_equal(notes[0].requester, "root");
	(void)strcpy(request.agent, "ghost");
	request.refusal = WRIT_REFUSAL_UNKNOWN_AGENT;
	assert_int_equal(ask_broker(request, true), 0);
	assert_string_equal(notes[1].agent, "");
	assert_logged("\"agent\":null,\"verdict\":\"deny\",\"reason\":\"unknown_agent\"");
}

/* What people decided the core knows itself; the broker's word is not needed for it. */
static void of_people(void **state)
{
	uint64_t id = pending();
	struct writ_request no = verb(WRIT_VERB_REFUSE, id);

	(void)state;
	assert_int_equal(n_notes, 0);
	assert_int_equal(ask_person(no, WRIT_CALLER_OPERATOR, 2), 0);
	assert_int_equal(n_notes, 1);
	assert_int_equal(notes[0].refusal, WRIT_REFUSAL_DENIED);
	assert_int_equal(notes[0].proposal, id);
	assert_int_equal(notes[0].ledger, last_row);
	id = pending();
	assert_int_equal(ask_broker(verb(WRIT_VERB_WITHDRAW, id), false), 0);
	assert_int_equal(events[1], WRIT_REQUEST_EVENT_WITHDRAWN);
	id = pending();
	writ_proposals_find(&daemon_.proposals, id)->row.until_ns = 1;
	writ_notices_age(&daemon_);
	assert_int_equal(notes[2].refusal, WRIT_REFUSAL_NOT_APPROVED);
	(void)pending();
	((struct writ_policy_role *)(uintptr_t)daemon_.policy->agents[0].role)->n_playbooks = 0;
	writ_notices_policy(&daemon_);
	assert_int_equal(notes[3].refusal, WRIT_REFUSAL_CORE);
	assert_int_equal(n_notes, 4);
}

/* Approved, and not issued: on record by what the core keeps of it, and gone. */
static void not_issued(void **state)
{
	uint64_t id = pending();
	struct writ_request request = verb(WRIT_VERB_RECORD, id);

	(void)state;
	assert_int_equal(ask_person(verb(WRIT_VERB_APPROVE, id), WRIT_CALLER_OPERATOR, 1), 0);
	fake.issue_error = -EBUSY;
	assert_int_equal(ask_broker(verb(WRIT_VERB_ISSUE, id), false), -EBUSY);
	request.refusal = WRIT_REFUSAL_CONCURRENCY;
	(void)strcpy(request.agent, "cat"); /* not asked */
	assert_int_equal(ask_broker(request, false), 0);
	assert_int_equal(n_notes, 1);
	assert_string_equal(notes[0].agent, "bot");
	assert_string_equal(notes[0].playbook, "fix");
	assert_int_equal(notes[0].refusal, WRIT_REFUSAL_CONCURRENCY);
	assert_int_equal(ask_broker(request, false), -ENOENT);
	assert_int_equal(daemon_.proposals.count, 0);
}

/* One agent's minute: at the limit all have lines, one past it is counted, and told later. */
static void so_many_of_one(void **state)
{
	struct writ_note_request note = {.refusal = WRIT_REFUSAL_ROLE, .agent = "bot"};
	uint64_t now = 7 * MINUTE;

	(void)state;
	for (uint32_t i = 0; i < WRIT_REQUESTS_PER_MINUTE; i++)
		assert_int_equal(writ_requests_note(&daemon_, indices[0], &note, now), 0);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(writ_requests_note(&daemon_, indices[0], &note, now + 1), 0);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE);
	assert_int_equal(writ_requests_note(&daemon_, indices[1], &note, now), 0);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE + 1); /* another one's is not full */
	writ_requests_tell(&daemon_, now + MINUTE - 1);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE + 1);
	writ_requests_tell(&daemon_, now + MINUTE);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE + 2);
	assert_int_equal(events[n_notes - 1], WRIT_REQUEST_EVENT_COUNTED);
	assert_int_equal(notes[n_notes - 1].times, 10000);
	assert_string_equal(notes[n_notes - 1].agent, "bot");
	writ_requests_tell(&daemon_, now + 2 * MINUTE); /* once */
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE + 2);
	assert_int_equal(writ_requests_note(&daemon_, indices[0], &note, now + 2 * MINUTE), 0);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_MINUTE + 3); /* a new minute */
	assert_logged("\"event\":\"counted\",\"agent\":\"bot\",\"role\":\"\",\"times\":10000");
}

/* All agents together: a second has so many, and what was counted fits into later ones. */
static void so_many_of_all(void **state)
{
	struct writ_note_request note = {.refusal = WRIT_REFUSAL_ROLE};
	uint64_t now = 7 * MINUTE, told = 0;
	uint32_t agents = 2 * WRIT_REQUESTS_PER_SECOND;

	(void)state;
	for (uint32_t agent = 2; agent < 2 + agents; agent++)
		assert_int_equal(writ_requests_note(&daemon_, agent, &note, now), 0);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_SECOND);
	n_notes = 0;
	now += MINUTE;
	assert_int_equal(writ_requests_note(&daemon_, 2, &note, now), 0);
	writ_requests_tell(&daemon_, now); /* one of the second is used */
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_SECOND);
	writ_requests_tell(&daemon_, now);
	assert_int_equal(n_notes, WRIT_REQUESTS_PER_SECOND);
	writ_requests_tell(&daemon_, now + WRIT_NS_PER_SECOND);
	for (size_t i = 0; i < n_notes; i++)
		told += notes[i].times;
	assert_int_equal(told, agents - WRIT_REQUESTS_PER_SECOND);
}

/* writd stops: what was counted goes on record without waiting for its minute. */
static void at_the_end(void **state)
{
	struct writ_note_request note = {.refusal = WRIT_REFUSAL_ROLE};

	(void)state;
	for (uint32_t i = 0; i < WRIT_REQUESTS_PER_MINUTE + 3; i++)
		assert_int_equal(writ_requests_note(&daemon_, indices[0], &note, MINUTE), 0);
	writ_requests_tell(&daemon_, UINT64_MAX);
	assert_int_equal(notes[n_notes - 1].times, 3);
}

static void no_memory(void **state)
{
	(void)state;
	writ_requests_free(daemon_.requests);
	daemon_.requests = NULL;
	assert_int_equal(ask_broker(record(WRIT_REFUSAL_ROLE), true), -ENOMEM);
	writ_requests_tell(&daemon_, UINT64_MAX);
	assert_int_equal(n_notes, 0);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, begin, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(refused),	      CASE(withdrawn),	    CASE(lies),
		CASE(pushed),	      CASE(of_people),	    CASE(not_issued),
		CASE(so_many_of_one), CASE(so_many_of_all), CASE(at_the_end),
		CASE(no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
