/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a sweep is made and what is told of it, by a cutter in whose place the case is; and the real
 * cutter, of whose sweeps the case says how they end. Real sweeps are in tests/vm/guest/cut.sh.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/daemon.h"
#include "kernel/grants.h"
#include "kernel/guard.h"
#include "lib/time.h"

#define GRANTS (WRIT_CUTS_MAX + 2)

static struct {
	bool due;
	int begun;
	size_t asked;
	uint64_t first;
	int out;
	int notices;
	int deaths;
	struct writ_notice_row notice;
	struct writ_grant_info grants[GRANTS];
} fake;

static struct writ_kernel kernel;
static struct writ_node node;
static struct writ_daemon daemon_;

bool writ_cut_is_due(const struct writ_kernel *of)
{
	(void)of;
	return fake.due;
}

int writ_guard_lend(const struct writ_kernel *of, pid_t parent)
{
	(void)of;
	(void)parent;
	return 0;
}

/* A sweep by the real cutter: for 1 it counts, for 2 it dies, for 3 it can't begin, for 4 it never
 * ends. */
int writ_cut_start(struct writ_kernel *of, const uint64_t *grants, size_t n, int *ret_fd,
		   pid_t *ret_pid)
{
	const struct writ_cut_count counts[] = {{.grant = grants[0], .files = (uint32_t)n},
						{.grant = WRIT_CUT_END}};
	int ends[2];

	(void)of;
	if (grants[0] == 3)
		return -ENOMEM;
	if (pipe2(ends, O_CLOEXEC) || fcntl(ends[0], F_SETFL, O_NONBLOCK))
		return -errno;
	*ret_fd = ends[0];
	*ret_pid = fork();
	if (!*ret_pid) {
		if (grants[0] == 4)
			for (;;)
				(void)poll(NULL, 0, 1000);
		_exit(write(ends[1], counts, grants[0] == 2 ? 9 : sizeof(counts)) < 0);
	}
	(void)close(ends[1]);
	return 0;
}

int writ_grants_info(const struct writ_kernel *of, uint64_t id, struct writ_grant_info *ret_info)
{
	(void)of;
	if (id >= GRANTS)
		return -ENOENT;
	*ret_info = fake.grants[id];
	return 0;
}

int writ_grants_set_cut(struct writ_kernel *of, const struct writ_grant_info *info)
{
	(void)of;
	fake.grants[info->id] = *info;
	return 0;
}

void writ_serve_notice(struct writ_daemon *to, const struct writ_notice_row *notice)
{
	(void)to;
	fake.notices++;
	fake.notice = *notice;
}

void __wrap_writ_notes_daemon(struct writ_daemon *of, enum writ_daemon_event event,
			      const char *detail);

void __wrap_writ_notes_daemon(struct writ_daemon *of, enum writ_daemon_event event,
			      const char *detail)
{
	(void)of;
	assert_non_null(detail);
	fake.deaths += event == WRIT_DAEMON_EVENT_CUTTER_DIED;
}

static int set_up(void **state)
{
	int ends[2];

	(void)state;
	memset(&fake, 0, sizeof(fake));
	memset(&kernel, 0, sizeof(kernel));
	memset(&daemon_, 0, sizeof(daemon_));
	kernel.node = &node;
	for (uint64_t i = 0; i < GRANTS; i++)
		fake.grants[i].id = i;
	fake.due = true;
	fake.out = -1;
	daemon_.kernel = &kernel;
	daemon_.epoll = epoll_create1(EPOLL_CLOEXEC);
	daemon_.cuts.next_ns = 1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		return -1;
	daemon_.cuts.cutter = (struct writ_cutter){.pid = 1 << 30, .fd = ends[0]};
	fake.out = ends[1];
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	writ_cuts_close(&daemon_);
	writ_notes_clear(&daemon_.notes);
	if (fake.out >= 0)
		(void)close(fake.out);
	(void)close(daemon_.epoll);
	return 0;
}

static void say(uint64_t grant, uint32_t files, uint32_t closed)
{
	const struct writ_cut_count count = {.grant = grant, .files = files, .closed = closed};

	assert_int_equal(write(fake.out, &count, sizeof(count)), sizeof(count));
}

static struct writ_cutter_order order;

/* An order that has come is taken: was there one? */
static bool take_order(void)
{
	ssize_t n = recv(fake.out, &order, sizeof(order), MSG_DONTWAIT);

	if (n != sizeof(order))
		return false;
	assert_int_equal(order.size, sizeof(order));
	fake.begun++;
	fake.asked = order.n_grants;
	fake.first = order.n_grants ? order.grants[0] : 0;
	return true;
}

static void begins(int begun)
{
	daemon_.cuts.next_ns = 1;
	writ_cuts_tick(&daemon_);
	(void)take_order();
	assert_int_equal(fake.begun, begun);
}

static void nothing_can_be_open(void **state)
{
	(void)state;
	fake.due = false;
	writ_cuts_ended(&daemon_, 3);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_COUNTED);
	writ_cuts_tick(&daemon_);
	assert_int_equal(fake.begun, 0);
	assert_int_equal(fake.notices, 0);
}

static void ended_are_counted(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 7);
	writ_cuts_ended(&daemon_, 3);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_NOT_YET);
	begins(1);
	assert_int_equal(fake.asked, 2);
	assert_int_equal(fake.first, 3); /* in order, whichever came first */
	writ_cuts_tick(&daemon_);
	assert_int_equal(fake.begun, 1); /* one at a time */
	say(3, 2, 1);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_NOT_YET);
	say(WRIT_CUT_END, 0, 0);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_COUNTED);
	assert_int_equal(fake.grants[3].cut_files, 2);
	assert_int_equal(fake.grants[3].cut_closed, 1);
	assert_int_equal(fake.grants[7].cut_state, WRIT_CUT_COUNTED);
	assert_int_equal(fake.notices, 1); /* of the one that cut something */
	assert_int_equal(fake.notice.notice, WRIT_NOTICE_CUT);
	assert_int_equal(fake.notice.grant, 3);
	assert_int_equal(fake.notice.cut_files, 2);
}

/* The sweep's child has died: its cutter says so, and the next one is made. */
static void a_sweep_that_dies(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	say(3, 2, 1);
	say(WRIT_CUT_PART, 0, 0);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_IN_PART);
	assert_int_equal(fake.grants[3].cut_files, 2);
	writ_cuts_ended(&daemon_, 4);
	begins(2);
	assert_int_equal(fake.asked, 1);
}

/* For good: what ends from then on is told as counted in part, and the record says it once. */
static void a_cutter_that_dies(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	say(3, 2, 1);
	(void)close(fake.out);
	fake.out = -1;
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_IN_PART);
	assert_int_equal(fake.grants[3].cut_files, 2);
	assert_int_equal(fake.deaths, 1);
	assert_int_equal(daemon_.cuts.cutter.pid, 0);
	writ_cuts_ended(&daemon_, 4);
	daemon_.cuts.next_ns = 1;
	writ_cuts_tick(&daemon_);
	assert_int_equal(fake.grants[4].cut_state, WRIT_CUT_IN_PART);
	assert_int_equal(fake.deaths, 1);
}

/* While nothing is swept as well. */
static void a_cutter_that_dies_idle(void **state)
{
	(void)state;
	(void)close(fake.out);
	fake.out = -1;
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.deaths, 1);
	assert_int_equal(fake.notices, 0);
}

static void gone_after(const void *bytes, size_t len)
{
	assert_int_equal(send(fake.out, bytes, len, 0), len);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.deaths, 1);
	assert_int_equal(daemon_.cuts.cutter.pid, 0);
}

/* One that says what is no answer, or has not been asked, is heard no more. */
static void what_is_no_answer(void **state)
{
	const struct writ_cut_count counts[2] = {{.grant = 3}};

	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	gone_after(counts, sizeof(counts[0]) + 1);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_IN_PART);
}

static void a_short_answer(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	gone_after("torn", 4);
}

static void an_answer_unasked(void **state)
{
	const struct writ_cut_count count = {.grant = 3, .files = 9};

	(void)state;
	gone_after(&count, sizeof(count));
	assert_int_equal(fake.grants[3].cut_files, 0);
}

/* As many counts as are kept, and one more. */
static void more_counts_than_are_kept(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	for (unsigned int i = 0; i < WRIT_CUTS_COUNTS_MAX; i++) {
		say(9, 0, 0);
		if (i % 64 == 63)
			writ_cuts_read(&daemon_);
	}
	assert_int_equal(fake.deaths, 0);
	say(9, 0, 0);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.deaths, 1);
}

static void one_that_could_not_look_at_all(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	say(WRIT_CUT_PART, 0, 0);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_IN_PART);
	assert_int_equal(fake.notices, 1); /* it is told, though nothing was found */
}

static void one_that_takes_too_long(void **state)
{
	(void)state;
	writ_cuts_ended(&daemon_, 3);
	begins(1);
	daemon_.cuts.limit_ns = writ_time_boot() - 1;
	writ_cuts_tick(&daemon_);
	assert_int_equal(fake.grants[3].cut_state, WRIT_CUT_IN_PART);
	assert_false(daemon_.cuts.runs);
	writ_cuts_ended(&daemon_, 4);
	begins(1); /* not before the cutter has told its end, which is too late to count */
	say(3, 7, 0);
	say(WRIT_CUT_END, 0, 0);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[3].cut_files, 0);
	begins(2);
}

/* As many as there is room for, and one more. */
static void more_than_can_wait(void **state)
{
	(void)state;
	for (uint64_t i = 0; i <= WRIT_CUTS_MAX; i++)
		writ_cuts_ended(&daemon_, i + 1);
	assert_int_equal(fake.grants[WRIT_CUTS_MAX].cut_state, WRIT_CUT_NOT_YET);
	assert_int_equal(fake.grants[WRIT_CUTS_MAX + 1].cut_state, WRIT_CUT_IN_PART);
	begins(1);
	assert_int_equal(fake.asked, WRIT_CUTS_MAX);
}

/* A suspension: no grant has ended, and sockets are destroyed. One that nobody knows is passed. */
static void a_suspension_is_swept(void **state)
{
	(void)state;
	kernel.ends++;
	begins(1);
	assert_int_equal(fake.asked, 0);
	say(9, 0, 2);
	say(GRANTS + 1, 0, 1);
	say(WRIT_CUT_END, 0, 0);
	writ_cuts_read(&daemon_);
	assert_int_equal(fake.grants[9].cut_closed, 2);
	assert_int_equal(fake.notices, 1);
	daemon_.cuts.next_ns = 1;
	(void)usleep(10000);
	writ_cuts_tick(&daemon_);
	assert_int_equal(fake.begun, 1); /* and not again */
}

/* --- the cutter's own end ------------------------------------------------------------- */

static pid_t run_cutter(int *ret_fd)
{
	int ends[2];
	pid_t pid;

	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	pid = fork();
	if (!pid) {
		(void)close(ends[0]);
		_exit(-writ_cutter_run(&kernel, ends[1]));
	}
	(void)close(ends[1]);
	*ret_fd = ends[0];
	return pid;
}

static int status_of(pid_t pid)
{
	int status = 0;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void answers(const struct writ_cutter *cutter, uint64_t grant, uint32_t files)
{
	struct writ_cut_count count;
	struct pollfd fd = {.fd = cutter->fd, .events = POLLIN};

	assert_int_equal(poll(&fd, 1, 10000), 1);
	assert_int_equal(writ_cutter_answer(cutter, &count), 1);
	assert_int_equal(count.grant, grant);
	assert_int_equal(count.files, files);
}

/* Each order has one end, whatever becomes of its sweep, and the next is taken. */
static void orders_are_answered(void **state)
{
	const uint64_t counts[] = {1, 8}, dies = 2, fails = 3;
	struct writ_cutter cutter;

	(void)state;
	cutter.pid = run_cutter(&cutter.fd);
	assert_int_equal(writ_cutter_order(&cutter, counts, 2), 0);
	answers(&cutter, 1, 2);
	answers(&cutter, WRIT_CUT_END, 0);
	assert_int_equal(writ_cutter_order(&cutter, &dies, 1), 0);
	answers(&cutter, WRIT_CUT_PART, 0);
	assert_int_equal(writ_cutter_order(&cutter, &fails, 1), 0);
	answers(&cutter, WRIT_CUT_PART, 0);
	assert_int_equal(writ_cutter_order(&cutter, counts, 1), 0);
	answers(&cutter, 1, 1);
	answers(&cutter, WRIT_CUT_END, 0);
	assert_int_equal(writ_cutter_order(&cutter, counts, WRIT_CUTTER_GRANTS_MAX + 1),
			 -E2BIG);
	(void)close(cutter.fd);
	assert_int_equal(status_of(cutter.pid), 0);
}

/* The core is gone in the middle of one. */
static void it_ends_with_the_core(void **state)
{
	const uint64_t hangs = 4;
	struct writ_cutter cutter;

	(void)state;
	cutter.pid = run_cutter(&cutter.fd);
	assert_int_equal(writ_cutter_order(&cutter, &hangs, 1), 0);
	(void)usleep(50000);
	(void)close(cutter.fd);
	assert_int_equal(status_of(cutter.pid), 0);
}

static void what_is_no_order(void **state)
{
	static struct writ_cutter_order bad[] = {
		{.size = 1}, {.size = sizeof(bad[0]), .n_grants = WRIT_CUTTER_GRANTS_MAX + 1}};
	int fd;
	pid_t pid;

	(void)state;
	for (int i = 0; i < 3; i++) {
		size_t len = i < 2 ? sizeof(bad[0]) : 5;

		pid = run_cutter(&fd);
		assert_int_equal(send(fd, i < 2 ? &bad[i] : &bad[0], len, 0), len);
		assert_int_equal(status_of(pid), EPROTO);
		(void)close(fd);
	}
}

static void there_is_none(void **state)
{
	const struct writ_cutter none = {.pid = 0};
	struct writ_cut_count count;

	(void)state;
	assert_int_equal(writ_cutter_order(&none, NULL, 0), -ECHILD);
	assert_int_equal(writ_cutter_answer(&none, &count), -ECHILD);
}

#define CASE(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(nothing_can_be_open),
		CASE(ended_are_counted),
		CASE(a_sweep_that_dies),
		CASE(a_cutter_that_dies),
		CASE(a_cutter_that_dies_idle),
		CASE(what_is_no_answer),
		CASE(a_short_answer),
		CASE(an_answer_unasked),
		CASE(more_counts_than_are_kept),
		CASE(one_that_could_not_look_at_all),
		CASE(one_that_takes_too_long),
		CASE(more_than_can_wait),
		CASE(a_suspension_is_swept),
		cmocka_unit_test(orders_are_answered),
		cmocka_unit_test(it_ends_with_the_core),
		cmocka_unit_test(what_is_no_order),
		cmocka_unit_test(there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
