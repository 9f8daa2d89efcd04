/* SPDX-License-Identifier: Apache-2.0 */
/* broker/ask.c: what a body may be, each limit, and the words for what it may not be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "broker/ask.h"
#include "lib/time.h"

static struct writ_request read_request;

static int read_body(const char *body, bool push, char fault[WRIT_MESSAGE_SIZE])
{
	json_error_t error;
	json_t *json = json_loads(body, JSON_REJECT_DUPLICATES, &error);
	int err;

	if (!json)
		fail_msg("%s: %s", body, error.text);
	memset(&read_request, 0x5a, sizeof(read_request));
	err = writ_ask_read(json, push, &read_request, fault);
	json_decref(json);
	return err;
}

static void accepts(const char *body, bool push)
{
	char fault[WRIT_MESSAGE_SIZE];

	if (read_body(body, push, fault))
		fail_msg("%s: %s", body, fault);
	assert_string_equal(fault, "");
}

static void refuses_as(const char *body, bool push, const char *expected)
{
	char fault[WRIT_MESSAGE_SIZE];
	struct writ_request untouched;

	memset(&untouched, 0x5a, sizeof(untouched));
	assert_int_equal(read_body(body, push, fault), -EINVAL);
	if (!strstr(fault, expected))
		fail_msg("%s\nexpected: %s\nfound: %s", body, expected, fault);
	assert_memory_equal(&read_request, &untouched, sizeof(untouched));
}

static void refuses(const char *body, const char *expected)
{
	refuses_as(body, false, expected);
}

static void every_field(void **state)
{
	(void)state;
	accepts("{\"playbook\": \"p\", \"parameters\": {\"service\": \"billing\", \"n\": -12}, "
		"\"ticket\": \"CHG-1\", \"sponsor\": \"alice\", \"reason\": \"größer\", "
		"\"ttl\": \"1m30s\", \"delay\": \"5s\", \"context\": {\"session\": \"s\", "
		"\"prompt\": \"sha256:0\", \"tool_call\": \"t\", \"parent\": \"u\"}}",
		false);
	assert_string_equal(read_request.playbook, "p");
	assert_int_equal(read_request.n_parameters, 2);
	assert_string_equal(read_request.parameters[0].name, "service");
	assert_string_equal(read_request.parameters[0].value, "billing");
	assert_string_equal(read_request.parameters[1].value, "-12");
	assert_string_equal(read_request.ticket, "CHG-1");
	assert_string_equal(read_request.sponsor, "alice");
	assert_string_equal(read_request.reason, "größer");
	assert_int_equal(read_request.ttl_ns, 90 * WRIT_NS_PER_SECOND);
	assert_int_equal(read_request.delay_ns, 5 * WRIT_NS_PER_SECOND);
	assert_string_equal(read_request.context.session, "s");
	assert_string_equal(read_request.context.prompt, "sha256:0");
	assert_string_equal(read_request.context.tool_call, "t");
	assert_string_equal(read_request.context.parent, "u");
}

/* What the asker can't give is nothing, whatever lay there before. */
static void the_rest_is_zero(void **state)
{
	struct writ_request expected = {0};

	(void)state;
	(void)strcpy(expected.playbook, "p");
	accepts("{\"playbook\": \"p\"}", false);
	assert_memory_equal(&read_request, &expected, sizeof(expected));
}

static void who_asks_is_not_said(void **state)
{
	(void)state;
	refuses("{\"playbook\": \"p\", \"agent\": \"other\"}", "agent: not to be given");
	accepts("{\"playbook\": \"p\", \"agent\": \"bot\"}", true);
	assert_string_equal(read_request.agent, "bot");
	refuses_as("{\"playbook\": \"p\"}", true, "agent: missing");
	refuses_as("{\"playbook\": \"p\", \"agent\": \"\"}", true, "agent: missing");
}

static void missing_and_unknown(void **state)
{
	char fault[WRIT_MESSAGE_SIZE];
	struct writ_request none;

	(void)state;
	assert_int_equal(writ_ask_read(NULL, false, &none, fault), -EINVAL);
	assert_string_equal(fault, "the body is missing");
	refuses("[]", "the body has to be an object, not an array");
	refuses("{}", "playbook: missing");
	refuses("{\"playbook\": \"\"}", "playbook: missing");
	refuses("{\"playbook\": \"p\", \"paths\": [\"/etc/shadow\"]}", "paths: unknown");
	refuses("{\"playbook\": \"p\", \"ttl_ns\": 5}", "ttl_ns: unknown");
	refuses("{\"playbook\": \"p\", \"context\": {\"pid\": \"1\"}}", "context.pid: unknown");
}

static void types(void **state)
{
	static const char *const keys[] = {"playbook", "ticket", "sponsor",
					   "reason",   "ttl",	 "delay"};
	char body[128], expected[64];

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		(void)snprintf(body, sizeof(body), "{\"playbook\": \"p\", \"%s\": 180}", keys[i]);
		if (!i)
			(void)strcpy(body, "{\"playbook\": 180}");
		(void)snprintf(expected, sizeof(expected), "%s: has to be a string, not a number",
			       keys[i]);
		refuses(body, expected);
	}
	refuses("{\"playbook\": \"p\", \"ticket\": null}", "ticket: has to be a string, not null");
	refuses("{\"playbook\": \"p\", \"context\": []}", "context: has to be an object");
	refuses("{\"playbook\": \"p\", \"context\": {\"session\": 1}}",
		"context.session: has to be a string");
	refuses("{\"playbook\": \"p\", \"parameters\": [\"a\"]}",
		"parameters: has to be an object, not an array");
	refuses("{\"playbook\": \"p\", \"parameters\": {\"a\": true}}",
		"parameters.a: has to be a string or an integer, not true");
	refuses("{\"playbook\": \"p\", \"parameters\": {\"a\": 1.5}}",
		"parameters.a: has to be a string or an integer");
	refuses("{\"playbook\": \"p\", \"parameters\": {\"a\": {\"b\": \"c\"}}}",
		"parameters.a: has to be a string or an integer, not an object");
}

static void durations(void **state)
{
	(void)state;
	refuses("{\"playbook\": \"p\", \"ttl\": \"3\"}", "ttl: no duration");
	refuses("{\"playbook\": \"p\", \"ttl\": \"\"}", "ttl: no duration");
	refuses("{\"playbook\": \"p\", \"ttl\": \"-3m\"}", "ttl: no duration");
	refuses("{\"playbook\": \"p\", \"delay\": \"366d\"}", "delay: longer than a year");
	refuses("{\"playbook\": \"p\", \"ttl\": \"0s\"}", "ttl: has to be longer than nothing");
	accepts("{\"playbook\": \"p\", \"delay\": \"0s\"}", false);
}

/* Each text at its limit, and one past it. */
static void lengths(void **state)
{
	static const struct {
		const char *form;
		size_t max;
		const char *path;
	} fields[] = {
		{"{\"playbook\": \"%s\"}", WRIT_NAME_SIZE - 1, "playbook"},
		{"{\"playbook\": \"p\", \"ticket\": \"%s\"}", WRIT_TICKET_SIZE - 1, "ticket"},
		{"{\"playbook\": \"p\", \"sponsor\": \"%s\"}", WRIT_NAME_SIZE - 1, "sponsor"},
		{"{\"playbook\": \"p\", \"reason\": \"%s\"}", WRIT_REASON_SIZE - 1, "reason"},
		{"{\"playbook\": \"p\", \"context\": {\"prompt\": \"%s\"}}", WRIT_CONTEXT_SIZE - 1,
		 "context.prompt"},
		{"{\"playbook\": \"p\", \"parameters\": {\"a\": \"%s\"}}", WRIT_VALUE_SIZE - 1,
		 "parameters.a"},
	};
	char text[512], body[1024], expected[64];

	(void)state;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		memset(text, 'x', sizeof(text));
		text[fields[i].max] = '\0';
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
		(void)snprintf(body, sizeof(body), fields[i].form, text);
		accepts(body, false);
		text[fields[i].max] = 'x';
		text[fields[i].max + 1] = '\0';
		(void)snprintf(body, sizeof(body), fields[i].form, text);
#pragma GCC diagnostic pop
		(void)snprintf(expected, sizeof(expected), "%s: longer than %zu bytes",
			       fields[i].path, fields[i].max);
		refuses(body, expected);
	}
}

static void parameter_counts_and_names(void **state)
{
	char body[4096], name[WRIT_NAME_SIZE + 1];
	size_t used;

	(void)state;
	for (unsigned int count = WRIT_PARAMETERS_MAX; count <= WRIT_PARAMETERS_MAX + 1; count++) {
		used = (size_t)snprintf(body, sizeof(body), "{\"playbook\":\"p\",\"parameters\":{");
		for (unsigned int i = 0; i < count; i++)
			used += (size_t)snprintf(body + used, sizeof(body) - used,
						 "%s\"p%u\":\"v\"", i ? "," : "", i);
		(void)snprintf(body + used, sizeof(body) - used, "}}");
		if (count == WRIT_PARAMETERS_MAX)
			accepts(body, false);
		else
			refuses(body, "parameters: more than 16");
	}
	assert_int_equal(read_request.n_parameters, 0x5a5a5a5a); /* untouched by the refusal */
	refuses("{\"playbook\": \"p\", \"parameters\": {\"\": \"v\"}}", "no name of a parameter");
	refuses("{\"playbook\": \"p\", \"parameters\": {\"a\\nb\": \"v\"}}",
		"parameters.a\\x0ab: no name of a parameter");
	memset(name, 'n', WRIT_NAME_SIZE);
	name[WRIT_NAME_SIZE] = '\0';
	(void)snprintf(body, sizeof(body), "{\"playbook\":\"p\",\"parameters\":{\"%s\":\"v\"}}",
		       name);
	refuses(body, "no name of a parameter");
}

/* Control signs, and what makes text look like other text to the one who approves it. */
static void signs(void **state)
{
	static const char *const bad[] = {
		"\\n",	   "\\t",     "\\u001b[2J", "\\u007f", "\\u0080", "\\u009f", "\\u200e",
		"\\u200f", "\\u2028", "\\u202a",    "\\u202e", "\\u2066", "\\u2069",
	};
	static const char *const good[] = {"\\u00a0", "\\u00e9", "\\u2010", "\\u2027",
					   "\\u202f", "\\u2065", "\\u206a", "\\ud83d\\ude00"};
	char body[128];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		(void)snprintf(body, sizeof(body), "{\"playbook\":\"p\",\"reason\":\"a%sb\"}",
			       bad[i]);
		refuses(body, "reason: holds a control sign");
		(void)snprintf(body, sizeof(body),
			       "{\"playbook\":\"p\",\"parameters\":{\"a\":\"%s\"}}", bad[i]);
		refuses(body, "parameters.a: holds a control sign");
	}
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		(void)snprintf(body, sizeof(body), "{\"playbook\":\"p\",\"reason\":\"a%sb\"}",
			       good[i]);
		accepts(body, false);
	}
	refuses("{\"playbook\": \"p\", \"context\": {\"session\": \"\\u00e9\"}}",
		"context.session: has to be printable ASCII");
	refuses("{\"playbook\": \"p\", \"context\": {\"parent\": \"a\\tb\"}}",
		"context.parent: has to be printable ASCII");
}

/* All of them in one line; what does not fit is left out whole, and it is still refused. */
static void many_faults(void **state)
{
	char body[65536], fault[WRIT_MESSAGE_SIZE];
	size_t used = 0;

	(void)state;
	assert_int_equal(read_body("{\"ttl\": \"x\", \"delay\": 1, \"nope\": 1}", false, fault),
			 -EINVAL);
	assert_non_null(strstr(fault, "ttl: no duration"));
	assert_non_null(strstr(fault, "; delay: has to be a string"));
	assert_non_null(strstr(fault, "; nope: unknown"));
	assert_non_null(strstr(fault, "; playbook: missing"));
	used = (size_t)snprintf(body, sizeof(body), "{\"playbook\": \"p\"");
	for (unsigned int i = 0; i < 1000; i++)
		used += (size_t)snprintf(body + used, sizeof(body) - used, ",\"key%u\":\"%040u\"",
					 i, i);
	(void)snprintf(body + used, sizeof(body) - used, "}");
	assert_int_equal(read_body(body, false, fault), -EINVAL);
	assert_true(strlen(fault) < WRIT_MESSAGE_SIZE);
	assert_string_equal(fault + strlen(fault) - strlen("context"), "context");
}

/* A key is repeated escaped and cut: it can break no line, and fill none. */
static void keys_are_shown_safely(void **state)
{
	char body[512], fault[WRIT_MESSAGE_SIZE], key[301];

	(void)state;
	memset(key, 'k', sizeof(key) - 1);
	key[sizeof(key) - 1] = '\0';
	(void)snprintf(body, sizeof(body), "{\"playbook\": \"p\", \"\\u001b[31m%s\": 1}", key);
	assert_int_equal(read_body(body, false, fault), -EINVAL);
	assert_memory_equal(fault, "\\x1b[31mkkk", 11);
	assert_true(strstr(fault, ": unknown") - fault <= 64);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field),
		cmocka_unit_test(the_rest_is_zero),
		cmocka_unit_test(who_asks_is_not_said),
		cmocka_unit_test(missing_and_unknown),
		cmocka_unit_test(types),
		cmocka_unit_test(durations),
		cmocka_unit_test(lengths),
		cmocka_unit_test(parameter_counts_and_names),
		cmocka_unit_test(signs),
		cmocka_unit_test(many_faults),
		cmocka_unit_test(keys_are_shown_safely),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
