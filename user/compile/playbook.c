/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See playbook.h. Parameters are read first, wherever they stand in the document, because the
 * rules may name only those that are declared.
 */
#include "compile/playbook.h"

#include <errno.h>
#include <string.h>

#include "compile/declared.h"
#include "compile/env.h"
#include "compile/rules.h"
#include "compile/terms.h"

#define FIELDS_MAX 32

/* The playbook with the store that owns its regular expressions. */
struct draft {
	struct writ_policy_playbook playbook; /* first: the fields' object is a playbook, too */
	struct writ_policy_store *store;
	struct writ_policy_parameter *parameters;
};

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

static int read_ticket_pattern(struct writ_reader *reader, const struct writ_yaml_node *value,
			       void *object)
{
	struct draft *draft = object;

	return writ_store_read_regex(reader, value, "ticket", draft->store,
				     &draft->playbook.ticket, &draft->playbook.ticket_regex);
}

static int read_ticket_validate(struct writ_reader *reader, const struct writ_yaml_node *value,
				void *object)
{
	return writ_reader_bool(reader, value, "validate",
				&((struct draft *)object)->playbook.validates_ticket);
}

/* A pattern alone, or {pattern: ERE, validate: true}. */
static int read_ticket(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {
		{"pattern", true, read_ticket_pattern},
		{"validate", false, read_ticket_validate},
	};
	struct draft *draft = object;

	draft->playbook.ticket_at = writ_reader_at(reader, value);
	return value->type == WRIT_YAML_MAPPING
		       ? writ_reader_fields(reader, value, "ticket", fields, 2, draft)
		       : read_ticket_pattern(reader, value, draft);
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

static int read_fields(struct writ_reader *reader, const struct writ_yaml_node *root,
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
	struct writ_field fields[FIELDS_MAX];

	memcpy(fields, common, n_common * sizeof(*common));
	memcpy(fields + n_common, own, sizeof(own));
	memcpy(fields + n_common + n_own, writ_terms_fields, sizeof(writ_terms_fields));
	return writ_reader_fields(reader, root, "a Playbook", fields,
				  n_common + n_own + WRIT_TERMS_FIELDS, draft);
}

static int read_document(struct writ_reader *reader, const struct writ_yaml_node *root,
			 const struct writ_field *common, size_t n_common, struct draft *draft)
{
	const struct writ_yaml_node *parameters = writ_yaml_get(root, "parameters");
	struct writ_rules_scope scope = {.of_playbook = true};
	int err = 0;

	reader->context = draft->store;
	if (parameters && parameters->type != WRIT_YAML_INVALID)
		err = writ_declared_read(reader, parameters, &draft->parameters,
					 &draft->playbook.n_parameters);
	if (err == -ENOMEM)
		return err;
	draft->playbook.parameters = draft->parameters;
	scope.parameters = draft->parameters;
	scope.n_parameters = draft->playbook.n_parameters;
	writ_bindings_init(&scope.bindings, scope.parameters, scope.n_parameters);
	reader->context = &scope;
	err = writ_reader_worse(err, read_fields(reader, root, common, n_common, draft));
	draft->playbook.uses_environment = writ_rules_uses(&scope, WRIT_VARIABLE_ENVIRONMENT);
	if (err)
		return err;
	note_uses(reader, draft, &scope);
	return writ_terms_check(reader, root, &draft->playbook);
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
