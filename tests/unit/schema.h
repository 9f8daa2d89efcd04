/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of JSON Schema 2020-12 that docs/policy.schema.json uses, on YAML trees. A keyword that
 * is not known here fails the test, so that none is passed over in silence.
 */
#ifndef WRIT_TESTS_SCHEMA_H
#define WRIT_TESTS_SCHEMA_H

#include <jansson.h>
#include <regex.h>
#include <stdbool.h>
#include <string.h>

#include "compile/yaml.h"

struct schema {
	json_t *root;
	const char *unknown; /* a keyword that is not known */
};

static bool schema_fits(struct schema *schema, json_t *rule, const struct writ_yaml_node *node);

static bool schema_is_integer(const struct writ_yaml_node *node)
{
	return node->type == WRIT_YAML_SCALAR && node->plain && node->len &&
	       !node->text[strspn(node->text, "-0123456789")];
}

static bool schema_is_number(const struct writ_yaml_node *node)
{
	return node->type == WRIT_YAML_SCALAR && node->plain && node->len &&
	       !node->text[strspn(node->text, "-0123456789.")];
}

static bool schema_is_boolean(const struct writ_yaml_node *node)
{
	return node->type == WRIT_YAML_SCALAR && node->plain &&
	       (!strcmp(node->text, "true") || !strcmp(node->text, "false"));
}

static bool schema_type(const char *type, const struct writ_yaml_node *node)
{
	if (!strcmp(type, "object"))
		return node->type == WRIT_YAML_MAPPING;
	if (!strcmp(type, "array"))
		return node->type == WRIT_YAML_SEQUENCE;
	if (!strcmp(type, "integer"))
		return schema_is_integer(node);
	if (!strcmp(type, "number"))
		return schema_is_number(node);
	if (!strcmp(type, "boolean"))
		return schema_is_boolean(node);
	return node->type == WRIT_YAML_SCALAR && !schema_is_integer(node) &&
	       !schema_is_boolean(node);
}

/* One type, or a list of them. */
static bool schema_types(json_t *types, const struct writ_yaml_node *node)
{
	for (size_t i = 0; i < json_array_size(types); i++)
		if (schema_type(json_string_value(json_array_get(types, i)), node))
			return true;
	return json_is_string(types) && schema_type(json_string_value(types), node);
}

static bool schema_match(const char *pattern, const struct writ_yaml_node *node)
{
	regex_t regex;
	bool fits;

	if (node->type != WRIT_YAML_SCALAR || regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB))
		return false;
	fits = !regexec(&regex, node->text, 0, NULL, 0);
	regfree(&regex);
	return fits;
}

static bool schema_in(json_t *words, const struct writ_yaml_node *node)
{
	size_t i;
	json_t *word;

	json_array_foreach(words, i,
			   word) if (node->type == WRIT_YAML_SCALAR &&
				     !strcmp(json_string_value(word), node->text)) return true;
	return false;
}

static bool schema_count(struct schema *schema, json_t *rules, const struct writ_yaml_node *node,
			 size_t low, size_t high)
{
	size_t i, n = 0;
	json_t *rule;

	json_array_foreach(rules, i, rule) n += schema_fits(schema, rule, node) ? 1 : 0;
	return n >= low && n <= high;
}

static bool schema_keys(struct schema *schema, json_t *rule, const struct writ_yaml_node *node)
{
	json_t *properties = json_object_get(rule, "properties");
	json_t *others = json_object_get(rule, "additionalProperties");

	if (node->type != WRIT_YAML_MAPPING)
		return true;
	for (const struct writ_yaml_node *key = node->first; key; key = key->next->next) {
		json_t *known = json_object_get(properties, key->text); /* borrowed */

		if (!known)
			known = others;
		if (json_is_false(known) ||
		    (json_is_object(known) && !schema_fits(schema, known, key->next)))
			return false;
	}
	return true;
}

static bool schema_required(json_t *names, const struct writ_yaml_node *node)
{
	size_t i;
	json_t *name;

	json_array_foreach(names, i,
			   name) if (node->type == WRIT_YAML_MAPPING &&
				     !writ_yaml_get(node, json_string_value(name))) return false;
	return true;
}

static bool schema_items(struct schema *schema, json_t *rule, const struct writ_yaml_node *node)
{
	if (node->type != WRIT_YAML_SEQUENCE)
		return true;
	for (const struct writ_yaml_node *item = node->first; item; item = item->next)
		if (!schema_fits(schema, rule, item))
			return false;
	return true;
}

/* The keywords that compare a number. */
static bool schema_number(const char *word, json_int_t bound, const struct writ_yaml_node *node)
{
	size_t size = node->type == WRIT_YAML_SCALAR ? node->len : node->count;
	json_int_t n = (json_int_t)(node->type == WRIT_YAML_MAPPING ? size / 2 : size);

	if (!strcmp(word, "minimum") || !strcmp(word, "maximum"))
		n = strtoll(node->text, NULL, 10);
	return strncmp(word, "min", 3) ? n <= bound : n >= bound;
}

static bool schema_keyword(struct schema *schema, json_t *rule, const char *word, json_t *value,
			   const struct writ_yaml_node *node)
{
	static const char *const silent[] = {"title", "description", "$schema", "$id", "$defs"};

	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++)
		if (!strcmp(word, silent[i]))
			return true;
	if (!strcmp(word, "$ref")) /* "#/$defs/NAME" */
		return schema_fits(schema,
				   json_object_get(json_object_get(schema->root, "$defs"),
						   strrchr(json_string_value(value), '/') + 1),
				   node);
	if (!strcmp(word, "type"))
		return schema_types(value, node);
	if (!strcmp(word, "const"))
		return node->type == WRIT_YAML_SCALAR &&
		       !strcmp(json_string_value(value), node->text);
	if (!strcmp(word, "enum"))
		return schema_in(value, node);
	if (!strcmp(word, "pattern"))
		return schema_match(json_string_value(value), node);
	if (!strcmp(word, "oneOf"))
		return schema_count(schema, value, node, 1, 1);
	if (!strcmp(word, "anyOf"))
		return schema_count(schema, value, node, 1, SIZE_MAX);
	if (!strcmp(word, "required"))
		return schema_required(value, node);
	if (!strcmp(word, "properties") || !strcmp(word, "additionalProperties"))
		return schema_keys(schema, rule, node);
	if (!strcmp(word, "items"))
		return schema_items(schema, value, node);
	if (!strncmp(word, "min", 3) || !strncmp(word, "max", 3))
		return schema_number(word, json_integer_value(value), node);
	schema->unknown = word;
	return false;
}

static bool schema_fits(struct schema *schema, json_t *rule, const struct writ_yaml_node *node)
{
	const char *word;
	json_t *value;

	if (!rule) {
		schema->unknown = "$ref";
		return false;
	}
	json_object_foreach(rule, word, value) if (!schema_keyword(schema, rule, word, value,
								   node)) return false;
	return true;
}

#endif
