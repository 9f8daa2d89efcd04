/* SPDX-License-Identifier: Apache-2.0 */
/* The second half of ruleset.h: the automaton of all rules, its rows, the image; or the blame. */
#include "compile/build.h"

#include <errno.h>
#include <stdlib.h>

#include "compile/minimise.h"
#include "compile/trie.h"
#include "lib/cleanup.h"

#define BLAMED_MAX 3
#define BLAMED_SHARE 8 /* a rule with an eighth of the worst one's nodes is not innocent */

/* What is only needed while an image is built. */
struct build {
	struct writ_accepts accepts;
	struct writ_classes classes;
	struct writ_dfa dfa;
	struct writ_minimal minimal;
	struct writ_trie trie;
	struct writ_ports_table ports;
};

static void build_free(struct build *build)
{
	writ_accepts_free(&build->accepts);
	writ_dfa_free(&build->dfa);
	writ_minimal_free(&build->minimal);
	writ_trie_free(&build->trie);
	writ_ports_table_free(&build->ports);
}

/* How many times each rule's nodes occur in the states. */
static void count_nodes(const struct writ_ruleset *set, const struct writ_dfa *dfa,
			uint32_t *counts)
{
	if (!dfa || !dfa->members.count) {
		for (size_t i = 0; i < set->nfa.n_nodes; i++)
			counts[set->nfa.nodes[i].rule]++;
		return;
	}
	for (size_t i = 0; i < dfa->members.count; i++)
		counts[set->nfa.nodes[dfa->members.items[i]].rule]++;
}

static size_t largest(const uint32_t *counts, size_t n)
{
	size_t best = 0;

	for (size_t i = 1; i < n; i++)
		if (counts[i] > counts[best])
			best = i;
	return best;
}

int writ_build_blame(const struct writ_ruleset *set, const struct writ_dfa *dfa, const char *what,
		     const struct writ_position *at)
{
	_cleanup_free_ uint32_t *counts = calloc(set->n_rules + 1, sizeof(*counts));
	uint32_t most = 0;

	if (!counts)
		return -ENOMEM;
	count_nodes(set, dfa, counts);
	for (size_t i = 0; i < BLAMED_MAX && set->n_rules; i++) {
		size_t rule = largest(counts, set->n_rules);
		const struct writ_image_rule *image_rule = &set->rules[rule];

		if (!counts[rule] || counts[rule] < most / BLAMED_SHARE)
			break;
		most = i ? most : counts[rule];
		(void)writ_diagnostics_error(
			set->diags, set->positions[rule],
			"too many states; this rule takes the %s: %.*s", i ? "next most" : "most",
			image_rule->text_len < 128 ? (int)image_rule->text_len : 128,
			set->text.bytes + image_rule->text);
		counts[rule] = 0;
	}
	return writ_diagnostics_error(set->diags, at,
				      "%s: do not fit an image (%u MiB) or the work allowed for "
				      "one; use fewer wildcards before literal text",
				      what, WRIT_IMAGE_SIZE_MAX >> 20);
}

static int enter_states(struct writ_ruleset *set, struct build *build)
{
	int err = writ_literals_enter(&set->paths, &build->dfa);

	if (!err)
		err = writ_literals_enter(&set->execs, &build->dfa);
	return err ? err : writ_dfa_build(&build->dfa);
}

static int build_trie(struct writ_ruleset *set, struct build *build,
		      struct writ_image_parts *parts)
{
	int err;

	writ_trie_init(&build->trie, &build->dfa);
	err = writ_trie_add(&build->trie, &set->paths, &parts->path_entry);
	return err ? err : writ_trie_add(&build->trie, &set->execs, &parts->exec_entry);
}

static int make_image(struct writ_ruleset *set, struct build *build, struct writ_blob *ret_image)
{
	struct writ_image_parts parts = {.accepts = &build->accepts,
					 .classes = &build->classes,
					 .dfa = &build->dfa,
					 .minimal = &build->minimal,
					 .trie = &build->trie,
					 .ports = &build->ports,
					 .rules = set->rules,
					 .n_rules = set->n_rules,
					 .capabilities = set->capabilities,
					 .kernel = set->kernel,
					 .strings = set->text.bytes,
					 .strings_size = set->text.size};
	int err = writ_accepts_init(&build->accepts);

	if (err)
		return err;
	writ_classes_build(&set->nfa, &build->classes);
	writ_dfa_init(&build->dfa, &set->nfa, &build->classes, &build->accepts);
	err = enter_states(set, build);
	if (!err)
		err = writ_minimise_dfa(&build->dfa, &build->minimal);
	if (!err)
		err = writ_ports_build(set->network, set->n_network, &build->accepts, set->diags,
				       &build->ports);
	if (!err)
		err = build_trie(set, build, &parts);
	return err ? err : writ_image_build(&parts, ret_image);
}

int writ_ruleset_build(struct writ_ruleset *set, const char *what, const struct writ_position *at,
		       struct writ_blob *ret_image)
{
	_cleanup_(build_free) struct build build = {0};
	int err = make_image(set, &build, ret_image);

	return err == -E2BIG ? writ_build_blame(set, &build.dfa, what, at) : err;
}
