/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked of a grant, on the command line -> the JSON that /v1/requests takes. */
#ifndef WRIT_CLI_FORM_H
#define WRIT_CLI_FORM_H

#include <jansson.h>
#include <stdint.h>

#include "cli/options.h"

struct writ_form {
	const char *agent; /* an operator's; NULL: the one that asks */
	const char *ttl, *delay, *ticket, *sponsor, *reason;
	struct writ_option_list context;
};

/* Options that `request` and `grant` share. */
#define WRIT_FORM_OPTIONS(form)                                                             \
	{.name = "ttl", .value = &(form)->ttl}, {.name = "delay", .value = &(form)->delay}, \
		{.name = "ticket", .value = &(form)->ticket},                               \
		{.name = "sponsor", .value = &(form)->sponsor},                             \
		{.name = "reason", .value = &(form)->reason},                               \
	{                                                                                   \
		.name = "context", .list = &(form)->context                                 \
	}

/*
 * Playbook and parameters stand in @arguments. WRIT_EXIT_OK with a JSON object, owned; else an exit
 * code after saying what is wrong.
 */
int writ_form_build(const struct writ_cli *cli, const struct writ_form *form,
		    const struct writ_arguments *arguments, json_t **ret_body);

/* A time such as 3m, of option --@what; at most seven days. */
int writ_form_time(const struct writ_cli *cli, const char *what, const char *text,
		   uint64_t *ret_ns);

#endif
