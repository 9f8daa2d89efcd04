/* SPDX-License-Identifier: Apache-2.0 */
/* See classes.h: starts with one class and splits it by each label that an edge carries. */
#include "compile/classes.h"

#include <stdbool.h>
#include <string.h>

/* Splits every class of which some bytes are in the label and some are not. */
static void split(const struct writ_nfa *nfa, uint32_t label, struct writ_classes *classes)
{
	int moved[256];

	memset(moved, -1, sizeof(moved));
	for (unsigned int byte = 0; byte < 256; byte++) {
		uint8_t old = classes->of[byte];
		bool in = writ_nfa_has(nfa, label, (uint8_t)byte);

		/* a class stays with the side of its sample; the other side gets a new number */
		if (in == writ_nfa_has(nfa, label, classes->sample[old]))
			continue;
		if (moved[old] < 0) {
			moved[old] = (int)classes->count;
			classes->sample[classes->count++] = (uint8_t)byte;
		}
		classes->of[byte] = (uint8_t)moved[old];
	}
}

void writ_classes_build(const struct writ_nfa *nfa, struct writ_classes *ret_classes)
{
	bool bytes[256] = {false};

	*ret_classes = (struct writ_classes){.count = 1};
	for (size_t i = 0; i < nfa->n_edges; i++)
		if ((nfa->edges[i].label & WRIT_NFA_LABEL) < WRIT_NFA_SET)
			bytes[nfa->edges[i].label & 0xff] = true;
	for (uint32_t byte = 0; byte < 256; byte++)
		if (bytes[byte])
			split(nfa, byte, ret_classes);
	for (uint32_t i = 0; i < nfa->n_sets; i++)
		split(nfa, WRIT_NFA_SET + i, ret_classes);
}
