/* SPDX-License-Identifier: Apache-2.0 */
/* The broker's channel: what it misses, and what ends it. */
#include "daemon_helper.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

/* A broker that does not read: what it misses becomes one word. */
static void test_notices_overflow(void **state)
{
	(void)state;
	forget();
	for (int i = 0; i < 5000; i++)
		writ_notices_send(&daemon_, WRIT_NOTICE_SWITCH, "alice", NULL);
	pump();
	assert_true(got.n_notices < 2000);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_RESYNC);
	forget();
	writ_notices_send(&daemon_, WRIT_NOTICE_SWITCH, "alice", NULL);
	pump();
	assert_int_equal(got.n_notices, 1);
	assert_int_equal(got.notice.notice, WRIT_NOTICE_SWITCH);
}

/* A process in the broker's place, to see that it is ended. */
static pid_t start_victim(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0,
			    0); /* a test that fails leaves nobody */
		(void)pause();
		_exit(0);
	}
	daemon_.broker.child.pid = pid;
	return pid;
}

static void assert_killed(pid_t pid)
{
	int status = 0;

	assert_null(daemon_.broker.channel); /* first: else waiting would have no end */
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
	/* nobody is there: no harm */
	writ_notices_send(&daemon_, WRIT_NOTICE_SWITCH, "alice", NULL);
}

static void test_rubbish_ends_it(void **state)
{
	struct writ_request request = {.version = WRIT_CONTROL_VERSION, .verb = WRIT_VERB_GRANTS};
	pid_t pid = start_victim();

	(void)state;
	assert_int_equal(send(broker, "GET / HTTP/1.1", 14, 0), 14);
	pump();
	assert_killed(pid);
	(void)close(broker);
	open_channel();
	pid = start_victim();
	memset(request.agent, 'a', sizeof(request.agent)); /* no NUL */
	assert_int_equal(send(broker, &request, sizeof(request), 0), sizeof(request));
	pump();
	assert_killed(pid);
	(void)close(broker);
	open_channel();
	pid = start_victim();
	(void)shutdown(broker, SHUT_RDWR);
	pump();
	assert_killed(pid);
}

static void test_flood_ends_it(void **state)
{
	struct writ_request request = {.version = WRIT_CONTROL_VERSION, .verb = WRIT_VERB_WITHDRAW};
	pid_t pid = start_victim();

	(void)state;
	for (int i = 0; i < 15000; i++) {
		send_request(&request, false);
		pump();
	}
	writ_serve_second(&daemon_); /* what came in another second does not count */
	for (int i = 0; i < 20000; i++) {
		send_request(&request, false);
		pump();
	}
	assert_non_null(daemon_.broker.channel);
	send_request(&request, false);
	pump();
	assert_killed(pid);
}

/* What it had said when it died is said by nobody any more. */
static void test_unread_words_die_with_it(void **state)
{
	struct writ_request request = propose("open", new_row(), WRIT_PROPOSE_ISSUE);
	pid_t pid = start_victim();
	siginfo_t ended;

	(void)state;
	send_request(&request, true);
	(void)kill(pid, SIGKILL);
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	writ_broker_reap(&daemon_);
	assert_null(daemon_.broker.channel);
	assert_int_equal(daemon_.broker.child.pid, 0);
	(void)close(broker);
	open_channel(); /* of the next one */
	pump();
	assert_int_equal(fake.n_grants, 0);
	assert_int_equal(got.n_rows, 0);
	assert_int_equal(ask_broker(request, true), 0); /* the control */
	assert_int_equal(fake.n_grants, 1);
}

/* A broker that ends in order, as it does for another validator. */
static void end_in_order(void)
{
	pid_t pid = fork();
	siginfo_t ended;

	assert_true(pid >= 0);
	if (!pid)
		_exit(0);
	daemon_.broker.child.pid = pid;
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	writ_broker_reap(&daemon_);
	assert_int_equal(daemon_.broker.child.pid, 0);
	(void)close(broker);
	open_channel();
	writ_supervise_started(&daemon_.broker.child.supervision, writ_time_boot());
}

static void test_another_policys_broker(void **state)
{
	(void)state;
	writ_supervise_started(&daemon_.broker.child.supervision, writ_time_boot());
	for (int i = 0; i < 5; i++) {
		writ_notices_policy(&daemon_);
		end_in_order();
	}
	assert_int_equal(daemon_.broker.child.supervision.deaths, 0);
	assert_int_equal(ask_broker(propose("open", new_row(), WRIT_PROPOSE_ISSUE), true), 0);
	for (int i = 0; i < 3; i++)
		end_in_order(); /* nobody asked for that */
	assert_int_equal(daemon_.broker.child.supervision.deaths, 3);
	assert_int_equal(ask_broker(propose("open", new_row(), WRIT_PROPOSE_ISSUE), true),
			 -ESHUTDOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_notices_overflow),
		TEST(test_rubbish_ends_it),
		TEST(test_flood_ends_it),
		TEST(test_unread_words_die_with_it),
		TEST(test_another_policys_broker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
