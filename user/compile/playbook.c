/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See playbook.h. Parameters are read first, wherever they stand in the document, because the
 * rules may name only those that are declared.
 */
#include "compile/playbook.h"

#include <errno.h>
#include <string.h>

#include "compile/address.h"
#include "compile/env.h"
#include "compile/pattern.h"
#include "compile/rules.h"
#include "compile/values.h"

#define FIELDS_MAX 16

/* The playbook with the store that owns its regular expressions. */
struct draft {
	struct writ_policy_playbook playbook; /* first: the fields' object is a playbook, too */
	struct writ_policy_store *store;
	struct writ_policy_parameter *parameters;
};

static struct writ_policy_store *store_of(struct writ_reader *reader)
{
	return (struct writ_policy_store *)reader->context;
}

/* Reads and compiles a pattern; the store frees the regex. */
static int read_regex(struct writ_reader *reader, const struct writ_yaml_node *value,
		      const char *what, struct writ_policy_store *store, const char **ret_text,
		      regex_t **ret_regex)
{
	const struct writ_position at = writ_reader_at(reader, value);
	regex_t *regex = writ_arena_alloc(reader->arena, sizeof(*regex));
	char why[WRIT_PATTERN_ERROR_SIZE];
	const char *text = NULL;
	int err = writ_reader_text(reader, value, what, WRIT_PATTERN_SIZE - 1, &text);

	if (err)
		return err;
	if (!regex || writ_array_reserve(&store->regexes, &store->regexes_capacity,
					 store->n_regexes + 1, sizeof(regex)))
		return -ENOMEM;
	err = writ_pattern_compile(text, why, regex);
	if (err == -EINVAL)
		return writ_diagnostics_error(reader->diags, &at, "%s \"%.64s\": %s", what, text,
					      why);
	if (err)
		return err;
	store->regexes[store->n_regexes++] = regex;
	*ret_text = text;
	*ret_regex = regex;
	return 0;
}

static int read_pattern(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	struct writ_policy_parameter *parameter = object;

	return read_regex(reader, value, "pattern", store_of(reader), &parameter->pattern,
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
	struct writ_policy_store *store = store_of(reader);
	regex_t *regex = writ_arena_alloc(reader->arena, sizeof(*regex));
	char why[WRIT_PATTERN_ERROR_SIZE];
	int err;

	if (!regex || writ_array_reserve(&store->regexes, &store->regexes_capacity,
					 store->n_regexes + 1, sizeof(regex)))
		return -ENOMEM;
	parameter->pattern = writ_values_pattern(parameter->type);
	err = writ_pattern_compile(parameter->pattern, why, regex);
	if (err)
		return err;
	store->regexes[store->n_regexes++] = regex;
	parameter->regex = regex;
	return 0;
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

static int read_parameters(struct writ_reader *reader, const struct writ_yaml_node *value,
			   struct draft *draft)
{
	const struct writ_position at = writ_reader_at(reader, value);
	size_t n = value->count / 2, i = 0;
	int err = 0;

	if (value->type != WRIT_YAML_MAPPING)
		return writ_reader_mismatch(reader, value, "parameters", "a mapping of names");
	if (n > WRIT_PARAMETERS_MAX)
		return writ_diagnostics_error(reader->diags, &at, "parameters: %zu; the most is %u",
					      n, WRIT_PARAMETERS_MAX);
	draft->parameters = writ_arena_array(reader->arena, n, sizeof(*draft->parameters));
	if (!draft->parameters)
		return -ENOMEM;
	for (const struct writ_yaml_node *key = value->first; key; key = key->next->next) {
		int failed = read_parameter(reader, key, &draft->parameters[i]);

		if (failed == -ENOMEM)
			return failed;
		err = writ_reader_worse(err, failed);
		i += draft->parameters[i].name ? 1 : 0;
	}
	draft->playbook.parameters = draft->parameters;
	draft->playbook.n_parameters = i;
	return err;
}

static int skip(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	(void)reader;
	(void)value;
	(void)object;
	return 0; /* read before the others */
}

static int read_files(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_rules_read_files(reader, value, &((struct draft *)object)->playbook.rules);
}

static int read_exec(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_rules_read_exec(reader, value, &((struct draft *)object)->playbook.rules);
}

static int read_network(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	return writ_rules_read_network(reader, value, &((struct draft *)object)->playbook.rules);
}

static int read_unix(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_rules_read_unix(reader, value, &((struct draft *)object)->playbook.rules);
}

static int read_description(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_text(reader, value, "description", WRIT_DESCRIPTION_SIZE - 1,
				&((struct draft *)object)->playbook.description);
}

static int read_ttl_default(struct writ_reader *reader, const struct writ_yaml_node *value,
			    void *object)
{
	return writ_reader_duration(reader, value, "default",
				    &((struct draft *)object)->playbook.ttl_default_ns);
}

static int read_ttl_max(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	return writ_reader_duration(reader, value, "max",
				    &((struct draft *)object)->playbook.ttl_max_ns);
}

static int read_ttl(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"default", true, read_ttl_default},
		{"max", true, read_ttl_max},
	};
	const struct writ_position at = writ_reader_at(reader, value);
	struct draft *draft = object;
	int err = writ_reader_fields(reader, value, "ttl", fields, 2, draft);

	draft->playbook.ttl_at = at;
	if (!err && draft->playbook.ttl_default_ns > draft->playbook.ttl_max_ns)
		return writ_diagnostics_error(reader->diags, &at,
					      "ttl: default is longer than max");
	return err;
}

static int read_ticket(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct draft *draft = object;

	return read_regex(reader, value, "ticket", draft->store, &draft->playbook.ticket,
			  &draft->playbook.ticket_regex);
}

static void note_uses(struct writ_reader *reader, struct draft *draft,
		      const struct writ_rules_scope *scope)
{
	const char *so = ", so every value grants the same";

	for (size_t i = 0; i < draft->playbook.n_parameters; i++)
		so = scope->in_path[i] || scope->used[i] ? "" : so;
	for (size_t i = 0; i < draft->playbook.n_parameters; i++) {
		struct writ_policy_parameter *parameter = &draft->parameters[i];

		parameter->in_path = scope->in_path[i];
		parameter->used = scope->in_path[i] || scope->used[i];
		if (!parameter->used)
			(void)writ_diagnostics_warn(reader->diags, &parameter->at,
						    "parameter \"%s\" is used in no rule%s: name "
						    "{%s} in one, or drop it",
						    parameter->name, so, parameter->name);
	}
}

static int read_document(struct writ_reader *reader, const struct writ_yaml_node *root,
			 const struct writ_field *common, size_t n_common, struct draft *draft)
{
	static const struct writ_field own[] = {
		{"description", false, read_description},
		{"parameters", false, skip},
		{"files", false, read_files},
		{"exec", false, read_exec},
		{"network", false, read_network},
		{"unix", false, read_unix},
		{"ttl", true, read_ttl},
		{"ticket", false, read_ticket},
		{"env", false, writ_env_read},
	};
	const size_t n_own = sizeof(own) / sizeof(own[0]);
	const struct writ_yaml_node *parameters = writ_yaml_get(root, "parameters");
	struct writ_rules_scope scope = {0};
	struct writ_field fields[FIELDS_MAX];
	int err = 0;

	memcpy(fields, common, n_common * sizeof(*common));
	memcpy(fields + n_common, own, sizeof(own));
	reader->context = draft->store;
	if (parameters && parameters->type != WRIT_YAML_INVALID)
		err = read_parameters(reader, parameters, draft);
	if (err == -ENOMEM)
		return err;
	scope.parameters = draft->parameters;
	scope.n_parameters = draft->playbook.n_parameters;
	writ_bindings_init(&scope.bindings, scope.parameters, scope.n_parameters);
	reader->context = &scope;
	err = writ_reader_worse(err, writ_reader_fields(reader, root, "a Playbook", fields,
							n_common + n_own, draft));
	draft->playbook.uses_environment = writ_rules_uses(&scope, WRIT_VARIABLE_ENVIRONMENT);
	if (!err)
		note_uses(reader, draft, &scope);
	return err;
}

int writ_playbook_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		       const struct writ_field *common, size_t n_common,
		       struct writ_policy_store *store)
{
	struct draft draft = {
		.playbook = {.at = writ_reader_at(reader, root), .description = ""},
		.store = store,
	};
	int err = read_document(reader, root, common, n_common, &draft);

	if (err == -ENOMEM || !draft.playbook.name)
		return err;
	if (store->n_playbooks == WRIT_PLAYBOOKS_MAX)
		return writ_diagnostics_error(reader->diags, &draft.playbook.at,
					      "more than %u playbooks", WRIT_PLAYBOOKS_MAX);
	if (writ_array_reserve(&store->playbooks, &store->playbooks_capacity,
			       store->n_playbooks + 1, sizeof(draft.playbook)))
		return -ENOMEM;
	store->playbooks[store->n_playbooks++] = draft.playbook;
	return err;
}
