/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the kernel would find in an image, in user space: the walk is include/writ/match.h, the
 * very code of the hooks; only addresses are looked for in the image instead of the LPM map. Images
 * must have passed writ_image_check().
 */
#ifndef WRIT_COMPILE_IMAGE_MATCH_H
#define WRIT_COMPILE_IMAGE_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "compile/image.h"
#include "writ/match.h"

/* An arena of WRIT_TABLES_SIZE; memory that is never touched costs nothing. NULL: no memory. */
struct writ_tables *writ_tables_new(void);
void writ_tables_free(struct writ_tables *tables);
void writ_tables_freep(struct writ_tables **tables);

/* Copies an image to @offset (a multiple of WRIT_IMAGE_ALIGN). -ENOSPC when it does not fit. */
int writ_tables_place(struct writ_tables *tables, __u32 offset, const struct writ_blob *image);

/*
 * The accept entry for a path, an exec string (path NUL argv[0] NUL ...) or a connect target
 * (@address in network order, IPv4 as mapped IPv6). 0 is the entry that gives nothing.
 * A path of more than 4095 bytes or an exec string over WRIT_TEXT_SIZE: -ENAMETOOLONG.
 */
int writ_image_match(const struct writ_tables *tables, __u32 image, const void *path, size_t len,
		     __u32 *ret_accept);
int writ_image_match_exec(const struct writ_tables *tables, __u32 image, const void *text,
			  size_t len, __u32 *ret_accept);
__u32 writ_image_match_address(const struct writ_tables *tables, __u32 image, __u32 protocol,
			       const __u8 address[16], __u16 port);

/*
 * The rule that decides about @need (access bits) in entry @accept: the first rule that denies a
 * bit of it, else the first that allows one. *@ret_text points into the arena and is not
 * NUL-terminated. False: no rule speaks of it.
 */
bool writ_image_rule(const struct writ_tables *tables, __u32 image, __u32 accept, __u32 need,
		     __u32 *ret_rule, const char **ret_text, size_t *ret_len);

#endif
