/* SPDX-License-Identifier: Apache-2.0 */
/*
 * docs/openapi.yaml, and whether a value is as one of its schemas says. The part of JSON Schema
 * 2020-12 that the file uses; a keyword that is not known here fails the test.
 */
#ifndef WRIT_TESTS_OPENAPI_HELPER_H
#define WRIT_TESTS_OPENAPI_HELPER_H

#include "policy_helper.h"

#include <jansson.h>
#include <regex.h>

#include "compile/yaml.h"

static json_t *openapi_root; /* kept until the program ends */

static json_t *openapi_value(const struct writ_yaml_node *node)
{
	json_t *json;

	if (node->type == WRIT_YAML_MAPPING) {
		json = json_object();
		for (const struct writ_yaml_node *key = node->first; key; key = key->next->next)
			assert_int_equal(
				json_object_set_new(json, key->text, openapi_value(key->next)), 0);
		return json;
	}
	if (node->type == WRIT_YAML_SEQUENCE) {
		json = json_array();
		for (const struct writ_yaml_node *item = node->first; item; item = item->next)
			assert_int_equal(json_array_append_new(json, openapi_value(item)), 0);
		return json;
	}
	if (!node->plain)
		return json_string(node->text);
	if (!strcmp(node->text, "true") || !strcmp(node->text, "false"))
		return json_boolean(node->text[0] == 't');
	if (!strcmp(node->text, "null"))
		return json_null();
	return node->len && !node->text[strspn(node->text, "0123456789")]
		       ? json_integer(strtoll(node->text, NULL, 10))
		       : json_string(node->text);
}

static int openapi_visit(void *context, const struct writ_yaml_node *root)
{
	*(json_t **)context = openapi_value(root);
	return 0;
}

static json_t *openapi(void)
{
	static char bytes[1 << 17];
	struct writ_diagnostics diags = {0};
	char lines[4096];
	size_t size;
	FILE *file;
	int err;

	if (openapi_root)
		return openapi_root;
	file = fopen("docs/openapi.yaml", "r");
	assert_non_null(file);
	size = fread(bytes, 1, sizeof(bytes), file);
	assert_true(size < sizeof(bytes));
	assert_int_equal(fclose(file), 0);
	err = writ_yaml_read("p.yaml", bytes, size, &diags, openapi_visit, &openapi_root);
	lines_of(&diags, lines, sizeof(lines));
	if (err || lines[0])
		fail_msg("docs/openapi.yaml: %s", lines);
	return openapi_root;
}

/* "#/components/schemas/NAME" */
static json_t *openapi_follow(json_t *value)
{
	const char *ref = json_string_value(json_object_get(value, "$ref"));
	json_t *found = openapi();
	char names[128], *rest = names;

	if (!ref)
		return value;
	assert_memory_equal(ref, "#/", 2);
	(void)snprintf(names, sizeof(names), "%s", ref + 2);
	for (char *name = strsep(&rest, "/"); name; name = strsep(&rest, "/"))
		found = json_object_get(found, name);
	if (!found)
		fail_msg("openapi.yaml has no %s", ref);
	return found;
}

static const char *openapi_faults(json_t *schema, json_t *value);

static bool openapi_is(const char *type, const json_t *value)
{
	if (!strcmp(type, "object"))
		return json_is_object(value);
	if (!strcmp(type, "array"))
		return json_is_array(value);
	if (!strcmp(type, "string"))
		return json_is_string(value);
	if (!strcmp(type, "integer"))
		return json_is_integer(value);
	if (!strcmp(type, "boolean"))
		return json_is_boolean(value);
	assert_string_equal(type, "null");
	return json_is_null(value);
}

static bool openapi_type(const json_t *types, const json_t *value)
{
	for (size_t i = 0; i < json_array_size(types); i++)
		if (openapi_is(json_string_value(json_array_get(types, i)), value))
			return true;
	return json_is_string(types) && openapi_is(json_string_value(types), value);
}

static bool openapi_holds(const json_t *list, json_t *value)
{
	for (size_t i = 0; i < json_array_size(list); i++)
		if (json_equal(json_array_get(list, i), value))
			return true;
	return false;
}

static bool openapi_matches(const char *pattern, const json_t *value)
{
	regex_t regex;
	bool matches;

	if (!json_is_string(value))
		return true;
	assert_int_equal(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
	matches = !regexec(&regex, json_string_value(value), 0, NULL, 0);
	regfree(&regex);
	return matches;
}

static size_t openapi_count(json_t *schemas, json_t *value)
{
	size_t count = 0;

	for (size_t i = 0; i < json_array_size(schemas); i++)
		count += openapi_faults(json_array_get(schemas, i), value) ? 0 : 1;
	return count;
}

/* The first key of @value that is not as @schema says; NULL: there is none. */
static const char *openapi_keys(json_t *schema, json_t *value)
{
	json_t *others = json_object_get(schema, "additionalProperties");
	const char *key;
	json_t *item;

	json_object_foreach(value, key, item)
	{
		json_t *known = json_object_get(json_object_get(schema, "properties"), key);
		const char *fault = NULL;

		if (!known && json_is_false(others))
			return key;
		if (known || json_is_object(others))
			fault = openapi_faults(known ? known : others, item);
		if (fault)
			return known ? key : fault;
	}
	return NULL;
}

static const char *openapi_missing(json_t *names, json_t *value)
{
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));

		if (json_is_object(value) && !json_object_get(value, name))
			return name;
	}
	return NULL;
}

static bool openapi_bound(const char *word, json_int_t bound, const json_t *value)
{
	json_int_t n = json_is_string(value)   ? (json_int_t)strlen(json_string_value(value))
		       : json_is_object(value) ? (json_int_t)json_object_size(value)
					       : json_integer_value(value);

	return !strncmp(word, "min", 3) ? n >= bound : n <= bound;
}

static const char *openapi_items(json_t *schema, json_t *value)
{
	for (size_t i = 0; i < json_array_size(value); i++) {
		const char *fault = openapi_faults(schema, json_array_get(value, i));

		if (fault)
			return fault;
	}
	return NULL;
}

static const char *openapi_keyword(json_t *schema, const char *word, json_t *rule, json_t *value)
{
	if (!strcmp(word, "description") || !strcmp(word, "additionalProperties") ||
	    !strcmp(word, "default"))
		return NULL;
	if (!strcmp(word, "type"))
		return openapi_type(rule, value) ? NULL : "type";
	if (!strcmp(word, "enum"))
		return openapi_holds(rule, value) ? NULL : "enum";
	if (!strcmp(word, "pattern"))
		return openapi_matches(json_string_value(rule), value) ? NULL : "pattern";
	if (!strcmp(word, "oneOf"))
		return openapi_count(rule, value) == 1 ? NULL : "oneOf";
	if (!strcmp(word, "anyOf"))
		return openapi_count(rule, value) ? NULL : "anyOf";
	if (!strcmp(word, "properties"))
		return openapi_keys(schema, value);
	if (!strcmp(word, "required"))
		return openapi_missing(rule, value);
	if (!strcmp(word, "items"))
		return openapi_items(rule, value);
	if (!strncmp(word, "min", 3) || !strncmp(word, "max", 3))
		return openapi_bound(word, json_integer_value(rule), value) ? NULL : word;
	fail_msg("a keyword that the tests do not know: %s", word);
	return word;
}

/* What of @value is not as @schema says: a key or a keyword. NULL: it is. */
static const char *openapi_faults(json_t *schema, json_t *value)
{
	json_t *rules = openapi_follow(schema), *rule;
	const char *word;

	json_object_foreach(rules, word, rule)
	{
		const char *fault = openapi_keyword(rules, word, rule, value);

		if (fault)
			return fault;
	}
	if (json_object_get(rules, "additionalProperties") && !json_object_get(rules, "properties"))
		return openapi_keys(rules, value);
	return NULL;
}

static json_t *openapi_operation(const char *method, const char *path)
{
	char lower[16] = "";

	for (size_t i = 0; method[i] && i < sizeof(lower) - 1; i++)
		lower[i] = (char)(method[i] | 0x20);
	return json_object_get(json_object_get(json_object_get(openapi(), "paths"), path), lower);
}

/* The answer of @status is one that the operation may give, and of its schema. */
static void openapi_fits(const char *method, const char *path, unsigned int status, json_t *body)
{
	json_t *answers = json_object_get(openapi_operation(method, path), "responses");
	json_t *answer, *schema;
	const char *fault;
	char code[8];

	(void)snprintf(code, sizeof(code), "%u", status);
	answer = openapi_follow(json_object_get(answers, code));
	if (!answer)
		fail_msg("openapi.yaml: %s %s gives no %u", method, path, status);
	schema = json_object_get(
		json_object_get(json_object_get(answer, "content"), "application/json"), "schema");
	assert_non_null(schema);
	assert_non_null(body);
	fault = openapi_faults(schema, body);
	if (fault)
		fail_msg("%s %s, %u: not as openapi.yaml says: %s\n%s", method, path, status, fault,
			 json_dumps(body, 0));
}

#endif
