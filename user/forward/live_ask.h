/* SPDX-License-Identifier: Apache-2.0 */
/* What a live subscriber wants: see live.h. */
#ifndef WRIT_FORWARD_LIVE_ASK_H
#define WRIT_FORWARD_LIVE_ASK_H

#include <stdbool.h>
#include <stddef.h>

#include "forward/follower.h"
#include "forward/watch.h"
#include "trail/blocks.h"
#include "trail/chain.h"

struct writ_live_ask {
	bool start;					  /* from the oldest line */
	bool has_after;
	struct writ_chain after;			  /* of the line behind which it begins */
	char words[WRIT_WORD_COUNT][WRIT_BLOCK_WORD_MAX]; /* as they stand in a line; "": any */
};

/* -EINVAL: it is none, or has a member that is not known: a filter that is not applied is none. */
int writ_live_ask_parse(const char *text, size_t len, struct writ_live_ask *ret);

/* Reads it from @fd; who says nothing gets everything from now on. -EINVAL, -EPIPE, -ECANCELED. */
int writ_live_ask_read(int fd, const struct writ_watch *watch, struct writ_live_ask *ret);

/*
 * A follower behind the line that has @after, looked for from the newest segment back, so a short
 * absence is found at once. -ENOENT: the log has no such line; -ECANCELED: @watch has stopped.
 */
int writ_live_after(const char *log, struct writ_watch *watch, const struct writ_chain *after,
		    struct writ_follower **ret);

bool writ_live_wants(const struct writ_live_ask *ask, const char *line, size_t len);

#endif
