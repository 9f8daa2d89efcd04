/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the core says, as families of metrics: three questions, each answered at once. Counters
 * begin anew with writd, or with the programs where their HELP says so.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "broker/metrics.h"
#include "lib/cleanup.h"
#include "lib/time.h"
#include "writ/names.h"

static const char *const gaps[] = {
#define X(name, word) [WRIT_GAP_##name] = (word),
	WRIT_GAP_LIST(X)
#undef X
};

struct answers {
	struct writ_status_row status;
	struct writ_metrics_row metrics;
	struct writ_decisions_row *decisions; /* owned */
	size_t n_decisions;
	struct writ_programs_row *programs; /* owned */
	size_t n_programs;
	struct writ_sink_row *sinks; /* owned */
	size_t n_sinks;
	int err;
};

static void close_answers(struct answers *answers)
{
	free(answers->decisions);
	free(answers->programs);
	free(answers->sinks);
}

#define append(answers, list, n, row)                                       \
	do {                                                                \
		void *grown = reallocarray(list, (n) + 1, sizeof(*(list))); \
		if (!grown) {                                               \
			(answers)->err = -ENOMEM;                           \
		} else {                                                    \
			(list) = grown;                                     \
			(list)[(n)++] = (row);                              \
		}                                                           \
	} while (0)

static void visit(void *context, const struct writ_reply *row)
{
	struct answers *answers = context;

	switch (row->type) {
	case WRIT_REPLY_STATUS:
		answers->status = row->status;
		break;
	case WRIT_REPLY_METRICS:
		answers->metrics = row->metrics;
		break;
	case WRIT_REPLY_DECISIONS:
		append(answers, answers->decisions, answers->n_decisions, row->decisions);
		break;
	case WRIT_REPLY_PROGRAMS:
		append(answers, answers->programs, answers->n_programs, row->programs);
		break;
	case WRIT_REPLY_SINK:
		append(answers, answers->sinks, answers->n_sinks, row->sink);
		break;
	}
}

static uint64_t wall(uint64_t boot_ns)
{
	int64_t at = (int64_t)boot_ns + writ_time_offset();

	return at > 0 ? (uint64_t)at : 0;
}

static void put_time(struct writ_exposition *out, const char *name, const char *help,
		     uint64_t boot_ns)
{
	writ_exposition_family(out, name, "gauge", help);
	writ_exposition_ns(out, "", WRIT_LABELS_NONE, wall(boot_ns));
}

static void put_node(const struct writ_status_row *row, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_info", "gauge", "1; version and environment.");
	writ_exposition_sample(
		out, "", WRIT_LABELS({"version", row->version}, {"environment", row->environment}),
		1);
	put_time(out, "writ_start_time_seconds", "When this writd started, Unix time.",
		 row->started_ns);
	writ_exposition_gauge(out, "writ_programs_attached",
			      "Programs that are attached, as read back from the kernel.",
			      row->links);
	writ_exposition_gauge(out, "writ_programs_wanted",
			      "Programs that this kernel has hooks for: as many must be attached.",
			      row->programs - row->lacking);
	writ_exposition_gauge(out, "writ_agents", "Agents that policy has.", row->agents);
	writ_exposition_gauge(out, "writ_cgroups", "Cgroups that are enrolled now.", row->cgroups);
	writ_exposition_gauge(out, "writ_grants_live", "Grants that live now.", row->grants);
	writ_exposition_gauge(out, "writ_requests_waiting", "Requests that wait for approval now.",
			      row->proposals);
	writ_exposition_gauge(out, "writ_issuance_frozen",
			      "1: no grant is issued on this node; 0: they are.", row->frozen);
}

static void put_processes(const struct writ_status_row *row, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_process_up", "gauge",
			       "1: this process of Writ runs; 0: it does not.");
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "broker"}), !!row->broker);
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "audit"}), !!row->audit);
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "cutter"}), !!row->cutter);
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "forward"}), !!row->forward);
	writ_exposition_family(out, "writ_process_restarts_total", "counter",
			       "How often this process of Writ has died, since writd started.");
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "broker"}), row->broker_deaths);
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "audit"}), row->audit_deaths);
	writ_exposition_sample(out, "", WRIT_LABELS({"process", "forward"}), row->forward_deaths);
}

static void put_decisions(const struct answers *answers, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_decisions_total", "counter",
			       "Decisions in the audit log, since writd started. What policy does "
			       "not record (audit: none, denied) is not among them.");
	for (size_t i = 0; i < answers->n_decisions; i++) {
		const struct writ_decisions_row *row = &answers->decisions[i];

		for (uint32_t k = 0; k < row->n; k++)
			writ_exposition_sample(
				out, "",
				WRIT_LABELS({"verdict", writ_verdict_name(row->counts[k].verdict)},
					    {"operation",
					     writ_operation_name(row->counts[k].operation)},
					    {"reason", writ_reason_name(row->counts[k].reason)}),
				row->counts[k].count);
	}
}

static void put_counters(const struct writ_counters *counters, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_kernel_decisions_total", "counter",
			       "Decisions of the hooks, recorded or not, since the programs were "
			       "loaded.");
	writ_exposition_sample(out, "", WRIT_LABELS({"verdict", "allow"}), counters->allowed);
	writ_exposition_sample(out, "", WRIT_LABELS({"verdict", "deny"}), counters->denied);
	writ_exposition_sample(out, "", WRIT_LABELS({"verdict", "would_deny"}),
			       counters->would_denied);
	writ_exposition_counter(out, "writ_enrol_failures_total",
				"Cgroups that found the map of cgroups full, since the programs "
				"were loaded.",
				counters->enrol_failed);
	writ_exposition_counter(out, "writ_label_failures_total",
				"Labels of tasks that could not be stored, since the programs were "
				"loaded.",
				counters->label_failed);
	writ_exposition_counter(out, "writ_ring_records_total",
				"Records that the hooks have made, since the programs were loaded.",
				counters->sequence);
	writ_exposition_counter(out, "writ_ring_lost_total",
				"Of them those that found the ring full.", counters->lost);
}

static void put_memory(const struct writ_status_row *row, struct writ_exposition *out)
{
	writ_exposition_gauge(out, "writ_ring_size_bytes", "Size of the event ring.",
			      row->ring_bytes);
	writ_exposition_gauge(out, "writ_ring_used_bytes",
			      "Bytes of the event ring that wait to be read.", row->ring_used);
	writ_exposition_gauge(out, "writ_rule_tables_size_bytes", "Size of the rule tables.",
			      row->arena_bytes);
	writ_exposition_gauge(out, "writ_rule_tables_used_bytes",
			      "Bytes of the rule tables that are in use.", row->arena_used);
}

/* LATE takes UNACCOUNTED back, and a counter can't: it has a name of its own. */
static void put_losses(const struct answers *answers, struct writ_exposition *out)
{
	const struct writ_status_row *row = &answers->status;

	writ_exposition_counter(out, "writ_audit_records_written_total",
				"Records that became lines of the log, since writd started.",
				row->events_written);
	writ_exposition_family(out, "writ_audit_records_lost_total", "counter",
			       "Records that did not become lines, by reason, since writd started. "
			       "Each is in a gap line.");
	for (int i = 0; i < WRIT_GAP_COUNT; i++)
		if (i != WRIT_GAP_LATE)
			writ_exposition_sample(out, "", WRIT_LABELS({"reason", gaps[i]}),
					       row->events_lost[i]);
	writ_exposition_counter(out, "writ_audit_records_late_total",
				"Of those lost as unaccounted how many came after all.",
				row->events_lost[WRIT_GAP_LATE]);
	writ_exposition_family(out, "writ_audit_gap_lines_total", "counter",
			       "Lines of the log that say that something is missing, by reason.");
	for (int i = 0; i < WRIT_GAP_COUNT; i++)
		writ_exposition_sample(out, "", WRIT_LABELS({"reason", gaps[i]}),
				       answers->metrics.gaps[i]);
	writ_exposition_gauge(out, "writ_audit_notes_waiting",
			      "Records of what writd did that wait for room in the ring.",
			      row->notes_waiting);
	writ_exposition_counter(out, "writ_audit_notes_lost_total",
				"Records of what writd did for which there was no room for so long "
				"that they are lost.",
				row->notes_lost);
	writ_exposition_counter(out, "writ_audit_remedies_left_out_total",
				"Denials whose line has no remedy for want of time.",
				row->remedies_left_out);
}

static void put_log(const struct answers *answers, struct writ_exposition *out)
{
	const struct writ_metrics_row *row = &answers->metrics;

	writ_exposition_gauge(out, "writ_audit_log_failing",
			      "1: the log takes no lines now; 0: it takes them.",
			      !!answers->status.audit_error);
	writ_exposition_gauge(out, "writ_agents_stopped",
			      "1: agents can do nothing, for the log takes no lines (on_error: "
			      "stop_agents).",
			      answers->status.stopped);
	writ_exposition_gauge(out, "writ_audit_spilled_bytes",
			      "Bytes of lines that are in the spill, and not in the log.",
			      answers->status.audit_spilled);
	writ_exposition_counter(out, "writ_audit_write_errors_total",
				"Tries to write lines that failed, since writd started.",
				row->write_errors);
	writ_exposition_gauge(out, "writ_audit_waiting_bytes",
			      "Bytes of lines that the disk has not taken.", row->waiting_bytes);
	writ_exposition_counter(out, "writ_audit_log_written_bytes_total",
				"Bytes written to the log, since writd started.", row->log_written);
	writ_exposition_gauge(out, "writ_audit_log_size_bytes",
			      "Bytes of all segments of the log that are there.", row->log_bytes);
	writ_exposition_gauge(out, "writ_audit_log_segments",
			      "Segments of the log that are there, with the open one.",
			      row->log_segments);
	writ_exposition_gauge(out, "writ_audit_log_segment", "Number of the open segment.",
			      row->segment);
	writ_exposition_counter(out, "writ_audit_checkpoints_total",
				"Signed checkpoints that are on the disk, since writd started.",
				row->checkpoints);
	writ_exposition_family(out, "writ_audit_checkpoint_time_seconds", "gauge",
			       "When the last checkpoint was on the disk, Unix time. Absent before "
			       "the first one of this writd.");
	if (row->checkpoint_ns)
		writ_exposition_ns(out, "", WRIT_LABELS_NONE, wall(row->checkpoint_ns));
	writ_exposition_gauge(out, "writ_audit_unsigned_lines",
			      "Lines behind the last checkpoint: not signed yet.",
			      row->unsigned_lines);
	writ_exposition_gauge(out, "writ_shared_identities",
			      "Agents of which policy has but one, in more than one cgroup.",
			      row->shared);
}

#define TIMES " While kernel.bpf_stats_enabled is 1, since the programs were loaded."

static void put_programs(const struct answers *answers, struct writ_exposition *out)
{
	writ_exposition_family(out, "writ_hook_runs_total", "counter",
			       "How often this hook's program ran." TIMES);
	for (size_t i = 0; i < answers->n_programs; i++)
		for (uint32_t k = 0; k < answers->programs[i].n; k++)
			writ_exposition_sample(
				out, "",
				WRIT_LABELS({"hook", answers->programs[i].programs[k].name}),
				answers->programs[i].programs[k].runs);
	writ_exposition_family(out, "writ_hook_run_seconds_total", "counter",
			       "How long this hook's program ran in all." TIMES);
	for (size_t i = 0; i < answers->n_programs; i++)
		for (uint32_t k = 0; k < answers->programs[i].n; k++)
			writ_exposition_ns(
				out, "",
				WRIT_LABELS({"hook", answers->programs[i].programs[k].name}),
				answers->programs[i].programs[k].run_ns);
}

static int ask(struct writ_broker *broker, enum writ_verb verb, struct answers *answers,
	       char ret_error[WRIT_ERROR_SIZE])
{
	const struct writ_request request = {.verb = verb};
	int err = writ_core_ask(broker->core, &request, -1, visit, answers, ret_error);

	return err ? err : answers->err;
}

int writ_metrics_core(struct writ_broker *broker, struct writ_exposition *out,
		      char ret_error[WRIT_ERROR_SIZE])
{
	_cleanup_(close_answers) struct answers answers = {0};
	int err = ask(broker, WRIT_VERB_STATUS, &answers, ret_error);

	if (!err)
		err = ask(broker, WRIT_VERB_METRICS, &answers, ret_error);
	if (!err)
		err = ask(broker, WRIT_VERB_SINKS, &answers, ret_error);
	if (err)
		return err;
	put_node(&answers.status, out);
	put_processes(&answers.status, out);
	put_decisions(&answers, out);
	put_counters(&answers.status.counters, out);
	put_memory(&answers.status, out);
	put_losses(&answers, out);
	put_log(&answers, out);
	writ_metrics_sinks(answers.sinks, answers.n_sinks, out);
	put_programs(&answers, out);
	return 0;
}
