/* SPDX-License-Identifier: Apache-2.0 */
/* `audit:` of the Node: how the log is kept, sinks, alerts. */
#include "policy_helper.h"

#include "compile/node.h"

#define NODE "apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: production\n"
#define SECOND UINT64_C(1000000000)

static void keeps_the_log_by_default(void **state)
{
	const struct writ_policy_audit *audit = &writ_node_of(NULL)->audit;

	(void)state;
	assert_int_equal(audit->on_error, WRIT_ON_ERROR_DROP);
	assert_int_equal(audit->sync, WRIT_SYNC_INTERVAL);
	assert_true(audit->sync_ns == SECOND);
	assert_true(audit->checkpoint_ns == 60 * SECOND);
	assert_true(audit->rotate_bytes == 64 << 20);
	assert_true(audit->rotate_ns == 86400 * SECOND);
	assert_true(audit->keep_bytes == UINT64_C(10) << 30);
	assert_true(audit->keep_ns == 90 * 86400 * SECOND);
	assert_true(audit->compress);
	assert_int_equal(audit->n_sinks + audit->n_alerts, 0);
}

static void reads_how_the_log_is_kept(void **state)
{
	struct writ_policy *policy = good_policy(
		NODE "audit:\n  on_error: stop_agents\n  sync: every\n  checkpoint: 10s\n"
		     "  rotate: {size: 16MiB, age: 1h}\n"
		     "  keep: {size: 1TiB, age: 300d}\n  compress: false\n");
	const struct writ_policy_audit *audit = &policy->node->audit;

	(void)state;
	assert_int_equal(audit->on_error, WRIT_ON_ERROR_STOP);
	assert_int_equal(audit->sync, WRIT_SYNC_EVERY);
	assert_true(audit->checkpoint_ns == 10 * SECOND);
	assert_true(audit->rotate_bytes == 16 << 20);
	assert_true(audit->rotate_ns == 3600 * SECOND);
	assert_true(audit->keep_bytes == UINT64_C(1) << 40);
	assert_true(audit->keep_ns == 300 * 86400 * SECOND);
	assert_false(audit->compress);
	writ_policy_free(policy);
}

static void reads_where_lines_are_spilled(void **state)
{
	struct writ_policy *policy =
		good_policy(NODE "audit: {on_error: spill, spill: {path: /var/spool/w/audit}}\n");
	const struct writ_policy_audit *audit = &policy->node->audit;

	(void)state;
	assert_int_equal(audit->on_error, WRIT_ON_ERROR_SPILL);
	assert_string_equal(audit->spill, "/var/spool/w/audit");
	assert_true(audit->spill_bytes == 1 << 30);
	writ_policy_free(policy);
	policy = good_policy(
		NODE "audit: {on_error: spill, spill: {path: /var/spool/w/audit, size: 2MiB}}\n");
	assert_true(policy->node->audit.spill_bytes == 2 << 20);
	writ_policy_free(policy);
}

static void reads_sinks(void **state)
{
	struct writ_policy *policy = good_policy(
		NODE
		"audit:\n  sinks:\n"
		"    - {name: a, type: syslog, address: 'tls:[::1]:6514', ca: /c, "
		"certificate: /d, key: /e, server_name: soc, format: ocsf}\n"
		"    - {name: b, type: syslog, address: /dev/log, behind: skip, backlog: 8MiB}\n"
		"    - {name: c, type: kafka, brokers: ['k1:9092', 'k2:9092'], topic: t}\n");
	const struct writ_policy_sink *sinks = policy->node->audit.sinks;

	(void)state;
	assert_int_equal(policy->node->audit.n_sinks, 3);
	assert_string_equal(sinks[0].host, "::1");
	assert_string_equal(sinks[0].port, "6514");
	assert_string_equal(sinks[0].server_name, "soc");
	assert_int_equal(sinks[0].format, WRIT_FORMAT_OCSF);
	assert_null(sinks[0].path);
	assert_string_equal(sinks[1].path, "/dev/log");
	assert_int_equal(sinks[1].behind, WRIT_BEHIND_SKIP);
	assert_true(sinks[1].backlog == 8 << 20);
	assert_int_equal(sinks[2].n_brokers, 2);
	assert_string_equal(sinks[2].brokers[1], "k2:9092");
	assert_string_equal(sinks[2].topic, "t");
	writ_policy_free(policy);
}

static void reads_alerts(void **state)
{
	struct writ_policy *policy = good_policy(
		NODE "audit:\n  alerts:\n    - {name: a, when: guardrail, syslog: true}\n"
		     "    - {name: b, when: denials, count: 50, within: 2m, every: 1h, "
		     "command: [/usr/bin/page, soc], webhook: 'https://soc/writ'}\n");
	const struct writ_policy_alert *alerts = policy->node->audit.alerts;

	(void)state;
	assert_int_equal(policy->node->audit.n_alerts, 2);
	assert_int_equal(alerts[0].on, WRIT_ALERT_GUARDRAIL);
	assert_int_equal(alerts[0].count, 1);
	assert_true(alerts[0].every_ns == 60 * SECOND);
	assert_int_equal(alerts[1].count, 50);
	assert_true(alerts[1].within_ns == 120 * SECOND);
	assert_true(alerts[1].every_ns == 3600 * SECOND);
	assert_int_equal(alerts[1].n_command, 2);
	assert_string_equal(alerts[1].webhook, "https://soc/writ");
	writ_policy_free(policy);
}

static void refuses_what_would_not_work(void **state)
{
	static const struct {
		const char *text;
		const char *error;
	} bad[] = {
		{"{on_error: stop}", "drop_and_count, stop_agents, spill"},
		{"{on_error: spill}", "needs spill: {path: FILE}"},
		{"{spill: {path: /s/a}}", "has no meaning without on_error: spill"},
		{"{on_error: stop_agents, spill: {path: /s/a}}", "has no meaning without"},
		{"{on_error: spill, spill: {size: 1GiB}}", "path"},
		{"{on_error: spill, spill: {path: s/a}}", "path"},
		{"{on_error: spill, spill: {path: /s/a, size: 65GiB}}",
		 "expected 1MiB to 65536MiB"},
		{"{keep: {size: 64MiB}}", "nearly nothing is kept"},
		{"{rotate: {size: 2GiB}}", "expected 1MiB to 1024MiB"},
		{"{sinks: [{name: a, type: syslog}]}", "needs an address"},
		{"{sinks: [{name: a, type: stdout, address: /a}]}", "address is syslog's"},
		{"{sinks: [{name: a, type: kafka, topic: t}]}", "needs brokers"},
		{"{sinks: [{name: a, type: stdout, topic: t}]}", "are kafka's"},
		{"{sinks: [{name: a, type: syslog, address: /a, ca: /b}]}", "are of TLS"},
		{"{sinks: [{name: a, type: syslog, address: 'tls:h:1', key: /b}]}", "both or none"},
		{"{sinks: [{name: a, type: syslog, address: 'tls:h:0'}]}", "HOST:PORT"},
		{"{sinks: [{name: a, type: stdout, behind: skip}]}", "both or none"},
		{"{sinks: [{name: a, type: stdout}, {name: a, type: stdout}]}", "two sinks"},
		{"{alerts: [{name: a, when: loss}]}", "nobody is told"},
		{"{alerts: [{name: a, when: los, syslog: true}]}", "did you mean \"loss\""},
		{"{alerts: [{name: a, when: loss, syslog: true}, "
		 "{name: a, when: log, syslog: true}]}",
		 "two alerts"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), NODE "audit: %s\n", bad[i].text);
		assert_refused(text, bad[i].error);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_the_log_by_default),
		cmocka_unit_test(reads_how_the_log_is_kept),
		cmocka_unit_test(reads_where_lines_are_spilled),
		cmocka_unit_test(reads_sinks),
		cmocka_unit_test(reads_alerts),
		cmocka_unit_test(refuses_what_would_not_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
