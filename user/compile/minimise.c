/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See minimise.h. Partition refinement over the transitions that exist (A. Valmari, "Fast brief
 * practical DFA minimization", 2012): O(m log n) for m transitions, about one a state where rules
 * are mostly literal. Needs no dead state, because every state can reach an accept.
 */
#include "compile/minimise.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/cleanup.h"

/* Disjoint sets over 0..n-1, each a run of `items`; a set is split by marking some of it. */
struct partition {
	uint32_t *items;
	uint32_t *place; /* item -> its place in items */
	uint32_t *set;	 /* item -> its set */
	uint32_t *first; /* set -> its run */
	uint32_t *past;
	uint32_t *marked;  /* set -> how many at the start of its run are marked */
	uint32_t *touched; /* sets with marks */
	uint32_t n_touched;
	uint32_t n_sets;
	uint32_t *memory;
};

static void partition_free(struct partition *partition)
{
	free(partition->memory);
}

/* Runs of equal @key become the sets; @n is at least 1. */
static int partition_init(struct partition *partition, const uint32_t *key, uint32_t n,
			  uint32_t n_keys)
{
	_cleanup_free_ uint32_t *start = calloc((size_t)n_keys + 1, sizeof(*start));
	uint32_t *memory = calloc((size_t)n * 7, sizeof(*memory));

	if (!memory || !start) {
		free(memory);
		return -ENOMEM;
	}
	*partition = (struct partition){.memory = memory,
					.items = memory,
					.place = memory + n,
					.set = memory + 2 * (size_t)n,
					.first = memory + 3 * (size_t)n,
					.past = memory + 4 * (size_t)n,
					.marked = memory + 5 * (size_t)n,
					.touched = memory + 6 * (size_t)n};
	for (uint32_t i = 0; i < n; i++)
		start[key[i] + 1]++;
	for (uint32_t k = 0; k < n_keys; k++)
		start[k + 1] += start[k];
	for (uint32_t i = 0; i < n; i++) {
		partition->place[i] = start[key[i]]++;
		partition->items[partition->place[i]] = i;
	}
	for (uint32_t at = 0; at < n; at++) {
		uint32_t item = partition->items[at];

		if (!at || key[item] != key[partition->items[at - 1]])
			partition->first[partition->n_sets++] = at;
		partition->set[item] = partition->n_sets - 1;
		partition->past[partition->n_sets - 1] = at + 1;
	}
	return 0;
}

static void mark(struct partition *partition, uint32_t item)
{
	uint32_t set = partition->set[item], from = partition->place[item];
	uint32_t to = partition->first[set] + partition->marked[set];
	uint32_t other;

	if (from < to)
		return; /* marked already */
	other = partition->items[to];
	partition->items[from] = other;
	partition->place[other] = from;
	partition->items[to] = item;
	partition->place[item] = to;
	if (!partition->marked[set]++)
		partition->touched[partition->n_touched++] = set;
}

/* Splits each set with marks; the smaller part becomes the new set. */
static void split(struct partition *partition)
{
	while (partition->n_touched) {
		uint32_t set = partition->touched[--partition->n_touched];
		uint32_t middle = partition->first[set] + partition->marked[set];
		uint32_t new = partition->n_sets;

		partition->marked[set] = 0;
		if (middle == partition->past[set])
			continue;
		if (middle - partition->first[set] <= partition->past[set] - middle) {
			partition->first[new] = partition->first[set];
			partition->past[new] = partition->first[set] = middle;
		} else {
			partition->past[new] = partition->past[set];
			partition->first[new] = partition->past[set] = middle;
		}
		for (uint32_t i = partition->first[new]; i < partition->past[new]; i++)
			partition->set[partition->items[i]] = new;
		partition->n_sets++;
	}
}

/* Transitions by the state that they lead to: @into[@start[s]..@start[s + 1]). */
static int index_heads(const struct writ_dfa *dfa, uint32_t **ret_start, uint32_t **ret_into)
{
	_cleanup_free_ uint32_t *start = calloc(dfa->n_states + 2, sizeof(*start));
	_cleanup_free_ uint32_t *into = calloc(dfa->n_edges + 1, sizeof(*into));

	if (!start || !into)
		return -ENOMEM;
	for (size_t i = 0; i < dfa->n_edges; i++)
		start[dfa->edges[i].to + 2]++;
	for (size_t i = 0; i < dfa->n_states; i++)
		start[i + 2] += start[i + 1];
	for (size_t i = 0; i < dfa->n_edges; i++)
		into[start[dfa->edges[i].to + 1]++] = (uint32_t)i;
	*ret_start = take_ptr(start);
	*ret_into = take_ptr(into);
	return 0;
}

/* The main loop: cords (sets of transitions) split blocks, new blocks split cords. */
static void refine(const struct writ_dfa *dfa, struct partition *blocks, struct partition *cords,
		   const uint32_t *start, const uint32_t *into)
{
	uint32_t block = 1, cord = 0;

	while (cord < cords->n_sets) {
		for (uint32_t i = cords->first[cord]; i < cords->past[cord]; i++)
			mark(blocks, dfa->edges[cords->items[i]].from);
		split(blocks);
		cord++;
		for (; block < blocks->n_sets; block++) {
			for (uint32_t i = blocks->first[block]; i < blocks->past[block]; i++) {
				uint32_t state = blocks->items[i];

				for (uint32_t j = start[state]; j < start[state + 1]; j++)
					mark(cords, into[j]);
			}
			split(cords);
		}
	}
}

static int number_blocks(const struct writ_dfa *dfa, const struct partition *blocks,
			 struct writ_minimal *ret_minimal)
{
	_cleanup_free_ uint32_t *block = calloc(dfa->n_states, sizeof(*block));
	_cleanup_free_ uint32_t *state = calloc(blocks->n_sets, sizeof(*state));
	_cleanup_free_ uint32_t *number = calloc(blocks->n_sets, sizeof(*number));
	uint32_t n = 0;

	if (!block || !state || !number)
		return -ENOMEM;
	for (uint32_t i = 0; i < dfa->n_states; i++) {
		uint32_t set = blocks->set[i];

		if (!number[set]) {
			state[n] = i;
			number[set] = ++n;
		}
		block[i] = number[set] - 1;
	}
	*ret_minimal = (struct writ_minimal){
		.block = take_ptr(block), .state = take_ptr(state), .n_blocks = n};
	return 0;
}

static int partition_states(const struct writ_dfa *dfa, struct partition *blocks)
{
	_cleanup_free_ uint32_t *key = calloc(dfa->n_states, sizeof(*key));

	if (!key)
		return -ENOMEM;
	for (size_t i = 0; i < dfa->n_states; i++)
		key[i] = dfa->states[i].accept;
	return partition_init(blocks, key, (uint32_t)dfa->n_states, (uint32_t)dfa->accepts->n_sets);
}

static int partition_edges(const struct writ_dfa *dfa, struct partition *cords)
{
	_cleanup_free_ uint32_t *key = calloc(dfa->n_edges, sizeof(*key));

	if (!key)
		return -ENOMEM;
	for (size_t i = 0; i < dfa->n_edges; i++)
		key[i] = dfa->edges[i].class;
	return partition_init(cords, key, (uint32_t)dfa->n_edges, dfa->classes->count);
}

int writ_minimise_dfa(const struct writ_dfa *dfa, struct writ_minimal *ret_minimal)
{
	_cleanup_(partition_free) struct partition blocks = {0};
	_cleanup_(partition_free) struct partition cords = {0};
	_cleanup_free_ uint32_t *start = NULL;
	_cleanup_free_ uint32_t *into = NULL;

	if (!dfa->n_states) {
		*ret_minimal = (struct writ_minimal){0};
		return 0;
	}
	if (partition_states(dfa, &blocks))
		return -ENOMEM;
	if (dfa->n_edges) {
		if (partition_edges(dfa, &cords) || index_heads(dfa, &start, &into))
			return -ENOMEM;
		refine(dfa, &blocks, &cords, start, into);
	}
	return number_blocks(dfa, &blocks, ret_minimal);
}

void writ_minimal_free(struct writ_minimal *minimal)
{
	free(minimal->block);
	free(minimal->state);
	*minimal = (struct writ_minimal){0};
}
