/* SPDX-License-Identifier: Apache-2.0 */
/* `writ status`: is it enforced, since when, by what, and is anything being lost. */
#include <stdarg.h>
#include <stdio.h>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/security.h"
#include "lib/time.h"

static void print_line(const char *name, enum writ_colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void print_line(const char *name, enum writ_colour colour, const char *format, ...)
{
	char value[1024], text[1024];
	va_list args;

	va_start(args, format);
	(void)vsnprintf(value, sizeof(value), format, args);
	va_end(args);
	(void)printf("%-12s %s%s%s\n", name, writ_output_colour(colour),
		     writ_output_text(value, text, sizeof(text)),
		     colour == WRIT_COLOUR_NONE ? "" : writ_output_plain());
}

static void print_use(const char *name, uint64_t used, uint64_t bytes)
{
	unsigned int percent = bytes ? (unsigned int)(used * 100 / bytes) : 0;

	print_line(name, percent < 90 ? WRIT_COLOUR_NONE : WRIT_COLOUR_RED,
		   "%.1f of %.1f MiB used (%u %%)", (double)used / 1048576, (double)bytes / 1048576,
		   percent);
}

static void print_daemon(const struct writ_status_row *row)
{
	char running[32], loaded[32];
	uint64_t now = writ_time_boot();

	writ_time_format(now - row->started_ns, running, sizeof(running));
	writ_time_format(now - row->loaded_ns, loaded, sizeof(loaded));
	print_line("writd", WRIT_COLOUR_NONE, "%s, pid %u, running for %s%s", row->version,
		   row->pid, running, row->adopted ? ", took over running programs" : "");
	print_line("enforcement",
		   row->links && row->links + row->lacking == row->programs ? WRIT_COLOUR_GREEN
									    : WRIT_COLOUR_RED,
		   "%u of %u programs attached and read back, loaded %s ago", row->links,
		   row->programs, loaded);
	if (*row->not_attached)
		print_line("not attached",
			   row->links + row->lacking == row->programs ? WRIT_COLOUR_YELLOW
								      : WRIT_COLOUR_RED,
			   "%s", row->not_attached);
	print_line("kernel LSMs", WRIT_COLOUR_NONE, "%s", row->lsm);
	print_line("environment", WRIT_COLOUR_NONE, "%s",
		   *row->environment ? row->environment : "none named");
}

static void print_policy(const struct writ_status_row *row)
{
	print_line("policy", row->generation ? WRIT_COLOUR_NONE : WRIT_COLOUR_YELLOW,
		   "%s, generation %llu: %u roles, %u playbooks, %u agents", row->policy,
		   (unsigned long long)row->generation, row->roles, row->playbooks, row->agents);
	print_line("now", WRIT_COLOUR_NONE, "%u cgroups enrolled, %u grants live", row->cgroups,
		   row->grants);
}

static void print_issuance(const struct writ_status_row *row)
{
	print_line("issuance", row->frozen ? WRIT_COLOUR_RED : WRIT_COLOUR_NONE, "%s",
		   row->frozen ? "frozen: no grant is issued until 'writ thaw'" : "open");
	if (row->proposals)
		print_line("waiting", WRIT_COLOUR_YELLOW,
			   "%u requests for approval: see 'writ pending'", row->proposals);
	if (row->broker)
		print_line("broker", row->broker_deaths ? WRIT_COLOUR_YELLOW : WRIT_COLOUR_NONE,
			   "pid %u, %u deaths since writd started", row->broker,
			   row->broker_deaths);
	else
		print_line("broker", WRIT_COLOUR_RED,
			   "not running, %u deaths since writd started: nobody can ask for a grant",
			   row->broker_deaths);
}

static void print_events(const struct writ_status_row *row)
{
	const struct writ_counters *counters = &row->counters;

	print_line("decisions", WRIT_COLOUR_NONE, "%llu allowed, %llu denied, %llu would be denied",
		   (unsigned long long)counters->allowed, (unsigned long long)counters->denied,
		   (unsigned long long)counters->would_denied);
	print_line("events", row->events_missing ? WRIT_COLOUR_RED : WRIT_COLOUR_NONE,
		   "%llu written, %llu missing, log %s", (unsigned long long)row->events_written,
		   (unsigned long long)row->events_missing, row->audit_log);
	print_use("ring", row->ring_used, row->ring_bytes);
	print_use("rule tables", row->arena_used, row->arena_bytes);
	if (counters->enrol_failed)
		print_line("warning", WRIT_COLOUR_RED, "%llu cgroups found the map of cgroups full",
			   (unsigned long long)counters->enrol_failed);
	if (counters->label_failed)
		print_line("warning", WRIT_COLOUR_RED, "%llu labels could not be stored",
			   (unsigned long long)counters->label_failed);
}

static int status_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	bool security = false;
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli), {.name = "security", .flag = &security}, {0}};
	_cleanup_answer_ struct writ_answer answer = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_STATUS);
	int err = writ_options_only(&cli, options, argc, argv);

	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	if (err)
		return err;
	if (!answer.count)
		return writ_options_fail(&cli, WRIT_EXIT_FAILED, "writd sent no status");
	if (security)
		return writ_security_show(&cli, &answer.rows[0].status);
	if (cli.json)
		return writ_output_json(writ_rows_status(&answer.rows[0].status));
	print_daemon(&answer.rows[0].status);
	print_policy(&answer.rows[0].status);
	print_issuance(&answer.rows[0].status);
	print_events(&answer.rows[0].status);
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_status = {
	.name = "status",
	.arguments = "[--security] [--json]",
	.summary = "show what is enforced, and whether anything is lost",
	.help = "      --security   what writd and writ-broker run with: user, system call "
		"filter,\n"
		"                   whether they can gain privileges, capabilities\n",
	.main = status_main,
};
