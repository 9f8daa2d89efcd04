/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See playbook.h. Parameters are read first, wherever they stand in the document, because the
 * rules may name only those that are declared.
 */
#include "compile/playbook.h"

#include <errno.h>
#include <string.h>

#include "compile/pattern.h"
#include "compile/rules.h"

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

static int read_parameter(struct writ_reader *reader, const struct writ_yaml_node *key,
			  struct writ_policy_parameter *parameter)
{
	static const struct writ_field fields[] = {{"pattern", true, read_pattern}};
	int err;

	if (key->type == WRIT_YAML_INVALID)
		return -EINVAL;
	parameter->at = writ_reader_at(reader, key);
	err = writ_reader_name(reader, key, "parameter", &parameter->name);
	return writ_reader_worse(
		err, writ_reader_fields(reader, key->next, "a parameter", fields, 1, parameter));
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
	for (size_t i = 0; i < draft->playbook.n_parameters; i++) {
		struct writ_policy_parameter *parameter = &draft->parameters[i];

		parameter->in_path = scope->in_path[i];
		parameter->used = scope->in_path[i] || scope->used[i];
		if (!parameter->used)
			(void)writ_diagnostics_warn(reader->diags, &parameter->at,
						    "parameter \"%s\" is used in no rule",
						    parameter->name);
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
		{"ttl", true, read_ttl},
		{"ticket", false, read_ticket},
	};
	const size_t n_own = sizeof(own) / sizeof(own[0]);
	const struct writ_yaml_node *parameters = writ_yaml_get(root, "parameters");
	struct writ_rules_scope scope = {0};
	struct writ_field fields[FIELDS_MAX];
	const char *names[WRIT_PARAMETERS_MAX];
	int err = 0;

	memcpy(fields, common, n_common * sizeof(*common));
	memcpy(fields + n_common, own, sizeof(own));
	reader->context = draft->store;
	if (parameters && parameters->type != WRIT_YAML_INVALID)
		err = read_parameters(reader, parameters, draft);
	if (err == -ENOMEM)
		return err;
	for (size_t i = 0; i < draft->playbook.n_parameters; i++)
		names[i] = draft->parameters[i].name;
	scope.names = names;
	scope.count = draft->playbook.n_parameters;
	reader->context = &scope;
	err = writ_reader_worse(err, writ_reader_fields(reader, root, "a Playbook", fields,
							n_common + n_own, draft));
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
