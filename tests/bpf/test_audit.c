/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real writ-audit, confined as in service, between a ring that real programs fill and a core
 * that starts it as writd does: every record becomes a line or is told as missing, whoever is
 * killed, and what the core did stands between what the hooks saw.
 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <jansson.h>

#include "audit_daemon.h"
#include "kernel/grants.h"
#include "kernel/note.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define RING_SIZE (32u << 20)
#define POLICY                                                                                  \
	"apiVersion: writ/v1\nkind: Role\nname: r\nplaybooks: [fix]\nfiles:\n"                  \
	"  - {path: '/ok/**', allow: [read]}\n---\n"                                             \
	"apiVersion: writ/v1\nkind: Playbook\nname: fix\nttl: {default: 3m, max: 10m}\nfiles:\n" \
	"  - {path: /srv/a, allow: [read]}\n---\n"                                               \
	"apiVersion: writ/v1\nkind: Agent\nname: bot\nrole: r\nmatch: {cgroup: /bot}\n---\n"  \
	"apiVersion: writ/v1\nkind: Node\nname: n\nenvironment: test\n"                       \
	"audit: {rotate: {size: 1GiB}}\n" /* all in one segment */
#define SMALL_RING 8192u /* room for two grants, and little more */
#define WAIT_MS 20000
#define KILLS 12
#define NUMBERS_MAX (1u << 20) /* of one CPU */
#define CPUS_MAX 64u

/* What stands in the log. */
static struct {
	unsigned char *seen;
	int64_t remedies;
	int64_t lines, decisions, notes, cut, missing, unnamed;
	uint64_t numbers; /* that stand there */
	uint64_t doubles; /* numbers that stand there again */
	char steps[4096]; /* the core's, "event " each, in their order */
} found;

static void open_daemon(uint32_t ring_size)
{
	audit_directory();
	audit_daemon(ring_size, POLICY);
	daemon_.denials = writ_denials_new();
}

static int set_up(void **state)
{
	(void)state;
	open_daemon(RING_SIZE);
	return 0;
}

static int set_up_small(void **state)
{
	(void)state;
	open_daemon(SMALL_RING);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_denials_free(daemon_.denials);
	daemon_.denials = NULL;
	free(found.seen);
	found.seen = NULL;
	return audit_daemon_close();
}

/* A decision as a hook ends it. */
static void decide(const char *path)
{
	(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.finish_one), AGENT,
				path, strlen(path), WRIT_ACCESS_READ);
}

static void decide_many(uint32_t n)
{
	static const char path[] = "/ok/some/directory/with/a/name/of/usual/length/file.txt";

	harness.skel->bss->question.repeat = n;
	(void)harness_ask_bytes(&harness, bpf_program__fd(harness.skel->progs.finish_many), AGENT,
				path, strlen(path), WRIT_ACCESS_READ);
}

/* Each CPU has numbers of its own. */
static void note_number(int64_t cpu, int64_t number)
{
	unsigned char *seen;

	if (!number)
		return;
	assert_in_range(cpu, 0, CPUS_MAX - 1);
	assert_in_range(number, 1, NUMBERS_MAX - 1);
	seen = &found.seen[cpu * NUMBERS_MAX + number];
	found.doubles += *seen;
	found.numbers += !*seen;
	*seen = 1;
}

static const char *word(const json_t *line, const char *key)
{
	const char *text = json_string_value(json_object_get(line, key));

	return text ? text : "";
}

static void count_line(const char *text, size_t len)
{
	json_t *line = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
	const char *type;

	if (!line) {
		found.cut++;
		return;
	}
	type = word(line, "type");
	if (!strcmp(type, "segment") || !strcmp(type, "checkpoint") || !strcmp(type, "log")) {
		json_decref(line); /* the log's own */
		return;
	}
	note_number(json_integer_value(json_object_get(line, "cpu")),
		    json_integer_value(json_object_get(line, "sequence")));
	found.lines++;
	found.decisions += !strcmp(type, "decision");
	found.remedies += !!json_object_get(line, "remedy");
	if (!strcmp(type, "gap") && strcmp(word(line, "reason"), "truncated_line") != 0)
		found.missing += json_integer_value(json_object_get(line, "missing"));
	if (!strcmp(type, "decision") && (strcmp(word(line, "agent"), "bot") != 0 ||
					  (json_object_get(line, "rule") && !*word(line, "rule"))))
		found.unnamed++;
	if (json_object_get(line, "event")) {
		found.notes++;
		(void)strncat(found.steps, word(line, "event"),
			      sizeof(found.steps) - strlen(found.steps) - 2);
		(void)strcat(found.steps, " ");
	}
	json_decref(line);
}

static void read_log(void)
{
	_cleanup_fclose_ FILE *file = fopen(log_path, "re");
	_cleanup_free_ char *text = NULL;
	size_t size = 0;
	ssize_t len;

	free(found.seen);
	memset(&found, 0, sizeof(found));
	found.seen = calloc(CPUS_MAX, NUMBERS_MAX);
	assert_non_null(found.seen);
	assert_non_null(file);
	while ((len = getline(&text, &size, file)) > 0)
		count_line(text, (size_t)len);
	assert_true(!found.lines || text[strlen(text) - 1] == '\n');
}

static struct writ_counters counters(void)
{
	struct writ_counters sum;

	assert_int_equal(writ_kernel_counters(&harness.kernel, &sum, NULL, NULL), 0);
	return sum;
}

static void catch_up(void)
{
	assert_int_equal(writ_audit_catch_up(&daemon_, WAIT_MS), 0);
}

static void kill_audit(void)
{
	pid_t pid = daemon_.audit.child.pid;

	assert_true(pid > 0);
	assert_int_equal(kill(pid, SIGKILL), 0);
	while (daemon_.audit.child.pid == pid) {
		(void)usleep(1000);
		writ_audit_reap(&daemon_);
	}
}

static void test_records_become_lines(void **state)
{
	(void)state;
	audit_start();
	decide("/ok/a");
	decide("/no");
	catch_up();
	writ_audit_close(&daemon_);
	read_log();
	assert_int_equal(found.decisions, 2);
	assert_int_equal(found.unnamed, 0);
	assert_int_equal(found.missing, 0);
	assert_int_equal(found.lines, counters().sequence);
}

/* The policy is read behind the filter, at start and when the core says so. */
static void test_remedies(void **state)
{
	(void)state;
	audit_start();
	decide("/srv/a");
	decide("/srv/b");
	catch_up();
	read_log();
	assert_int_equal(found.decisions, 2);
	assert_int_equal(found.remedies, 1);
	audit_policy("kind: ["); /* refused: the last one stays */
	writ_audit_policy(&daemon_);
	catch_up();
	decide("/srv/a");
	catch_up();
	read_log();
	assert_int_equal(found.decisions, 3);
	assert_int_equal(found.remedies, 2);
	assert_int_equal(daemon_.audit.child.supervision.deaths, 0);
}

/* One stream: what the core did and what the hooks saw, in the order in which it was. */
static void test_steps_of_the_core(void **state)
{
	struct writ_grant_info info = {.id = 3, .agent = AGENT, .agent_name = "bot"};
	struct writ_proposal_row row = {.proposal = 7};
	struct writ_context context = {.session = "s"};
	struct writ_note_request request = {.refusal = WRIT_REFUSAL_TICKET, .agent = "bot"};

	(void)state;
	writ_notes_daemon(&daemon_, WRIT_DAEMON_EVENT_STARTED, NULL);
	decide("/ok/a");
	writ_notes_grant(&daemon_, WRIT_GRANT_EVENT_ISSUED, &info, NULL);
	audit_start();
	writ_notes_grant(&daemon_, WRIT_GRANT_EVENT_REVOKED, &info, "bob");
	writ_notes_proposal(&daemon_, WRIT_PROPOSAL_EVENT_PROPOSED, &row, &context, NULL);
	writ_notes_request(&daemon_, WRIT_REQUEST_EVENT_REFUSED, AGENT, &request);
	catch_up();
	read_log();
	assert_string_equal(found.steps, "started issued revoked proposed refused ");
	assert_int_equal(found.numbers, 6);
	assert_int_equal(found.lines, counters().sequence);
}

/* The newest denials come back by the channel, for `writ why`. */
static int count_denial(void *context, const struct writ_denial_row *row)
{
	*(int *)context += !strcmp(row->object, "/no/it");
	return 0;
}

static void test_denials_come_back(void **state)
{
	int n = 0;

	(void)state;
	audit_start();
	decide("/ok/a");
	decide("/no/it");
	catch_up();
	for (int i = 0; i < 1000 && !n; i++) {
		(void)usleep(1000);
		writ_audit_hear(&daemon_);
		assert_int_equal(writ_denials_each(daemon_.denials, AGENT, count_denial, &n), 0);
	}
	assert_int_equal(n, 1);
}

/* Makes records until it is killed, or nobody is left to do so. */
static pid_t produce(void)
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (!child)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (!child) {
		decide_many(100);
		(void)usleep(2000);
	}
	return child;
}

/* It has begun to take records: a kill before that would show nothing. */
static bool await_reading(void)
{
	uint64_t before = writ_positions_consumed(&daemon_.audit.positions);

	for (int i = 0; i < 400; i++) {
		if (writ_positions_consumed(&daemon_.audit.positions) != before)
			return true;
		(void)usleep(500);
	}
	return false;
}

/* Killed again and again as it writes: no record is lost but those that found the ring full. */
static void test_killed_under_load(void **state)
{
	pid_t producer;
	int kills = 0, status;

	(void)state;
	audit_start();
	producer = produce();
	while (kills < KILLS) {
		daemon_.audit.child.supervision.retry = 0; /* at once */
		writ_audit_tick(&daemon_);
		if (!await_reading())
			continue;
		(void)usleep((unsigned int)(kills % 7) * 1500);
		kill_audit();
		kills++;
	}
	assert_int_equal(kill(producer, SIGKILL), 0);
	assert_int_equal(waitpid(producer, &status, 0), producer);
	daemon_.audit.child.supervision.retry = 0;
	writ_audit_await(&daemon_);
	catch_up();
	writ_audit_close(&daemon_);
	read_log();
	print_message("killed %d times: %lld lines, %llu twice, %lld cut, %lld missing\n", kills,
		      (long long)found.lines, (unsigned long long)found.doubles,
		      (long long)found.cut, (long long)found.missing);
	/* a line may be there twice, or cut and there again: never not at all */
	assert_int_equal(found.numbers + counters().lost, counters().sequence);
	assert_true(found.missing >= (int64_t)counters().lost);
	assert_int_equal(found.unnamed, 0);
}

/* While nobody reads, the core's steps wait in the ring, then in the core; others are counted. */
static void test_full_ring(void **state)
{
	struct writ_grant_info info = {.id = 3, .agent = AGENT};
	const uint32_t fit =
		SMALL_RING / (sizeof(struct writ_event) + sizeof(struct writ_note_grant) + 8u);

	(void)state;
	for (uint32_t i = 0; i < fit + WRIT_NOTES_MAX + 7; i++)
		writ_notes_grant(&daemon_, WRIT_GRANT_EVENT_ISSUED, &info, NULL);
	assert_int_equal(daemon_.notes.n_waiting, WRIT_NOTES_MAX);
	assert_int_equal(daemon_.notes.lost, 7);
	assert_int_equal(counters().sequence, fit); /* what waits has no number yet */
	assert_int_equal(counters().lost, 0);
	audit_start();
	for (int i = 0; i < 5000 && (daemon_.notes.n_waiting || daemon_.notes.untold); i++) {
		catch_up();
		writ_notes_flush(&daemon_);
	}
	catch_up();
	read_log();
	assert_int_equal(found.notes, fit + WRIT_NOTES_MAX + 1);
	assert_non_null(strstr(found.steps, "issued "));
	assert_int_equal(found.lines, counters().sequence);
}

/* Three deaths in a minute: nothing is issued, and both are on record when it lives again. */
static void test_dies_too_often(void **state)
{
	char error[WRIT_ERROR_SIZE];

	(void)state;
	audit_start();
	assert_null(writ_child_held(&daemon_));
	for (int i = 0; i < 3; i++) {
		daemon_.audit.child.supervision.retry = 0;
		writ_audit_tick(&daemon_);
		kill_audit();
	}
	assert_ptr_equal(writ_child_held(&daemon_), &daemon_.audit.child);
	assert_int_equal(writ_gate_check_broker(&daemon_, "bot", error), -ESHUTDOWN);
	assert_non_null(strstr(error, "audit process"));
	daemon_.audit.child.supervision.retry = 0;
	writ_audit_await(&daemon_);
	read_log();
	assert_string_equal(found.steps, "audit_died audit_died audit_died audit_failing ");
	assert_non_null(writ_child_held(&daemon_));
	daemon_.audit.child.supervision.started = writ_time_boot() - WRIT_SUPERVISE_SPAN_NS;
	writ_audit_tick(&daemon_);
	assert_null(writ_child_held(&daemon_));
	catch_up();
	read_log();
	assert_non_null(strstr(found.steps, "audit_recovered "));
}

static char *status_of(pid_t pid, const char *key, char *line, size_t size)
{
	char path[64];
	_cleanup_fclose_ FILE *file = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	assert_non_null(file);
	while (fgets(line, (int)size, file))
		if (!strncmp(line, key, strlen(key)))
			return line + strlen(key) + 1;
	return NULL;
}

static int count_descriptors(pid_t pid)
{
	char path[64];
	_cleanup_closedir_ DIR *dir = NULL;
	int n = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = opendir(path);
	assert_non_null(dir);
	while (readdir(dir))
		n++;
	return n - 2;
}

/* It holds no way to change a map, has no capability, and can't come to more. */
static void test_confined(void **state)
{
	char line[256];
	pid_t pid;

	(void)state;
	audit_start();
	pid = daemon_.audit.child.pid;
	assert_true(pid > 0);
	assert_int_equal(strtoull(status_of(pid, "CapEff:", line, sizeof(line)), NULL, 16), 0);
	assert_int_equal(strtoull(status_of(pid, "CapPrm:", line, sizeof(line)), NULL, 16), 0);
	assert_int_equal(strtoul(status_of(pid, "NoNewPrivs:", line, sizeof(line)), NULL, 10), 1);
	assert_int_equal(strtoul(status_of(pid, "Seccomp:", line, sizeof(line)), NULL, 10), 2);
	assert_int_not_equal(strtoul(status_of(pid, "Uid:", line, sizeof(line)), NULL, 10), 0);
	/* three standard ones, channel, ring, two to look up in, lock, log, its key, epoll */
	for (int i = 0; i < 500 && count_descriptors(pid) != 11; i++)
		(void)usleep(10000); /* a directory that is synced, or looked through */
	assert_int_equal(count_descriptors(pid), 11);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_records_become_lines),
		CASE(test_remedies),
		CASE(test_steps_of_the_core),
		CASE(test_denials_come_back),
		CASE(test_killed_under_load),
		cmocka_unit_test_setup_teardown(test_full_ring, set_up_small, tear_down),
		CASE(test_dies_too_often),
		CASE(test_confined),
	};

	writ_log_open("test_audit", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
