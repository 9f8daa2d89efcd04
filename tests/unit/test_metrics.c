/* SPDX-License-Identifier: Apache-2.0 */
/*
 * broker/metrics*.c: a real ledger and a core that says what the test says, as one text that a
 * strict reader takes; what the dashboard and the manual page name is in it.
 */
#include "ledger_helper.h"

#include <ctype.h>
#include <jansson.h>

#include "broker/broker.h"
#include "broker/ledger_tally.h"
#include "broker/metrics.h"
#include "lib/time.h"
#include "prometheus.h"

static struct {
	struct writ_reply rows[10];
	size_t n_rows;
	uint32_t asked;
	uint32_t fails; /* this verb */
} core;

static struct writ_broker broker;
static const char *text;
static size_t len;
static char error[WRIT_ERROR_SIZE];

static uint32_t verb_of(uint32_t type)
{
	return type == WRIT_REPLY_STATUS ? WRIT_VERB_STATUS
	       : type == WRIT_REPLY_SINK ? WRIT_VERB_SINKS
					 : WRIT_VERB_METRICS;
}

int writ_core_ask(struct writ_core *unused, const struct writ_request *request, int pass,
		  writ_core_visitor *visitor, void *context, char ret_error[WRIT_ERROR_SIZE])
{
	(void)unused;
	assert_int_equal(pass, -1);
	core.asked++;
	if (core.fails == request->verb) {
		(void)strcpy(ret_error, "the core is gone");
		return -EPIPE;
	}
	for (size_t i = 0; i < core.n_rows; i++)
		if (verb_of(core.rows[i].type) == request->verb)
			visitor(context, &core.rows[i]);
	return 0;
}

static struct writ_reply *row(uint32_t type)
{
	core.rows[core.n_rows].type = type;
	return &core.rows[core.n_rows++];
}

static void fill_status(struct writ_status_row *status)
{
	(void)strcpy(status->version, "0.1.0");
	(void)strcpy(status->environment, "production");
	status->started_ns = 1;
	status->links = 60;
	status->programs = 64;
	status->lacking = 4;
	status->grants = 3;
	status->frozen = 1;
	status->audit = 7;
	status->audit_deaths = 2;
	status->broker = 8;
	status->counters.denied = 11;
	status->ring_bytes = 1 << 20;
	status->ring_used = 4096;
	status->events_written = 100;
	status->events_lost[WRIT_GAP_RING_FULL] = 5;
	status->events_lost[WRIT_GAP_LATE] = 1;
	status->audit_error = -28;
}

static void fill_metrics(struct writ_metrics_row *metrics)
{
	metrics->gaps[WRIT_GAP_RING_FULL] = 2;
	metrics->log_bytes = 9000;
	metrics->log_segments = 3;
	metrics->checkpoints = 4;
	metrics->checkpoint_ns = writ_time_boot();
	metrics->unsigned_lines = 6;
	metrics->write_errors = 1;
	metrics->shared = 1;
}

static void fill_core(void)
{
	struct writ_decisions_row *decisions;
	struct writ_programs_row *programs;

	fill_status(&row(WRIT_REPLY_STATUS)->status);
	fill_metrics(&row(WRIT_REPLY_METRICS)->metrics);
	decisions = &row(WRIT_REPLY_DECISIONS)->decisions;
	decisions->n = 2;
	decisions->counts[0] = (struct writ_decision_count){.count = 9,
							    .verdict = WRIT_VERDICT_DENY,
							    .operation = WRIT_OP_OPEN,
							    .reason = WRIT_REASON_NO_RULE};
	decisions->counts[1] = (struct writ_decision_count){.count = 1};
	programs = &row(WRIT_REPLY_PROGRAMS)->programs;
	programs->n = 1;
	programs->programs[0] =
		(struct writ_program_time){.runs = 4, .run_ns = 2500, .name = "file_open"};
}

static void fill_sink(const char *name, uint32_t state)
{
	struct writ_sink_row *sink = &row(WRIT_REPLY_SINK)->sink;

	(void)strcpy(sink->name, name);
	(void)strcpy(sink->type, "syslog");
	sink->state = state;
	sink->sent_lines = 40 + state;
	sink->sent_bytes = 4000;
	sink->skipped_lines = 3;
	sink->lost_segments = 1;
	sink->retries = 2;
	sink->behind_lines = 8;
	sink->behind_bytes = 800;
}

static int set_up(void **state)
{
	memset(&core, 0, sizeof(core));
	(void)make_directory(state);
	broker = (struct writ_broker){.ledger = open_ledger_of(BOOT)};
	fill_core();
	return 0;
}

static int tear_down(void **state)
{
	writ_metrics_closep(&broker.metrics);
	writ_ledger_closep(&broker.ledger);
	return remove_directory(state);
}

static void make_history(void)
{
	uint64_t request = ask(broker.ledger, "a", "rotate", NOON);
	struct writ_ledger_grant grant = grant_row(1, request, "a", "rotate", NOON);

	assert_int_equal(writ_ledger_issue(broker.ledger, request, NOON), 0);
	assert_int_equal(writ_ledger_grant(broker.ledger, &grant), 0);
	assert_int_equal(
		writ_ledger_end(broker.ledger, 1, WRIT_END_COMPLETED, "", 0, 0, NOON + 45 * SECOND),
		0);
	request = ask(broker.ledger, "a", "deploy", NOON);
	assert_int_equal(
		writ_ledger_refuse(broker.ledger, request, WRIT_REFUSAL_WINDOW, "", "", 0, NOON),
		0);
}

static void get(void)
{
	assert_int_equal(writ_metrics_text(&broker, &text, &len, error), 0);
	assert_int_equal(strlen(text), len);
	if (!prom_parse(text))
		fail_msg("%s\nof: %s", prom.why, text);
}

/* A text that is not the one of the second before. */
static void get_anew(void)
{
	writ_metrics_closep(&broker.metrics);
	get();
}

static void assert_value(const char *name, const char *labels, double value)
{
	const struct prom_sample *sample = prom_find(name, labels);

	if (!sample)
		fail_msg("no %s{%s} in: %s", name, labels, text);
	if (sample->value != value)
		fail_msg("%s{%s} is %f, not %f", name, labels, sample->value, value);
}

static void says_what_the_core_says(void **state)
{
	(void)state;
	get();
	assert_value("writ_info", "version=\"0.1.0\",environment=\"production\"", 1);
	assert_value("writ_programs_attached", "", 60);
	assert_value("writ_programs_wanted", "", 60);
	assert_value("writ_grants_live", "", 3);
	assert_value("writ_issuance_frozen", "", 1);
	assert_value("writ_process_up", "process=\"audit\"", 1);
	assert_value("writ_process_up", "process=\"cutter\"", 0);
	assert_value("writ_process_restarts_total", "process=\"audit\"", 2);
	assert_value("writ_decisions_total",
		     "verdict=\"deny\",operation=\"open\",reason=\"no_rule\"", 9);
	assert_value("writ_decisions_total", "verdict=\"none\",operation=\"none\",reason=\"none\"",
		     1);
	assert_value("writ_kernel_decisions_total", "verdict=\"deny\"", 11);
	assert_value("writ_ring_size_bytes", "", 1 << 20);
	assert_value("writ_ring_used_bytes", "", 4096);
	assert_value("writ_audit_records_written_total", "", 100);
	assert_value("writ_audit_records_lost_total", "reason=\"ring_full\"", 5);
	assert_null(prom_find("writ_audit_records_lost_total", "reason=\"late\""));
	assert_value("writ_audit_records_late_total", "", 1);
	assert_value("writ_audit_gap_lines_total", "reason=\"ring_full\"", 2);
	assert_value("writ_audit_log_failing", "", 1);
	assert_value("writ_audit_write_errors_total", "", 1);
	assert_value("writ_audit_log_size_bytes", "", 9000);
	assert_value("writ_audit_log_segments", "", 3);
	assert_value("writ_audit_checkpoints_total", "", 4);
	assert_value("writ_audit_unsigned_lines", "", 6);
	assert_value("writ_shared_identities", "", 1);
	assert_value("writ_hook_runs_total", "hook=\"file_open\"", 4);
	assert_value("writ_hook_run_seconds_total", "hook=\"file_open\"", 0.0000025);
}

/* A name that comes twice would make Prometheus refuse the rest: the first one counts. */
static void says_what_sinks_were_given(void **state)
{
	const char *siem = "sink=\"siem\",type=\"syslog\"";

	(void)state;
	fill_sink("siem", WRIT_SINK_STATE_CONNECTING);
	fill_sink("lake", WRIT_SINK_STATE_CURRENT);
	fill_sink("siem", WRIT_SINK_STATE_SENDING);
	core.rows[0].status.forward = 9;
	core.rows[0].status.stopped = 1;
	core.rows[0].status.audit_spilled = 77;
	get();
	assert_value("writ_sink_sent_lines_total", siem, 40 + WRIT_SINK_STATE_CONNECTING);
	assert_value("writ_sink_sent_bytes_total", siem, 4000);
	assert_value("writ_sink_left_out_lines_total", siem, 3);
	assert_value("writ_sink_left_out_bytes_total", siem, 0);
	assert_value("writ_sink_removed_segments_total", siem, 1);
	assert_value("writ_sink_retries_total", siem, 2);
	assert_value("writ_sink_behind_lines", siem, 8);
	assert_value("writ_sink_behind_bytes", siem, 800);
	assert_value("writ_sink_connecting", siem, 1);
	assert_value("writ_sink_connecting", "sink=\"lake\",type=\"syslog\"", 0);
	assert_value("writ_process_up", "process=\"forward\"", 1);
	assert_value("writ_agents_stopped", "", 1);
	assert_value("writ_audit_spilled_bytes", "", 77);
}

/* What the kernel does not time has no series, and what has not happened has no time. */
static void leaves_out_what_is_not_known(void **state)
{
	(void)state;
	get();
	assert_non_null(prom_find("writ_audit_checkpoint_time_seconds", ""));
	core.n_rows = 2;
	core.rows[1].metrics.checkpoint_ns = 0;
	get_anew();
	assert_null(prom_find("writ_audit_checkpoint_time_seconds", ""));
	assert_null(prom_find("writ_hook_runs_total", "hook=\"file_open\""));
	assert_non_null(strstr(text, "# TYPE writ_hook_runs_total counter\n"));
}

static void says_what_the_ledger_says(void **state)
{
	const struct prom_sample *sum;

	(void)state;
	make_history();
	get();
	assert_value("writ_requests_total", "", 2);
	assert_value("writ_requests_refused_total", "reason=\"window\"", 1);
	assert_value("writ_requests_withdrawn_total", "", 0);
	assert_value("writ_grants_issued_total", "playbook=\"rotate\"", 1);
	assert_value("writ_grants_ended_total", "playbook=\"rotate\",end=\"completed\"", 1);
	assert_value("writ_grant_lifetime_seconds_bucket", "playbook=\"rotate\",le=\"30\"", 0);
	assert_value("writ_grant_lifetime_seconds_bucket", "playbook=\"rotate\",le=\"60\"", 1);
	assert_value("writ_grant_lifetime_seconds_bucket", "playbook=\"rotate\",le=\"86400\"", 1);
	assert_value("writ_grant_lifetime_seconds_bucket", "playbook=\"rotate\",le=\"+Inf\"", 1);
	assert_value("writ_grant_lifetime_seconds_count", "playbook=\"rotate\"", 1);
	sum = prom_find("writ_grant_lifetime_seconds_sum", "playbook=\"rotate\"");
	assert_non_null(sum);
	assert_true(sum->value == 45);
	assert_value("writ_environment_grants_total", "environment=\"production\"", 1);
	assert_value("writ_environment_grants_with_ticket_total", "environment=\"production\"", 1);
	assert_value("writ_environment_grants_with_approver_total", "environment=\"production\"",
		     1);
}

/* Nothing was ever asked: every family is there, and so is what can be 0. */
static void begins_with_nothing(void **state)
{
	(void)state;
	core.n_rows = 0;
	get();
	assert_value("writ_requests_total", "", 0);
	assert_value("writ_audit_records_written_total", "", 0);
	assert_non_null(strstr(text, "# TYPE writ_grant_lifetime_seconds histogram\n"));
}

static void add_tally(const char *kind, int number)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO tallies (kind, name, word, total) VALUES ('%s', 'p%d', '', %d)",
		       kind, number, number);
	assert_int_equal(sqlite3_exec(broker.ledger->db, sql, NULL, NULL, NULL), 0);
}

/* At the limit each has its series; one past it two are one, and the others go on. */
static void bounds_the_names(void **state)
{
	char labels[64];

	(void)state;
	for (unsigned int i = 1; i <= WRIT_METRICS_NAMES_MAX; i++)
		add_tally("issued", (int)i);
	get();
	(void)snprintf(labels, sizeof(labels), "playbook=\"p%u\"", WRIT_METRICS_NAMES_MAX);
	assert_value("writ_grants_issued_total", labels, WRIT_METRICS_NAMES_MAX);
	assert_null(prom_find("writ_grants_issued_total", "playbook=\"_other\""));
	add_tally("issued", WRIT_METRICS_NAMES_MAX + 1);
	add_tally("issued", WRIT_METRICS_NAMES_MAX + 2);
	get_anew();
	assert_value("writ_grants_issued_total", "playbook=\"_other\"",
		     2 * WRIT_METRICS_NAMES_MAX + 3);
	assert_value("writ_grants_issued_total", labels, WRIT_METRICS_NAMES_MAX);
	assert_value("writ_grants_issued_total", "playbook=\"p1\"", 1);
	assert_true(len < 512 << 10);
}

static void words_of_other_builds_have_no_series(void **state)
{
	(void)state;
	assert_int_equal(sqlite3_exec(broker.ledger->db,
				      "INSERT INTO tallies (kind, name, word, total) VALUES "
				      "('refused', '', 'moon', 7), ('ended', 'p', 'eaten', 7), "
				      "('lifetime', 'p', '31', 7), ('refused', '', 'rate', 3)",
				      NULL, NULL, NULL),
			 0);
	get();
	assert_null(strstr(text, "moon"));
	assert_null(strstr(text, "eaten"));
	assert_value("writ_grant_lifetime_seconds_count", "playbook=\"p\"", 0);
	assert_value("writ_requests_refused_total", "reason=\"rate\"", 3);
}

static void one_text_serves_a_second(void **state)
{
	const char *first;

	(void)state;
	get();
	first = text;
	assert_int_equal(core.asked, 3);
	for (int i = 0; i < 100; i++)
		assert_int_equal(writ_metrics_text(&broker, &text, &len, error), 0);
	assert_ptr_equal(text, first);
	assert_int_equal(core.asked, 3);
	(void)usleep(1100000);
	make_history();
	get();
	assert_int_equal(core.asked, 6);
	assert_value("writ_requests_total", "", 2);
}

/* Neither a part of the text nor an old one. */
static void all_of_it_or_none(void **state)
{
	static const uint32_t verbs[] = {WRIT_VERB_STATUS, WRIT_VERB_METRICS, WRIT_VERB_SINKS};

	(void)state;
	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		core.fails = verbs[i];
		writ_metrics_closep(&broker.metrics);
		assert_int_equal(writ_metrics_text(&broker, &text, &len, error), -EPIPE);
		assert_string_equal(error, "the core is gone");
	}
	core.fails = 0;
	get();
	writ_metrics_closep(&broker.metrics);
	assert_int_equal(sqlite3_exec(broker.ledger->db, "ALTER TABLE tallies RENAME TO gone", NULL,
				      NULL, NULL),
			 0);
	assert_int_equal(writ_metrics_text(&broker, &text, &len, error), -EIO);
	assert_string_equal(error, "");
	assert_non_null(strstr(writ_ledger_error(broker.ledger), "tallies"));
}

/* A family, or a part of a histogram? */
static bool is_exported(const char *name)
{
	static const char *const parts[] = {"_bucket", "_sum", "_count"};

	for (size_t i = 0; i < prom.n_families; i++) {
		const struct prom_family *family = &prom.families[i];
		size_t length = strlen(family->name);

		if (!strcmp(family->name, name))
			return true;
		for (size_t k = 0; k < 3; k++)
			if (!strcmp(family->type, "histogram") &&
			    !strncmp(name, family->name, length) &&
			    !strcmp(name + length, parts[k]))
				return true;
	}
	return false;
}

/* Each word of @words that begins with "writ_"; how many there were. */
static size_t check_words(const char *words)
{
	size_t n = 0;
	char name[128];

	for (const char *at = words; (at = strstr(at, "writ_")) != NULL; n++) {
		size_t length = 0;

		while (isalnum((unsigned char)at[length]) || at[length] == '_')
			length++;
		(void)snprintf(name, sizeof(name), "%.*s", (int)length, at);
		if (!is_exported(name))
			fail_msg("%s is not exported: %s", name, words);
		at += length;
	}
	return n;
}

/* Every string of the dashboard: its queries, and the metrics that its variables ask for. */
static size_t check_json(const json_t *json)
{
	const char *key;
	json_t *value;
	size_t i, n = 0;

	if (json_is_string(json))
		return check_words(json_string_value(json));
	json_object_foreach((json_t *)(uintptr_t)json, key, value) n += check_json(value);
	json_array_foreach(json, i, value) n += check_json(value);
	return n;
}

static void the_dashboard_names_what_is_exported(void **state)
{
	json_error_t fault;
	json_t *json = json_load_file("docs/grafana.json", JSON_REJECT_DUPLICATES, &fault);
	const json_t *panel;
	size_t i, queries = 0;

	(void)state;
	if (!json)
		fail_msg("docs/grafana.json:%d: %s", fault.line, fault.text);
	make_history();
	get();
	assert_true(check_json(json) > 30);
	json_array_foreach(json_object_get(json, "panels"), i, panel)
	{
		const json_t *target;
		size_t k;

		assert_true(json_is_integer(json_object_get(panel, "id")));
		assert_non_null(json_string_value(json_object_get(panel, "title")));
		json_array_foreach(json_object_get(panel, "targets"), k, target)
		{
			assert_non_null(json_string_value(json_object_get(target, "expr")));
			queries++;
		}
	}
	assert_true(queries > 20);
	json_decref(json);
}

static void the_manual_has_every_family(void **state)
{
	static char page[1 << 17];
	FILE *file = fopen("docs/man/writ-metrics.1", "re");
	size_t size;

	(void)state;
	assert_non_null(file);
	size = fread(page, 1, sizeof(page) - 1, file);
	page[size] = '\0';
	(void)fclose(file);
	get();
	assert_true(check_words(page) >= prom.n_families);
	for (size_t i = 0; i < prom.n_families; i++) {
		char item[160];

		(void)snprintf(item, sizeof(item), "\n.It Sy %s", prom.families[i].name);
		if (!strstr(page, item))
			fail_msg("writ-metrics(1) does not have %s", prom.families[i].name);
	}
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(says_what_the_core_says),
		TEST(says_what_sinks_were_given),
		TEST(leaves_out_what_is_not_known),
		TEST(says_what_the_ledger_says),
		TEST(begins_with_nothing),
		TEST(bounds_the_names),
		TEST(words_of_other_builds_have_no_series),
		TEST(one_text_serves_a_second),
		TEST(all_of_it_or_none),
		TEST(the_dashboard_names_what_is_exported),
		TEST(the_manual_has_every_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
