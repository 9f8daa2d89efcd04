/* SPDX-License-Identifier: Apache-2.0 */
/* See store.h. */
#include "compile/store.h"

#include <errno.h>

#include "compile/pattern.h"

static int compile(struct writ_reader *reader, struct writ_policy_store *store, const char *text,
		   char why[WRIT_PATTERN_ERROR_SIZE], regex_t **ret_regex)
{
	regex_t *regex = writ_arena_alloc(reader->arena, sizeof(*regex));
	int err;

	if (!regex || writ_array_reserve(&store->regexes, &store->regexes_capacity,
					 store->n_regexes + 1, sizeof(regex)))
		return -ENOMEM;
	err = writ_pattern_compile(text, why, regex);
	if (err)
		return err;
	store->regexes[store->n_regexes++] = regex;
	*ret_regex = regex;
	return 0;
}

int writ_store_regex(struct writ_reader *reader, struct writ_policy_store *store, const char *text,
		     regex_t **ret_regex)
{
	char why[WRIT_PATTERN_ERROR_SIZE];

	return compile(reader, store, text, why, ret_regex);
}

int writ_store_read_regex(struct writ_reader *reader, const struct writ_yaml_node *value,
			  const char *what, struct writ_policy_store *store, const char **ret_text,
			  regex_t **ret_regex)
{
	const struct writ_position at = writ_reader_at(reader, value);
	char why[WRIT_PATTERN_ERROR_SIZE];
	const char *text = NULL;
	int err = writ_reader_text(reader, value, what, WRIT_PATTERN_SIZE - 1, &text);

	if (err)
		return err;
	err = compile(reader, store, text, why, ret_regex);
	if (err == -EINVAL)
		return writ_diagnostics_error(reader->diags, &at, "%s \"%.64s\": %s", what, text,
					      why);
	if (!err)
		*ret_text = text;
	return err;
}
