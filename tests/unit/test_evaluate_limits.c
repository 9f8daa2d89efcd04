/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict on a request: limits of number and of time, the order of the checks, and what is cut.
 */
#include "evaluate_helper.h"

/* Monday, 12:00 UTC. */
static void window(void **state)
{
	struct writ_policy_window windows[] = {
		{.days = 127, .from = 14 * 60, .to = 15 * 60, .zone = "Europe/Berlin"}};

	(void)state;
	here.rotate->windows = windows;
	here.rotate->n_windows = 1;
	assert_no(WRIT_REFUSAL_WINDOW,
		  "playbook rotate may not begin outside of its change windows; the next one "
		  "opens: 2026-11-23T13:00:00",
		  "ask again in 1h");
	assert_int_equal(here.out.retry_after, 3600);
	/* it is the beginning that counts */
	here.request.delay_ns = 3600 * WRIT_NS_PER_SECOND - 1;
	assert_no(WRIT_REFUSAL_WINDOW, "outside of its change windows", "ask again in 1s");
	assert_int_equal(here.out.retry_after, 1);
	here.request.delay_ns++;
	assert_granted();
	here.now = NOON + HOUR;
	here.request.delay_ns = 0;
	assert_granted();
	here.request.delay_ns = 3600 * WRIT_NS_PER_SECOND;
	assert_no(WRIT_REFUSAL_WINDOW, "opens: 2026-11-24T13:00:00", "ask again in 23h");
	here.request.delay_ns = 0;
	windows[0].zone = "Europe/Nowhere";
	assert_no(WRIT_REFUSAL_WINDOW,
		  "opens: not within 8 days; zone Europe/Nowhere is not in this system's time "
		  "zone database",
		  NULL);
	assert_int_equal(here.out.retry_after, 0);
}

static void concurrency(void **state)
{
	(void)state;
	here.rotate->concurrency = 2;
	here.history.live = 1;
	assert_granted();
	here.history.live = 2;
	assert_no(WRIT_REFUSAL_CONCURRENCY,
		  "playbook rotate: 2 grants live on this node, and 2 is the most",
		  "ask again in 10m"); /* when none of them can live any longer */
	assert_int_equal(here.out.retry_after, 600);
	here.history.live_until = NOON + 42 * SECOND;
	assert_no(WRIT_REFUSAL_CONCURRENCY, "2 is the most", "ask again in 42s");
	here.history.live_until = NOON - 1; /* its end is not in the ledger yet */
	assert_no(WRIT_REFUSAL_CONCURRENCY, "2 is the most", "ask again in 1s");
	here.rotate->concurrency = 0;
	assert_granted();
}

/* Refused by validator or core so often that its rows would fill the ledger. */
static void refused_late_too_often(void **state)
{
	(void)state;
	here.history.late = WRIT_REFUSALS_PER_MINUTE - 1;
	here.history.late_since = NOON - 18 * SECOND;
	assert_granted();
	here.history.late = WRIT_REFUSALS_PER_MINUTE;
	assert_no(WRIT_REFUSAL_BACKOFF, "had 60 requests refused within a minute",
		  "ask again in 42s");
	assert_false(here.out.suspend);
	here.asker.by_operator = true;
	assert_granted();
	here.asker.by_operator = false;
	here.history.late_since = NOON - MINUTE; /* over */
	assert_granted();
	here.history.late_since = NOON + 1; /* the clock was set back */
	assert_granted();
}

static void cooldown(void **state)
{
	(void)state;
	here.rotate->cooldown_ns = 600 * WRIT_NS_PER_SECOND;
	assert_granted(); /* never had one */
	here.history.last_end = NOON - 10 * MINUTE + 1;
	assert_no(WRIT_REFUSAL_COOLDOWN,
		  "playbook rotate: agent bot has to wait 10m from the end of a grant to the next",
		  "ask again in 1s");
	here.history.last_end = NOON - MINUTE;
	assert_no(WRIT_REFUSAL_COOLDOWN, "has to wait 10m", "ask again in 9m");
	assert_int_equal(here.out.retry_after, 540);
	here.history.last_end = NOON - 10 * MINUTE;
	assert_granted();
	here.history.last_end = INT64_MAX; /* a clock gone wild only makes it wait */
	assert_no(WRIT_REFUSAL_COOLDOWN, "has to wait 10m", "ask again in");
}

static void rate(void **state)
{
	(void)state;
	here.rotate->rate_count = 3;
	here.rotate->rate_per_ns = 3600 * WRIT_NS_PER_SECOND;
	here.history.recent = 2;
	assert_granted();
	here.history.recent = 3;
	assert_no(WRIT_REFUSAL_RATE,
		  "playbook rotate: agent bot had 3 grants in 1h, and 3 is the most",
		  "ask again in 1h");
	here.history.recent_since = NOON - 50 * MINUTE;
	assert_no(WRIT_REFUSAL_RATE, "3 is the most", "ask again in 10m");
	assert_int_equal(here.out.retry_after, 600);
	here.rotate->rate_count = 0;
	assert_granted();
}

static void break_all(void)
{
	static const struct writ_policy_window never = {.zone = "UTC"};
	static const char *const staging[] = {"staging"};
	struct writ_policy_playbook *p = here.rotate;

	here.request.n_parameters = WRIT_PARAMETERS_MAX + 1;
	here.request.agent[0] = '\0';
	here.asker = (struct writ_asker){.suspended = true, .frozen = true};
	here.history = (struct writ_history){
		.denials = 1, .last_denial = NOON, .live = 1, .recent = 1, .last_end = NOON};
	strcpy(here.request.ticket, "x");
	strcpy(here.request.playbook, "none");
	p->environments = staging;
	p->n_environments = 1;
	p->needs_sponsor = p->validates_ticket = true;
	p->risk = WRIT_RISK_HIGH;
	p->windows = &never;
	p->n_windows = 1;
	p->concurrency = p->rate_count = 1;
	p->cooldown_ns = p->rate_per_ns = WRIT_NS_PER_SECOND;
}

#define NEXT(refusal) assert_no(WRIT_REFUSAL_##refusal, "", "")

/* All is wrong at once; what is first in the order is mended, and the next comes up. */
static void order_of_words(void **state)
{
	(void)state;
	break_all();
	NEXT(MALFORMED);
	here.request.n_parameters = 0;
	NEXT(NOT_AN_AGENT);
	strcpy(here.request.agent, "bot");
	NEXT(SUSPENDED);
	here.asker.suspended = false;
	NEXT(FROZEN);
	here.asker.frozen = false;
	NEXT(BACKOFF); /* what the agent may have is not told before */
	here.history.denials = 0;
	NEXT(UNKNOWN_PLAYBOOK);
	strcpy(here.request.playbook, "secret");
	NEXT(ROLE);
	strcpy(here.request.playbook, "rotate");
	NEXT(PARAMETERS);
	here.request.n_parameters = 2;
	NEXT(ENVIRONMENT);
	here.rotate->n_environments = 0;
	NEXT(TICKET);
	strcpy(here.request.ticket, "CHG-1");
	NEXT(SPONSOR);
	strcpy(here.request.sponsor, "root");
	NEXT(RISK);
	here.rotate->risk = WRIT_RISK_LOW;
	NEXT(SPONSOR);
}

static void order_of_times(void **state)
{
	const struct writ_request good = here.request;
	struct writ_policy_playbook *p = here.rotate;

	(void)state;
	break_all();
	here.request = good;
	strcpy(here.request.sponsor, "root");
	here.asker = (struct writ_asker){.sponsor_known = true};
	here.history.denials = 0;
	p->n_environments = 0;
	p->risk = WRIT_RISK_LOW;
	NEXT(VALIDATOR);
	p->validates_ticket = false;
	NEXT(WINDOW);
	p->n_windows = 0;
	NEXT(CONCURRENCY);
	p->concurrency = 0;
	NEXT(COOLDOWN);
	p->cooldown_ns = 0;
	NEXT(RATE);
	p->rate_count = 0;
	assert_granted();
}

/* Several faults of the words are told at once, by the first one's word. */
static void all_faults(void **state)
{
	(void)state;
	here.request.n_parameters = 0;
	here.request.ticket[0] = '\0';
	assert_no(WRIT_REFUSAL_PARAMETERS, "parameter service is missing", "writ request rotate");
	assert_non_null(strstr(here.out.message, "parameter host is missing"));
	assert_non_null(strstr(here.out.message, "needs a ticket"));
}

static void assert_ttl(int64_t asked, int64_t ttl, enum writ_clip clip)
{
	here.request.ttl_ns = (uint64_t)asked;
	assert_granted();
	assert_int_equal(here.out.ttl_ns, ttl);
	assert_int_equal(here.out.clip, clip);
}

static void ttl(void **state)
{
	const struct writ_policy_window windows[] = {
		{.days = 127, .from = 9 * 60, .to = 12 * 60 + 5, .zone = "UTC"}};

	(void)state;
	assert_ttl(0, 3 * MINUTE, WRIT_CLIP_NONE);
	assert_ttl(10 * MINUTE, 10 * MINUTE, WRIT_CLIP_NONE);
	assert_ttl(10 * MINUTE + 1, 10 * MINUTE, WRIT_CLIP_PLAYBOOK);
	assert_ttl(-1, 10 * MINUTE, WRIT_CLIP_PLAYBOOK); /* the most that there is */
	here.role->ttl_max_ns = 8 * 60 * WRIT_NS_PER_SECOND;
	assert_ttl(8 * MINUTE, 8 * MINUTE, WRIT_CLIP_NONE);
	assert_ttl(9 * MINUTE, 8 * MINUTE, WRIT_CLIP_ROLE);
	assert_ttl(2 * HOUR, 8 * MINUTE, WRIT_CLIP_ROLE); /* by the shortest */
	here.rotate->windows = windows;
	here.rotate->n_windows = 1;
	assert_ttl(5 * MINUTE, 5 * MINUTE, WRIT_CLIP_NONE);
	assert_ttl(2 * HOUR, 5 * MINUTE, WRIT_CLIP_WINDOW);
	here.now = NOON + 3 * MINUTE; /* the default is clipped, too */
	assert_ttl(0, 2 * MINUTE, WRIT_CLIP_WINDOW);
	here.request.delay_ns = 60 * WRIT_NS_PER_SECOND;
	assert_ttl(0, MINUTE, WRIT_CLIP_WINDOW);
	here.role->ttl_max_ns = 60 * WRIT_NS_PER_SECOND;
	assert_ttl(0, MINUTE, WRIT_CLIP_ROLE);
	here.now++;
	assert_ttl(0, MINUTE - 1, WRIT_CLIP_WINDOW);
}

static void approvals(void **state)
{
	(void)state;
	here.rotate->approvals = 2;
	assert_granted();
	assert_int_equal(here.out.approvals, 2);
	here.asker.by_operator = true; /* who pushes it is none of them */
	assert_granted();
	assert_int_equal(here.out.approvals, 2);
	here.rotate->break_glass = true;
	assert_granted();
	assert_int_equal(here.out.approvals, 0);
}

/* Any bytes: a verdict, and words that can be shown. The seed is fixed: a failure comes again. */
static void any_bytes(void **state)
{
	static const char bits[] = "\n\x1b\xff\xc3\xa4\xe2\x82\\\"\x7f{}*,= ";
	unsigned int seed = 20261123;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		unsigned char *bytes = (unsigned char *)&here.request;
		size_t at = (size_t)rand_r(&seed) % sizeof(here.request);
		size_t len = (size_t)rand_r(&seed) % 80;

		if (i % 50 == 0) {
			tear_down(state);
			set_up(state);
		}
		for (; len && at < sizeof(here.request); len--, at++)
			bytes[at] = (unsigned char)bits[(size_t)rand_r(&seed) % sizeof(bits)];
		here.asker.by_operator = rand_r(&seed) % 2;
		evaluate();
	}
}

/* A message that is cut is cut between characters. */
static void cut(void **state)
{
	(void)state;
	for (size_t shift = 0; shift < 40; shift++) {
		here.request.n_parameters = WRIT_PARAMETERS_MAX;
		for (uint32_t i = 0; i < WRIT_PARAMETERS_MAX; i++) {
			char *name = here.request.parameters[i].name;

			(void)snprintf(name, WRIT_NAME_SIZE, "%.*s", i ? 0 : (int)shift,
				       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
			while (i && strlen(name) + 3 < WRIT_NAME_SIZE)
				strcat(name, "\xe2\x82\xac");
		}
		assert_no(WRIT_REFUSAL_PARAMETERS, "has no parameter", "writ request rotate");
		assert_true(strlen(here.out.message) > WRIT_MESSAGE_SIZE - 5);
	}
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(window),
		CASE(concurrency),
		CASE(cooldown),
		CASE(refused_late_too_often),
		CASE(rate),
		CASE(order_of_words),
		CASE(order_of_times),
		CASE(all_faults),
		CASE(ttl),
		CASE(approvals),
		CASE(any_bytes),
		CASE(cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
