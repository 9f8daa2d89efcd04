/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines that are not in the log: what a sink has to say of itself to whoever gets its lines.
 *
 *	{"time":..,"type":"forward","event":"removed","sink":"siem","segments":3,"first":4,"last":6}
 *	{"time":..,"type":"forward","event":"skipped","sink":"siem","lines":812,"bytes":401230}
 *	{"time":..,"type":"forward","event":"again","sink":"siem"}
 *	{"time":..,"type":"forward","event":"damaged","sink":"siem","segment":7}
 *	{"time":..,"type":"forward","event":"begun","sink":"live","after":CHAIN}
 *	{"time":..,"type":"forward","event":"left_behind","sink":"live","lines":..,"bytes":..}
 */
#ifndef WRIT_FORWARD_NOTE_H
#define WRIT_FORWARD_NOTE_H

#include <stddef.h>
#include <stdint.h>

#include "trail/chain.h"

#define WRIT_NOTE_SIZE 320u

/* Each returns the length, with the newline. */
size_t writ_note_removed(const char *sink, uint64_t first, uint64_t last, char ret[WRIT_NOTE_SIZE]);
size_t writ_note_left_out(const char *event, const char *sink, uint64_t lines, uint64_t bytes,
			  char ret[WRIT_NOTE_SIZE]);
size_t writ_note_again(const char *sink, char ret[WRIT_NOTE_SIZE]);
size_t writ_note_begun(const char *sink, const uint8_t head[WRIT_CHAIN_SIZE],
		       char ret[WRIT_NOTE_SIZE]);
size_t writ_note_damaged(const char *sink, uint64_t segment, char ret[WRIT_NOTE_SIZE]);

#endif
