/* SPDX-License-Identifier: Apache-2.0 */
/* A place between two lines of the log: what a reader has behind it. */
#ifndef WRIT_FORWARD_POSITION_H
#define WRIT_FORWARD_POSITION_H

#include <stdint.h>

#include "trail/chain.h"

struct writ_place {
	uint64_t segment;
	uint64_t offset; /* in it, bytes unpacked */
	uint64_t line;	 /* lines of it that are before */
	/* Of the last line before: shows whether the file is still the one that was read. Zeros at
	 * a segment's start. */
	uint8_t head[WRIT_CHAIN_SIZE];
};

#endif
