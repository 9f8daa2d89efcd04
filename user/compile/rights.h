/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of an image as rights to compare: what may be done, or not, to which object. */
#ifndef WRIT_COMPILE_RIGHTS_H
#define WRIT_COMPILE_RIGHTS_H

#include <stdbool.h>
#include <stdint.h>

#include "compile/arena.h"
#include "writ/match.h"

struct writ_right {
	const char *object; /* "/etc/ssl/{service}", "10.0.0.0/8 tcp 443" */
	const char *at;	    /* "roles.yaml:8:5" */
	uint32_t allow;
	uint32_t deny;
	uint32_t audit; /* enum writ_audit */
};

struct writ_rights {
	struct writ_right *items; /* by object; several rules may speak of one */
	size_t count;
};

/* The rights of the image at offset 0, in @arena. 0 or -ENOMEM. */
int writ_rights_of(const struct writ_tables *tables, struct writ_arena *arena,
		   struct writ_rights *ret_rights);

/* True when two images are the same but for the texts of their rules. */
bool writ_rights_same_image(const struct writ_tables *a, const struct writ_tables *b);

#endif
