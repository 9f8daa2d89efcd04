/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See nfa.h. A star is a node of its own that an EMPTY edge leads to, with an edge to itself. A
 * character beyond ASCII is spelled out in its two to four bytes (RFC 3629, section 4), so a `?`
 * takes one character and never half of one.
 */
#include "compile/nfa.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"

static int add_node(struct writ_nfa *nfa, uint32_t rule, uint32_t *ret_node)
{
	if (nfa->n_nodes == WRIT_NFA_NODES_MAX)
		return -E2BIG;
	if (writ_array_reserve(&nfa->nodes, &nfa->nodes_capacity, nfa->n_nodes + 1,
			       sizeof(*nfa->nodes)))
		return -ENOMEM;
	nfa->nodes[nfa->n_nodes] = (struct writ_nfa_node){.edges = WRIT_NFA_NONE,
							  .accepts = WRIT_NFA_NONE,
							  .loop = WRIT_NFA_NONE,
							  .rule = rule};
	*ret_node = (uint32_t)nfa->n_nodes++;
	return 0;
}

int writ_nfa_root(struct writ_nfa *nfa, uint32_t rule, uint32_t *ret_root)
{
	return add_node(nfa, rule, ret_root);
}

/* The label of a set: equal sets have one number. */
static int intern_set(struct writ_nfa *nfa, const struct writ_nfa_set *set, uint32_t *ret_label)
{
	for (size_t i = 0; i < nfa->n_sets; i++) {
		if (memcmp(&nfa->sets[i], set, sizeof(*set)))
			continue;
		*ret_label = WRIT_NFA_SET + (uint32_t)i;
		return 0;
	}
	if (nfa->n_sets == WRIT_NFA_SETS_MAX)
		return -E2BIG;
	if (writ_array_reserve(&nfa->sets, &nfa->sets_capacity, nfa->n_sets + 1, sizeof(*set)))
		return -ENOMEM;
	nfa->sets[nfa->n_sets] = *set;
	*ret_label = WRIT_NFA_SET + (uint32_t)nfa->n_sets++;
	return 0;
}

static struct writ_nfa_set range_set(unsigned int low, unsigned int high)
{
	struct writ_nfa_set set = {0};

	for (unsigned int byte = low; byte <= high; byte++)
		set.bits[byte / 64] |= UINT64_C(1) << byte % 64;
	return set;
}

static void remove_byte(struct writ_nfa_set *set, unsigned int byte)
{
	set->bits[byte / 64] &= ~(UINT64_C(1) << byte % 64);
}

static int add_edge(struct writ_nfa *nfa, uint32_t from, uint32_t label, uint32_t to)
{
	if (writ_array_reserve(&nfa->edges, &nfa->edges_capacity, nfa->n_edges + 1,
			       sizeof(*nfa->edges)))
		return -ENOMEM;
	nfa->edges[nfa->n_edges] = (struct writ_nfa_edge){
		.label = label, .target = to, .next = nfa->nodes[from].edges};
	nfa->nodes[from].edges = (uint32_t)nfa->n_edges++;
	return 0;
}

static uint32_t find_edge(const struct writ_nfa *nfa, uint32_t from, uint32_t label)
{
	uint32_t edge = nfa->nodes[from].edges;

	while (edge != WRIT_NFA_NONE && nfa->edges[edge].label != label)
		edge = nfa->edges[edge].next;
	return edge == WRIT_NFA_NONE ? WRIT_NFA_NONE : nfa->edges[edge].target;
}

/* Moves *@node along @label, which need not have an edge yet. */
static int follow(struct writ_nfa *nfa, uint32_t label, uint32_t rule, uint32_t *node)
{
	uint32_t next = find_edge(nfa, *node, label);
	int err;

	if (next == WRIT_NFA_NONE) {
		err = add_node(nfa, rule, &next);
		if (!err)
			err = add_edge(nfa, *node, label, next);
		if (err)
			return err;
	}
	*node = next;
	return 0;
}

/* *@node becomes the node of a star over @set. */
static int follow_loop(struct writ_nfa *nfa, const struct writ_nfa_set *set, uint32_t rule,
		       uint32_t *node)
{
	uint32_t label = 0;
	int err = intern_set(nfa, set, &label);

	if (err)
		return err;
	err = follow(nfa, label | WRIT_NFA_EMPTY, rule, node);
	if (!err)
		nfa->nodes[*node].loop = label;
	return err;
}

/*
 * Characters of two to four bytes. A row: first bytes, the bytes that may follow, and the stage
 * that comes next; stage 0 is the end. Rows of one stage stand together.
 */
static const struct utf8_row {
	uint8_t stage, low, high, next;
} utf8_rows[] = {
	{7, 0xc2, 0xdf, 1}, {7, 0xe0, 0xe0, 3}, {7, 0xe1, 0xec, 2}, {7, 0xed, 0xed, 4},
	{7, 0xee, 0xef, 2}, {7, 0xf0, 0xf0, 5}, {7, 0xf1, 0xf3, 8}, {7, 0xf4, 0xf4, 6},
	{1, 0x80, 0xbf, 0}, {2, 0x80, 0xbf, 1}, {3, 0xa0, 0xbf, 1}, {4, 0x80, 0x9f, 1},
	{5, 0x90, 0xbf, 2}, {6, 0x80, 0x8f, 2}, {8, 0x80, 0xbf, 2},
};
#define UTF8_STAGES 9
#define UTF8_START 7

static int add_multibyte(struct writ_nfa *nfa, uint32_t from, uint32_t to, uint32_t rule)
{
	uint32_t stages[UTF8_STAGES] = {[0] = to, [UTF8_START] = from};
	int err = 0;

	for (uint32_t i = 1; i < UTF8_STAGES && !err; i++)
		if (i != UTF8_START)
			err = add_node(nfa, rule, &stages[i]);
	for (size_t i = 0; i < sizeof(utf8_rows) / sizeof(utf8_rows[0]) && !err; i++) {
		struct writ_nfa_set set = range_set(utf8_rows[i].low, utf8_rows[i].high);
		uint32_t label = 0;

		err = intern_set(nfa, &set, &label);
		if (!err)
			err = add_edge(nfa, stages[utf8_rows[i].stage], label,
				       stages[utf8_rows[i].next]);
	}
	return err;
}

/* One character: the ASCII ones of @set, and all others when @whole. */
static int follow_character(struct writ_nfa *nfa, const struct writ_nfa_set *set, bool whole,
			    uint32_t rule, uint32_t *node)
{
	uint32_t from = *node, label = 0, known;
	int err = intern_set(nfa, set, &label);

	if (err)
		return err;
	if (whole)
		label |= WRIT_NFA_WHOLE;
	known = find_edge(nfa, from, label);
	err = follow(nfa, label, rule, node);
	if (!err && whole && known == WRIT_NFA_NONE)
		err = add_multibyte(nfa, from, *node, rule);
	return err;
}

/* A rule's own alternatives add it one after the other, so only the newest need be compared. */
static bool accepts_already(const struct writ_nfa *nfa, uint32_t node, uint32_t rule)
{
	uint32_t at = nfa->nodes[node].accepts;

	for (int i = 0; i < 2 && at != WRIT_NFA_NONE; i++, at = nfa->accepts[at].next)
		if (nfa->accepts[at].rule == rule)
			return true;
	return false;
}

static int add_accept(struct writ_nfa *nfa, uint32_t node, uint32_t rule)
{
	if (rule == WRIT_NFA_NONE || accepts_already(nfa, node, rule))
		return 0;
	if (writ_array_reserve(&nfa->accepts, &nfa->accepts_capacity, nfa->n_accepts + 1,
			       sizeof(*nfa->accepts)))
		return -ENOMEM;
	nfa->accepts[nfa->n_accepts] =
		(struct writ_nfa_accept){.rule = rule, .next = nfa->nodes[node].accepts};
	nfa->nodes[node].accepts = (uint32_t)nfa->n_accepts++;
	return 0;
}

static int follow_token(struct writ_nfa *nfa, const struct writ_glob_token *token,
			const struct writ_glob_class *classes, bool exec, uint32_t rule,
			uint32_t *node)
{
	struct writ_nfa_set set;

	switch (token->kind) {
	case WRIT_GLOB_BYTE:
		return follow(nfa, token->byte, rule, node);
	case WRIT_GLOB_CHARACTER:
		set = range_set(1, 127);
		remove_byte(&set, '/');
		return follow_character(nfa, &set, true, rule, node);
	case WRIT_GLOB_CLASS:
		set = (struct writ_nfa_set){
			{classes[token->index].ascii[0], classes[token->index].ascii[1], 0, 0}};
		return follow_character(nfa, &set, classes[token->index].negated, rule, node);
	case WRIT_GLOB_STAR:
		set = range_set(1, 255);
		remove_byte(&set, '/');
		return follow_loop(nfa, &set, rule, node);
	case WRIT_GLOB_STARSTAR:
		set = range_set(exec ? 1 : 0, 255);
		return follow_loop(nfa, &set, rule, node);
	case WRIT_GLOB_REST:
		set = range_set(0, 255);
		return follow_loop(nfa, &set, rule, node);
	case WRIT_GLOB_ANY:
		set = range_set(0, 255);
		return follow_character(nfa, &set, false, rule, node);
	default:
		return -EINVAL; /* a parameter without value, a brace: not a plain sequence */
	}
}

/* True when the sequence ends in "/" (or what stands for it at the root) and `**`. */
static bool ends_below(const struct writ_glob_token *tokens, size_t n)
{
	if (n < 2 || tokens[n - 1].kind != WRIT_GLOB_STARSTAR)
		return false;
	return tokens[n - 2].kind == WRIT_GLOB_ANY ||
	       (tokens[n - 2].kind == WRIT_GLOB_BYTE && tokens[n - 2].byte == '/');
}

int writ_nfa_add(struct writ_nfa *nfa, uint32_t root, const struct writ_glob_token *tokens,
		 size_t n_tokens, const struct writ_glob_class *classes, bool exec,
		 struct writ_nfa_rule rule)
{
	bool below = !exec && ends_below(tokens, n_tokens);
	uint32_t node = root;
	int err = 0;

	for (size_t i = 0; i < n_tokens && !err; i++) {
		if (below && i == n_tokens - 2)
			err = add_accept(nfa, node, rule.self);
		if (!err)
			err = follow_token(nfa, &tokens[i], classes, exec, rule.rule, &node);
	}
	return err ? err : add_accept(nfa, node, rule.rule);
}

void writ_nfa_free(struct writ_nfa *nfa)
{
	free(nfa->nodes);
	free(nfa->edges);
	free(nfa->accepts);
	free(nfa->sets);
	*nfa = (struct writ_nfa){0};
}
