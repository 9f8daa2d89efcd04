/* SPDX-License-Identifier: Apache-2.0 */
/* `writ`: finds the verb in the table and calls it. help and --version are answered here. */
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include <jansson.h>

#include "cli/command.h"
#include "cli/options.h"

static const struct writ_command *const commands[] = {
	/* agents */
	&writ_command_whoami,
	&writ_command_request,
	&writ_command_exec,
	&writ_command_done,
	&writ_command_why,
	/* operators: one agent, one grant */
	&writ_command_run,
	&writ_command_grant,
	&writ_command_pending,
	&writ_command_approve,
	&writ_command_deny,
	&writ_command_revoke,
	&writ_command_suspend,
	&writ_command_resume,
	/* operators: the node */
	&writ_command_freeze,
	&writ_command_thaw,
	&writ_command_agents,
	&writ_command_grants,
	&writ_command_status,
	&writ_command_metrics,
	&writ_command_audit,
	&writ_command_policy,
};
#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const struct writ_command *find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!strcmp(commands[i]->name, name))
			return commands[i];
	return NULL;
}

static void print_overview(FILE *file)
{
	(void)fprintf(file, "usage: writ VERB [ARGUMENT ...]\n\n");
	for (size_t i = 0; i < N_COMMANDS; i++)
		(void)fprintf(file, "  %-8s %s\n", commands[i]->name, commands[i]->summary);
	(void)fprintf(file, "  %-8s %s\n", "help", "show this, or the help of a verb");
	(void)fprintf(file, "\nEvery verb takes --help, --json, and --socket PATH for the socket "
			    "that it asks.\n"
			    "Exit codes: 0 ok, 1 failed, 2 usage, 3 no answer, 4 not "
			    "permitted, 5 request refused,\n6 request pending. See writ(1).\n");
}

static void print_help(const struct writ_command *command)
{
	(void)printf("usage: writ %s %s\n\n%s\n", command->name, command->arguments,
		     command->summary);
	if (*command->help)
		(void)printf("\n%s", command->help);
	(void)printf("\nSee writ-%s(1).\n", command->name);
}

static int unknown_verb(const char *word)
{
	const struct writ_cli cli = {0};
	const char *words[N_COMMANDS + 2] = {0}, *nearest;

	for (size_t i = 0; i < N_COMMANDS; i++)
		words[i] = commands[i]->name;
	words[N_COMMANDS] = "help";
	nearest = writ_options_nearest(word, words);
	if (nearest)
		return writ_options_usage(&cli, "unknown verb '%s': did you mean '%s'?", word,
					  nearest);
	return writ_options_usage(&cli, "unknown verb '%s'", word);
}

static int help(const char *word)
{
	const struct writ_command *command = word ? find(word) : NULL;

	if (word && !command)
		return unknown_verb(word);
	if (command)
		print_help(command);
	else
		print_overview(stdout);
	return WRIT_EXIT_OK;
}

/* Is --help among the words of the verb, and not of the command that `run` or `exec` starts? */
static int wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return 1;
	return 0;
}

/* The library would open /dev/urandom, which a role need not allow: a denial for nothing. */
static void seed_json(void)
{
	size_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed) && seed)
		json_object_seed(seed);
}

int main(int argc, char **argv)
{
	const struct writ_command *command;

	seed_json();
	if (argc < 2) {
		print_overview(stderr);
		return WRIT_EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--version")) {
		(void)printf("writ " WRIT_VERSION "\n");
		return WRIT_EXIT_OK;
	}
	if (!strcmp(argv[1], "help") || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		return help(argc > 2 ? argv[2] : NULL);
	command = find(argv[1]);
	if (!command)
		return unknown_verb(argv[1]);
	if (wants_help(argc - 1, argv + 1)) {
		print_help(command);
		return WRIT_EXIT_OK;
	}
	return command->main(argc - 1, argv + 1);
}
