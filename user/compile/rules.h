/* SPDX-License-Identifier: Apache-2.0 */
/* The lists `files`, `exec`, `network` and `unix` of a role or playbook: YAML -> checked rules. */
#ifndef WRIT_COMPILE_RULES_H
#define WRIT_COMPILE_RULES_H

#include "compile/bindings.h"
#include "compile/model.h"
#include "compile/reader.h"

/* What the rules may name; reader->context while rules are read. No bindings: nothing. */
struct writ_rules_scope {
	struct writ_bindings bindings;
	const struct writ_policy_parameter *parameters; /* the first of the bindings */
	size_t n_parameters;
	bool used[WRIT_BINDINGS_MAX];
	bool in_path[WRIT_BINDINGS_MAX];
};

/* Is variable @variable (enum writ_variable) named in what was read so far? */
bool writ_rules_uses(const struct writ_rules_scope *scope, enum writ_variable variable);

/* What is wrong with one text of a glob, NULL if nothing is. */
typedef const char *writ_rules_fault(const struct writ_glob_token *tokens, size_t n_tokens);

/* Parses the glob at @value and notes the parameters that it uses; @find NULL: not a path. */
int writ_rules_check_glob(struct writ_reader *reader, const struct writ_yaml_node *value,
			  const char *what, const char *text, writ_rules_fault *find);

/* all, denied, none or required. */
int writ_rules_read_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			  uint32_t *ret_audit);

/* One element of a set: a path that is no set itself, a command. */
int writ_rules_read_path(struct writ_reader *reader, const struct writ_yaml_node *value,
			 const char **ret_path);
int writ_rules_read_command(struct writ_reader *reader, const struct writ_yaml_node *value,
			    struct writ_exec_rule *rule);

/* Each reads one list into the struct writ_rules at @rules; reader->context is the scope. */
int writ_rules_read_files(struct writ_reader *reader, const struct writ_yaml_node *value,
			  struct writ_rules *rules);
int writ_rules_read_exec(struct writ_reader *reader, const struct writ_yaml_node *value,
			 struct writ_rules *rules);
int writ_rules_read_network(struct writ_reader *reader, const struct writ_yaml_node *value,
			    struct writ_rules *rules);

int writ_rules_read_unix(struct writ_reader *reader, const struct writ_yaml_node *value,
			 struct writ_rules *rules);

/* An agent's cgroup pattern: a path whose first part is literal. */
int writ_rules_read_cgroup(struct writ_reader *reader, const struct writ_yaml_node *value,
			   const char **ret_path);

#endif
