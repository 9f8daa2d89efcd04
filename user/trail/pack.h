/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Closed segments are indexed and packed beside the writing, by a thread that yields to everything
 * else. A segment is there as it was until all of its packed copy is on the disk, so that a crash
 * at any point costs nothing but the work, which is done again.
 */
#ifndef WRIT_TRAIL_PACK_H
#define WRIT_TRAIL_PACK_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Indexes closed segment @number of @log, and packs it if @compress says so and it is not. @stop,
 * if it becomes true meanwhile: -ECANCELED. -EBADMSG: it can't be unpacked. 0 also if it was done.
 */
int writ_pack_segment(const char *log, uint64_t number, bool compress, const volatile bool *stop);

struct writ_packer;

/* Packs what is closed, now and from each writ_packer_wake() on. @log must stay. */
int writ_packer_start(const char *log, bool compress, struct writ_packer **ret);
void writ_packer_stop(struct writ_packer *packer);

static inline void writ_packer_stopp(struct writ_packer **packer)
{
	writ_packer_stop(*packer);
}

void writ_packer_wake(struct writ_packer *packer, bool compress);

/* What it could not do last, 0 or -errno, and of which segment. */
int writ_packer_error(struct writ_packer *packer, uint64_t *ret_segment);

/*
 * Closed segments that are older than @keep_ns (by their last change) or beyond @keep_bytes in
 * all, oldest first: the number of the last one, so many may go. False: none. Never the newest.
 */
bool writ_prune_find(const char *log, uint64_t keep_ns, uint64_t keep_bytes, uint64_t *ret_last);

/* Removes closed segments up to @last with their indexes. 0 or -errno, of the first that stays. */
int writ_prune(const char *log, uint64_t last);

#endif
