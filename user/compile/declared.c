/* SPDX-License-Identifier: Apache-2.0 */
/* See declared.h. */
#include "compile/declared.h"

#include <errno.h>

#include "compile/address.h"
#include "compile/bindings.h"
#include "compile/values.h"

static int read_pattern(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	struct writ_policy_parameter *parameter = object;

	return writ_store_read_regex(reader, value, "pattern", reader->context, &parameter->pattern,
				     &parameter->regex);
}

static int read_type(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const char *words[WRIT_PARAMETER_TYPES];
	size_t index = 0;
	int err;

	for (uint32_t i = 0; i < WRIT_PARAMETER_TYPES; i++)
		words[i] = writ_values_type(i);
	err = writ_reader_word(reader, value, "type", words, WRIT_PARAMETER_TYPES, &index);
	if (!err)
		((struct writ_policy_parameter *)object)->type = (uint32_t)index;
	return err;
}

static int read_under(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_policy_parameter *parameter = object;
	const char *fault;
	int err = writ_reader_text(reader, value, "under", WRIT_VALUE_SIZE - 1, &parameter->under);

	if (err)
		return err;
	fault = writ_values_path_fault(parameter->under);
	return fault ? writ_diagnostics_error(reader->diags, &at, "under: \"%.128s\" %s",
					      parameter->under, fault)
		     : 0;
}

static int read_integer(struct writ_reader *reader, const struct writ_yaml_node *value,
			const char *what, int64_t *ret_value)
{
	if (value->type != WRIT_YAML_SCALAR || writ_values_integer(value->text, ret_value))
		return writ_reader_mismatch(reader, value, what, "an integer");
	return 0;
}

static int read_min(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_integer(reader, value, "min", &((struct writ_policy_parameter *)object)->min);
}

static int read_max(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_integer(reader, value, "max", &((struct writ_policy_parameter *)object)->max);
}

static int read_within(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_policy_parameter *parameter = object;
	const char *why = NULL;
	int err = writ_reader_text(reader, value, "within", 64, &parameter->within);

	if (err)
		return err;
	if (!writ_address_parse(parameter->within, parameter->within_address,
				&parameter->within_bits, &why))
		return 0;
	return writ_diagnostics_error(reader->diags, &at, "within: \"%.64s\": %s",
				      parameter->within, why);
}

/* The keys go with the type, and the range with itself. */
static int check_parameter(struct writ_reader *reader, const struct writ_yaml_node *value,
			   const struct writ_policy_parameter *parameter)
{
	static const struct {
		const char *key;
		uint32_t type;
	} owners[] = {{"under", WRIT_PARAMETER_PATH},
		      {"min", WRIT_PARAMETER_INTEGER},
		      {"max", WRIT_PARAMETER_INTEGER},
		      {"within", WRIT_PARAMETER_ADDRESS}};
	struct writ_position at = writ_reader_at(reader, value);
	int err = 0;

	for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++)
		if (writ_yaml_get(value, owners[i].key) && parameter->type != owners[i].type)
			err = writ_diagnostics_error(
				reader->diags, &at, "%s goes with type %s, not with %s",
				owners[i].key, writ_values_type(owners[i].type),
				writ_values_type(parameter->type));
	if (parameter->min > parameter->max)
		err = writ_diagnostics_error(reader->diags, &at, "min is more than max");
	if (!parameter->pattern && parameter->type == WRIT_PARAMETER_PATTERN)
		err = writ_diagnostics_error(reader->diags, &at,
					     "missing key \"pattern\" in a parameter, or its type");
	return err;
}

/* A type for which policy gives no pattern brings its own. */
static int default_pattern(struct writ_reader *reader, struct writ_policy_parameter *parameter)
{
	parameter->pattern = writ_values_pattern(parameter->type);
	return writ_store_regex(reader, reader->context, parameter->pattern, &parameter->regex);
}

static int read_parameter(struct writ_reader *reader, const struct writ_yaml_node *key,
			  struct writ_policy_parameter *parameter)
{
	static const struct writ_field fields[] = {
		{"type", false, read_type},   {"pattern", false, read_pattern},
		{"under", false, read_under}, {"min", false, read_min},
		{"max", false, read_max},     {"within", false, read_within},
	};
	int err;

	if (key->type == WRIT_YAML_INVALID)
		return -EINVAL;
	parameter->at = writ_reader_at(reader, key);
	parameter->min = INT64_MIN;
	parameter->max = INT64_MAX;
	err = writ_reader_name(reader, key, "parameter", &parameter->name);
	if (!err && writ_bindings_reserved(parameter->name))
		err = writ_diagnostics_error(reader->diags, &parameter->at,
					     "parameter \"%s\": that name is a variable's; choose "
					     "another",
					     parameter->name);
	err = writ_reader_worse(err,
				writ_reader_fields(reader, key->next, "a parameter", fields,
						   sizeof(fields) / sizeof(fields[0]), parameter));
	if (!err)
		err = check_parameter(reader, key->next, parameter);
	if (!err && !parameter->pattern)
		err = default_pattern(reader, parameter);
	return err;
}

int writ_declared_read(struct writ_reader *reader, const struct writ_yaml_node *value,
		       struct writ_policy_parameter **ret_parameters, size_t *ret_n)
{
	const struct writ_position at = writ_reader_at(reader, value);
	size_t n = value->count / 2, i = 0;
	struct writ_policy_parameter *parameters;
	int err = 0;

	if (value->type != WRIT_YAML_MAPPING)
		return writ_reader_mismatch(reader, value, "parameters", "a mapping of names");
	if (n > WRIT_PARAMETERS_MAX)
		return writ_diagnostics_error(reader->diags, &at, "parameters: %zu; the most is %u",
					      n, WRIT_PARAMETERS_MAX);
	parameters = writ_arena_array(reader->arena, n, sizeof(*parameters));
	if (!parameters)
		return -ENOMEM;
	for (const struct writ_yaml_node *key = value->first; key; key = key->next->next) {
		int failed = read_parameter(reader, key, &parameters[i]);

		if (failed == -ENOMEM)
			return failed;
		err = writ_reader_worse(err, failed);
		i += parameters[i].name ? 1 : 0;
	}
	*ret_parameters = parameters;
	*ret_n = i;
	return err;
}
