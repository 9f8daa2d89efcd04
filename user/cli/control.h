/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The client's end of writ/control.h: one request out, rows in, until the end row. Every way in
 * which that can fail is said here, once, with what helps.
 */
#ifndef WRIT_CLI_CONTROL_H
#define WRIT_CLI_CONTROL_H

#include <stddef.h>

#include "cli/options.h"
#include "writ/control.h"

#define WRIT_CONTROL_TIMEOUT_SECONDS 5

/* More rows than agents and grants can exist mean that this isn't writd. */
#define WRIT_CONTROL_ROWS_MAX WRIT_GRANT_INFOS_MAX

struct writ_answer {
	struct writ_reply *rows; /* owned; of one type, strings ended by NUL */
	size_t count;
};

/* A request of @verb with all else 0. */
struct writ_request writ_control_request(enum writ_verb verb);

/*
 * Copies @text into a field of the request; @what names it in the error. Returns WRIT_EXIT_OK, or
 * WRIT_EXIT_USAGE when it is empty or doesn't fit.
 */
int writ_control_field(const struct writ_cli *cli, const char *what, const char *text, char *field,
		       size_t size);

/* The number of a @what from @word; @where they are listed. WRIT_EXIT_OK or WRIT_EXIT_USAGE. */
int writ_control_number(const struct writ_cli *cli, const char *what, const char *where,
			const char *word, __u64 *ret_number);

/* A grant's. */
int writ_control_grant(const struct writ_cli *cli, const char *word, __u64 *ret_grant);

/*
 * Sends @request and collects the rows. Returns an exit code of command.h, other than
 * WRIT_EXIT_OK after saying why. @ret is written on success only; release it with
 * writ_control_release().
 */
int writ_control_ask(const struct writ_cli *cli, const struct writ_request *request,
		     struct writ_answer *ret);

/* The same for a command without words of its own, which asks for all of @verb's rows. */
int writ_control_list(struct writ_cli *cli, enum writ_verb verb, int argc, char **argv,
		      struct writ_answer *ret);

void writ_control_release(struct writ_answer *answer);

#define _cleanup_answer_ __attribute__((cleanup(writ_control_release)))

#endif
