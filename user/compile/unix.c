/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list `unix` of a role or playbook; see rules.h. A socket is a text like a file's path: its
 * path, or "@" and its abstract name, as ss(8) shows it. No path begins with "@", and the words of
 * sockets are none of files, so both lists can stand in one automaton.
 */
#include <errno.h>
#include <stdio.h>

#include "compile/rules.h"
#include "writ/names.h"

#define ABSTRACT_MAX 1024u /* bytes of a glob; a name has at most 107 (unix(7)) */
#define WORDS 4u

static const uint32_t accesses[WORDS] = {WRIT_ACCESS_CONNECT, WRIT_ACCESS_BIND, WRIT_ACCESS_LISTEN,
					 WRIT_ACCESS_SEND};

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

static int read_word(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	const char *words[WORDS];
	size_t index = 0;
	int err;

	for (size_t i = 0; i < WORDS; i++)
		words[i] = writ_access_name((uint32_t)__builtin_ctz(accesses[i]));
	err = writ_reader_word(reader, value, "access", words, WORDS, &index);
	if (!err)
		*(uint32_t *)element = accesses[index];
	return err;
}

static int read_bits(struct writ_reader *reader, const struct writ_yaml_node *value,
		     const char *what, uint32_t *ret_bits)
{
	const void *items = NULL;
	size_t n = 0;
	int err = writ_reader_list(reader, value, what, WORDS, sizeof(uint32_t), read_word, &items,
				   &n);

	if (err)
		return err;
	if (!n)
		return writ_reader_mismatch(reader, value, what, "at least one access word");
	for (size_t i = 0; i < n; i++)
		*ret_bits |= ((const uint32_t *)items)[i];
	return 0;
}

static int read_allow(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return read_bits(reader, value, "allow", &((struct writ_file_rule *)object)->allow);
}

static int read_deny(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	const struct writ_position at = writ_reader_at(reader, value);
	struct writ_file_rule *rule = object;
	int err = read_bits(reader, value, "deny", &rule->deny);

	for (size_t i = 0; i < WORDS && !err; i++)
		if (rule->deny & accesses[i] & ~WRIT_ACCESS_CONNECT)
			(void)writ_diagnostics_warn(
				reader->diags, &at,
				"deny %s of Unix sockets: not mediated by this version",
				writ_access_name((uint32_t)__builtin_ctz(accesses[i])));
	return err;
}

static int read_audit(struct writ_reader *reader, const struct writ_yaml_node *value, void *object)
{
	return writ_rules_read_audit(reader, value, &((struct writ_file_rule *)object)->audit);
}

static int read_rule(struct writ_reader *reader, const struct writ_yaml_node *value, void *element)
{
	static const struct writ_field fields[] = {
		{"path", false, read_path},   {"abstract", false, read_abstract},
		{"allow", false, read_allow}, {"deny", false, read_deny},
		{"audit", false, read_audit},
	};
	struct writ_file_rule *rule = element;
	int err;

	rule->at = writ_reader_at(reader, value);
	err = writ_reader_fields(reader, value, "a unix rule", fields, 5, rule);
	if (err)
		return err;
	if (!writ_yaml_get(value, "path") == !writ_yaml_get(value, "abstract"))
		return writ_diagnostics_error(reader->diags, &rule->at,
					      "a unix rule has a path or an abstract name");
	if (!rule->allow && !rule->deny)
		return writ_diagnostics_error(reader->diags, &rule->at,
					      "a unix rule needs allow or deny");
	if (rule->allow & rule->deny)
		return writ_diagnostics_error(
			reader->diags, &rule->at, "%s is both allowed and denied; deny would win",
			writ_access_name((uint32_t)__builtin_ctz(rule->allow & rule->deny)));
	return 0;
}

int writ_rules_read_unix(struct writ_reader *reader, const struct writ_yaml_node *value,
			 struct writ_rules *rules)
{
	const void *items = NULL;
	int err =
		writ_reader_list(reader, value, "unix", WRIT_RULES_MAX,
				 sizeof(struct writ_file_rule), read_rule, &items, &rules->n_unix);

	rules->unix_sockets = items;
	return err;
}
