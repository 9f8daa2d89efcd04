/* SPDX-License-Identifier: Apache-2.0 */
/* `writ status`: is it enforced, since when, by what, and is anything being lost. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"
#include "cli/rows.h"
#include "cli/security.h"
#include "cli/sinks.h"
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
	if (row->unattached)
		print_line("load test", WRIT_COLOUR_RED,
			   "writd --no-attach: nothing is attached, nothing is enforced");
	else if (*row->not_attached)
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
	print_line("issuance", row->frozen || row->stopped ? WRIT_COLOUR_RED : WRIT_COLOUR_NONE,
		   "%s",
		   row->frozen	  ? "frozen: no grant is issued until 'writ thaw'"
		   : row->stopped ? "none while agents are stopped"
				  : "open");
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

/* A load test has none. */
static void print_cutter(const struct writ_status_row *row)
{
	if (!row->cutter && !row->unattached)
		print_line("cutter", WRIT_COLOUR_RED,
			   "gone: ended grants are refused, but not counted, and sockets stay "
			   "open at their peers; restart writd");
}

/* Whoever reads this has no other way to know what ends it. */
static void print_stopped(const struct writ_status_row *row)
{
	if (!row->stopped)
		return;
	print_line("agents", WRIT_COLOUR_RED,
		   "stopped, on_error: stop_agents: the log takes no lines (%s)",
		   row->stopped_error < 0 ? strerror(-row->stopped_error) : "nobody writes it");
	print_line("to end it", WRIT_COLOUR_RED,
		   "make room for %s, or mend its disk: they go on by themselves; or apply a "
		   "policy with on_error: drop_and_count",
		   row->audit_log);
}

static void print_audit(const struct writ_status_row *row)
{
	bool trouble = row->audit_deaths || row->audit_error;

	if (!row->audit)
		print_line("audit", WRIT_COLOUR_RED,
			   "not running, %u deaths since writd started: records wait in the ring",
			   row->audit_deaths);
	else
		print_line("audit", trouble ? WRIT_COLOUR_YELLOW : WRIT_COLOUR_NONE,
			   "pid %u, %u deaths since writd started", row->audit, row->audit_deaths);
	if (row->audit_error)
		print_line("warning", WRIT_COLOUR_RED, "the log takes no lines: %s",
			   strerror(row->audit_error < 0 ? -row->audit_error : EIO));
	if (row->audit_spilled)
		print_line("warning", WRIT_COLOUR_RED,
			   "the log's disk takes no lines: %llu bytes of them are in the spill",
			   (unsigned long long)row->audit_spilled);
	if (row->notes_lost || row->notes_waiting)
		print_line("warning", WRIT_COLOUR_RED,
			   "the ring is full: of what writd did, %u records wait and %llu are lost",
			   row->notes_waiting, (unsigned long long)row->notes_lost);
}

/* Of what is missing, by its reasons. */
static void print_lost(const struct writ_status_row *row)
{
	char text[512] = "";
	size_t len = 0;

	for (uint32_t reason = 0; reason < WRIT_GAP_COUNT; reason++)
		if (row->events_lost[reason])
			len += (size_t)snprintf(text + len, sizeof(text) - len, "%s%llu %s",
						len ? ", " : "",
						(unsigned long long)row->events_lost[reason],
						writ_rows_gap(reason));
	if (len)
		print_line("missing", WRIT_COLOUR_RED, "%s", text);
}

static void print_forward(const struct writ_status_row *row, const struct writ_answer *sinks)
{
	char text[1024];

	if (row->forward)
		print_line("forward", row->forward_deaths ? WRIT_COLOUR_YELLOW : WRIT_COLOUR_NONE,
			   "pid %u, %u deaths since writd started", row->forward,
			   row->forward_deaths);
	else
		print_line("forward", WRIT_COLOUR_YELLOW,
			   "not running, %u deaths since writd started: sinks, alerts and live "
			   "subscribers wait; the log has their lines",
			   row->forward_deaths);
	for (size_t i = 0; i < sinks->count; i++) {
		enum writ_colour colour =
			writ_sinks_text(&sinks->rows[i].sink, text, sizeof(text));

		print_line("sink", colour, "%s", text);
	}
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
	print_lost(row);
	if (row->audit_rounds)
		print_line("log", WRIT_COLOUR_NONE,
			   "segment %llu, next checkpoint %llu: 'writ audit verify --known "
			   "%llu:%llu' asks for all before",
			   (unsigned long long)row->audit_segment,
			   (unsigned long long)row->audit_checkpoint,
			   (unsigned long long)row->audit_segment,
			   (unsigned long long)row->audit_checkpoint);
	if (row->remedies_left_out)
		print_line("remedies", WRIT_COLOUR_YELLOW,
			   "%llu denials have none in the log: they came too fast",
			   (unsigned long long)row->remedies_left_out);
	print_use("ring", row->ring_used, row->ring_bytes);
	print_use("rule tables", row->arena_used, row->arena_bytes);
	if (counters->enrol_failed)
		print_line("warning", WRIT_COLOUR_RED, "%llu cgroups found the map of cgroups full",
			   (unsigned long long)counters->enrol_failed);
	if (counters->label_failed)
		print_line("warning", WRIT_COLOUR_RED, "%llu labels could not be stored",
			   (unsigned long long)counters->label_failed);
}

static void print_all(const struct writ_status_row *row, const struct writ_answer *sinks)
{
	print_daemon(row);
	print_policy(row);
	print_issuance(row);
	print_stopped(row);
	print_audit(row);
	print_forward(row, sinks);
	print_cutter(row);
	print_events(row);
}

static int print_json(const struct writ_status_row *row, const struct writ_answer *sinks)
{
	json_t *json = writ_rows_status(row);

	if (json && json_object_set_new(json, "sinks", writ_sinks_json(sinks))) {
		json_decref(json);
		json = NULL;
	}
	return writ_output_json(json);
}

static int status_main(int argc, char **argv)
{
	struct writ_cli cli = {0};
	bool security = false;
	const struct writ_option options[] = {
		WRIT_OPTIONS_COMMON(&cli), {.name = "security", .flag = &security}, {0}};
	_cleanup_answer_ struct writ_answer answer = {0}, sinks = {0};
	struct writ_request request = writ_control_request(WRIT_VERB_STATUS);
	const struct writ_request ask_sinks = writ_control_request(WRIT_VERB_SINKS);
	int err = writ_options_only(&cli, options, argc, argv);

	if (!err)
		err = writ_control_ask(&cli, &request, &answer);
	if (err)
		return err;
	if (!answer.count)
		return writ_options_fail(&cli, WRIT_EXIT_FAILED, "writd sent no status");
	if (security)
		return writ_security_show(&cli, &answer.rows[0].status);
	err = writ_control_ask(&cli, &ask_sinks, &sinks);
	if (err)
		return err;
	if (cli.json)
		return print_json(&answer.rows[0].status, &sinks);
	print_all(&answer.rows[0].status, &sinks);
	return WRIT_EXIT_OK;
}

const struct writ_command writ_command_status = {
	.name = "status",
	.arguments = "[--security] [--json]",
	.summary = "show what is enforced, and whether anything is lost",
	.help = "      --security   what writd and its processes run with: user,\n"
		"                   system call filter, Landlock, whether they can gain\n"
		"                   privileges, capabilities\n",
	.main = status_main,
};
