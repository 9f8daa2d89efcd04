/* SPDX-License-Identifier: Apache-2.0 */
/*
 * user/daemon/forward.c, forward_text.c: which policy is another one for writ-forward, and what is
 * shown of a page that it has written, whatever stands there.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "compile/model.h"
#include "daemon/daemon.h"
#include "lib/cleanup.h"

static struct writ_forward_page page;
static struct writ_sink_row rows[WRIT_FORWARD_ROWS + 1];
static size_t n_rows;

static int visit(void *context, const struct writ_sink_row *row)
{
	(void)context;
	assert_true(n_rows < WRIT_FORWARD_ROWS);
	rows[n_rows++] = *row;
	return 0;
}

static int stop(void *context, const struct writ_sink_row *row)
{
	(void)row;
	++*(int *)context;
	return -EPIPE;
}

static size_t each(const struct writ_daemon *writd)
{
	n_rows = 0;
	assert_int_equal(writ_forward_each(writd, visit, NULL), 0);
	return n_rows;
}

static void a_sound_page(void **state)
{
	struct writ_daemon writd = {.forward = {.page = &page, .child = {.pid = 7}}};
	int visits = 0;

	(void)state;
	page = (struct writ_forward_page){.n = 2};
	writ_page_row(&page.rows[0], "siem", "syslog");
	writ_page_error(&page.rows[0], "refused");
	page.rows[0].sent_lines = 12;
	page.rows[0].behind_bytes = UINT64_MAX;
	writ_page_row(&page.rows[1], "live", "live");
	writ_page_state(&page.rows[1], WRIT_FORWARD_CURRENT);
	assert_int_equal(each(&writd), 2);
	assert_string_equal(rows[0].name, "siem");
	assert_string_equal(rows[0].type, "syslog");
	assert_string_equal(rows[0].error, "refused");
	assert_int_equal(rows[0].sent_lines, 12);
	assert_true(rows[0].behind_bytes == UINT64_MAX);
	assert_int_equal(rows[0].state, WRIT_SINK_STATE_CONNECTING);
	assert_int_equal(rows[1].state, WRIT_SINK_STATE_CURRENT);
	assert_int_equal(writ_forward_each(&writd, stop, &visits), -EPIPE);
	assert_int_equal(visits, 1);
}

static void a_page_that_lies(void **state)
{
	struct writ_daemon writd = {.forward = {.page = &page, .child = {.pid = 7}}};

	(void)state;
	memset(&page, 'x', sizeof(page)); /* no text ends, more rows than there are */
	for (size_t i = 0; i < WRIT_FORWARD_ROWS; i++)
		page.rows[i].writing = 2;
	assert_int_equal(each(&writd), WRIT_FORWARD_ROWS);
	assert_int_equal(strlen(rows[9].name), sizeof(rows[9].name) - 1);
	assert_int_equal(strlen(rows[9].type), sizeof(rows[9].type) - 1);
	assert_int_equal(strlen(rows[9].error), sizeof(rows[9].error) - 1);
	assert_int_equal(rows[9].state, WRIT_SINK_STATE_UNUSED);
	page.rows[9].writing = 3; /* for ever in the middle of it */
	assert_int_equal(each(&writd), WRIT_FORWARD_ROWS);
	assert_string_equal(rows[9].error, "");
}

static void nobody_runs(void **state)
{
	struct writ_daemon writd = {.forward = {.page = &page}};

	(void)state;
	page.n = 2;
	assert_int_equal(each(&writd), 0);
	writd.forward.child.pid = 7;
	writd.forward.page = NULL;
	assert_int_equal(each(&writd), 0);
}

/* --- texts ------------------------------------------------------------------------------------ */

static const char *const two[] = {"ab", "c"};
static const char *const joined[] = {"a", "bc"};

static char *text_of(const struct writ_policy_sink *sink, const struct writ_policy_alert *alert)
{
	const struct writ_policy_audit audit = {
		.sinks = sink, .n_sinks = !!sink, .alerts = alert, .n_alerts = !!alert};
	char *text = writ_forward_text(&audit);

	assert_non_null(text);
	return text;
}

static void differ(char *a, char *b)
{
	assert_string_not_equal(a, b);
	free(b);
}

static void other_sinks(void **state)
{
	const struct writ_policy_sink sink = {
		.name = "s", .host = "h", .port = "1", .brokers = two, .n_brokers = 2};
	_cleanup_free_ char *text = text_of(&sink, NULL), *same = text_of(&sink, NULL);
	struct writ_policy_sink other;

	(void)state;
	assert_string_equal(text, same);
	differ(text, text_of(NULL, NULL));
#define OTHER(field, value)                  \
	do {                                 \
		other = sink;                \
		other.field = value;         \
		differ(text, text_of(&other, NULL)); \
	} while (0)
	OTHER(name, "t");
	OTHER(type, WRIT_SINK_KAFKA);
	OTHER(format, WRIT_FORMAT_OCSF);
	OTHER(path, "h");
	OTHER(host, NULL);
	OTHER(host, "h1");
	OTHER(port, "2");
	OTHER(server_name, "n");
	OTHER(ca, "/c");
	OTHER(certificate, "/c");
	OTHER(key, "/k");
	OTHER(brokers, joined);
	OTHER(n_brokers, 1);
	OTHER(topic, "t");
	OTHER(behind, WRIT_BEHIND_SKIP);
	OTHER(backlog, 1);
#undef OTHER
}

static void other_alerts(void **state)
{
	const struct writ_policy_alert alert = {.name = "a", .command = two, .n_command = 2};
	_cleanup_free_ char *text = text_of(NULL, &alert);
	struct writ_policy_alert other;

	(void)state;
#define OTHER(field, value)                  \
	do {                                 \
		other = alert;               \
		other.field = value;         \
		differ(text, text_of(NULL, &other)); \
	} while (0)
	OTHER(name, "b");
	OTHER(on, WRIT_ALERT_LOG);
	OTHER(count, 3);
	OTHER(within_ns, 1);
	OTHER(every_ns, 1);
	OTHER(syslog, true);
	OTHER(command, joined);
	OTHER(n_command, 1);
	OTHER(webhook, "http://x/");
#undef OTHER
}

/* What only the log's writer reads makes no other one. */
static void other_log(void **state)
{
	const struct writ_policy_audit a = {.rotate_bytes = 1}, b = {.rotate_bytes = 2};
	_cleanup_free_ char *one = writ_forward_text(&a), *other = writ_forward_text(&b);

	(void)state;
	assert_string_equal(one, other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_page),	  cmocka_unit_test(a_page_that_lies),
		cmocka_unit_test(nobody_runs),	  cmocka_unit_test(other_sinks),
		cmocka_unit_test(other_alerts),	  cmocka_unit_test(other_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
