/* SPDX-License-Identifier: Apache-2.0 */
/* `writ audit`: the table of its verbs, one file each. */
#include "cli/audit.h"

#include <errno.h>
#include <string.h>

#include "cli/command.h"
#include "cli/verbs.h"
#include "writ/control.h"

static const struct writ_cli_verb verbs[] = {
	{"tail", writ_audit_tail_main},	    {"query", writ_audit_query_main},
	{"report", writ_audit_report_main}, {"export", writ_audit_export_main},
	{"verify", writ_audit_verify_main}, {NULL, NULL},
};

/* The first word that is neither an option nor the value of one. */
static const char *find_verb(int argc, char **argv)
{
	static const char *const flags[] = {"--json",  "--follow", "-f",      "--help",
					    "--quiet", "--html",   "--verify"};

	for (int i = 1; i < argc; i++) {
		bool flag = strchr(argv[i], '=') != NULL;

		if (argv[i][0] != '-')
			return argv[i];
		for (size_t j = 0; j < sizeof(flags) / sizeof(flags[0]); j++)
			flag |= !strcmp(argv[i], flags[j]);
		i += !flag;
	}
	return "";
}

static int audit_main(int argc, char **argv)
{
	return writ_verbs_run("audit", verbs, find_verb(argc, argv), argc, argv);
}

int writ_audit_fail(const struct writ_cli *cli, const char *path, int err)
{
	int exit = err == -EACCES || err == -EPERM ? WRIT_EXIT_NOT_PERMITTED : WRIT_EXIT_FAILED;

	if (err == -ENOENT)
		return writ_options_fail(cli, exit,
					 "there is no %s: writd has not run yet, or writes "
					 "elsewhere (see 'writ status', then --file)",
					 path);
	return writ_options_fail(cli, exit, "can't read %s: %s", path, strerror(-err));
}

const struct writ_command writ_command_audit = {
	.name = "audit",
	.arguments = "tail [-f] [-n LINES] [--file FILE] [--json]\n"
		     "       writ audit query [--agent A] [--grant N] [--playbook P] [--ticket T] "
		     "[--verdict V]\n"
		     "                  [--reason R] [--operation O] [--type T] [--object GLOB]\n"
		     "                  [--exe GLOB] [--exec ID] [--since TIME] [--until TIME] "
		     "[--limit N]\n"
		     "                  [--file FILE] [--json]\n"
		     "       writ audit report GRANT|AGENT [--since TIME] [--until TIME]\n"
		     "                  [--verify [--key KEY]] [--file FILE] [--json | --html]\n"
		     "       writ audit export [--format native|csv] [what query takes]\n"
		     "       writ audit verify [--key KEY] [--known S:C] [--file FILE] [--quiet] "
		     "[--json]",
	.summary = "show the audit log, ask it, report of it, prove that it is whole",
	.help = "  -f, --follow        go on as the log grows, also across rotation\n"
		"  -n, --lines LINES   begin that many lines before the end (10)\n"
		"      --since, --until TIME   2h ago, 7d ago, 2026-11-22, 2026-11-22T10:11:12Z "
		"(UTC)\n"
		"      --object GLOB   what it was done to: '/etc/*'\n"
		"      --exe GLOB      the program that did it: '/usr/bin/*'\n"
		"      --exec ID       what this one execution did; its type exec line has argv\n"
		"      --limit N       stop after so many lines\n"
		"      --key KEY       the first public key, as 64 digits or a file that has it\n"
		"      --known S:C     of verify: how far it was once, as writ status says\n"
		"      --html          of report: one page that needs nothing else\n"
		"      --verify        of report: prove the whole log first\n"
		"      --format F      of export: native, the lines as they are, or csv\n"
		"      --quiet         say nothing if the log is whole\n"
		"      --file FILE     another log than " WRIT_AUDIT_LOG "\n"
		"      --json          the lines as they are, see writ-audit(5)\n"
		"\n"
		"query asks all segments, rotated and packed ones too, for lines in which all "
		"that\n"
		"is given is equal. report tells all that the log knows of a grant or an agent, "
		"and\n"
		"whether records are missing. verify follows the hash chain and the signatures, "
		"names the\n"
		"first line that was changed, removed, put in or moved, and exits with 1 if there\n"
		"is one. Times are UTC. A line that is cut, or none of Writ's, is left out and\n"
		"reported; the exit code is then 1.\n",
	.main = audit_main,
};
