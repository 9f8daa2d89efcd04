/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The file of keys: a line {"type":"anchor","public":"..."} with the public key of S(0), then the
 * first line of every segment that was begun. A second anchor says that the keys were lost and made
 * anew before the segment that follows. It stays when segments are removed, so that any
 * segment can be tied to the anchor. Public: who changes it can be found out, for all is signed.
 */
#ifndef WRIT_TRAIL_KEYS_H
#define WRIT_TRAIL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trail/seal.h"

struct writ_keys_entry {
	struct writ_seal seal;
	uint8_t digest[WRIT_CHAIN_SIZE]; /* of the line, to compare the segment's own with */
};

struct writ_keys {
	uint8_t anchor[WRIT_KEY_SIZE]; /* the first one; zeros: none */
	uint8_t last_anchor[WRIT_KEY_SIZE];
	uint8_t signer[WRIT_KEY_SIZE];	 /* of the next entry */
	struct writ_keys_entry *entries; /* of segment 0, 1, ... */
	size_t n;
	uint64_t bad_line; /* of the file, where reading found -EBADMSG */
	uint64_t renewed;  /* line of the second anchor, 0: there is none */
};

/*
 * Reads the file beside @log and checks each signature by the one before, from @anchor or, NULL,
 * from what the file says. -EBADMSG: bad_line is not signed as it must be; -EKEYREJECTED: the file
 * has another anchor than @anchor. A last line without newline is not counted: its writer was
 * interrupted. What was read before an error is in @ret; freed by writ_keys_free().
 */
int writ_keys_read(const char *log, const uint8_t *anchor, struct writ_keys *ret);
void writ_keys_free(struct writ_keys *keys);

/* Appends an anchor, or a first line; neither if the file ends with it already. */
int writ_keys_put_anchor(const char *log, const uint8_t anchor[WRIT_KEY_SIZE]);
int writ_keys_put(const char *log, const char *line, size_t len);

#endif
