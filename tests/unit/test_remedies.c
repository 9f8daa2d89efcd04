/* SPDX-License-Identifier: Apache-2.0 */
/* audit/remedies.c: the value in the line, what is kept and forgotten, and the budget. */
#include "remedies_helper.h"

static void values(void **state)
{
	struct writ_record record = denial(2, WRIT_ACCESS_CONNECT, "/run/jobs.sock");

	(void)state;
	assert_string_equal(bot(WRIT_ACCESS_WRITE, "/etc/ssl/billing/key"), ROTATE("\"billing\""));
	assert_string_equal(bot(WRIT_ACCESS_READ, "/home/bot/x"),
			    "[{\"playbook\":\"own\",\"parameters\":{}}]");
	assert_string_equal(bot(WRIT_ACCESS_READ, "/home/watch/x"), "");
	record.event.operation = WRIT_OP_CONNECT;
	assert_string_equal(remedy_of(&record, "bot"),
			    "[{\"playbook\":\"queue\",\"parameters\":{\"host\":null,"
			    "\"queue\":\"jobs\"}}]");
	record.event.family = AF_INET;
	record.event.protocol = WRIT_PROTOCOL_TCP;
	record.event.port = 6379;
	memcpy(record.event.address, "\0\0\0\0\0\0\0\0\0\0\xff\xff\x0a\x01\x02\x03", 16);
	record.object_len = 0;
	assert_string_equal(remedy_of(&record, "bot"),
			    "[{\"playbook\":\"queue\",\"parameters\":{\"host\":\"10.1.2.3\","
			    "\"queue\":null}}]");
	record.event.port = 6380;
	assert_string_equal(remedy_of(&record, "bot"), "");
	assert_int_equal(writ_remedies_left_out(here.remedies), 0);
}

/* The agent chooses the path. */
static void hostile(void **state)
{
	/* what no command can show, and what may not be asked for at all */
	static const char *const unshown[] = {"/etc/ssl/a\\\"b/x", "/etc/ssl/\xc3\xa4/x",
					      "/etc/ssl/\xff/x"},
				 *const refused[] = {"/etc/ssl/a\nb/x", "/etc/ssl/\x1b[2J/x"};

	(void)state;
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/\"},\"verdict\":\"allow\"/x"),
			    ROTATE("\"\\\"},\\\"verdict\\\":\\\"allow\\\"\""));
	for (size_t i = 0; i < sizeof(unshown) / sizeof(unshown[0]); i++)
		assert_string_equal(bot(WRIT_ACCESS_READ, unshown[i]), ROTATE("null"));
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		assert_string_equal(bot(WRIT_ACCESS_READ, refused[i]), "");
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/it's $(id)/x"),
			    ROTATE("\"it's $(id)\""));
}

/* Those that `writ why` has none for; nothing is looked for. */
static void none(void **state)
{
	struct writ_record record = denial(2, WRIT_ACCESS_READ, "/etc/ssl/a/b");
	char object[WRIT_REMEDY_OBJECT_SIZE];

	(void)state;
	for (uint32_t reason = 0; reason <= WRIT_REASON_COUNT; reason++) {
		bool helps = reason == WRIT_REASON_NO_RULE || reason == WRIT_REASON_EXPIRED ||
			     reason == WRIT_REASON_NOT_YET_ACTIVE ||
			     reason == WRIT_REASON_REVOKED || reason == WRIT_REASON_USED_UP ||
			     reason == WRIT_REASON_ARGV_MISMATCH;

		record.event.reason = (uint8_t)reason;
		assert_string_equal(remedy_of(&record, "bot"), helps ? ROTATE("\"a\"") : "");
	}
	assert_int_equal(looked(), 1);
	record.event.reason = WRIT_REASON_NO_RULE;
	assert_string_equal(remedy_of(&record, NULL), "");
	record.event.agent = WRIT_AGENTS_MAX;
	assert_string_equal(remedy_of(&record, "bot"), "");
	record = denial(2, 0, "sys_admin");
	record.event.operation = WRIT_OP_CAPABILITY;
	assert_string_equal(remedy_of(&record, "bot"), "");
	memset(object, 'a', sizeof(object));
	memcpy(object, "/etc/ssl/a/", 11);
	object[sizeof(object) - 1] = '\0'; /* `why` has as many bytes, and may have lost some */
	assert_string_equal(bot(WRIT_ACCESS_READ, object), "");
	assert_int_equal(looked(), 0);
	object[sizeof(object) - 2] = '\0';
	assert_string_equal(bot(WRIT_ACCESS_READ, object), ROTATE("\"a\""));
	assert_int_equal(writ_remedies_left_out(here.remedies), 0);
}

static void other_run(void **state)
{
	struct writ_record record = denial(2, WRIT_ACCESS_READ, "/etc/ssl/a/b");

	(void)state;
	record.event.reason = WRIT_REASON_OTHER_RUN;
	assert_string_equal(remedy_of(&record, "bot"), "");
	record.event.grant = UINT64_MAX;
	assert_string_equal(remedy_of(&record, "bot"), "[{\"exec\":18446744073709551615}]");
	record.event.grant = 42;
	assert_string_equal(remedy_of(&record, "bot"), "[{\"exec\":42}]");
	assert_int_equal(looked(), 0);
}

/* Found once, also that there is none; each part of the question makes it another one. */
static void kept(void **state)
{
	struct writ_record record = denial(2, WRIT_ACCESS_READ, "/etc/ssl/a/b");

	(void)state;
	for (int i = 0; i < 3; i++) {
		assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/b"), ROTATE("\"a\""));
		assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/shadow"), "");
	}
	assert_int_equal(looked(), 2);
	assert_string_equal(bot(WRIT_ACCESS_WRITE, "/etc/ssl/a/b"), ROTATE("\"a\""));
	assert_string_equal(bot(WRIT_ACCESS_DELETE, "/etc/ssl/a/b"), "");
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/c"), ROTATE("\"a\""));
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/b/b"), ROTATE("\"b\""));
	record.event.operation = WRIT_OP_TRUNCATE;
	assert_string_equal(remedy_of(&record, "bot"), ROTATE("\"a\""));
	assert_int_equal(looked(), 5);
	record = denial(3, WRIT_ACCESS_READ, "/home/watch/x");
	assert_string_equal(remedy_of(&record, "watch"),
			    "[{\"playbook\":\"own\",\"parameters\":{}}]");
	assert_string_equal(bot(WRIT_ACCESS_READ, "/home/watch/x"), ""); /* bot's */
	assert_int_equal(looked(), 2);
}

/* More than are kept: what is asked for again and again stays, what came once gives way. */
static void the_oldest_go(void **state)
{
	char object[64];
	unsigned int n;

	(void)state;
	for (unsigned int i = 0; i < 8 * WRIT_REMEDIES_KEPT; i++) {
		here.now += SECOND; /* the budget is not the question here */
		(void)snprintf(object, sizeof(object), "/etc/ssl/a/%u", i);
		assert_string_equal(bot(WRIT_ACCESS_READ, object), ROTATE("\"a\""));
		assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/often"), ROTATE("\"a\""));
	}
	assert_int_equal(looked(), 8 * WRIT_REMEDIES_KEPT + 1);
	/* those that came last are there, so many that all sets must be in use */
	for (unsigned int i = 0; i < WRIT_REMEDIES_KEPT / 2; i++) {
		here.now += SECOND;
		(void)snprintf(object, sizeof(object), "/etc/ssl/a/%u",
			       8 * WRIT_REMEDIES_KEPT - 1 - i);
		assert_string_equal(bot(WRIT_ACCESS_READ, object), ROTATE("\"a\""));
	}
	n = looked();
	assert_in_range(n, 0, WRIT_REMEDIES_KEPT / 4);
	for (unsigned int i = 0; i < WRIT_REMEDIES_KEPT; i++) { /* the first are not */
		here.now += SECOND;
		(void)snprintf(object, sizeof(object), "/etc/ssl/a/%u", i);
		assert_string_equal(bot(WRIT_ACCESS_READ, object), ROTATE("\"a\""));
	}
	assert_int_equal(looked(), WRIT_REMEDIES_KEPT);
	assert_int_equal(writ_remedies_left_out(here.remedies), 0);
}

/* Another policy says something else from then on, and none says nothing. */
static void another_policy(void **state)
{
	struct writ_policy *other =
		good_policy("apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [other]\n" /* */
			    KIND("Agent", "bot") "role: r\nmatch: {cgroup: /bot}\n"	     /* */
			    KIND("Playbook", "other") "files: [{path: '/etc/**', allow: [read]}]\n"
						      "ttl: {default: 1m, max: 1m}\n");

	(void)state;
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/b"), ROTATE("\"a\""));
	writ_remedies_set(here.remedies, other);
	writ_policy_free(here.policy); /* nothing of it may be looked at */
	here.policy = other;
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/b"),
			    "[{\"playbook\":\"other\",\"parameters\":{}}]");
	assert_int_equal(looked(), 2);
	writ_remedies_set(here.remedies, NULL);
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/b"), "");
	assert_int_equal(looked(), 0);
	assert_int_equal(writ_remedies_left_out(here.remedies), 0);
	writ_remedies_set(here.remedies, other);
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/a/b"),
			    "[{\"playbook\":\"other\",\"parameters\":{}}]");
}

/* @n denials of as many paths; how many of them had a remedy. */
static unsigned int storm(uint32_t agent, unsigned int n)
{
	static unsigned int path;
	unsigned int found = 0;

	for (unsigned int i = 0; i < n; i++) {
		char object[64];
		struct writ_record record;

		(void)snprintf(object, sizeof(object), "/etc/ssl/a/%u", path++);
		record = denial(agent, WRIT_ACCESS_READ, object);
		found += *remedy_of(&record, "bot") != '\0';
	}
	return found;
}

/* So many a second; beyond that the line goes without, and it is counted. */
static void budget(void **state)
{
	(void)state;
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/k/k"), ROTATE("\"k\""));
	here.now += SECOND;
	assert_int_equal(storm(2, SHARE), SHARE); /* one agent's */
	assert_int_equal(writ_remedies_left_out(here.remedies), 0);
	assert_int_equal(storm(2, 10), 0);
	assert_int_equal(writ_remedies_left_out(here.remedies), 10);
	/* what is kept costs nothing; what was left out is not kept as "none" */
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/k/k"), ROTATE("\"k\""));
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/l/l"), "");
	for (uint32_t agent = 3; agent < 2 + BOTS - 1; agent++) /* others have theirs */
		assert_int_equal(storm(agent, SHARE + 1), SHARE);
	assert_int_equal(storm(2 + BOTS - 1, 5), 0); /* all of it is spent */
	here.now += SECOND - 1;
	assert_int_equal(storm(2, 1), 0);
	here.now++;
	assert_string_equal(bot(WRIT_ACCESS_READ, "/etc/ssl/l/l"), ROTATE("\"l\""));
	assert_int_equal(storm(2 + BOTS - 1, 5), 5);
	assert_int_equal(writ_remedies_left_out(here.remedies), 10 + 1 + 3 + 5 + 1);
}

/* Where one look is dear it is time that is short, not their number; but a few there are always. */
static void budget_of_time(void **state)
{
	(void)state;
	here.tick = WRIT_REMEDIES_BUDGET_NS / WRIT_REMEDIES_SHARES / (2 * LEAST);
	assert_int_equal(storm(2, 50), 2 * LEAST); /* a share of the time */
	assert_int_equal(storm(3, 50), 2 * LEAST);
	here.tick = 0;
	here.now += SECOND;
	assert_int_equal(storm(2, SHARE), SHARE);
	here.now += SECOND;
	here.tick = 10 * SECOND; /* one that is far over is finished */
	assert_int_equal(storm(2, 1), 1);
	here.now -= 10 * SECOND; /* as if it had been done at once */
	here.tick = 1;
	assert_int_equal(storm(2, 50), LEAST - 1);
	for (uint32_t agent = 3; agent < 2 + BOTS - 1; agent++)
		assert_int_equal(storm(agent, 50), LEAST);
	assert_int_equal(storm(2 + BOTS - 1, 50), 0);
	here.now += SECOND;
	assert_int_equal(storm(2 + BOTS - 1, 50), 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(values),	      CASE(hostile), CASE(none),
		CASE(other_run),      CASE(kept),    CASE(the_oldest_go),
		CASE(another_policy), CASE(budget),  CASE(budget_of_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
