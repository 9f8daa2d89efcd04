/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See kinds.h. Role and Agent: a table of keys each; Playbook, Node and Set have files of their
 * own. An object with faults joins the store all the same, as long as it has a name: what refers to
 * it is then not reported as well, and no policy comes out of a run with errors.
 */
#include "compile/kinds.h"

#include <errno.h>
#include <string.h>

#include "compile/capabilities.h"
#include "compile/families.h"
#include "compile/node.h"
#include "compile/playbook.h"
#include "compile/rules.h"
#include "compile/sets.h"
#include "compile/terms.h"
#include "writ/names.h"

#define API_VERSION "writ/v1"

static int read_version(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *object)
{
	(void)object;
	if (value->type == WRIT_YAML_SCALAR && !strcmp(value->text, API_VERSION))
		return 0;
	return writ_reader_mismatch(reader, value, "apiVersion", API_VERSION);
}

static int read_kind(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	(void)reader;
	(void)value;
	(void)object;
	return 0; /* writ_kinds_read() has */
}

static int read_name(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_name(reader, value, "name", object); /* each kind begins with its name */
}

#define COMMON_FIELDS                                                  \
	{"apiVersion", true, read_version}, {"kind", true, read_kind}, \
	{                                                              \
		"name", true, read_name                                \
	}
#define COUNT(fields) (sizeof(fields) / sizeof((fields)[0]))

static int read_role_files(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_rules_read_files(reader, value, &((struct writ_policy_role *)object)->rules);
}

static int read_role_exec(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return writ_rules_read_exec(reader, value, &((struct writ_policy_role *)object)->rules);
}

static int read_role_network(struct writ_reader *reader, const struct writ_yaml_node *value,
			     void *object)
{
	return writ_rules_read_network(reader, value, &((struct writ_policy_role *)object)->rules);
}

static int read_role_unix(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return writ_rules_read_unix(reader, value, &((struct writ_policy_role *)object)->rules);
}

static int read_role_capabilities(struct writ_reader *reader, const struct writ_yaml_node *value,
				  void *object)
{
	struct writ_policy_role *role = object;

	role->capabilities_at = writ_reader_at(reader, value);
	return writ_capabilities_read(reader, value, &role->capabilities);
}

static int read_role_families(struct writ_reader *reader, const struct writ_yaml_node *value,
			      void *object)
{
	return writ_families_read(reader, value, object);
}

static int read_reference(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *element)
{
	struct writ_named *reference = element;

	reference->at = writ_reader_at(reader, value);
	return writ_reader_name(reader, value, reader->context, &reference->name);
}

/* A list of names of other objects, for links.c. */
static int read_references(struct writ_reader *reader, const struct writ_yaml_node *value,
			   const char *what, size_t max, const char *const **ret_names,
			   const struct writ_position **ret_positions, size_t *ret_n)
{
	struct writ_reader names_reader = *reader;
	const struct writ_named *references;
	struct writ_position *positions;
	const char **names;
	const void *items = NULL;
	size_t n = 0;
	int err;

	names_reader.context = (void *)what;
	err = writ_reader_list(&names_reader, value, what, max, sizeof(struct writ_named),
			       read_reference, &items, &n);
	if (err)
		return err;
	references = items;
	names = writ_arena_array(reader->arena, n, sizeof(*names));
	positions = writ_arena_array(reader->arena, n, sizeof(*positions));
	if (!names || !positions)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		names[i] = references[i].name;
		positions[i] = references[i].at;
	}
	*ret_names = names;
	*ret_positions = positions;
	*ret_n = n;
	return 0;
}

static int read_role_playbooks(struct writ_reader *reader, const struct writ_yaml_node *value,
			       void *object)
{
	struct writ_policy_role *role = object;

	return read_references(reader, value, "playbooks", WRIT_PLAYBOOKS_MAX, &role->playbooks,
			       &role->playbooks_at, &role->n_playbooks);
}

static int read_role_extends(struct writ_reader *reader, const struct writ_yaml_node *value,
			     void *object)
{
	struct writ_policy_role *role = object;

	return read_references(reader, value, "extends", WRIT_EXTENDS_MAX, &role->extends,
			       &role->extends_at, &role->n_extends);
}

static int read_role_ttl(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	return writ_reader_duration(reader, value, "ttl_max",
				    &((struct writ_policy_role *)object)->ttl_max_ns);
}

static int read_role_risk(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return writ_terms_read_risk(reader, value, &((struct writ_policy_role *)object)->risk);
}

static int read_role(struct writ_reader *reader, const struct writ_yaml_node *root,
		     struct writ_policy_store *store)
{
	static const struct writ_field fields[] = {
		COMMON_FIELDS,
		{"files", false, read_role_files},
		{"exec", false, read_role_exec},
		{"network", false, read_role_network},
		{"unix", false, read_role_unix},
		{"capabilities", false, read_role_capabilities},
		{"allow_kernel", false, read_role_families},
		{"playbooks", false, read_role_playbooks},
		{"extends", false, read_role_extends},
		{"ttl_max", false, read_role_ttl},
		{"risk", false, read_role_risk},
	};
	struct writ_policy_role role = {.at = writ_reader_at(reader, root), .risk = WRIT_RISK_HIGH};
	struct writ_rules_scope scope = {0};
	int err;

	writ_bindings_init(&scope.bindings, NULL, 0);
	reader->context = &scope;
	err = writ_reader_fields(reader, root, "a Role", fields, COUNT(fields), &role);
	role.uses_agent = writ_rules_uses(&scope, WRIT_VARIABLE_AGENT);
	role.uses_environment = writ_rules_uses(&scope, WRIT_VARIABLE_ENVIRONMENT);
	if (err == -ENOMEM || !role.name)
		return err;
	if (store->n_roles == WRIT_ROLES_MAX)
		return writ_diagnostics_error(reader->diags, &role.at, "more than %u roles",
					      WRIT_ROLES_MAX);
	if (writ_array_reserve(&store->roles, &store->roles_capacity, store->n_roles + 1,
			       sizeof(role)))
		return -ENOMEM;
	store->roles[store->n_roles++] = role;
	return err;
}

static int read_cgroup(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_policy_agent *agent = object;

	agent->cgroup_at = writ_reader_at(reader, value);
	return writ_rules_read_cgroup(reader, value, &agent->cgroup);
}

static int read_match(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	static const struct writ_field fields[] = {{"cgroup", true, read_cgroup}};

	return writ_reader_fields(reader, value, "match", fields, 1, object);
}

static int read_agent_role(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	struct writ_policy_agent *agent = object;

	agent->role_at = writ_reader_at(reader, value);
	return writ_reader_name(reader, value, "role", &agent->role_name);
}

static int read_agent_environment(struct writ_reader *reader, const struct writ_yaml_node *value,
				  void *object)
{
	struct writ_policy_agent *agent = object;

	agent->environment_at = writ_reader_at(reader, value);
	return writ_reader_name(reader, value, "environment", &agent->environment);
}

static int read_mode(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const char *words[WRIT_MODE_COUNT];
	size_t index = 0;
	int err;

	for (uint32_t i = 0; i < WRIT_MODE_COUNT; i++)
		words[i] = writ_mode_name(i);
	err = writ_reader_word(reader, value, "mode", words, WRIT_MODE_COUNT, &index);
	if (!err)
		((struct writ_policy_agent *)object)->mode = (uint32_t)index;
	return err;
}

static int read_instances(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	static const char *const words[] = {"one", "many"};
	size_t index = 0;
	int err = writ_reader_word(reader, value, "instances", words, COUNT(words), &index);

	if (!err)
		((struct writ_policy_agent *)object)->many = index == 1;
	return err;
}

static int read_agent(struct writ_reader *reader, const struct writ_yaml_node *root,
		      struct writ_policy_store *store)
{
	static const struct writ_field fields[] = {
		COMMON_FIELDS,
		{"match", true, read_match},
		{"role", true, read_agent_role},
		{"environment", false, read_agent_environment},
		{"mode", false, read_mode},
		{"instances", false, read_instances},
	};
	struct writ_policy_agent agent = {
		.at = writ_reader_at(reader, root), .environment = "", .mode = WRIT_MODE_ENFORCE};
	struct writ_rules_scope scope = {0};
	int err;

	reader->context = &scope;
	err = writ_reader_fields(reader, root, "an Agent", fields, COUNT(fields), &agent);
	if (err == -ENOMEM || !agent.name || !agent.role_name)
		return err;
	if (store->n_agents == WRIT_AGENTS_MAX)
		return writ_diagnostics_error(reader->diags, &agent.at, "more than %u agents",
					      WRIT_AGENTS_MAX);
	if (writ_array_reserve(&store->agents, &store->agents_capacity, store->n_agents + 1,
			       sizeof(agent)))
		return -ENOMEM;
	store->agents[store->n_agents++] = agent;
	return err;
}

static int read_node(struct writ_reader *reader, const struct writ_yaml_node *root,
		     struct writ_policy_store *store)
{
	static const struct writ_field common[] = {COMMON_FIELDS};

	return writ_node_read(reader, root, common, COUNT(common), store);
}

static int read_playbook(struct writ_reader *reader, const struct writ_yaml_node *root,
			 struct writ_policy_store *store)
{
	static const struct writ_field common[] = {COMMON_FIELDS};

	return writ_playbook_read(reader, root, common, COUNT(common), store);
}

static int read_set(struct writ_reader *reader, const struct writ_yaml_node *root,
		    struct writ_policy_store *store)
{
	static const struct writ_field common[] = {COMMON_FIELDS};

	return writ_sets_read(reader, root, common, COUNT(common), store);
}

int writ_kinds_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		    struct writ_policy_store *store)
{
	static const char *const words[] = {"Role", "Playbook", "Agent", "Node", "Set"};
	static int (*const readers[])(struct writ_reader * reader,
				      const struct writ_yaml_node *root,
				      struct writ_policy_store *store) = {
		read_role, read_playbook, read_agent, read_node, read_set};
	const struct writ_position at = writ_reader_at(reader, root);
	const struct writ_yaml_node *kind;
	size_t index = 0;
	int err;

	if (root->type != WRIT_YAML_MAPPING)
		return writ_reader_mismatch(reader, root, "document", "a mapping with a kind");
	kind = writ_yaml_get(root, "kind");
	if (!kind)
		return writ_diagnostics_error(reader->diags, &at,
					      "missing key \"kind\"; expected one of: Role, "
					      "Playbook, Agent, Node, Set");
	err = writ_reader_word(reader, kind, "kind", words, COUNT(words), &index);
	return err ? err : readers[index](reader, root, store);
}
