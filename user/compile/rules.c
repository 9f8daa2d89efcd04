/* SPDX-License-Identifier: Apache-2.0 */
/* See rules.h. A rule that is kept can be compiled: its globs parse, its paths are sound. */
#include "compile/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/alternatives.h"
#include "lib/cleanup.h"
#include "writ/names.h"

/* Append is not mediated: an open for it asks for write, as fcntl(2) can turn it into one. */
static const struct writ_rules_words file_words = {
	.rule = "a file rule",
	.all = WRIT_ACCESS_READ | WRIT_ACCESS_WRITE | WRIT_ACCESS_APPEND | WRIT_ACCESS_CREATE |
	       WRIT_ACCESS_DELETE | WRIT_ACCESS_EXECUTE | WRIT_ACCESS_MAP | WRIT_ACCESS_ATTRIBUTES |
	       WRIT_ACCESS_LINK,
	.mediated = WRIT_ACCESS_READ | WRIT_ACCESS_WRITE | WRIT_ACCESS_CREATE |
		    WRIT_ACCESS_DELETE | WRIT_ACCESS_EXECUTE | WRIT_ACCESS_MAP |
		    WRIT_ACCESS_ATTRIBUTES | WRIT_ACCESS_LINK,
	.of = "",
};

bool writ_rules_uses(const struct writ_rules_scope *scope, enum writ_variable variable)
{
	size_t index = scope->n_parameters + variable;

	return scope->used[index] || scope->in_path[index];
}

static int check_alternatives(const struct writ_glob *glob, writ_rules_fault *find, char *why)
{
	_cleanup_(writ_alternatives_free) struct writ_alternatives alternatives = {0};
	int more = writ_alternatives_init(&alternatives, glob);

	if (more)
		return more;
	while ((more = writ_alternatives_next(&alternatives)) > 0) {
		const char *fault = find ? find(alternatives.tokens, alternatives.n_tokens) : NULL;

		if (!fault)
			continue;
		(void)snprintf(why, WRIT_GLOB_ERROR_SIZE, "%s", fault);
		return -EINVAL;
	}
	if (more)
		(void)snprintf(why, WRIT_GLOB_ERROR_SIZE, "its braces stand for more than %u texts",
			       WRIT_ALTERNATIVES_MAX);
	return more ? -EINVAL : 0;
}

int writ_rules_check_glob(struct writ_reader *reader, const struct writ_yaml_node *value,
			  const char *what, const char *text, writ_rules_fault *find)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_rules_scope *scope = reader->context;
	const struct writ_glob_parameters parameters = {
		.names = scope->bindings.names,
		.whole = scope->bindings.whole,
		.count = scope->bindings.count,
		.used = find ? scope->in_path : scope->used,
	};
	_cleanup_(writ_glob_free) struct writ_glob glob = {0};
	char why[WRIT_GLOB_ERROR_SIZE] = "";
	int err = writ_glob_parse(&glob, text, &parameters, why);

	if (!err)
		err = check_alternatives(&glob, find, why);
	if (err == -EINVAL)
		return writ_diagnostics_error(reader->diags, &at, "%s \"%.128s\": %s", what, text,
					      why);
	return err;
}

int writ_rules_read_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			 const char **ret_path)
{
	int err = writ_reader_text(reader, value, "path", WRIT_PATH_SIZE - 1, ret_path);

	return err ? err
		   : writ_rules_check_glob(reader, value, "path", *ret_path,
					   writ_alternatives_fault);
}

/* A path, or "@SET": sets.c looks that up when all files are read. */
static int read_path(struct writ_reader *reader, const struct writ_yaml_node *value,
		     const char **ret_path)
{
	if (value->type == WRIT_YAML_SCALAR && value->text[0] == '@')
		return writ_reader_text(reader, value, "path", WRIT_NAME_SIZE, ret_path);
	return writ_rules_read_path(reader, value, ret_path);
}

/* The first part of a cgroup's path must be literal, or the pattern could take in the host. */
static const char *cgroup_fault(const struct writ_glob_token *tokens, size_t n_tokens)
{
	const char *fault = writ_alternatives_fault(tokens, n_tokens);

	if (fault)
		return fault;
	if (n_tokens == 1)
		return "is the whole host; its first part must name a cgroup";
	for (size_t i = 1; i < n_tokens; i++) {
		if (tokens[i].kind != WRIT_GLOB_BYTE)
			return "has a wildcard in its first part; name that cgroup";
		if (tokens[i].byte == '/')
			break;
	}
	return NULL;
}

int writ_rules_read_cgroup(struct writ_reader *reader, const struct writ_yaml_node *value,
			   const char **ret_path)
{
	int err = writ_reader_text(reader, value, "cgroup", WRIT_CGROUP_PATH_SIZE - 1, ret_path);

	return err ? err : writ_rules_check_glob(reader, value, "cgroup", *ret_path, cgroup_fault);
}

static const struct writ_rules_words *words_of(const struct writ_reader *reader)
{
	return ((const struct writ_rules_scope *)reader->context)->words;
}

static int read_word(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	const char *words[WRIT_ACCESS_BITS];
	uint32_t bits[WRIT_ACCESS_BITS];
	size_t index = 0, n = 0;
	int err;

	for (uint32_t i = 0; i < WRIT_ACCESS_BITS; i++) {
		words[n] = writ_access_name(i);
		bits[n] = 1u << i;
		n += words_of(reader)->all >> i & 1;
	}
	err = writ_reader_word(reader, value, "access", words, n, &index);
	if (!err)
		*(uint32_t *)element = bits[index];
	return err;
}

static int read_words(struct writ_reader *reader, const struct writ_yaml_node *value,
		      const char *what, uint32_t *ret_bits)
{
	size_t n = 0, most = (size_t)__builtin_popcount(words_of(reader)->all);
	const void *items = NULL;
	int err = writ_reader_list(reader, value, what, most, sizeof(uint32_t), read_word, &items,
				   &n);

	if (err)
		return err;
	if (!n)
		return writ_reader_mismatch(reader, value, what, "at least one access word");
	for (size_t i = 0; i < n; i++)
		*ret_bits |= ((const uint32_t *)items)[i];
	return 0;
}

int writ_rules_read_allow(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return read_words(reader, value, "allow", &((struct writ_file_rule *)object)->allow);
}

int writ_rules_read_deny(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	const struct writ_rules_words *words = words_of(reader);
	struct writ_file_rule *rule = object;
	int err = read_words(reader, value, "deny", &rule->deny);

	for (uint32_t i = 0; i < WRIT_ACCESS_BITS && !err; i++)
		if (rule->deny & ~words->mediated & 1u << i)
			(void)writ_diagnostics_warn(reader->diags, &at,
						    "deny %s%s: not mediated by this version",
						    writ_access_name(i), words->of);
	return err;
}

int writ_rules_check_words(struct writ_reader *reader, const struct writ_file_rule *rule)
{
	if (!rule->allow && !rule->deny)
		return writ_diagnostics_error(reader->diags, &rule->at, "%s needs allow or deny",
					      words_of(reader)->rule);
	if (rule->allow & rule->deny)
		return writ_diagnostics_error(
			reader->diags, &rule->at, "%s is both allowed and denied; deny would win",
			writ_access_name((uint32_t)__builtin_ctz(rule->allow & rule->deny)));
	return 0;
}

static int read_file_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return read_path(reader, value, &((struct writ_file_rule *)object)->path);
}

int writ_rules_read_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			  uint32_t *ret_audit)
{
	const char *words[WRIT_AUDIT_COUNT];
	size_t index = 0;
	int err;

	for (uint32_t i = 0; i < WRIT_AUDIT_COUNT; i++)
		words[i] = writ_audit_name(i);
	err = writ_reader_word(reader, value, "audit", words, WRIT_AUDIT_COUNT, &index);
	if (!err)
		*ret_audit = (uint32_t)index;
	return err;
}

int writ_rules_read_file_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			       void *object)
{
	return writ_rules_read_audit(reader, value, &((struct writ_file_rule *)object)->audit);
}

static int read_file_rule(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *element)
{
	static const struct writ_field fields[] = {
		{"path", true, read_file_path},
		{"allow", false, writ_rules_read_allow},
		{"deny", false, writ_rules_read_deny},
		{"audit", false, writ_rules_read_file_audit},
	};
	struct writ_file_rule *rule = element;
	int err;

	rule->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, file_words.rule, fields, 4, rule);
	return err ? err : writ_rules_check_words(reader, rule);
}

int writ_rules_read_files(struct writ_reader *reader, const struct writ_yaml_node *value,
			  struct writ_rules *rules)
{
	const void *items = NULL;
	int err;

	((struct writ_rules_scope *)reader->context)->words = &file_words;
	err = writ_reader_list(reader, value, "files", WRIT_RULES_MAX,
			       sizeof(struct writ_file_rule), read_file_rule, &items,
			       &rules->n_files);
	rules->files = items;
	return err;
}

static int read_exec_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return read_path(reader, value, &((struct writ_exec_rule *)object)->path);
}

static int read_argument(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *element)
{
	const char **text = element;
	int err;

	if (value->type == WRIT_YAML_SCALAR && !value->len && !value->plain) {
		*text = ""; /* "" is an argument too: the empty one */
		return 0;
	}
	err = writ_reader_text(reader, value, "argument", WRIT_ARGV_SIZE - 1, text);
	return err ? err : writ_rules_check_glob(reader, value, "argument", *text, NULL);
}

static int read_argv(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_exec_rule *rule = object;
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "argv", WRIT_ARGUMENTS_MAX, sizeof(char *),
				   read_argument, &items, &rule->n_argv);

	if (!err && !rule->n_argv)
		return writ_reader_mismatch(reader, value, "argv",
					    "one glob for each argument, argv[0] first");
	rule->argv = items;
	return err;
}

static int read_commands(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	struct writ_exec_rule *rule = object;

	if (value->type != WRIT_YAML_SCALAR || value->text[0] != '@')
		return writ_reader_mismatch(reader, value, "commands", "\"@SET\"");
	rule->is_set = true;
	return writ_reader_text(reader, value, "commands", WRIT_NAME_SIZE, &rule->path);
}

static int read_exec_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_rules_read_audit(reader, value, &((struct writ_exec_rule *)object)->audit);
}

static int read_entry(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_reader_bool(reader, value, "entry", &((struct writ_exec_rule *)object)->entry);
}

static int read_exec_rule(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *element)
{
	static const struct writ_field fields[] = {
		{"path", false, read_exec_path},
		{"argv", false, read_argv},
		{"commands", false, read_commands},
		{"audit", false, read_exec_audit},
		{"entry", false, read_entry}, /* the last: a role's rules don't have it */
	};
	const struct writ_rules_scope *scope = reader->context;
	struct writ_exec_rule *rule = element;
	int err;

	rule->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, "an exec rule", fields, scope->of_playbook ? 5 : 4,
				 rule);
	if (err)
		return err;
	if (!writ_yaml_get(value, "path") == !rule->is_set || (rule->is_set && rule->argv))
		return writ_diagnostics_error(reader->diags, &rule->at,
					      "an exec rule has a path, with or without argv, or "
					      "commands");
	return 0;
}

int writ_rules_read_command(struct writ_reader *reader, const struct writ_yaml_node *value,
			    struct writ_exec_rule *rule)
{
	static const struct writ_field fields[] = {
		{"path", true, read_exec_path},
		{"argv", false, read_argv},
	};

	rule->at = writ_reader_at(reader, value);
	return writ_reader_fields(reader, value, "a command", fields, 2, rule);
}

int writ_rules_read_exec(struct writ_reader *reader, const struct writ_yaml_node *value,
			 struct writ_rules *rules)
{
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "exec", WRIT_RULES_MAX,
				   sizeof(struct writ_exec_rule), read_exec_rule, &items,
				   &rules->n_exec);

	rules->exec = items;
	return err;
}
