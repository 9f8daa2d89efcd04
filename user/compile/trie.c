/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See trie.h. A node is a range of the sorted literals that share their first bytes. It is placed
 * at the first of some places where its own cell and those of its edges are free; most nodes have
 * one edge, so nearly every cell gets used.
 */
#include "compile/trie.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "compile/arena.h"
#include "lib/cleanup.h"

#define WINDOW 1024u /* cells looked at for a node's place; then the end, where all is free */
#define WINDOW_STEP 64u
#define CELLS_MAX (WRIT_IMAGE_SIZE_MAX / sizeof(struct writ_trie_cell))

#define ROW_DEAD 0u

/* Literals [first, last) share @depth bytes, behind which the DFA is in @row. */
struct node {
	size_t first;
	size_t last;
	uint32_t depth;
	uint32_t row;
	uint32_t edge; /* the cell of the edge that leads here, UINT32_MAX: none */
};

struct queue {
	struct node *nodes;
	size_t count;
	size_t capacity;
};

void writ_trie_init(struct writ_trie *trie, const struct writ_dfa *dfa)
{
	*trie = (struct writ_trie){.dfa = dfa};
}

void writ_trie_free(struct writ_trie *trie)
{
	free(trie->cells);
	*trie = (struct writ_trie){0};
}

/* At least @n cells. */
static int reserve(struct writ_trie *trie, size_t n)
{
	if (n <= trie->n_cells)
		return 0;
	if (n > CELLS_MAX)
		return -E2BIG;
	if (writ_array_reserve(&trie->cells, &trie->capacity, n, sizeof(*trie->cells)))
		return -ENOMEM;
	memset(trie->cells + trie->n_cells, 0xff, (n - trie->n_cells) * sizeof(*trie->cells));
	trie->n_cells = n;
	return 0;
}

static bool is_free(const struct writ_trie *trie, size_t at)
{
	return trie->cells[at].owner == WRIT_TRIE_FREE;
}

static bool fits(const struct writ_trie *trie, size_t at, const uint8_t *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_free(trie, at + 1 + bytes[i]))
			return false;
	return true;
}

/*
 * A place for a node with edges for @bytes, which ascend; a node has at least one. Looks through a
 * window that begins at the first free cell. When nothing fits there the window moves on, so that
 * holes which nothing fills are not looked at for ever.
 */
static int place(struct writ_trie *trie, const uint8_t *bytes, size_t n, uint32_t *ret_node)
{
	size_t at, last;
	int err = reserve(trie, trie->end + 1 + WRIT_TRIE_REACH);

	if (err)
		return err;
	while (trie->window < trie->end && !is_free(trie, trie->window))
		trie->window++;
	last = trie->window + WINDOW < trie->end ? trie->window + WINDOW : trie->end;
	for (at = trie->window; at < last; at++)
		if (is_free(trie, at) && fits(trie, at, bytes, n))
			break;
	if (at == last && last < trie->end) {
		trie->window += WINDOW_STEP;
		at = trie->end;
	}
	trie->cells[at].owner = WRIT_TRIE_NODE;
	if (at + 2 + bytes[n - 1] > trie->end)
		trie->end = at + 2 + bytes[n - 1];
	*ret_node = (uint32_t)at;
	return 0;
}

/* Where @row comes to over @byte: its edges stand together, by class. */
static uint32_t step(const struct writ_dfa *dfa, uint32_t row, uint8_t byte)
{
	uint32_t class = dfa->classes->of[byte];
	size_t low = 0, high = dfa->n_edges;

	if (row == ROW_DEAD)
		return ROW_DEAD;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct writ_dfa_edge *edge = &dfa->edges[middle];

		if (edge->from + 1 < row || (edge->from + 1 == row && edge->class < class))
			low = middle + 1;
		else
			high = middle;
	}
	if (low == dfa->n_edges || dfa->edges[low].from + 1 != row ||
	    dfa->edges[low].class != class)
		return ROW_DEAD;
	return dfa->edges[low].to + 1;
}

static int push(struct queue *queue, struct node node)
{
	if (queue->count == queue->capacity &&
	    writ_array_reserve(&queue->nodes, &queue->capacity, queue->count + 1, sizeof(node)))
		return -ENOMEM;
	queue->nodes[queue->count++] = node;
	return 0;
}

/* The edges of @node: the byte of each, and the nodes they lead to, which are not placed yet. */
static size_t find_edges(const struct writ_trie *trie, const struct writ_literals *literals,
			 const struct node *node, uint8_t bytes[256], struct node edges[256])
{
	const struct writ_literal *entries = literals->entries;
	size_t n = 0, i = node->first;

	if (entries[i].len == node->depth)
		i++; /* the one that ends here: it is this node's row */
	for (size_t end; i < node->last; i = end, n++) {
		bytes[n] = entries[i].bytes[node->depth];
		for (end = i + 1; end < node->last && entries[end].bytes[node->depth] == bytes[n];
		     end++)
			;
		edges[n] = (struct node){.first = i, .last = end, .depth = node->depth + 1};
		edges[n].row = entries[i].len == node->depth + 1
				       ? entries[i].state + 1
				       : step(trie->dfa, node->row, bytes[n]);
	}
	return n;
}

/* Places a node and what its edges lead to: rows at once, nodes are queued. */
static int add_node(struct writ_trie *trie, const struct writ_literals *literals,
		    struct queue *queue, const struct node *node, uint32_t *ret_node)
{
	struct node edges[256];
	uint8_t bytes[256];
	size_t n = find_edges(trie, literals, node, bytes, edges);
	uint32_t at = 0;
	int err = place(trie, bytes, n, &at);

	if (err)
		return err;
	trie->cells[at].state = node->row;
	for (size_t i = 0; i < n && !err; i++) {
		bool ends = edges[i].last == edges[i].first + 1 &&
			    literals->entries[edges[i].first].len == edges[i].depth;

		edges[i].edge = at + 1 + bytes[i];
		trie->cells[edges[i].edge] =
			(struct writ_trie_cell){.owner = at, .state = edges[i].row};
		if (!ends)
			err = push(queue, edges[i]);
	}
	*ret_node = at;
	return err;
}

int writ_trie_add(struct writ_trie *trie, const struct writ_literals *literals, uint32_t *ret_entry)
{
	struct queue queue = {0};
	uint32_t root = 0, at = 0;
	int err = 0;

	*ret_entry = ROW_DEAD;
	if (!literals->n_entries)
		return 0;
	err = add_node(trie, literals, &queue,
		       &(struct node){.last = literals->n_entries, .row = ROW_DEAD}, &root);
	while (queue.count && !err) {
		struct node node = queue.nodes[--queue.count];

		err = add_node(trie, literals, &queue, &node, &at);
		if (!err)
			trie->cells[node.edge].state = at | WRIT_STATE_TRIE;
	}
	free(queue.nodes);
	*ret_entry = root | WRIT_STATE_TRIE;
	return err;
}
