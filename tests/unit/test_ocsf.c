/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user/forward/ocsf.c: each kind of line becomes an event that fits docs/ocsf.schema.json, of the
 * class, activity and outcome that are meant, and nothing of the line is left out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "forward/ocsf.h"
#include "json_schema.h"

#define HEAD "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":"
#define WHO                                                                     \
	"\"sequence\":1,\"cpu\":0,\"agent\":\"web\",\"role\":\"web-operator\"," \
	"\"environment\":\"production\","
#define PROCESS                                                                           \
	"\"process\":{\"pid\":812,\"tid\":813,\"uid\":33,\"start\":\"9007199254740993\"," \
	"\"comm\":\"php\"},\"cgroup\":\"77\""
#define TAIL ",\"chain\":\"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\"}\n"
#define GRANTED                                                                           \
	"\"rule\":\"/srv/**\",\"grant\":17,\"playbook\":\"rotate\",\"ticket\":\"CHG-1\"," \
	"\"operator\":\"ana\",\"spiffe\":\"spiffe://production/agent/web/run/17\","       \
	"\"seconds_left\":12.5,"
#define DECISION(operation, more, verdict)                                                        \
	HEAD "\"decision\"," WHO "\"operation\":\"" operation "\"," more "\"verdict\":\"" verdict \
	     "\",\"reason\":\"grant\"," GRANTED PROCESS TAIL

static json_t *schema;

static int set_up(void **state)
{
	(void)state;
	schema = json_load_file("docs/ocsf.schema.json", 0, NULL);
	return schema ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	json_decref(schema);
	return 0;
}

static json_t *event_of(const char *line)
{
	struct writ_bytes bytes = {0};
	struct writ_record record;
	const char *fault;
	json_t *event;

	writ_record_read(line, strlen(line), &record);
	assert_int_equal(writ_ocsf_write(&record, "host-1", &bytes), 0);
	assert_null(memchr(bytes.at, '\n', bytes.len));
	event = json_loadb(bytes.at, bytes.len, 0, NULL);
	assert_non_null(event);
	fault = json_schema_fault(schema, schema, event);
	if (fault)
		fail_msg("%s in %.*s", fault, (int)bytes.len, bytes.at);
	writ_bytes_free(&bytes);
	writ_record_free(&record);
	return event;
}

static json_int_t number(json_t *event, const char *key)
{
	return json_integer_value(json_object_get(event, key));
}

static const char *text(json_t *event, const char *object, const char *key)
{
	const char *found = json_string_value(json_object_get(json_object_get(event, object), key));

	return found ? found : "";
}

/* Class, activity and, -1 for none, action. */
static const struct {
	const char *line;
	int class;
	int activity;
	int action;
} kinds[] = {
	{DECISION("open", "\"access\":[\"read\"],\"object\":\"/srv/a\",", "allow"), 1001, 14, 1},
	{DECISION("open", "\"access\":[\"write\",\"create\"],\"object\":\"/srv/a\",", "deny"), 1001,
	 1, 2},
	{DECISION("write", "\"object\":\"/srv/a\",", "deny"), 1001, 3, 2},
	{DECISION("mkdir", "\"object\":\"/srv/d\",", "allow"), 1001, 1, 1},
	{DECISION("unlink", "\"object\":\"/srv/a\",", "would_deny"), 1001, 4, 1},
	{DECISION("rename", "\"object\":\"/srv/a\",", "allow"), 1001, 5, 1},
	{DECISION("chmod", "\"object\":\"/srv/a\",", "deny"), 1001, 7, 2},
	{DECISION("ioctl", "\"object\":\"/dev/x\",", "deny"), 1001, 99, 2},
	{DECISION("exec", "\"object\":\"/bin/sh\",\"argv\":[\"sh\",\"-c\"],", "allow"), 1007, 1, 1},
	{DECISION("fork", "", "allow"), 1007, 1, 1},
	{DECISION("signal", "\"object\":\"812 nginx signal 15\",", "deny"), 1007, 99, 2},
	{DECISION("connect",
		  "\"object\":\"tcp 10.0.0.1:443\",\"family\":2,\"protocol\":\"tcp\","
		  "\"address\":\"10.0.0.1\",\"port\":443,",
		  "deny"),
	 4001, 1, 2},
	{DECISION("connect", "\"object\":\"@bus\",\"family\":1,", "allow"), 4001, 1, 1},
	{DECISION("listen", "\"protocol\":\"tcp\",\"address\":\"::\",\"port\":80,", "allow"), 4001,
	 7, 1},
	{DECISION("capability", "\"object\":\"sys_admin\",", "deny"), 0, 99, 2},
	{HEAD "\"enrolment\"," WHO "\"object\":\"/sys/fs/cgroup/web\"," PROCESS TAIL, 0, 99, -1},
	{HEAD "\"gap\",\"reason\":\"ring_full\",\"missing\":3" TAIL, 0, 99, -1},
	{HEAD "\"grant\",\"event\":\"issued\",\"agent\":\"web\",\"role\":\"w\"," GRANTED
	      "\"uid\":0,\"not_before\":\"2026-11-22T10:11:12.000000Z\","
	      "\"expires\":\"2026-11-22T10:14:12.000000Z\",\"parameters\":\"a=b\"" TAIL,
	 3003, 1, -1},
	{HEAD "\"grant\",\"event\":\"expired\",\"agent\":\"web\",\"role\":\"w\"," GRANTED
	      "\"uid\":0" TAIL,
	 3003, 99, -1},
	{HEAD "\"proposal\",\"event\":\"refused\",\"agent\":\"web\",\"proposal\":4,"
	      "\"playbook\":\"rotate\",\"uid\":0" TAIL,
	 3003, 99, -1},
	{HEAD "\"daemon\",\"event\":\"started\",\"version\":\"0.1.0\",\"generation\":1" TAIL, 6002,
	 3, -1},
	{HEAD "\"daemon\",\"event\":\"unloaded\",\"version\":\"0.1.0\",\"generation\":1,"
	      "\"detail\":\"by root\"" TAIL,
	 6002, 7, -1},
	{HEAD "\"log\",\"event\":\"key_lost\"" TAIL, 0, 99, -1},
	{HEAD "\"segment\",\"schema\":1,\"segment\":3" TAIL, 0, 99, -1},
	{HEAD "\"checkpoint\",\"segment\":3,\"checkpoint\":1" TAIL, 0, 99, -1},
	{HEAD "\"removed\",\"segment\":3" TAIL, 0, 99, -1},
	{HEAD "\"forward\",\"event\":\"skipped\",\"sink\":\"siem\",\"lines\":3}\n", 0, 99, -1},
	{HEAD "\"of tomorrow\"}\n", 0, 99, -1},
	{"no line of Writ's \x1b[2J\xff\n", 0, 0, -1},
};

static void each_kind_of_line(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		json_t *event = event_of(kinds[i].line);

		if (number(event, "class_uid") != kinds[i].class ||
		    number(event, "activity_id") != kinds[i].activity)
			fail_msg("%lld, %lld: %s", number(event, "class_uid"),
				 number(event, "activity_id"), kinds[i].line);
		assert_int_equal(number(event, "type_uid"),
				 kinds[i].class * 100 + kinds[i].activity);
		assert_int_equal(number(event, "category_uid"), kinds[i].class / 1000);
		if (kinds[i].action >= 0)
			assert_int_equal(number(event, "action_id"), kinds[i].action);
		else
			assert_null(json_object_get(event, "action_id"));
		assert_string_equal(text(event, "device", "hostname"), "host-1");
		json_decref(event);
	}
}

static void who_did_what_under_which_grant(void **state)
{
	json_t *event = event_of(kinds[0].line), *actor = json_object_get(event, "actor");

	(void)state;
	assert_int_equal(number(event, "time"), 1795342272345);
	assert_string_equal(text(event, "file", "path"), "/srv/a");
	assert_string_equal(text(event, "file", "name"), "a");
	assert_string_equal(text(event, "actor", "app_name"), "web");
	assert_string_equal(text(actor, "session", "uid"), "17");
	assert_string_equal(text(actor, "process", "uid"), "812-9007199254740993");
	assert_string_equal(text(actor, "user", "uid"), "33");
	assert_string_equal(text(event, "unmapped", "ticket"), "CHG-1");
	assert_string_equal(text(event, "metadata", "uid"),
			    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	json_decref(event);
}

static bool has_value(json_t *where, const json_t *value)
{
	const char *key;
	json_t *one;
	size_t i;

	if (json_equal(where, value))
		return true;
	json_object_foreach(where, key, one)
	{
		if (has_value(one, value))
			return true;
	}
	json_array_foreach(where, i, one)
	{
		if (has_value(one, value))
			return true;
	}
	return false;
}

/* Texts and whole members of the line are in the event somewhere, as they are or as ids. */
static void nothing_is_left_out(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]) - 1; i++) {
		json_t *line = json_loads(kinds[i].line, 0, NULL), *value;
		json_t *event = event_of(kinds[i].line);
		const char *key;

		json_object_foreach(line, key, value)
		{
			if (json_is_string(value) && strcmp(key, "not_before") != 0 &&
			    strcmp(key, "expires") != 0 && !has_value(event, value))
				fail_msg("%s is missing: %s", key, kinds[i].line);
		}
		json_decref(line);
		json_decref(event);
	}
}

/* The schema refuses what is not OCSF: else the cases above show nothing. */
static void the_schema_is_strict(void **state)
{
	static const char *const keys[] = {"metadata", "class_uid", "file", "time", "actor"};
	json_t *event;

	(void)state;
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		event = event_of(kinds[0].line);
		(void)json_object_del(event, keys[i]);
		assert_non_null(json_schema_fault(schema, schema, event));
		json_decref(event);
	}
	event = event_of(kinds[0].line);
	(void)json_object_set_new(event, "type_uid", json_integer(100102));
	(void)json_object_set_new(event, "activity_id", json_integer(77));
	assert_non_null(json_schema_fault(schema, schema, event));
	json_decref(event);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_kind_of_line),
		cmocka_unit_test(who_did_what_under_which_grant),
		cmocka_unit_test(nothing_is_left_out),
		cmocka_unit_test(the_schema_is_strict),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
