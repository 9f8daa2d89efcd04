/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list `unix` of a role or playbook; see rules.h. A socket is a text like a file's path: its
 * path, or "@" and its abstract name, as ss(8) shows it. No path begins with "@", and the words of
 * sockets are none of files, so both lists can stand in one automaton.
 */
#include <errno.h>
#include <stdio.h>

#include "compile/rules.h"

#define ABSTRACT_MAX 1024u /* bytes of a glob; a name has at most 107 (unix(7)) */

static const struct writ_rules_words socket_words = {
	.rule = "a unix rule",
	.all = WRIT_ACCESS_CONNECT | WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN | WRIT_ACCESS_SEND,
	.mediated = WRIT_ACCESS_CONNECT | WRIT_ACCESS_BIND | WRIT_ACCESS_LISTEN |
		    WRIT_ACCESS_SEND,
	.of = " of Unix sockets",
};

static int read_path(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_rules_read_path(reader, value, &((struct writ_file_rule *)object)->path);
}

static int read_abstract(struct writ_reader *reader, const struct writ_yaml_node *value,
			 void *object)
{
	struct writ_file_rule *rule = object;
	char text[ABSTRACT_MAX + 2];
	const char *name = NULL;
	int n, err = writ_reader_text(reader, value, "abstract", ABSTRACT_MAX, &name);

	if (!err)
		err = writ_rules_check_glob(reader, value, "abstract", name, NULL);
	if (err)
		return err;
	n = snprintf(text, sizeof(text), "@%s", name);
	rule->path = writ_arena_text(reader->arena, text, (size_t)n);
	return rule->path ? 0 : -ENOMEM;
}

static int read_rule(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	static const struct writ_field fields[] = {
		{"path", false, read_path},
		{"abstract", false, read_abstract},
		{"allow", false, writ_rules_read_allow},
		{"deny", false, writ_rules_read_deny},
		{"audit", false, writ_rules_read_file_audit},
	};
	struct writ_file_rule *rule = element;
	int err;

	rule->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, socket_words.rule, fields, 5, rule);
	if (err)
		return err;
	if (!writ_yaml_get(value, "path") == !writ_yaml_get(value, "abstract"))
		return writ_diagnostics_error(reader->diags, &rule->at,
					      "a unix rule has a path or an abstract name");
	return writ_rules_check_words(reader, rule);
}

int writ_rules_read_unix(struct writ_reader *reader, const struct writ_yaml_node *value,
			 struct writ_rules *rules)
{
	const void *items = NULL;
	int err;

	((struct writ_rules_scope *)reader->context)->words = &socket_words;
	err = writ_reader_list(reader, value, "unix", WRIT_RULES_MAX, sizeof(struct writ_file_rule),
			       read_rule, &items, &rules->n_unix);
	rules->unix_sockets = items;
	return err;
}
