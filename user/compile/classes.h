/* SPDX-License-Identifier: Apache-2.0 */
/* Byte classes: bytes that no edge of an automaton tells apart share one column of its rows. */
#ifndef WRIT_COMPILE_CLASSES_H
#define WRIT_COMPILE_CLASSES_H

#include "compile/nfa.h"

struct writ_classes {
	uint8_t of[256];     /* byte -> class */
	uint8_t sample[256]; /* class -> a byte of it */
	uint32_t count;	     /* 1 to 256 */
};

void writ_classes_build(const struct writ_nfa *nfa, struct writ_classes *ret_classes);

#endif
