/* SPDX-License-Identifier: Apache-2.0 */
/* Inside the follower: follower.c goes through the lines, follower_find.c opens the files. */
#ifndef WRIT_FORWARD_FOLLOWER_STATE_H
#define WRIT_FORWARD_FOLLOWER_STATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "forward/follower.h"
#include "trail/lines.h"

#define WRIT_FOLLOWER_BLOCK (2u * WRIT_LINES_MAX)

struct writ_follower {
	const char *log;
	struct writ_place place;
	struct writ_place resume; /* where to go on in the segment that is opened next */
	bool have_resume;
	bool newest; /* nothing was read yet, and nothing old is wanted */
	/* the segment in hand: one of these */
	int fd;
	dev_t device;
	ino_t inode;
	struct writ_lines *packed;
	bool closed; /* it was found under its number: nothing more is written into it */
	struct writ_followed_lost lost;
	uint64_t next; /* its number, when none is in hand; UINT64_MAX: the first there is */
	/* of a plain one: bytes from `start` in the file */
	uint64_t start;
	size_t at;
	size_t used;
	char buffer[WRIT_FOLLOWER_BLOCK];
};

/* Nothing is in hand any more. */
void writ_follower_drop(struct writ_follower *follower);

/* A segment is read from its first line on. */
void writ_follower_begin(struct writ_follower *follower, uint64_t number);

/*
 * Opens the first segment that is there from follower->next on. -ENOENT: none; -EAGAIN: files were
 * renamed or packed meanwhile, or the open one has no first line yet; look once more.
 */
int writ_follower_find(struct writ_follower *follower, uint64_t *ret_number);

/* In the segment in which the reader was. 1: it is not the same, and begins anew. */
int writ_follower_skip(struct writ_follower *follower);

#endif
