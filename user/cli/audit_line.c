/* SPDX-License-Identifier: Apache-2.0 */
/* See audit_line.h. The scanner finds where values end; jansson decodes those that are wanted. */
#include "cli/audit_line.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"
#include "lib/cleanup.h"
#include "trail/blocks.h"

#define WORD(name, word) word,
const char *const writ_audit_member_words[] = {WRIT_AUDIT_MEMBER_LIST(WORD)};

#define SIZE(name, word) sizeof(word) - 1,
static const size_t word_sizes[] = {WRIT_AUDIT_MEMBER_LIST(SIZE)};

/* Behind the string whose first quote is at @at; NULL: it does not end. */
static const char *skip_string(const char *at, const char *end)
{
	for (at++; at < end && *at != '"'; at++)
		at += *at == '\\';
	return at < end ? at + 1 : NULL;
}

/* Behind the value at @at: at the comma or brace that ends it. NULL: it does not end. */
static const char *skip_value(const char *at, const char *end)
{
	unsigned int depth = 0;

	while (at && at < end) {
		if (*at == '"') {
			at = skip_string(at, end);
			continue;
		}
		if (*at == '{' || *at == '[')
			depth++;
		else if (!depth && (*at == ',' || *at == '}'))
			return at;
		else if (*at == '}' || *at == ']')
			depth--;
		at++;
	}
	return NULL;
}

/* Most often the one behind the last one found. */
static enum writ_audit_member find_member(const char *key, size_t len, unsigned int *next)
{
	for (unsigned int i = 0; i < WRIT_AUDIT_MEMBER_COUNT; i++) {
		unsigned int member = (*next + i) % WRIT_AUDIT_MEMBER_COUNT;

		if (word_sizes[member] == len &&
		    !memcmp(writ_audit_member_words[member], key, len)) {
			*next = member + 1;
			return member;
		}
	}
	return WRIT_AUDIT_MEMBER_COUNT;
}

static int read_members(const char *at, const char *end, struct writ_audit_line *line)
{
	unsigned int next = 0;

	while (at < end && *at == '"') {
		const char *key = at + 1, *value = skip_string(at, end);
		enum writ_audit_member member;

		if (!value || value >= end || *value++ != ':')
			return -EBADMSG;
		at = skip_value(value, end);
		if (!at || at == value)
			return -EBADMSG;
		member = find_member(key, (size_t)(value - key) - 2, &next);
		if (member < WRIT_AUDIT_MEMBER_COUNT) {
			if (line->members[member].at)
				return -EBADMSG;
			line->members[member].at = value;
			line->members[member].len = (size_t)(at - value);
		}
		if (*at == '}')
			return at + 1 == end ? 0 : -EBADMSG;
		at++;
	}
	return -EBADMSG;
}

int writ_audit_line_read(const char *text, size_t len, struct writ_audit_line *ret)
{
	struct writ_audit_line line = {.time_us = writ_word_time(text, len)};
	int err;

	len -= len && text[len - 1] == '\n';
	if (line.time_us == INT64_MIN)
		return -EBADMSG;
	err = read_members(text + 1, text + len, &line);
	if (!err)
		*ret = line;
	return err;
}

bool writ_audit_line_is(const struct writ_audit_line *line, enum writ_audit_member member,
			const char *word)
{
	size_t len = strlen(word);

	return line->members[member].len == len + 2 &&
	       !memcmp(line->members[member].at + 1, word, len);
}

bool writ_audit_line_has(const struct writ_audit_line *line, enum writ_audit_member member,
			 const char *word)
{
	char quoted[32];
	int len = snprintf(quoted, sizeof(quoted), "\"%s\"", word);

	return line->members[member].at &&
	       memmem(line->members[member].at, line->members[member].len, quoted, (size_t)len);
}

int64_t writ_audit_line_number(const struct writ_audit_line *line, enum writ_audit_member member,
			       int64_t otherwise)
{
	const char *at = line->members[member].at;
	char *end = NULL;
	long long number;

	if (!at || (*at != '-' && (*at < '0' || *at > '9')))
		return otherwise;
	errno = 0;
	number = strtoll(at, &end, 10);
	return errno || end != at + line->members[member].len ? otherwise : (int64_t)number;
}

static void put_value(FILE *file, const char *key, const json_t *value);

static void put_members(FILE *file, const json_t *object)
{
	const char *key, *between = "";
	const json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, key, value)
	{
		(void)fputs(between, file);
		put_value(file, key, value);
		between = " ";
	}
}

/* Lists of words stand with a blank between them, lists of other things with a semicolon. */
static void put_list(FILE *file, const json_t *array)
{
	const json_t *value;
	size_t i;

	json_array_foreach(array, i, value)
	{
		(void)fputs(!i ? "" : json_is_string(value) ? " " : "; ", file);
		put_value(file, NULL, value);
	}
}

/* An object as its members, KEY=VALUE; '' is a word without a byte. */
static void put_value(FILE *file, const char *key, const json_t *value)
{
	_cleanup_free_ char *other = NULL;
	const char *shown;

	if (json_is_object(value)) {
		put_members(file, value);
		return;
	}
	if (json_is_array(value)) {
		put_list(file, value);
		return;
	}
	other = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);
	shown = json_is_string(value) ? json_string_value(value) : other;
	(void)fprintf(file, "%s%s%s", key ? key : "", key ? "=" : "",
		      shown && *shown ? shown : "''");
}

/* For people; NULL: nothing, or no memory. */
static char *as_text(const json_t *value)
{
	_cleanup_fclose_ FILE *file = NULL;
	char *text = NULL;
	size_t size;

	if (json_is_string(value))
		return strdup(json_string_value(value));
	if (json_is_null(value))
		return NULL;
	file = open_memstream(&text, &size);
	if (!file)
		return NULL;
	put_value(file, NULL, value);
	return fclose(take_ptr(file)) ? NULL : text;
}

static json_t *load(const struct writ_audit_line *line, enum writ_audit_member member)
{
	if (!line->members[member].at)
		return NULL;
	return json_loadb(line->members[member].at, line->members[member].len, JSON_DECODE_ANY,
			  NULL);
}

char *writ_audit_line_text(const struct writ_audit_line *line, enum writ_audit_member member)
{
	_cleanup_json_ json_t *value = load(line, member);

	return value ? as_text(value) : NULL;
}

char *writ_audit_line_within(const struct writ_audit_line *line, enum writ_audit_member member,
			     const char *key)
{
	_cleanup_json_ json_t *value = load(line, member);
	const json_t *inner = json_object_get(value, key);

	return inner ? as_text(inner) : NULL;
}

/* KEY=VALUE, or KEY= and the key in capitals for what whoever asks has to know. */
static void put_parameter(FILE *file, const char *key, const json_t *value)
{
	(void)fprintf(file, " %s=", key);
	if (json_is_string(value))
		(void)fputs(json_string_value(value), file);
	else
		for (; *key; key++)
			(void)fputc(toupper((unsigned char)*key), file);
}

static void put_remedy(FILE *file, const json_t *remedy)
{
	const char *playbook = json_string_value(json_object_get(remedy, "playbook")), *key;
	json_t *parameters = json_object_get(remedy, "parameters"), *value;

	if (!playbook) {
		(void)fprintf(file, "writ exec %" JSON_INTEGER_FORMAT,
			      json_integer_value(json_object_get(remedy, "exec")));
		return;
	}
	(void)fprintf(file, "writ request %s", playbook);
	json_object_foreach(parameters, key, value)
		put_parameter(file, key, value);
}

char *writ_audit_line_remedy(const struct writ_audit_line *line)
{
	_cleanup_json_ json_t *remedies = load(line, WRIT_AUDIT_REMEDY);
	_cleanup_fclose_ FILE *file = NULL;
	const json_t *remedy;
	char *text = NULL;
	size_t size, i;

	file = json_array_size(remedies) ? open_memstream(&text, &size) : NULL;
	if (!file)
		return NULL;
	json_array_foreach(remedies, i, remedy)
	{
		(void)fputs(i ? ", or " : "", file);
		put_remedy(file, remedy);
	}
	return fclose(take_ptr(file)) ? NULL : text;
}
