/* SPDX-License-Identifier: Apache-2.0 */
/* See options.h. Words come from a person or a script: they are escaped before they are shown. */
#include "cli/options.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "compile/suggest.h"
#include "lib/escape.h"

#define MESSAGE_SIZE 2048

/* Returns the exit code that it has said. */
static int put_error(const struct writ_cli *cli, int exit, const char *message)
{
	char text[WRIT_ESCAPE_SIZE(MESSAGE_SIZE)];
	int code = exit < cli->least ? cli->least : exit;

	(void)writ_output_text(message, text, sizeof(text));
	(void)fflush(stdout); /* what was printed before comes before it */
	if (!cli->json) {
		(void)fprintf(stderr, "writ: %s\n", text);
		return code;
	}
	(void)fprintf(stderr, "{\"error\": \"");
	for (const char *at = text; *at; at++)
		(void)fprintf(stderr, *at == '"' || *at == '\\' ? "\\%c" : "%c", *at);
	(void)fprintf(stderr, "\", \"exit\": %d}\n", code);
	return code;
}

int writ_options_fail(const struct writ_cli *cli, int exit, const char *format, ...)
{
	char message[MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	return put_error(cli, exit, message);
}

int writ_options_usage(const struct writ_cli *cli, const char *format, ...)
{
	char message[MESSAGE_SIZE - 256], whole[MESSAGE_SIZE];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	(void)snprintf(whole, sizeof(whole), "%s; see 'writ help%s%.64s'", message,
		       cli->verb ? " " : "", cli->verb ? cli->verb : "");
	return put_error(cli, WRIT_EXIT_USAGE, whole);
}

const char *writ_options_nearest(const char *written, const char *const *words)
{
	const char *nearest = NULL;
	size_t least = 0;

	for (; *words; words++) {
		size_t distance = writ_suggest_distance(written, *words);

		if (nearest && distance >= least)
			continue;
		nearest = *words;
		least = distance;
	}
	return nearest && writ_suggest_near(nearest, least) ? nearest : NULL;
}

static int unknown_option(const struct writ_cli *cli, const struct writ_option *options,
			  const char *word)
{
	const char *words[32] = {0}, *nearest;
	size_t n = 0, len = strcspn(word, "=");
	char name[64];

	for (const struct writ_option *option = options; option->name && n < 31; option++)
		words[n++] = option->name;
	(void)snprintf(name, sizeof(name), "%.*s", (int)(len < 63 ? len : 63), word);
	nearest = writ_options_nearest(name + strspn(name, "-"), words);
	if (nearest)
		return writ_options_usage(cli, "unknown option '%s': did you mean '--%s'?", name,
					  nearest);
	return writ_options_usage(cli, "unknown option '%s'%s", name,
				  cli->program ? ": arguments of a program stand behind --" : "");
}

static const struct writ_option *find(const struct writ_option *options, const char *word)
{
	size_t len = strcspn(word, "=");

	for (const struct writ_option *option = options; option->name; option++) {
		if (!strncmp(word, "--", 2) && strlen(option->name) + 2 == len &&
		    !strncmp(word + 2, option->name, len - 2))
			return option;
		if (option->letter && word[1] == option->letter && !word[2])
			return option;
	}
	return NULL;
}

static int put_value(const struct writ_cli *cli, const struct writ_option *option,
		     const char *value)
{
	if (!option->list) {
		*option->value = value;
		return WRIT_EXIT_OK;
	}
	if (option->list->count == WRIT_OPTION_LIST_MAX)
		return writ_options_usage(cli, "more than %u times '--%s'", WRIT_OPTION_LIST_MAX,
					  option->name);
	option->list->items[option->list->count++] = value;
	return WRIT_EXIT_OK;
}

/* Takes the option at argv[*at], and its value. */
static int take(const struct writ_cli *cli, const struct writ_option *options, int argc,
		char **argv, int *at)
{
	const char *word = argv[*at], *equals = strchr(word, '=');
	const struct writ_option *option = find(options, word);

	if (!option)
		return unknown_option(cli, options, word);
	if (option->flag) {
		if (equals && !option->value)
			return writ_options_usage(cli, "option '--%s' takes no value",
						  option->name);
		*option->flag = true;
		return equals ? put_value(cli, option, equals + 1) : WRIT_EXIT_OK;
	}
	if (equals)
		return put_value(cli, option, equals + 1);
	if (*at + 1 >= argc || !strcmp(argv[*at + 1], "--"))
		return writ_options_usage(cli, "option '%s' needs a value", word);
	return put_value(cli, option, argv[++*at]);
}

int writ_options_parse(struct writ_cli *cli, const struct writ_option *options, int argc,
		       char **argv, struct writ_arguments *ret)
{
	struct writ_arguments arguments = {0};
	int err;

	cli->verb = argv[0];
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--")) {
			arguments.rest = argv + i + 1;
			break;
		}
		if (argv[i][0] == '-' && argv[i][1]) {
			err = take(cli, options, argc, argv, &i);
			if (err)
				return err;
			continue;
		}
		if (arguments.count == WRIT_POSITIONALS_MAX)
			return writ_options_usage(cli, "more than %u arguments",
						  WRIT_POSITIONALS_MAX);
		arguments.positional[arguments.count++] = argv[i];
	}
	*ret = arguments;
	return WRIT_EXIT_OK;
}

int writ_options_only(struct writ_cli *cli, const struct writ_option *options, int argc,
		      char **argv)
{
	struct writ_arguments arguments;
	int err = writ_options_parse(cli, options, argc, argv, &arguments);

	if (!err && (arguments.count || arguments.rest))
		err = writ_options_usage(cli, "'%s' takes no arguments", cli->verb);
	return err;
}
