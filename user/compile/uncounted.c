/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entry commands that a role runs without a grant, so that nobody counts; see advice.h. As in
 * reach.c each is compiled among the role's rules as one that gives nothing: an accept entry that
 * holds it and any execution is a program that both speak of. A role that gives it with certain
 * arguments alone is passed over, and so is a command whose path is a parameter's.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/advice.h"
#include "compile/bindings.h"
#include "compile/policy.h"
#include "lib/cleanup.h"

struct entry {
	const struct writ_policy_playbook *playbook;
	struct writ_file_rule rule; /* one image rule: it gives nothing, and no text below it */
	bool told;
};

static const struct writ_exec_rule *entry_of(const struct writ_policy_playbook *playbook)
{
	return &playbook->rules.exec[playbook->entry];
}

static bool names_parameter(const struct writ_policy_playbook *playbook)
{
	char name[WRIT_NAME_SIZE + 2];

	for (size_t i = 0; i < playbook->n_parameters; i++) {
		(void)snprintf(name, sizeof(name), "{%s}", playbook->parameters[i].name);
		if (strstr(entry_of(playbook)->path, name))
			return true;
	}
	return false;
}

/* The role's next playbook from @at on whose command can be looked for; NULL: no more. */
static const struct writ_policy_playbook *
next_counted(const struct writ_policy *policy, const struct writ_policy_role *role, size_t *at)
{
	while (*at < role->n_playbooks) {
		const struct writ_policy_playbook *playbook =
			writ_policy_playbook(policy, role->playbooks[(*at)++]);

		if (playbook->max_uses && !names_parameter(playbook))
			return playbook;
	}
	return NULL;
}

static int add_entries(const struct writ_policy *policy, const struct writ_policy_role *role,
		       struct writ_ruleset *set, struct entry *entries)
{
	const struct writ_policy_playbook *playbook;
	size_t at = 0;
	int err = 0;

	while (!err && (playbook = next_counted(policy, role, &at))) {
		const struct writ_rules rules = {.files = &entries->rule, .n_files = 1};

		entries->playbook = playbook;
		entries->rule.at = entry_of(playbook)->at;
		entries->rule.path = entry_of(playbook)->path;
		entries++;
		err = writ_ruleset_add(set, &rules);
	}
	return err;
}

/* The rule of @list that lets the program run with any arguments: the role's, no entry does. */
static const struct writ_position *who_runs(const struct writ_ruleset *set, const __u32 *list,
					    uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		if (set->rules[list[i]].allow & WRIT_ACCESS_EXECUTE)
			return set->positions[list[i]];
	return NULL;
}

static void tell(const struct writ_policy_role *role, struct entry *entry,
		 const struct writ_position *who, struct writ_diagnostics *diags)
{
	if (entry->told)
		return;
	entry->told = true;
	(void)writ_diagnostics_warn(diags, &entry->rule.at,
				    "max_uses: role \"%s\" runs this command without a grant of "
				    "playbook \"%s\", too (%s:%u:%u), and that is not counted",
				    role->name, entry->playbook->name, who->file, who->line,
				    who->column);
}

static void find(const struct writ_policy_role *role, const struct writ_ruleset *set,
		 uint32_t n_own, const struct writ_image *image, struct entry *entries,
		 struct writ_diagnostics *diags)
{
	const struct writ_accept *accepts = (const void *)((const char *)image + image->accepts);
	const __u32 *lists = (const void *)((const char *)image + image->accept_rules);

	for (uint32_t i = 0; i < image->n_accepts; i++) {
		const __u32 *list = lists + accepts[i].first;
		const uint32_t run = accepts[i].allow & ~accepts[i].deny & WRIT_ACCESS_EXECUTE;
		const struct writ_position *who =
			run ? who_runs(set, list, accepts[i].count) : NULL;

		for (uint32_t r = 0; r < accepts[i].count && who; r++)
			if (list[r] >= n_own)
				tell(role, &entries[list[r] - n_own], who, diags);
	}
}

int writ_uncounted_find(const struct writ_policy *policy, const struct writ_policy_role *role,
			struct writ_diagnostics *diags)
{
	_cleanup_free_ struct entry *entries = calloc(role->n_playbooks + 1, sizeof(*entries));
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics unheard = {0};
	_cleanup_(writ_ruleset_free) struct writ_ruleset set = {0};
	_cleanup_(writ_blob_free) struct writ_blob image = {0};
	struct writ_glob_parameters parameters;
	struct writ_bindings bindings;
	uint32_t n_own;
	size_t first = 0;
	int err = 0;

	if (!next_counted(policy, role, &first))
		return 0;
	if (!entries)
		return -ENOMEM;
	writ_bindings_init(&bindings, NULL, 0);
	writ_bindings_set_agent(&bindings, NULL);
	parameters = writ_bindings_values(&bindings);
	writ_ruleset_init(&set, &parameters, &unheard);
	for (size_t i = 0; i < role->n_lineage && !err; i++)
		err = writ_ruleset_add(&set, &role->lineage[i]->rules);
	n_own = (uint32_t)set.n_rules;
	if (!err)
		err = add_entries(policy, role, &set, entries);
	if (!err)
		err = writ_ruleset_build(&set, "the rules and entries", NULL, &image);
	if (!err)
		find(role, &set, n_own, image.bytes, entries, diags);
	return err == -ENOMEM ? err : 0;
}
