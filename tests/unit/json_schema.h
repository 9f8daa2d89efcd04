/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of JSON Schema 2020-12 that docs/ocsf.schema.json uses, on JSON. A keyword that is not
 * known here is a fault, so that none is passed over in silence.
 */
#ifndef WRIT_TESTS_JSON_SCHEMA_H
#define WRIT_TESTS_JSON_SCHEMA_H

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

static const char *json_schema_fault(json_t *root, json_t *schema, json_t *value);

static bool json_schema_type(const char *type, const json_t *value)
{
	if (!strcmp(type, "object"))
		return json_is_object(value);
	if (!strcmp(type, "array"))
		return json_is_array(value);
	if (!strcmp(type, "integer"))
		return json_is_integer(value);
	return !strcmp(type, "string") && json_is_string(value);
}

static bool json_schema_in(json_t *list, const json_t *value)
{
	const json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (json_equal(one, value))
			return true;
	}
	return false;
}

/* How many of @rules fit. */
static size_t json_schema_count(json_t *root, json_t *rules, json_t *value)
{
	size_t i, n = 0;
	json_t *rule;

	json_array_foreach(rules, i, rule)
	{
		n += !json_schema_fault(root, rule, value);
	}
	return n;
}

static const char *json_schema_required(json_t *names, json_t *value)
{
	json_t *name;
	size_t i;

	json_array_foreach(names, i, name)
	{
		if (!json_object_get(value, json_string_value(name)))
			return json_string_value(name);
	}
	return NULL;
}

static const char *json_schema_properties(json_t *root, json_t *schema, json_t *value)
{
	json_t *known = json_object_get(schema, "properties"), *member;
	bool closed = json_is_false(json_object_get(schema, "additionalProperties"));
	const char *key, *fault;

	json_object_foreach(value, key, member)
	{
		json_t *rule = json_object_get(known, key);

		if (!rule && closed)
			return key;
		fault = rule ? json_schema_fault(root, rule, member) : NULL;
		if (fault)
			return fault;
	}
	return NULL;
}

static const char *json_schema_items(json_t *root, json_t *rule, json_t *value)
{
	json_t *item;
	size_t i;

	json_array_foreach(value, i, item)
	{
		const char *fault = json_schema_fault(root, rule, item);

		if (fault)
			return fault;
	}
	return NULL;
}

static const char *json_schema_keyword(json_t *root, json_t *schema, const char *word, json_t *rule,
				       json_t *value)
{
	static const char *const silent[] = {"title", "description", "$schema", "$defs"};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (!strcmp(word, silent[i]))
			return NULL;
	if (!strcmp(word, "$ref"))
		return json_schema_fault(root,
					 json_object_get(json_object_get(root, "$defs"),
							 strrchr(json_string_value(rule), '/') + 1),
					 value);
	if (!strcmp(word, "required"))
		return json_schema_required(rule, value);
	if (!strcmp(word, "properties") || !strcmp(word, "additionalProperties"))
		return json_schema_properties(root, schema, value);
	if (!strcmp(word, "items"))
		return json_schema_items(root, rule, value);
	if (!strcmp(word, "type"))
		return json_schema_type(json_string_value(rule), value) ? NULL : word;
	if (!strcmp(word, "const"))
		return json_equal(rule, value) ? NULL : word;
	if (!strcmp(word, "enum"))
		return json_schema_in(rule, value) ? NULL : word;
	if (!strcmp(word, "anyOf"))
		return json_schema_count(root, rule, value) ? NULL : word;
	if (!strcmp(word, "oneOf"))
		return json_schema_count(root, rule, value) == 1 ? NULL : word;
	if (!strcmp(word, "minimum"))
		return json_integer_value(value) >= json_integer_value(rule) ? NULL : word;
	if (!strcmp(word, "maximum"))
		return json_integer_value(value) <= json_integer_value(rule) ? NULL : word;
	return word;
}

/* The key or keyword in which @value is not as @schema says; NULL: it is. */
static const char *json_schema_fault(json_t *root, json_t *schema, json_t *value)
{
	const char *word, *fault = NULL;
	json_t *rule;

	if (!json_is_object(schema))
		return "no schema";
	json_object_foreach(schema, word, rule)
	{
		fault = json_schema_keyword(root, schema, word, rule, value);
		if (fault)
			break;
	}
	return fault;
}

#endif
