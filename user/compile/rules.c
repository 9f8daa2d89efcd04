/* SPDX-License-Identifier: Apache-2.0 */
/* See rules.h. A rule that is kept can be compiled: its globs parse, its paths are sound. */
#include "compile/rules.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compile/alternatives.h"
#include "lib/cleanup.h"
#include "writ/names.h"

#define FILE_WORDS 9u /* READ to LINK: the first bits of the access list */

_Static_assert(WRIT_ACCESS_LINK == 1u << (FILE_WORDS - 1), "access words of files come first");

/*
 * What the hooks of this version ask for; a deny of anything else does nothing yet. Not append: an
 * open for appending asks for write, because fcntl(2) can turn the one into the other.
 */
#define MEDIATED (((1u << FILE_WORDS) - 1u) & ~WRIT_ACCESS_APPEND)

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

static int read_access(struct writ_reader *reader, const struct writ_yaml_node *value,
		       void *element)
{
	const char *words[FILE_WORDS];
	size_t index = 0;
	int err;

	for (uint32_t i = 0; i < FILE_WORDS; i++)
		words[i] = writ_access_name(i);
	err = writ_reader_word(reader, value, "access", words, FILE_WORDS, &index);
	if (!err)
		*(uint32_t *)element = 1u << index;
	return err;
}

static int read_bits(struct writ_reader *reader, const struct writ_yaml_node *value,
		     const char *what, uint32_t *ret_bits)
{
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, what, FILE_WORDS, sizeof(uint32_t), read_access,
				   &items, &n);

	if (err)
		return err;
	if (!n)
		return writ_reader_mismatch(reader, value, what, "at least one access word");
	for (size_t i = 0; i < n; i++)
		*ret_bits |= ((const uint32_t *)items)[i];
	return 0;
}

static int read_file_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object)
{
	return read_path(reader, value, &((struct writ_file_rule *)object)->path);
}

static int read_allow(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_bits(reader, value, "allow", &((struct writ_file_rule *)object)->allow);
}

static void warn_unmediated(struct writ_reader *reader, const struct writ_yaml_node *value,
			    uint32_t deny)
{
	const struct writ_position at = writ_reader_at(reader, value);

	for (uint32_t i = 0; i < FILE_WORDS; i++)
		if (deny & ~MEDIATED & 1u << i)
			(void)writ_diagnostics_warn(reader->diags, &at,
						    "deny %s: not mediated by this version",
						    writ_access_name(i));
}

static int read_deny(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	struct writ_file_rule *rule = object;
	int err = read_bits(reader, value, "deny", &rule->deny);

	if (!err)
		warn_unmediated(reader, value, rule->deny);
	return err;
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

static int read_file_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			   void *object)
{
	return writ_rules_read_audit(reader, value, &((struct writ_file_rule *)object)->audit);
}

static int read_file_rule(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *element)
{
	static const struct writ_field fields[] = {
		{"path", true, read_file_path},
		{"allow", false, read_allow},
		{"deny", false, read_deny},
		{"audit", false, read_file_audit},
	};
	struct writ_file_rule *rule = element;
	int err;

	rule->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, "a file rule", fields, 4, rule);
	if (err)
		return err;
	if (!rule->allow && !rule->deny)
		return writ_diagnostics_error(reader->diags, &rule->at,
					      "a file rule needs allow or deny");
	if (rule->allow & rule->deny)
		return writ_diagnostics_error(
			reader->diags, &rule->at, "%s is both allowed and denied; deny would win",
			writ_access_name((uint32_t)__builtin_ctz(rule->allow & rule->deny)));
	return 0;
}

int writ_rules_read_files(struct writ_reader *reader, const struct writ_yaml_node *value,
			  struct writ_rules *rules)
{
	const void *items = NULL;
	int err = writ_reader_list(reader, value, "files", WRIT_RULES_MAX,
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

static int read_exec_rule(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *element)
{
	static const struct writ_field fields[] = {
		{"path", false, read_exec_path},
		{"argv", false, read_argv},
		{"commands", false, read_commands},
		{"audit", false, read_exec_audit},
	};
	struct writ_exec_rule *rule = element;
	int err;

	rule->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, "an exec rule", fields, 4, rule);
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
