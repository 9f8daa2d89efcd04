/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command lines: options in any place, `--name value` or `--name=value`, `--` ends them. What is
 * unknown is refused with the nearest word that is known.
 */
#ifndef WRIT_CLI_OPTIONS_H
#define WRIT_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* What every verb takes. */
struct writ_cli {
	const char *verb;
	const char *socket; /* NULL: the verb's own, by its environment variable or fixed */
	bool json;
	bool program; /* takes a program's arguments behind `--` */
	int least;    /* exit code of a failure: run and exec leave the lower ones to the command */
};

#define WRIT_OPTION_LIST_MAX 16u

/* The values of an option that may be given more than once. */
struct writ_option_list {
	const char *items[WRIT_OPTION_LIST_MAX];
	size_t count;
};

/*
 * One of `flag`, `value` and `list` is set; with `flag` and `value` the value may be left out,
 * and is written behind "=". An entry without a name ends the list.
 */
struct writ_option {
	const char *name; /* without the dashes */
	char letter;	  /* of the short form, 0: none */
	bool *flag;
	const char **value;
	struct writ_option_list *list;
};

/* To begin an option list with. */
#define WRIT_OPTIONS_COMMON(cli)                          \
	{.name = "json", .flag = &(cli)->json},           \
	{                                                 \
		.name = "socket", .value = &(cli)->socket \
	}

#define WRIT_POSITIONALS_MAX 64u

struct writ_arguments {
	char *positional[WRIT_POSITIONALS_MAX];
	size_t count;
	char **rest; /* behind `--`, ends in NULL; NULL when there is no `--` */
};

/* Returns WRIT_EXIT_OK, or what writ_options_usage() does, after saying what is wrong. */
int writ_options_parse(struct writ_cli *cli, const struct writ_option *options, int argc,
		       char **argv, struct writ_arguments *ret);

/* The same for a verb that takes options alone. */
int writ_options_only(struct writ_cli *cli, const struct writ_option *options, int argc,
		      char **argv);

/* The word of @words (ends in NULL) that @written may have meant, or NULL. */
const char *writ_options_nearest(const char *written, const char *const *words);

/* Says what is wrong and where help is. Returns WRIT_EXIT_USAGE, or @least if that is more. */
int writ_options_usage(const struct writ_cli *cli, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * Says what failed, as text or as a JSON line on standard error. Returns @exit, or @least if that
 * is more.
 */
int writ_options_fail(const struct writ_cli *cli, int exit, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
