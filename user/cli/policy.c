/* SPDX-License-Identifier: Apache-2.0 */
/* `writ policy`: the table of its verbs, one file each, and what several of them need. */
#include "cli/policy.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/verbs.h"
#include "lib/cleanup.h"
#include "writ/control.h"
#include "writ/names.h"

static const struct writ_cli_verb verbs[] = {
	{"check", writ_policy_check_main}, {"explain", writ_policy_explain_main},
	{"test", writ_policy_test_main},   {"diff", writ_policy_diff_main},
	{"apply", writ_policy_apply_main}, {NULL, NULL},
};

/* The first word that is neither an option nor the value of one. */
static const char *find_verb(int argc, char **argv)
{
	static const char *const with_value[] = {"--socket", "--access", "--grant", "--at",
						 "--policy"};

	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		int option = i;

		if (argv[i][0] != '-')
			return argv[i];
		for (size_t j = 0; j < sizeof(with_value) / sizeof(with_value[0]); j++)
			i += !strcmp(argv[option], with_value[j]);
	}
	return "";
}

static int policy_main(int argc, char **argv)
{
	return writ_verbs_run("policy", verbs, find_verb(argc, argv), argc, argv);
}

int writ_policy_default(const struct writ_cli *cli, int exit, const char **ret_path)
{
	if (access(WRIT_POLICY_DIR, F_OK))
		return writ_options_fail(cli, exit,
					 "no policy in " WRIT_POLICY_DIR
					 ": %s; name another one, see "
					 "'writ help policy'",
					 strerror(errno));
	*ret_path = WRIT_POLICY_DIR;
	return WRIT_EXIT_OK;
}

int writ_policy_parse(struct writ_cli *cli, const char *usage, size_t least, size_t most, int argc,
		      char **argv, struct writ_policy_paths *ret)
{
	const struct writ_option options[] = {WRIT_OPTIONS_COMMON(cli), {0}};
	struct writ_policy_paths paths = {.count = 0};
	struct writ_arguments arguments;
	int err = writ_options_parse(cli, options, argc, argv, &arguments);

	if (err)
		return err;
	for (size_t i = 1; i < arguments.count; i++) /* the first is the verb */
		paths.items[paths.count++] = arguments.positional[i];
	if (paths.count < least || paths.count > most || arguments.rest)
		return writ_options_usage(cli, "write 'policy %s'", usage);
	if (!paths.count)
		err = writ_policy_default(cli, WRIT_EXIT_FAILED, &paths.items[paths.count++]);
	if (!err)
		*ret = paths;
	return err;
}

int writ_policy_open(const struct writ_cli *cli, const char *const *paths, size_t n_paths, int exit,
		     struct writ_policy **ret_policy)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	int err = writ_policy_load(paths, n_paths, &diags, ret_policy);
	char line[2048] = "";

	if (!err)
		return WRIT_EXIT_OK;
	if (!diags.errors)
		return writ_options_fail(cli, exit, "can't read the policy: %s", strerror(-err));
	for (size_t i = diags.count; i--;)
		if (diags.items[i].severity == WRIT_SEVERITY_ERROR)
			(void)writ_diagnostics_format(&diags, i, line, sizeof(line));
	if (diags.errors == 1)
		return writ_options_fail(cli, exit, "%s", line);
	return writ_options_fail(cli, exit, "%s; 'writ policy check %s%s' shows all errors", line,
				 paths[0], n_paths > 1 ? " ..." : "");
}

void writ_policy_access(uint32_t access, char *ret_text, size_t size)
{
	size_t used = 0;

	ret_text[0] = '\0';
	for (uint32_t i = 0; i < WRIT_ACCESS_BITS && used < size; i++)
		if (access >> i & 1)
			used += (size_t)snprintf(ret_text + used, size - used, "%s%s",
						 used ? "," : "", writ_access_name(i));
}

json_t *writ_policy_access_json(uint32_t access)
{
	json_t *list = json_array();

	for (uint32_t i = 0; i < WRIT_ACCESS_BITS; i++)
		if (access >> i & 1)
			(void)json_array_append_new(list, json_string(writ_access_name(i)));
	return list;
}

const struct writ_command writ_command_policy = {
	.name = "policy",
	.arguments = "check [PATH ...]\n"
		     "       writ policy explain AGENT OPERATION OBJECT [ARGUMENT ...] [--access "
		     "WORDS]\n"
		     "                   [--grant 'PLAYBOOK NAME=VALUE ...'] [--at TIME] [--policy "
		     "PATH]\n"
		     "       writ policy test [PATH ...]\n"
		     "       writ policy diff OLD NEW\n"
		     "       writ policy apply [PATH]",
	.summary = "check, question, test, compare and apply policy",
	.help = "check    every error and warning, as file:line:column; exits with 1 on errors\n"
		"explain  may the agent read, write, create, open, exec or connect, and by which\n"
		"         rule; if not, by which playbook; exits with 0: allowed, 1: denied, 2: "
		"no\n"
		"         answer\n"
		"test     the cases of the *.test.yaml files beside the policy; 1 when one fails\n"
		"diff     what each agent gains and loses; 0: nothing, 1: something, 2: no answer\n"
		"apply    check, then have writd read its policy again and prove it\n"
		"\n"
		"      --access WORDS   what an open needs: read,write,create\n"
		"      --grant GRANT    as if this were granted now; --ttl and --delay as in "
		"'writ\n"
		"                       grant'; may be given several times\n"
		"      --at TIME        that much later\n"
		"      --policy PATH    the policy that is asked\n"
		"\n"
		"PATH is a file, or a directory whose *.yaml files are read; " WRIT_POLICY_DIR
		"\nwithout one. Arguments of a program with options stand behind --. All take "
		"--json.\n"
		"\n"
		"Example: writ policy explain billing-bot write /etc/ssl/billing/tls.key \\\n"
		"             --grant 'rotate-certificate service=billing' --at 5m\n",
	.main = policy_main,
};
