/* SPDX-License-Identifier: Apache-2.0 */
/* The lists `files`, `exec`, `network` and `unix` of a role or playbook: YAML -> checked rules. */
#ifndef WRIT_COMPILE_RULES_H
#define WRIT_COMPILE_RULES_H

#include "compile/bindings.h"
#include "compile/model.h"
#include "compile/reader.h"

/* The access words of `files` or of `unix`. */
struct writ_rules_words {
	const char *rule;  /* "a file rule", for messages */
	uint32_t all;	   /* enum writ_access */
	uint32_t mediated; /* what the hooks ask for: a deny of anything else does nothing yet */
	const char *of;	   /* of what they are, for messages */
};

/* What the rules may name; reader->context while rules are read. No bindings: nothing. */
struct writ_rules_scope {
	struct writ_bindings bindings;
	const struct writ_policy_parameter *parameters; /* the first of the bindings */
	size_t n_parameters;
	bool used[WRIT_BINDINGS_MAX];
	bool in_path[WRIT_BINDINGS_MAX];
	const struct writ_rules_words *words; /* of the list that is being read */
	bool of_playbook;		      /* an exec rule may be its entry */
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

/* `allow`, `deny` and `audit` of a struct writ_file_rule, for tables of fields. */
int writ_rules_read_allow(struct writ_reader *reader, const struct writ_yaml_node *value,
			  void *object);
int writ_rules_read_deny(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object);
int writ_rules_read_file_audit(struct writ_reader *reader, const struct writ_yaml_node *value,
			       void *object);

/* One of allow and deny at least, and no word in both. */
int writ_rules_check_words(struct writ_reader *reader, const struct writ_file_rule *rule);

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
