/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See dfa.h. The edges of a state's nodes are looked at once and sorted into one bucket for each
 * byte class, so a state costs what it has and not classes times nodes.
 */
#include "compile/dfa.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"
#include "writ/image.h"

#define TABLE_MIN 64u

void writ_dfa_init(struct writ_dfa *dfa, const struct writ_nfa *nfa,
		   const struct writ_classes *classes, struct writ_accepts *accepts)
{
	*dfa = (struct writ_dfa){.nfa = nfa, .classes = classes, .accepts = accepts};
	/* twice the rows that an image can hold: minimisation may halve them */
	dfa->states_max = 2 * (size_t)WRIT_IMAGE_SIZE_MAX / (4 * (1 + (size_t)classes->count));
}

void writ_dfa_free(struct writ_dfa *dfa)
{
	for (size_t i = 0; i < 256; i++)
		free(dfa->buckets[i].items);
	free(dfa->scratch[0].items);
	free(dfa->scratch[1].items);
	free(dfa->rules.items);
	free(dfa->members.items);
	free(dfa->states);
	free(dfa->edges);
	free(dfa->table);
	*dfa = (struct writ_dfa){0};
}

static int push(struct writ_dfa_list *list, uint32_t item)
{
	if (list->count == list->capacity &&
	    writ_array_reserve(&list->items, &list->capacity, list->count + 1, sizeof(item)))
		return -ENOMEM;
	list->items[list->count++] = item;
	return 0;
}

/* Adds a node and what its EMPTY edges lead to (a star, which has none of its own). */
static int push_closed(struct writ_dfa *dfa, struct writ_dfa_list *list, uint32_t node)
{
	const struct writ_nfa *nfa = dfa->nfa;
	int err = push(list, node);

	for (uint32_t at = nfa->nodes[node].edges; at != WRIT_NFA_NONE && !err;
	     at = nfa->edges[at].next) {
		dfa->work++;
		if (nfa->edges[at].label & WRIT_NFA_EMPTY)
			err = push(list, nfa->edges[at].target);
	}
	return err;
}

static int grow_table(struct writ_dfa *dfa)
{
	size_t size = dfa->table_size ? dfa->table_size * 2 : TABLE_MIN;
	uint32_t *table;

	if (dfa->n_states * 2 < dfa->table_size)
		return 0;
	table = calloc(size, sizeof(*table));
	if (!table)
		return -ENOMEM;
	for (size_t i = 0; i < dfa->n_states; i++) {
		size_t slot = writ_accepts_hash(dfa->members.items + dfa->states[i].first,
						dfa->states[i].count) &
			      (size - 1);

		while (table[slot])
			slot = (slot + 1) & (size - 1);
		table[slot] = (uint32_t)i + 1;
	}
	free(dfa->table);
	dfa->table = table;
	dfa->table_size = size;
	return 0;
}

/* The set of rules that the nodes accept. */
static int find_accept(struct writ_dfa *dfa, const uint32_t *nodes, size_t n, uint32_t *ret_accept)
{
	const struct writ_nfa *nfa = dfa->nfa;
	int err = 0;

	dfa->rules.count = 0;
	for (size_t i = 0; i < n && !err; i++)
		for (uint32_t at = nfa->nodes[nodes[i]].accepts; at != WRIT_NFA_NONE && !err;
		     at = nfa->accepts[at].next) {
			dfa->work++;
			err = push(&dfa->rules, nfa->accepts[at].rule);
		}
	if (err)
		return err;
	return writ_accepts_intern(dfa->accepts, dfa->rules.items, dfa->rules.count, ret_accept);
}

static int add_state(struct writ_dfa *dfa, const uint32_t *nodes, size_t n)
{
	uint32_t accept = 0;
	int err;

	if (dfa->n_states >= dfa->states_max || dfa->members.count + n > WRIT_DFA_MEMBERS_MAX)
		return -E2BIG;
	err = find_accept(dfa, nodes, n, &accept);
	if (err)
		return err;
	if (writ_array_reserve(&dfa->states, &dfa->states_capacity, dfa->n_states + 1,
			       sizeof(*dfa->states)) ||
	    writ_array_reserve(&dfa->members.items, &dfa->members.capacity, dfa->members.count + n,
			       sizeof(*nodes)))
		return -ENOMEM;
	memcpy(dfa->members.items + dfa->members.count, nodes, n * sizeof(*nodes));
	dfa->states[dfa->n_states++] = (struct writ_dfa_state){
		.first = (uint32_t)dfa->members.count, .count = (uint32_t)n, .accept = accept};
	dfa->members.count += n;
	return 0;
}

static bool same(const struct writ_dfa *dfa, uint32_t state, const struct writ_dfa_list *nodes)
{
	const struct writ_dfa_state *old = &dfa->states[state];

	return old->count == nodes->count && !memcmp(dfa->members.items + old->first, nodes->items,
						     nodes->count * sizeof(*nodes->items));
}

/* The state of a set of nodes, which is not empty; sorts the set. */
static int intern(struct writ_dfa *dfa, struct writ_dfa_list *nodes, uint32_t *ret_state)
{
	size_t slot;
	int err = grow_table(dfa);

	if (err)
		return err;
	dfa->work += nodes->count;
	if (dfa->work > WRIT_DFA_WORK_MAX)
		return -E2BIG;
	nodes->count = writ_accepts_sort(nodes->items, nodes->count);
	slot = writ_accepts_hash(nodes->items, nodes->count) & (dfa->table_size - 1);
	while (dfa->table[slot] && !same(dfa, dfa->table[slot] - 1, nodes))
		slot = (slot + 1) & (dfa->table_size - 1);
	if (!dfa->table[slot]) {
		err = add_state(dfa, nodes->items, nodes->count);
		if (err)
			return err;
		dfa->table[slot] = (uint32_t)dfa->n_states;
	}
	*ret_state = dfa->table[slot] - 1;
	return 0;
}

/* @to = where the nodes of @from come to over @byte. */
static int step(struct writ_dfa *dfa, const struct writ_dfa_list *from, uint8_t byte,
		struct writ_dfa_list *to)
{
	const struct writ_nfa *nfa = dfa->nfa;
	int err = 0;

	to->count = 0;
	for (size_t i = 0; i < from->count && !err; i++) {
		const struct writ_nfa_node *node = &nfa->nodes[from->items[i]];

		if (node->loop != WRIT_NFA_NONE && writ_nfa_has(nfa, node->loop, byte))
			err = push(to, from->items[i]);
		for (uint32_t at = node->edges; at != WRIT_NFA_NONE && !err;
		     at = nfa->edges[at].next) {
			const struct writ_nfa_edge *edge = &nfa->edges[at];

			dfa->work++;
			if (!(edge->label & WRIT_NFA_EMPTY) && writ_nfa_has(nfa, edge->label, byte))
				err = push_closed(dfa, to, edge->target);
		}
	}
	to->count = writ_accepts_sort(to->items, to->count);
	return dfa->work > WRIT_DFA_WORK_MAX ? -E2BIG : err;
}

int writ_dfa_enter(struct writ_dfa *dfa, uint32_t from, const uint8_t *bytes, size_t len,
		   uint32_t root, uint32_t *ret_state)
{
	struct writ_dfa_list *now = &dfa->scratch[0], *next = &dfa->scratch[1];
	int err = 0;

	now->count = 0;
	for (uint32_t i = 0; from != WRIT_NFA_NONE && i < dfa->states[from].count && !err; i++)
		err = push(now, dfa->members.items[dfa->states[from].first + i]);
	for (size_t i = 0; i < len && now->count && !err; i++) {
		struct writ_dfa_list *swap = now;

		err = step(dfa, now, bytes[i], next);
		now = next;
		next = swap;
	}
	if (!err)
		err = push_closed(dfa, now, root);
	return err ? err : intern(dfa, now, ret_state);
}

/* Adds @target (closed) to the bucket of every class that the label takes. */
static int push_label(struct writ_dfa *dfa, uint32_t label, uint32_t target, bool closed)
{
	const struct writ_classes *classes = dfa->classes;
	int err = 0;

	label &= WRIT_NFA_LABEL;
	if (label < WRIT_NFA_SET)
		return push_closed(dfa, &dfa->buckets[classes->of[label]], target);
	for (uint32_t i = 0; i < classes->count && !err; i++) {
		if (!writ_nfa_has(dfa->nfa, label, classes->sample[i]))
			continue;
		dfa->work++;
		err = closed ? push(&dfa->buckets[i], target)
			     : push_closed(dfa, &dfa->buckets[i], target);
	}
	return err;
}

static int fill_buckets(struct writ_dfa *dfa, uint32_t state)
{
	const struct writ_nfa *nfa = dfa->nfa;
	int err = 0;

	for (uint32_t i = 0; i < dfa->classes->count; i++)
		dfa->buckets[i].count = 0;
	for (uint32_t i = 0; i < dfa->states[state].count && !err; i++) {
		uint32_t node = dfa->members.items[dfa->states[state].first + i];

		if (nfa->nodes[node].loop != WRIT_NFA_NONE)
			err = push_label(dfa, nfa->nodes[node].loop, node, true);
		for (uint32_t at = nfa->nodes[node].edges; at != WRIT_NFA_NONE && !err;
		     at = nfa->edges[at].next) {
			dfa->work++;
			if (!(nfa->edges[at].label & WRIT_NFA_EMPTY))
				err = push_label(dfa, nfa->edges[at].label, nfa->edges[at].target,
						 false);
		}
	}
	return err;
}

static int build_state(struct writ_dfa *dfa, uint32_t state)
{
	int err = fill_buckets(dfa, state);

	for (uint32_t class = 0; class < dfa->classes->count && !err; class ++) {
		uint32_t to = 0;

		if (!dfa->buckets[class].count)
			continue;
		err = intern(dfa, &dfa->buckets[class], &to);
		if (err)
			return err;
		if (dfa->n_edges == WRIT_DFA_EDGES_MAX)
			return -E2BIG;
		if (writ_array_reserve(&dfa->edges, &dfa->edges_capacity, dfa->n_edges + 1,
				       sizeof(*dfa->edges)))
			return -ENOMEM;
		dfa->edges[dfa->n_edges++] =
			(struct writ_dfa_edge){.from = state, .class = class, .to = to};
	}
	return err;
}

int writ_dfa_build(struct writ_dfa *dfa)
{
	int err = 0;

	for (uint32_t state = 0; state < dfa->n_states && !err; state++)
		err = build_state(dfa, state);
	return err;
}
