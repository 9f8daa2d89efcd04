/* SPDX-License-Identifier: GPL-2.0-only */
/* The matchers as functions of their own, see match.bpf.c. */
#ifndef WRIT_MATCH_BPF_H
#define WRIT_MATCH_BPF_H

#include "maps.bpf.h"

/*
 * Walks text[@at, @end) through the image at arena offset @image, from state word @state; returns
 * the state word behind it, WRIT_STATE_DEAD when there is nothing to walk on.
 */
extern __u32 match_walk(struct writ_text *text, __u32 image, __u32 state, __u32 at, __u32 end);

/* The accept index of state word @state of that image. */
extern __u32 match_accept(__u32 image, __u32 state);

/* The accept index that image @id gives for an address and port; 0: no rule. */
extern __u32 match_address(__u32 id, __u32 protocol, __u32 port, struct address *address);

#endif
