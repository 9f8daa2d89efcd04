/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is counted, for metrics. writ-audit's numbers come from memory that it writes: they are
 * passed on as numbers, of cells that lie where this program says, and nothing else is done with
 * them.
 */
#include "daemon/answer.h"
#include "kernel/times.h"
#include "lib/time.h"

static __u64 figure(const __u64 *at)
{
	return __atomic_load_n(at, __ATOMIC_RELAXED);
}

static void fill_log(const struct writ_audit_figures *figures, struct writ_metrics_row *row)
{
	for (int reason = 0; reason < WRIT_GAP_COUNT; reason++)
		row->gaps[reason] = figure(&figures->gaps[reason]);
	row->log_written = figure(&figures->log_written);
	row->log_bytes = figure(&figures->log_bytes);
	row->log_segments = figure(&figures->log_segments);
	row->segment = figure(&figures->segment);
	row->checkpoints = figure(&figures->checkpoints);
	row->checkpoint_ns = figure(&figures->checkpoint_ns);
	row->unsigned_lines = figure(&figures->unsigned_lines);
	row->waiting_bytes = figure(&figures->waiting_bytes);
	row->write_errors = figure(&figures->write_errors);
}

static uint32_t count_shared(const struct writ_daemon *daemon)
{
	uint32_t shared = 0;

	for (size_t i = 0; daemon->policy && i < daemon->policy->n_agents; i++)
		shared += !!writ_instances_shared(daemon->instances, daemon->agent_index[i]);
	return shared;
}

static int put_decisions(struct question *q, struct writ_reply *reply)
{
	int err = reply->decisions.n ? writ_serve_reply(q->client, reply) : 0;

	*reply = (struct writ_reply){WRIT_CONTROL_VERSION, WRIT_REPLY_DECISIONS, 0, 0, {{0}}};
	return err;
}

static int answer_decisions(struct question *q, const struct writ_audit_figures *figures)
{
	struct writ_reply reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_DECISIONS, 0, 0, {{0}}};
	int err = 0;

	for (uint32_t cell = 0; cell < WRIT_AUDIT_DECISIONS && !err; cell++) {
		const struct writ_decision_count count = {
			.count = figure(&figures->decisions[cell]),
			.verdict = (__u8)(cell / WRIT_REASON_COUNT / WRIT_OP_COUNT),
			.operation = (__u8)(cell / WRIT_REASON_COUNT % WRIT_OP_COUNT),
			.reason = (__u8)(cell % WRIT_REASON_COUNT),
		};

		if (!count.count)
			continue;
		reply.decisions.counts[reply.decisions.n++] = count;
		if (reply.decisions.n == WRIT_DECISIONS_PER_ROW)
			err = put_decisions(q, &reply);
	}
	return err ? err : put_decisions(q, &reply);
}

struct times {
	struct question *q;
	struct writ_reply reply;
};

static int put_times(struct times *times)
{
	int err = times->reply.programs.n ? writ_serve_reply(times->q->client, &times->reply) : 0;

	times->reply = (struct writ_reply){WRIT_CONTROL_VERSION, WRIT_REPLY_PROGRAMS, 0, 0, {{0}}};
	return err;
}

static int visit_time(void *context, const char *name, uint64_t runs, uint64_t run_ns)
{
	struct times *times = context;
	struct writ_programs_row *row = &times->reply.programs;
	struct writ_program_time *program = &row->programs[row->n++];

	program->runs = runs;
	program->run_ns = run_ns;
	(void)snprintf(program->name, sizeof(program->name), "%s", name);
	return row->n == WRIT_PROGRAMS_PER_ROW ? put_times(times) : 0;
}

int writ_answer_metrics(struct question *q)
{
	const struct writ_audit_page *page = q->daemon->audit.page;
	struct writ_reply reply = {.version = WRIT_CONTROL_VERSION, .type = WRIT_REPLY_METRICS};
	struct times times = {.q = q,
			      .reply = {WRIT_CONTROL_VERSION, WRIT_REPLY_PROGRAMS, 0, 0, {{0}}}};
	int err;

	reply.metrics.now_ns = writ_time_boot();
	reply.metrics.shared = count_shared(q->daemon);
	if (page)
		fill_log(&page->figures, &reply.metrics);
	err = writ_serve_reply(q->client, &reply);
	if (!err && page)
		err = answer_decisions(q, &page->figures);
	if (!err)
		err = writ_times_each(q->daemon->kernel, visit_time, &times);
	return err ? err : put_times(&times);
}
