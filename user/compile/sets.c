/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See sets.h. A set holds no other set and no parameter, so there is nothing to go round in. What
 * all rules together become is bounded: a small file can't become a large policy.
 */
#include "compile/sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/address.h"
#include "compile/rules.h"
#include "lib/cleanup.h"

#define FIELDS_MAX 8

static int read_element_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			     void *element)
{
	return writ_rules_read_path(reader, value, element);
}

static int read_paths(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_policy_set *set = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "paths", WRIT_RULES_MAX, sizeof(char *),
				   read_element_path, &items, &set->n_paths);

	set->paths = items;
	return err;
}

static int read_address(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *element)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_set_address *address = element;
	const char *why = NULL;
	int err = writ_reader_text(reader, value, "address", 64, &address->text);

	if (err)
		return err;
	if (!writ_address_parse(address->text, address->address, &address->bits, &why))
		return 0;
	return writ_diagnostics_error(reader->diags, &at, "address: \"%.64s\": %s", address->text,
				      why);
}

static int read_addresses(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	struct writ_policy_set *set = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "addresses", WRIT_RULES_MAX,
				   sizeof(struct writ_set_address), read_address, &items,
				   &set->n_addresses);

	set->addresses = items;
	return err;
}

static int read_command(struct writ_reader *reader, const struct writ_yaml_node *value,
			void *element)
{
	return writ_rules_read_command(reader, value, element);
}

static int read_commands(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	struct writ_policy_set *set = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "commands", WRIT_RULES_MAX,
				   sizeof(struct writ_exec_rule), read_command, &items,
				   &set->n_commands);

	set->commands = items;
	return err;
}

static int check_sort(struct writ_reader *reader, const struct writ_policy_set *set)
{
	if (!!set->n_paths + !!set->n_addresses + !!set->n_commands == 1)
		return 0;
	return writ_diagnostics_error(reader->diags, &set->at,
				      "a Set has one of paths, addresses and commands, which is "
				      "not empty");
}

int writ_sets_read(struct writ_reader *reader, const struct writ_yaml_node *root,
		   const struct writ_field *common, size_t n_common,
		   struct writ_policy_store *store)
{
	static const struct writ_field own[] = {
		{"paths", false, read_paths},
		{"addresses", false, read_addresses},
		{"commands", false, read_commands},
	};
	struct writ_policy_set set = {.at = writ_reader_at(reader, root)};
	struct writ_field fields[FIELDS_MAX];
	struct writ_rules_scope scope = {0};
	int err;

	memcpy(fields, common, n_common * sizeof(*common));
	memcpy(fields + n_common, own, sizeof(own));
	reader->context = &scope;
	err = writ_reader_fields(reader, root, "a Set", fields, n_common + 3, &set);
	if (!err)
		err = check_sort(reader, &set);
	if (err == -ENOMEM || !set.name)
		return err;
	if (store->n_sets == WRIT_SETS_MAX)
		return writ_diagnostics_error(reader->diags, &set.at, "more than %u sets",
					      WRIT_SETS_MAX);
	if (writ_array_reserve(&store->sets, &store->sets_capacity, store->n_sets + 1, sizeof(set)))
		return -ENOMEM;
	store->sets[store->n_sets++] = set;
	return err;
}

/* A list of rules and how one of them names a set. Each rule begins with its position. */
struct sort {
	const char *word;
	size_t size; /* of a rule */
	const char *(*name)(const void *rule);
	size_t (*count)(const struct writ_policy_set *set);
	void (*put)(void *rule, const struct writ_policy_set *set, size_t element);
};

static const char *name_in_file(const void *rule)
{
	return ((const struct writ_file_rule *)rule)->path;
}

static const char *name_in_exec(const void *rule)
{
	const struct writ_exec_rule *exec = rule;

	return exec->is_set ? "" : exec->path;
}

static const char *name_of_commands(const void *rule)
{
	const struct writ_exec_rule *exec = rule;

	return exec->is_set ? exec->path : "";
}

static const char *name_in_network(const void *rule)
{
	return ((const struct writ_network_rule *)rule)->connect;
}

static size_t count_paths(const struct writ_policy_set *set)
{
	return set->n_paths;
}

static size_t count_commands(const struct writ_policy_set *set)
{
	return set->n_commands;
}

static size_t count_addresses(const struct writ_policy_set *set)
{
	return set->n_addresses;
}

static void put_in_file(void *rule, const struct writ_policy_set *set, size_t element)
{
	((struct writ_file_rule *)rule)->path = set->paths[element];
}

static void put_in_exec(void *rule, const struct writ_policy_set *set, size_t element)
{
	((struct writ_exec_rule *)rule)->path = set->paths[element];
}

static void put_command(void *rule, const struct writ_policy_set *set, size_t element)
{
	const struct writ_exec_rule given = *(struct writ_exec_rule *)rule;
	struct writ_exec_rule *exec = rule;

	*exec = set->commands[element];
	exec->at = given.at;
	exec->audit = given.audit;
}

static void put_address(void *rule, const struct writ_policy_set *set, size_t element)
{
	struct writ_network_rule *network = rule;

	network->connect = set->addresses[element].text;
	network->bits = set->addresses[element].bits;
	memcpy(network->address, set->addresses[element].address, sizeof(network->address));
}

static const struct sort file_paths = {"paths", sizeof(struct writ_file_rule), name_in_file,
				       count_paths, put_in_file};
static const struct sort exec_paths = {"paths", sizeof(struct writ_exec_rule), name_in_exec,
				       count_paths, put_in_exec};
static const struct sort commands = {"commands", sizeof(struct writ_exec_rule), name_of_commands,
				     count_commands, put_command};
static const struct sort addresses = {"addresses", sizeof(struct writ_network_rule),
				      name_in_network, count_addresses, put_address};

struct expansion {
	struct writ_policy_store *store;
	struct writ_diagnostics *diags;
	size_t total; /* rules made from sets, in the whole policy */
};

/* The set that is meant and may be used here; otherwise the error is added. */
static const struct writ_policy_set *find(struct expansion *expansion, const struct sort *sort,
					  const void *rule)
{
	const struct writ_index *index = &expansion->store->set_index;
	const struct writ_position *at = rule;
	const char *name = sort->name(rule) + 1;
	const struct writ_policy_set *set = writ_index_find(index, name);

	if (!set) {
		(void)writ_index_missing(index, "Set", name, at, expansion->diags);
		return NULL;
	}
	expansion->total += sort->count(set);
	if (sort->count(set) && expansion->total <= WRIT_INHERITED_MAX)
		return set;
	if (!sort->count(set))
		(void)writ_diagnostics_error(
			expansion->diags, at, "Set \"%s\" (%s:%u:%u) holds no %s", set->name,
			set->at.file, set->at.line, set->at.column, sort->word);
	else
		(void)writ_diagnostics_error(expansion->diags, at,
					     "the sets of this policy stand for more than %u rules",
					     WRIT_INHERITED_MAX);
	return NULL;
}

static bool names_set(const struct sort *sort, const void *rule)
{
	const char *name = sort->name(rule);

	return name && name[0] == '@';
}

/* Copies the rules to @out, those that name a set as often as it has elements. */
static int copy_rules(struct expansion *expansion, const struct sort *sort, const char *rules,
		      size_t n, char **out, size_t *ret_n)
{
	size_t capacity = 0;

	for (size_t i = 0; i < n; i++) {
		const char *rule = rules + i * sort->size;
		bool named = names_set(sort, rule);
		const struct writ_policy_set *set = named ? find(expansion, sort, rule) : NULL;
		size_t elements = set ? sort->count(set) : !named;

		if (writ_array_reserve(out, &capacity, *ret_n + elements, sort->size))
			return -ENOMEM;
		for (size_t e = 0; e < elements; e++, ++*ret_n) {
			memcpy(*out + *ret_n * sort->size, rule, sort->size);
			if (set)
				sort->put(*out + *ret_n * sort->size, set, e);
		}
	}
	return 0;
}

static int expand(struct expansion *expansion, const struct sort *sort, const void *rules, size_t n,
		  const void **ret_rules, size_t *ret_n)
{
	_cleanup_free_ char *copies = NULL;
	size_t i = 0, n_copies = 0;
	void *kept;
	int err;

	while (i < n && !names_set(sort, (const char *)rules + i * sort->size))
		i++;
	if (i == n)
		return 0;
	err = copy_rules(expansion, sort, rules, n, &copies, &n_copies);
	if (err)
		return err;
	if (n_copies > WRIT_RULES_MAX)
		return writ_diagnostics_error(
			expansion->diags, rules,
			"with its sets the list has %zu rules; the most is %u", n_copies,
			WRIT_RULES_MAX);
	kept = writ_arena_array(&expansion->store->arena, n_copies, sort->size);
	if (!kept)
		return -ENOMEM;
	if (n_copies)
		memcpy(kept, copies, n_copies * sort->size);
	*ret_rules = kept;
	*ret_n = n_copies;
	return 0;
}

static int expand_rules(struct expansion *expansion, struct writ_rules *rules)
{
	const void *files = rules->files, *exec = rules->exec, *network = rules->network;
	int err = expand(expansion, &file_paths, files, rules->n_files, &files, &rules->n_files);

	if (err != -ENOMEM)
		err = expand(expansion, &exec_paths, exec, rules->n_exec, &exec, &rules->n_exec);
	if (err != -ENOMEM)
		err = expand(expansion, &commands, exec, rules->n_exec, &exec, &rules->n_exec);
	if (err != -ENOMEM)
		err = expand(expansion, &addresses, network, rules->n_network, &network,
			     &rules->n_network);
	rules->files = files;
	rules->exec = exec;
	rules->network = network;
	return err == -ENOMEM ? err : 0;
}

int writ_sets_expand(struct writ_policy_store *store, struct writ_diagnostics *diags)
{
	struct expansion expansion = {.store = store, .diags = diags};
	int err = 0;

	for (size_t i = 0; i < store->n_roles && !err; i++)
		err = expand_rules(&expansion, &store->roles[i].rules);
	for (size_t i = 0; i < store->n_playbooks && !err; i++)
		err = expand_rules(&expansion, &store->playbooks[i].rules);
	return err;
}
