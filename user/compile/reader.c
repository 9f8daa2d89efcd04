/* SPDX-License-Identifier: Apache-2.0 */
/* See reader.h. */
#include "compile/reader.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/suggest.h"
#include "compile/values.h"
#include "lib/time.h"
#include "writ/abi.h"

#define LIST_SIZE 400 /* the words of one table, joined */
#define AGE_MAX_SECONDS 31536000u /* a year: what writ_time_parse() takes */

int writ_reader_worse(int a, int b)
{
	return a == -ENOMEM || !b ? a : b;
}

struct writ_position writ_reader_at(const struct writ_reader *reader,
				    const struct writ_yaml_node *node)
{
	return (struct writ_position){reader->file, node->line, node->column};
}

int writ_reader_mismatch(struct writ_reader *reader, const struct writ_yaml_node *node,
			 const char *what, const char *expected)
{
	const struct writ_position at = writ_reader_at(reader, node);
	char found[80];

	if (node->type == WRIT_YAML_INVALID)
		return -EINVAL;
	return writ_diagnostics_error(reader->diags, &at, "%s: expected %s, found %s", what,
				      expected, writ_yaml_describe(node, found));
}

/* Joins the words and finds the one nearest to @text. */
static const char *join_words(const char *text, const char *const *words, size_t n, char *ret_list)
{
	const char *nearest = NULL;
	size_t best = LIST_SIZE, used = 0;

	ret_list[0] = '\0';
	for (size_t i = 0; i < n; i++) {
		size_t distance = writ_suggest_distance(text, words[i]);

		if (used < LIST_SIZE)
			used += (size_t)snprintf(ret_list + used, LIST_SIZE - used, "%s%s",
						 i ? ", " : "", words[i]);
		if (distance < best && writ_suggest_near(words[i], distance)) {
			best = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

static int unknown_key(struct writ_reader *reader, const struct writ_yaml_node *key,
		       const char *what, const struct writ_field *fields, size_t n_fields)
{
	const struct writ_position at = writ_reader_at(reader, key);
	const char *words[32], *nearest;
	char list[LIST_SIZE];

	for (size_t i = 0; i < n_fields; i++)
		words[i] = fields[i].key;
	nearest = join_words(key->text, words, n_fields, list);
	return writ_diagnostics_error(reader->diags, &at,
				      "unknown key \"%.64s\" in %s; expected one of: %s%s%s%s",
				      key->text, what, list, nearest ? " (did you mean \"" : "",
				      nearest ? nearest : "", nearest ? "\"?)" : "");
}

static int read_field(struct writ_reader *reader, const struct writ_yaml_node *key,
		      const char *what, const struct writ_field *fields, size_t n_fields,
		      uint32_t *seen, void *object)
{
	if (key->type == WRIT_YAML_INVALID)
		return -EINVAL;
	for (size_t i = 0; i < n_fields; i++) {
		if (strcmp(fields[i].key, key->text))
			continue;
		*seen |= 1u << i;
		if (key->next->type == WRIT_YAML_INVALID)
			return -EINVAL;
		return fields[i].read(reader, key->next, object);
	}
	return unknown_key(reader, key, what, fields, n_fields);
}

int writ_reader_fields(struct writ_reader *reader, const struct writ_yaml_node *node,
		       const char *what, const struct writ_field *fields, size_t n_fields,
		       void *object)
{
	const struct writ_position at = writ_reader_at(reader, node);
	uint32_t seen = 0;
	int err = 0;

	assert(n_fields <= 32);
	if (node->type != WRIT_YAML_MAPPING)
		return writ_reader_mismatch(reader, node, what, "a mapping");
	for (const struct writ_yaml_node *key = node->first; key && key->next;
	     key = key->next->next) {
		err = writ_reader_worse(
			err, read_field(reader, key, what, fields, n_fields, &seen, object));
		if (err == -ENOMEM)
			return err;
	}
	for (size_t i = 0; i < n_fields; i++)
		if (fields[i].required && !(seen & 1u << i))
			err = writ_diagnostics_error(reader->diags, &at, "missing key \"%s\" in %s",
						     fields[i].key, what);
	return err;
}

int writ_reader_list(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, size_t max, size_t size, writ_reader_element *read,
		     const void **ret_items, size_t *ret_n)
{
	const struct writ_position at = writ_reader_at(reader, node);
	size_t n = 0;
	char *items;
	int err = 0;

	if (node->type != WRIT_YAML_SEQUENCE)
		return writ_reader_mismatch(reader, node, what, "a list");
	if (node->count > max)
		return writ_diagnostics_error(reader->diags, &at,
					      "%s: %u elements; the most is %zu", what, node->count,
					      max);
	items = writ_arena_array(reader->arena, node->count, size);
	if (!items)
		return -ENOMEM;
	for (const struct writ_yaml_node *value = node->first; value; value = value->next, n++) {
		err = writ_reader_worse(err, value->type == WRIT_YAML_INVALID
						     ? -EINVAL
						     : read(reader, value, items + n * size));
		if (err == -ENOMEM)
			return err;
	}
	if (err)
		return err;
	*ret_items = items;
	*ret_n = n;
	return 0;
}

int writ_reader_text(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, size_t max, const char **ret_text)
{
	const struct writ_position at = writ_reader_at(reader, node);
	const char *text;

	if (node->type != WRIT_YAML_SCALAR || !node->len)
		return writ_reader_mismatch(reader, node, what, "text");
	if (node->len > max)
		return writ_diagnostics_error(reader->diags, &at, "%s: %zu bytes; the most is %zu",
					      what, node->len, max);
	text = writ_arena_text(reader->arena, node->text, node->len);
	if (!text)
		return -ENOMEM;
	*ret_text = text;
	return 0;
}

static bool is_name(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789._-";

	return *text && *text != '.' && *text != '_' && *text != '-' &&
	       !text[strspn(text, letters)];
}

int writ_reader_name(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, const char **ret_name)
{
	if (node->type == WRIT_YAML_SCALAR && node->len && !is_name(node->text))
		return writ_reader_mismatch(reader, node, what,
					    "a name ([a-z0-9][a-z0-9._-]*, at most 63 bytes)");
	return writ_reader_text(reader, node, what, WRIT_NAME_SIZE - 1, ret_name);
}

/* Never a number, which could be taken for the group's. */
static bool is_group(const char *text)
{
	static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"
				      "0123456789.@-";
	const size_t first = 53; /* of `letters`: those that may begin it */

	return *text && memchr(letters, *text, first) && !text[strspn(text, letters)];
}

int writ_reader_group(struct writ_reader *reader, const struct writ_yaml_node *node,
		      const char *what, const char **ret_group)
{
	if (node->type == WRIT_YAML_SCALAR && node->len && !is_group(node->text))
		return writ_reader_mismatch(
			reader, node, what,
			"a group ([A-Za-z_][A-Za-z0-9_.@-]*, at most 63 bytes)");
	return writ_reader_text(reader, node, what, WRIT_NAME_SIZE - 1, ret_group);
}

int writ_reader_word(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, const char *const *words, size_t n_words, size_t *ret_index)
{
	const struct writ_position at = writ_reader_at(reader, node);
	const char *nearest, *text = node->type == WRIT_YAML_SCALAR ? node->text : "";
	char list[LIST_SIZE], found[80];

	for (size_t i = 0; i < n_words; i++) {
		if (strcmp(text, words[i]))
			continue;
		*ret_index = i;
		return 0;
	}
	if (node->type == WRIT_YAML_INVALID)
		return -EINVAL;
	nearest = join_words(text, words, n_words, list);
	return writ_diagnostics_error(reader->diags, &at, "%s: expected one of: %s; found %s%s%s%s",
				      what, list, writ_yaml_describe(node, found),
				      nearest ? " (did you mean \"" : "", nearest ? nearest : "",
				      nearest ? "\"?)" : "");
}

int writ_reader_bool(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, bool *ret_value)
{
	static const char *const words[] = {"false", "true"};
	size_t index = 0;
	int err = writ_reader_word(reader, node, what, words, 2, &index);

	if (!err)
		*ret_value = index == 1;
	return err;
}

/* No sign, no zero in front, no quotes; as many digits as can't overflow. */
static bool is_count(const struct writ_yaml_node *node)
{
	return node->type == WRIT_YAML_SCALAR && node->plain && node->len && node->len <= 9 &&
	       strspn(node->text, "0123456789") == node->len &&
	       (node->text[0] != '0' || node->len == 1);
}

int writ_reader_count(struct writ_reader *reader, const struct writ_yaml_node *node,
		      const char *what, uint32_t min, uint32_t max, uint32_t *ret_value)
{
	unsigned long value = is_count(node) ? strtoul(node->text, NULL, 10) : ULONG_MAX;
	char expected[64];

	if (value >= min && value <= max) {
		*ret_value = (uint32_t)value;
		return 0;
	}
	(void)snprintf(expected, sizeof(expected), "a number from %u to %u", min, max);
	return writ_reader_mismatch(reader, node, what, expected);
}

static int read_span(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, uint32_t max_seconds, uint64_t *ret_ns)
{
	const uint64_t max = max_seconds * WRIT_NS_PER_SECOND;
	const struct writ_position at = writ_reader_at(reader, node);
	uint64_t ns = 0;
	int err;

	if (node->type != WRIT_YAML_SCALAR || !node->len)
		return writ_reader_mismatch(reader, node, what, "a duration such as 3m or 1h30m");
	err = writ_time_parse(node->text, &ns);
	if (err == -EINVAL)
		return writ_reader_mismatch(reader, node, what, "a duration such as 3m or 1h30m");
	if (err || !ns || ns > max)
		return writ_diagnostics_error(reader->diags, &at,
					      "%s: %.64s; expected more than 0 and at most %ud",
					      what, node->text, max_seconds / 86400);
	*ret_ns = ns;
	return 0;
}

int writ_reader_duration(struct writ_reader *reader, const struct writ_yaml_node *node,
			 const char *what, uint64_t *ret_ns)
{
	return read_span(reader, node, what, WRIT_TTL_MAX_SECONDS, ret_ns);
}

int writ_reader_age(struct writ_reader *reader, const struct writ_yaml_node *node,
		    const char *what, uint64_t *ret_ns)
{
	return read_span(reader, node, what, AGE_MAX_SECONDS, ret_ns);
}

/* "64MiB" -> bytes. False: it is none. */
static bool parse_size(const char *text, uint64_t *ret_bytes)
{
	static const struct {
		const char *unit;
		unsigned int shift;
	} units[] = {{"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}};
	size_t digits = strspn(text, "0123456789");
	uint64_t number = strtoull(text, NULL, 10);

	if (!digits || digits > 7)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(text + digits, units[i].unit)) {
			*ret_bytes = number << units[i].shift;
			return true;
		}
	return false;
}

int writ_reader_size(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, uint64_t min, uint64_t max, uint64_t *ret_bytes)
{
	const struct writ_position at = writ_reader_at(reader, node);
	uint64_t bytes;

	if (node->type != WRIT_YAML_SCALAR || !parse_size(node->text, &bytes))
		return writ_reader_mismatch(reader, node, what, "bytes such as 64MiB or 10GiB");
	if (bytes < min || bytes > max)
		return writ_diagnostics_error(reader->diags, &at,
					      "%s: %.64s; expected %lluMiB to %lluMiB", what,
					      node->text, (unsigned long long)(min >> 20),
					      (unsigned long long)(max >> 20));
	*ret_bytes = bytes;
	return 0;
}

int writ_reader_path(struct writ_reader *reader, const struct writ_yaml_node *node,
		     const char *what, const char **ret_path)
{
	const struct writ_position at = writ_reader_at(reader, node);
	const char *path = NULL, *fault;
	int err = writ_reader_text(reader, node, what, WRIT_PATH_SIZE - 1, &path);

	if (err)
		return err;
	fault = writ_values_path_fault(path);
	if (fault)
		return writ_diagnostics_error(reader->diags, &at, "%s: \"%.128s\" %s", what, path,
					      fault);
	*ret_path = path;
	return 0;
}

static int read_argument(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *element)
{
	if (value->type == WRIT_YAML_SCALAR && !value->len && !value->plain) {
		*(const char **)element = ""; /* "" is an argument, too */
		return 0;
	}
	return writ_reader_text(reader, value, "command", WRIT_VALUE_SIZE - 1, element);
}

int writ_reader_command(struct writ_reader *reader, const struct writ_yaml_node *node,
			const char *what, const char *const **ret_words, size_t *ret_n)
{
	const struct writ_position at = writ_reader_at(reader, node);
	const void *items = NULL;
	const char *const *words;
	const char *fault;
	size_t n = 0;
	int err = writ_reader_list(reader, node, what, WRIT_ARGUMENTS_MAX, sizeof(char *),
				   read_argument, &items, &n);

	if (err)
		return err;
	if (!n)
		return writ_reader_mismatch(reader, node, what, "a program and its arguments");
	*ret_words = words = items;
	*ret_n = n;
	fault = writ_values_path_fault(words[0]);
	return fault ? writ_diagnostics_error(reader->diags, &at, "%s: \"%.128s\" %s", what,
					      words[0], fault)
		     : 0;
}
