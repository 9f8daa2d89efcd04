/* SPDX-License-Identifier: Apache-2.0 */
/* For tests of audit/line.c: a record, what it resolves to, and its object read out of a line. */
#ifndef TESTS_UNIT_LINE_HELPER_H
#define TESTS_UNIT_LINE_HELPER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <jansson.h>

#include "audit/line.h"
#include "lib/cleanup.h"

static inline const struct writ_agent *find_agent(void *context, uint32_t agent)
{
	static const struct writ_agent bot = {.name = "billing-bot", .role_name = "web-operator"};

	(void)context;
	return agent == 7 ? &bot : NULL;
}

static inline const struct writ_grant_info *find_grant(void *context, uint64_t grant)
{
	static const struct writ_grant_info info = {.id = 3,
						    .agent_name = "billing-bot",
						    .playbook = "rotate-certificate",
						    .ticket = "CHG-1842",
						    .operator_name = "alice"};

	(void)context;
	return grant == 3 ? &info : NULL;
}

static inline struct writ_rule_text find_rule(void *context, uint32_t image_at, uint32_t image,
					      uint32_t accept, uint32_t access)
{
	static const char text[] = "web.yaml:12:5 /etc/nginx/** read";

	(void)context;
	(void)image;
	(void)accept;
	(void)access;
	if (image_at != 64)
		return (struct writ_rule_text){0};
	return (struct writ_rule_text){.bytes = text, .len = sizeof(text) - 1};
}

/* Of what lies below /etc/ssl. */
static inline struct writ_line_text find_remedy(void *context, const struct writ_record *record)
{
	static const char text[] = "[{\"playbook\":\"rotate-certificate\",\"parameters\":{"
				   "\"service\":\"billing\",\"host\":null}},{\"exec\":3}]";

	(void)context;
	if (record->object_len < 9 || memcmp(record->object, "/etc/ssl/", 9))
		return (struct writ_line_text){0};
	return (struct writ_line_text){text, sizeof(text) - 1};
}

#define EXEC UINT64_C(1763806000123456790)

static inline struct writ_line_text find_program(void *context, uint64_t exec)
{
	(void)context;
	if (exec != EXEC)
		return (struct writ_line_text){0};
	return (struct writ_line_text){"/usr/sbin/nginx", 15};
}

/* 2026-11-22T10:11:12.345678Z at boot time 90 s */
#define WALL INT64_C(1795342272345678900)
#define BOOT (UINT64_C(90) * 1000000000)

static const struct writ_resolver resolver = {
	.environment = "production",
	.wall_offset = WALL - (int64_t)BOOT,
	.agent = find_agent,
	.grant = find_grant,
	.rule = find_rule,
	.remedy = find_remedy,
	.program = find_program,
};

static inline struct writ_record decision(void)
{
	return (struct writ_record){
		.event = {.version = WRIT_EVENT_VERSION,
			  .type = WRIT_EVENT_DECISION,
			  .sequence = 12,
			  .boot_ns = BOOT,
			  .cgroup = UINT64_C(4294972042),
			  .start_ns = UINT64_C(81234567890),
			  .exec = EXEC,
			  .cpu = 1,
			  .agent = 7,
			  .pid = 4242,
			  .tid = 4243,
			  .uid = 1000,
			  .operation = WRIT_OP_OPEN,
			  .access = WRIT_ACCESS_READ,
			  .verdict = WRIT_VERDICT_ALLOW,
			  .reason = WRIT_REASON_ROLE,
			  .comm = "nginx"},
	};
}

static inline void set_object(struct writ_record *record, const char *object, size_t len)
{
	record->object = object;
	record->object_len = len;
}

#define OBJECT(record, text) set_object(record, text, sizeof(text) - 1)

static inline json_t *parse(const char *line)
{
	json_error_t error;
	json_t *json = json_loads(line, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: %s", error.text, line);
	return json;
}

static inline void release(json_t **json)
{
	json_decref(*json);
}

/* The inverse of lib/escape.h. */
static inline size_t unescape(const char *text, char *ret_bytes)
{
	size_t n = 0;

	while (*text) {
		unsigned int byte = 0;

		if (*text != '\\') {
			ret_bytes[n++] = *text++;
		} else if (text[1] == '\\') {
			ret_bytes[n++] = '\\';
			text += 2;
		} else {
			assert_int_equal(sscanf(text, "\\x%2x", &byte), 1);
			ret_bytes[n++] = (char)byte;
			text += 4;
		}
	}
	return n;
}

static inline void check_object(const char *line, const char *object, size_t len)
{
	_cleanup_(release) json_t *json = parse(line);
	const char *text = json_string_value(json_object_get(json, "object"));
	char bytes[WRIT_PATH_SIZE];

	assert_non_null(text);
	assert_int_equal(unescape(text, bytes), len);
	assert_memory_equal(bytes, object, len);
}

#endif
