/* SPDX-License-Identifier: Apache-2.0 */
/* What `writ audit query` and `export` may be asked for: the options, and the question of them. */
#ifndef WRIT_CLI_AUDIT_FILTER_H
#define WRIT_CLI_AUDIT_FILTER_H

#include <stdint.h>

#include "cli/options.h"
#include "trail/query.h"

#define WRIT_AUDIT_FILTER_OPTIONS (8 + WRIT_WORD_COUNT)

struct writ_audit_filter {
	const char *path;
	const char *since;
	const char *until;
	const char *limit;
	struct writ_query query;
	uint64_t left; /* lines that may still be given out */
};

/* Of the standard log, with no bound. */
void writ_audit_filter_init(struct writ_audit_filter *filter);

/* Writes WRIT_AUDIT_FILTER_OPTIONS options, which write to @filter. */
void writ_audit_filter_options(struct writ_audit_filter *filter, struct writ_option *ret_options);

/* Once the command line was read: WRIT_EXIT_OK, or says what is wrong and returns the exit code. */
int writ_audit_filter_check(const struct writ_cli *cli, struct writ_audit_filter *filter);

/* A moment, or @ret_us unchanged if @text is NULL; @name is the option's. Likewise. */
int writ_audit_filter_moment(const struct writ_cli *cli, const char *name, const char *text,
			     bool end, int64_t *ret_us);

/* What the search could not read, after the answer: WRIT_EXIT_OK or says so. */
int writ_audit_filter_damage(const struct writ_cli *cli, const struct writ_query_cost *cost);

#endif
