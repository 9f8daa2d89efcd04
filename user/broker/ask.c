/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See ask.h. Only the form is judged here: types, sizes, unknown keys, signs. Whether there is such
 * a playbook, and what its parameters may be, is policy's.
 *
 * People approve what they read. So signs that would make text look like other text are refused:
 * control signs, and those that turn the direction of what follows.
 */
#include "broker/ask.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/escape.h"
#include "lib/time.h"

#define KEY_SIZE 65u /* so much of an unknown key is repeated */

struct ask {
	struct writ_request *request;
	char *fault; /* WRIT_MESSAGE_SIZE */
	size_t used;
	unsigned int faults;
};

struct field {
	const char *key;
	size_t offset; /* in struct writ_request */
	size_t size;
};

#define TEXT(key, member)                                          \
	{                                                          \
		key, offsetof(struct writ_request, member),        \
			sizeof(((struct writ_request *)0)->member) \
	}

static const struct field texts[] = {
	TEXT("playbook", playbook), TEXT("ticket", ticket), TEXT("sponsor", sponsor),
	TEXT("reason", reason),	    TEXT("agent", agent),
};

static const struct field words[] = {
	TEXT("session", context.session),
	TEXT("prompt", context.prompt),
	TEXT("tool_call", context.tool_call),
	TEXT("parent", context.parent),
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What does not fit any more is left out, whole. */
static void __attribute__((format(printf, 2, 3))) fault(struct ask *ask, const char *format, ...)
{
	char text[WRIT_MESSAGE_SIZE];
	va_list arguments;
	int len;

	ask->faults++;
	va_start(arguments, format);
	len = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (len < 0 || ask->used + (size_t)len + 3 > WRIT_MESSAGE_SIZE)
		return;
	ask->used += (size_t)snprintf(ask->fault + ask->used, WRIT_MESSAGE_SIZE - ask->used, "%s%s",
				      ask->used ? "; " : "", text);
}

/* @key as it may be repeated: escaped, cut. */
static const char *shown(const char *key, char ret_text[KEY_SIZE])
{
	(void)writ_escape_text(key, strlen(key), ret_text, KEY_SIZE);
	return ret_text;
}

/* @text is valid UTF-8: jansson refuses all else. */
static bool is_control(const unsigned char *text)
{
	if (text[0] < 0x20 || text[0] == 0x7f)
		return true;
	if (text[0] == 0xc2)
		return text[1] < 0xa0; /* U+0080 to U+009F */
	if (text[0] != 0xe2)
		return false;
	if (text[1] == 0x80) /* U+200E, U+200F, U+2028 to U+202E */
		return text[2] == 0x8e || text[2] == 0x8f || (text[2] >= 0xa8 && text[2] <= 0xae);
	return text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9; /* U+2066 to U+2069 */
}

static bool holds_control(const char *text)
{
	for (; *text; text++)
		if (is_control((const unsigned char *)text))
			return true;
	return false;
}

static bool is_printable_ascii(const char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			return false;
	return true;
}

static void copy_text(struct ask *ask, const char *path, const char *text, size_t size,
		      char *ret_text)
{
	if (strlen(text) >= size)
		fault(ask, "%s: longer than %zu bytes", path, size - 1);
	else if (holds_control(text))
		fault(ask, "%s: holds a control sign", path);
	else
		(void)strcpy(ret_text, text);
}

static const char *type_of(const json_t *value)
{
	static const char *const types[] = {
		[JSON_OBJECT] = "an object", [JSON_ARRAY] = "an array", [JSON_STRING] = "a string",
		[JSON_INTEGER] = "a number", [JSON_REAL] = "a number",	[JSON_TRUE] = "true",
		[JSON_FALSE] = "false",	     [JSON_NULL] = "null",
	};

	return types[json_typeof(value)];
}

/* NULL, and a fault, when @value is no string. */
static const char *string_of(struct ask *ask, const char *path, const json_t *value)
{
	if (!json_is_string(value))
		fault(ask, "%s: has to be a string, not %s", path, type_of(value));
	return json_string_value(value);
}

static void read_context(struct ask *ask, const json_t *object)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object)) {
		fault(ask, "context: has to be an object, not %s", type_of(object));
		return;
	}
	json_object_foreach((json_t *)object, key, value)
	{
		char path[KEY_SIZE + sizeof("context.")], name[KEY_SIZE];
		const char *text;
		size_t i = 0;

		(void)snprintf(path, sizeof(path), "context.%s", shown(key, name));
		while (i < COUNT(words) && strcmp(key, words[i].key))
			i++;
		if (i == COUNT(words)) {
			fault(ask, "%s: unknown; there are session, prompt, tool_call, parent",
			      path);
			continue;
		}
		text = string_of(ask, path, value);
		if (text && !is_printable_ascii(text))
			fault(ask, "%s: has to be printable ASCII", path);
		else if (text)
			copy_text(ask, path, text, words[i].size,
				  (char *)ask->request + words[i].offset);
	}
}

static void read_parameter(struct ask *ask, const char *key, const json_t *value)
{
	char path[KEY_SIZE + sizeof("parameters.")], name[KEY_SIZE], digits[32];
	struct writ_parameter *parameter = &ask->request->parameters[ask->request->n_parameters];
	const char *text = json_string_value(value);

	(void)snprintf(path, sizeof(path), "parameters.%s", shown(key, name));
	if (!*key || strlen(key) >= sizeof(parameter->name) || holds_control(key)) {
		fault(ask, "%s: no name of a parameter", path);
		return;
	}
	if (json_is_integer(value)) {
		(void)snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT,
			       json_integer_value(value));
		text = digits;
	}
	if (!text) {
		fault(ask, "%s: has to be a string or an integer, not %s", path, type_of(value));
		return;
	}
	copy_text(ask, path, text, sizeof(parameter->value), parameter->value);
	(void)strcpy(parameter->name, key);
	ask->request->n_parameters++;
}

static void read_parameters(struct ask *ask, const json_t *object)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object)) {
		fault(ask, "parameters: has to be an object, not %s", type_of(object));
		return;
	}
	if (json_object_size(object) > WRIT_PARAMETERS_MAX) {
		fault(ask, "parameters: more than %u", WRIT_PARAMETERS_MAX);
		return;
	}
	json_object_foreach((json_t *)object, key, value) read_parameter(ask, key, value);
}

static void read_duration(struct ask *ask, const char *key, const json_t *value, uint64_t *ret_ns)
{
	const char *text = string_of(ask, key, value);
	int err;

	if (!text)
		return;
	err = writ_time_parse(text, ret_ns);
	if (err == -ERANGE)
		fault(ask, "%s: longer than a year", key);
	else if (err)
		fault(ask, "%s: no duration, which is like 90s, 3m, 1h30m", key);
}

static void read_ttl(struct ask *ask, const json_t *value)
{
	unsigned int faults = ask->faults;
	uint64_t ns = 0;

	read_duration(ask, "ttl", value, &ns);
	if (!ns && faults == ask->faults) /* 0 would mean the playbook's default */
		fault(ask, "ttl: has to be longer than nothing");
	ask->request->ttl_ns = ns;
}

static void read_text(struct ask *ask, const struct field *field, const json_t *value)
{
	const char *text = string_of(ask, field->key, value);

	if (text)
		copy_text(ask, field->key, text, field->size, (char *)ask->request + field->offset);
}

static void read_key(struct ask *ask, const char *key, const json_t *value, bool push)
{
	uint64_t delay_ns = 0;
	char name[KEY_SIZE];

	if (!push && !strcmp(key, "agent")) {
		fault(ask, "agent: not to be given, the connection says who asks");
		return;
	}
	for (size_t i = 0; i < COUNT(texts); i++)
		if (!strcmp(key, texts[i].key)) {
			read_text(ask, &texts[i], value);
			return;
		}
	if (!strcmp(key, "parameters")) {
		read_parameters(ask, value);
	} else if (!strcmp(key, "context")) {
		read_context(ask, value);
	} else if (!strcmp(key, "ttl")) {
		read_ttl(ask, value);
	} else if (!strcmp(key, "delay")) {
		read_duration(ask, key, value, &delay_ns);
		ask->request->delay_ns = delay_ns;
	} else {
		fault(ask,
		      "%s: unknown; there are playbook, parameters, ticket, sponsor, reason, ttl, "
		      "delay, context%s",
		      shown(key, name), push ? ", agent" : "");
	}
}

static void read_object(struct ask *ask, const json_t *root, bool push)
{
	const char *key;
	json_t *value;

	if (!json_is_object(root)) {
		fault(ask, "the body has to be an object, not %s", type_of(root));
		return;
	}
	json_object_foreach((json_t *)root, key, value) read_key(ask, key, value, push);
	if (!json_object_get(root, "playbook") || (!*ask->request->playbook && !ask->faults))
		fault(ask, "playbook: missing");
	if (push && (!json_object_get(root, "agent") || (!*ask->request->agent && !ask->faults)))
		fault(ask, "agent: missing");
}

int writ_ask_read(const json_t *root, bool push, struct writ_request *ret_request,
		  char ret_fault[WRIT_MESSAGE_SIZE])
{
	struct writ_request request = {0};
	struct ask ask = {.request = &request, .fault = ret_fault};

	ret_fault[0] = '\0';
	if (root)
		read_object(&ask, root, push);
	else
		fault(&ask, "the body is missing");
	if (ask.faults)
		return -EINVAL;
	*ret_request = request;
	return 0;
}
