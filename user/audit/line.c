/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See line.h. The order of the keys is part of the format: what a person looks for first stands
 * first, and a key that has no value for a record is left out.
 */
#include "audit/line.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "audit/json.h"
#include "audit/subject.h"
#include "writ/names.h"

/* "[ffff:ffff:ffff:ffff:ffff:ffff:255.255.255.255]:65535" behind "other ", and a NUL. */
#define ADDRESS_SIZE 72u

static void put_access(struct writ_json *json, uint32_t access)
{
	writ_json_open(json, "access", '[');
	for (uint32_t bit = 0; bit < WRIT_ACCESS_BITS; bit++)
		if (access & (1u << bit))
			writ_json_word(json, NULL, writ_access_name(bit));
	if (access >> WRIT_ACCESS_BITS)
		writ_json_word(json, NULL, "unknown");
	writ_json_close(json, ']');
}

static bool is_internet(const struct writ_event *event)
{
	return event->family == AF_INET || event->family == AF_INET6;
}

/* IPv4 if the address is mapped, else IPv6. Returns whether it is IPv6. */
static bool format_address(const struct writ_event *event, char *ret_text, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	bool v4 = !memcmp(event->address, mapped, sizeof(mapped));

	if (!inet_ntop(v4 ? AF_INET : AF_INET6, event->address + (v4 ? 12 : 0), ret_text,
		       (socklen_t)size))
		*ret_text = '\0';
	return !v4;
}

/* "family 2 type 3 protocol 1": of a socket's making the record has the type as the port. */
static size_t format_kind(const struct writ_event *event, char *ret_text, size_t size)
{
	return (size_t)snprintf(ret_text, size, "family %u type %u protocol %u", event->family,
				event->port, event->protocol);
}

/* "tcp 127.0.0.1:443", "udp [::1]:53", or "family 16" for one that has no addresses here. */
static size_t format_peer(const struct writ_event *event, char *ret_text, size_t size)
{
	char address[INET6_ADDRSTRLEN], text[ADDRESS_SIZE] = "family ", digits[8];
	bool v6 = format_address(event, address, sizeof(address));
	uint32_t number = is_internet(event) ? event->port : event->family;
	size_t at = sizeof(digits);

	digits[--at] = '\0';
	do {
		digits[--at] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	if (is_internet(event)) {
		(void)stpcpy(text, writ_protocol_name(event->protocol));
		(void)strcat(text, v6 ? " [" : " ");
		(void)strcat(text, address);
		(void)strcat(text, v6 ? "]:" : ":");
	}
	(void)strcat(text, digits + at);
	(void)snprintf(ret_text, size, "%s", text);
	return strlen(ret_text);
}

/* Of a socket's operation without a path: its kind or its peer. 0: the object is bytes. */
static size_t format_socket(const struct writ_record *record, char *ret_text, size_t size)
{
	const struct writ_event *event = &record->event;

	if (event->operation == WRIT_OP_SOCKET)
		return format_kind(event, ret_text, size);
	if (!record->object_len && (event->family || event->operation == WRIT_OP_CONNECT))
		return format_peer(event, ret_text, size);
	return 0;
}

size_t writ_line_object(const struct writ_record *record, char *ret_text, size_t size)
{
	char text[ADDRESS_SIZE];
	size_t len = format_socket(record, text, sizeof(text));
	const char *from = len ? text : record->object;

	len = len ? len : record->object_len;
	len = len < size ? len : size - 1;
	if (len)
		memcpy(ret_text, from, len);
	ret_text[len] = '\0';
	return strlen(ret_text);
}

static void put_object(struct writ_json *json, const struct writ_record *record)
{
	char text[ADDRESS_SIZE];

	if (format_socket(record, text, sizeof(text)))
		writ_json_word(json, "object", text);
	else
		writ_json_text(json, "object", record->object, record->object_len);
	if (record->event.flags & WRIT_EVENT_OBJECT_CUT)
		writ_json_true(json, "object_cut");
}

static void put_rule(struct writ_json *json, const struct writ_event *event,
		     const struct writ_resolver *resolver)
{
	struct writ_rule_text rule;
	size_t len;

	if (!event->accept)
		return;
	rule = resolver->rule(resolver->context, event->image_at, event->image, event->accept,
			      event->access);
	if (!rule.bytes) {
		writ_json_word(json, "rule", NULL);
		return;
	}
	len = rule.len < WRIT_LINE_RULE_SIZE ? rule.len : WRIT_LINE_RULE_SIZE;
	writ_json_text(json, "rule", rule.bytes, len);
}

static void put_remedy(struct writ_json *json, const struct writ_record *record,
		       const struct writ_resolver *resolver)
{
	uint8_t verdict = record->event.verdict;
	struct writ_line_text remedy;

	if (!resolver->remedy ||
	    (verdict != WRIT_VERDICT_DENY && verdict != WRIT_VERDICT_WOULD_DENY))
		return;
	remedy = resolver->remedy(resolver->context, record);
	if (remedy.len)
		writ_json_raw(json, "remedy", remedy.bytes, remedy.len);
}

static void put_grant(struct writ_json *json, const struct writ_event *event,
		      const struct writ_resolver *resolver)
{
	const struct writ_grant_info *info;

	if (!event->grant)
		return;
	info = resolver->grant(resolver->context, event->grant);
	writ_json_unsigned(json, "grant", event->grant);
	writ_subject_grant(json, resolver, info);
	writ_json_seconds(json, "seconds_left", (int64_t)(event->expires - event->boot_ns));
}

/* Null: nothing was executed since it is an agent's, or that record was lost. */
static void put_program(struct writ_json *json, uint64_t exec, const struct writ_resolver *resolver)
{
	struct writ_line_text program = {0};

	if (!exec) {
		writ_json_word(json, "exe", NULL);
		writ_json_word(json, "exec", NULL);
		return;
	}
	if (resolver->program)
		program = resolver->program(resolver->context, exec);
	if (program.len)
		writ_json_text(json, "exe", program.bytes, program.len);
	else
		writ_json_word(json, "exe", NULL);
	writ_json_id(json, "exec", exec);
}

static void put_process(struct writ_json *json, const struct writ_event *event,
			const struct writ_resolver *resolver)
{
	writ_json_open(json, "process", '{');
	writ_json_unsigned(json, "pid", event->pid);
	writ_json_unsigned(json, "tid", event->tid);
	writ_json_unsigned(json, "uid", event->uid);
	writ_json_id(json, "start", event->start_ns);
	writ_json_field(json, "comm", event->comm, sizeof(event->comm));
	put_program(json, event->exec, resolver);
	writ_json_close(json, '}');
}

static void put_argv(struct writ_json *json, const struct writ_record *record)
{
	const char *at = record->argv, *end = record->argv + record->argv_len;

	if (!record->argv_len && !(record->event.flags & WRIT_EVENT_ARGV_CUT))
		return;
	writ_json_open(json, "argv", '[');
	while (at < end) {
		size_t len = strnlen(at, (size_t)(end - at));

		writ_json_text(json, NULL, at, len);
		at += len + 1;
	}
	writ_json_close(json, ']');
	if (record->event.flags & WRIT_EVENT_ARGV_CUT)
		writ_json_true(json, "argv_cut");
}

static void put_socket(struct writ_json *json, const struct writ_event *event)
{
	char address[INET6_ADDRSTRLEN];

	if (!event->family)
		return;
	writ_json_unsigned(json, "family", event->family);
	if (!is_internet(event) || event->operation == WRIT_OP_SOCKET)
		return;
	(void)format_address(event, address, sizeof(address));
	writ_json_word(json, "protocol", writ_protocol_name(event->protocol));
	writ_json_word(json, "address", address);
	writ_json_unsigned(json, "port", event->port);
}

static void put_decision(struct writ_json *json, const struct writ_record *record,
			 const struct writ_resolver *resolver)
{
	const struct writ_event *event = &record->event;

	writ_json_word(json, "operation", writ_operation_name(event->operation));
	put_access(json, event->access);
	put_object(json, record);
	writ_json_word(json, "verdict", writ_verdict_name(event->verdict));
	writ_json_word(json, "reason", writ_reason_name(event->reason));
	put_rule(json, event, resolver);
	put_remedy(json, record, resolver);
	put_grant(json, event, resolver);
	put_process(json, event, resolver);
	put_argv(json, record);
	writ_json_id(json, "cgroup", event->cgroup);
	put_socket(json, event);
}

static void put_enrolment(struct writ_json *json, const struct writ_record *record,
			  const struct writ_resolver *resolver)
{
	put_object(json, record);
	put_process(json, &record->event, resolver);
	writ_json_id(json, "cgroup", record->event.cgroup);
}

/* A reason says why the object is not the program's path, or not all of it. */
static void put_exec(struct writ_json *json, const struct writ_record *record,
		     const struct writ_resolver *resolver)
{
	const struct writ_event *event = &record->event;

	put_object(json, record);
	if (event->reason)
		writ_json_word(json, "reason", writ_reason_name(event->reason));
	put_process(json, event, resolver);
	if (event->by)
		writ_json_id(json, "by_exec", event->by);
	else
		writ_json_word(json, "by_exec", NULL);
	put_argv(json, record);
	writ_json_id(json, "cgroup", event->cgroup);
}

/* NULL: a type of which others make lines, or nobody. */
static const char *type_name(uint16_t type)
{
	switch (type) {
	case WRIT_EVENT_DECISION:
		return "decision";
	case WRIT_EVENT_ENROL:
		return "enrolment";
	case WRIT_EVENT_EXEC:
		return "exec";
	}
	return NULL;
}

size_t writ_line_format(const struct writ_record *record, const struct writ_resolver *resolver,
			char *ret_line)
{
	const struct writ_event *event = &record->event;
	const char *type = type_name(event->type);
	struct writ_json json;

	if (!type)
		return 0;
	writ_json_begin(&json, ret_line, WRIT_LINE_SIZE);
	writ_json_open(&json, NULL, '{');
	writ_json_time(&json, "time", (int64_t)event->boot_ns + resolver->wall_offset);
	writ_json_word(&json, "type", type);
	writ_json_unsigned(&json, "sequence", event->sequence);
	writ_json_unsigned(&json, "cpu", event->cpu);
	writ_subject_agent(&json, resolver, event->agent);
	writ_subject_environment(&json, resolver);
	if (event->type == WRIT_EVENT_DECISION)
		put_decision(&json, record, resolver);
	else if (event->type == WRIT_EVENT_EXEC)
		put_exec(&json, record, resolver);
	else
		put_enrolment(&json, record, resolver);
	writ_json_close(&json, '}');
	writ_json_newline(&json);
	return writ_json_length(&json);
}
