/* SPDX-License-Identifier: Apache-2.0 */
/* What Writ needs of the host, each with whether it is there and how to get it. */
#ifndef WRIT_KERNEL_PREFLIGHT_H
#define WRIT_KERNEL_PREFLIGHT_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/kernel.h"

/* One for each program, and those that preflight.c names itself. */
#define WRIT_PREFLIGHT_MAX (WRIT_PROGRAM_COUNT + 8)

struct writ_preflight_item {
	const char *name; /* "bpf in the LSM list" */
	bool present;
	bool hook;	   /* `writd --no-attach` does without */
	bool optional;	   /* missing, and writd runs without it: `remedy` says what is lost */
	char found[160];    /* what is there */
	const char *remedy; /* how to get it; static */
};

struct writ_preflight {
	struct writ_preflight_item items[WRIT_PREFLIGHT_MAX];
	size_t count;
	size_t missing; /* of those that are not optional */
	size_t lost;	/* optional ones that are missing */
	char lsm[256]; /* the active LSMs, "" when not readable */
};

void writ_preflight_run(struct writ_preflight *ret_result);

#endif
