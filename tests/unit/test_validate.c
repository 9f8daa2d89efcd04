/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The external ticket validator with real commands: the clean yes, everything that is none, and
 * what a command is given and leaves behind. No case may leave a descriptor, a zombie or a process.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "broker/validate.h"

#define LONG (3600 * WRIT_NS_PER_SECOND) /* never reached */
#define SHORT (WRIT_NS_PER_SECOND / 10)
#define YES "printf '{\"valid\": true}'"
#define INPUT "{\"ticket\": \"CHG-1842\"}"
#define PATIENCE 20000 /* ms: what takes so long hangs */

static struct {
	char directory[64];
	char script[80];
	const char *command[4];
	struct writ_policy_node node;
	struct writ_validations *validations;
	size_t descriptors;
	size_t wakes;
	size_t answers;
	uint64_t request; /* of the last one */
	enum writ_refusal refusal;
	char message[WRIT_MESSAGE_SIZE];
} here;

static size_t count_descriptors(void)
{
	DIR *directory = opendir("/proc/self/fd");
	size_t n = 0;

	assert_non_null(directory);
	while (readdir(directory))
		n++;
	(void)closedir(directory);
	return n;
}

static void take_answer(void *context, uint64_t request, enum writ_refusal refusal,
			const char *message)
{
	assert_ptr_equal(context, &here);
	here.answers++;
	here.request = request;
	here.refusal = refusal;
	(void)snprintf(here.message, sizeof(here.message), "%s", message);
	for (const char *at = message; *at; at++)
		assert_true((unsigned char)*at >= 0x20);
}

static int set_up(void **state)
{
	(void)state;
	memset(&here, 0, sizeof(here));
	here.descriptors = count_descriptors();
	strcpy(here.directory, "/tmp/writ-validate-XXXXXX");
	assert_non_null(mkdtemp(here.directory));
	(void)snprintf(here.script, sizeof(here.script), "%s/script", here.directory);
	here.command[0] = here.script;
	here.node.validator = here.command;
	here.node.n_validator = 1;
	here.node.validator_timeout_ns = LONG;
	assert_int_equal(writ_validate_open(take_answer, &here, &here.validations), 0);
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	writ_validate_closep(&here.validations);
	assert_null(here.validations);
	(void)snprintf(command, sizeof(command), "rm -rf %s", here.directory);
	assert_int_equal(system(command), 0);
	assert_int_equal(count_descriptors(), here.descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* no child, no zombie */
	assert_int_equal(errno, ECHILD);
	return 0;
}

/* The validator is this text, run by sh in the test's directory. */
static void write_script(const char *text)
{
	FILE *file = fopen(here.script, "w");

	assert_non_null(file);
	assert_true(fprintf(file, "#!/bin/sh\ncd %s\n%s\n", here.directory, text) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(here.script, 0700), 0);
}

static void read_file(const char *name, char *text, size_t size)
{
	char path[128];
	FILE *file;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", here.directory, name);
	file = fopen(path, "r");
	if (!file)
		fail_msg("no %s", path);
	len = fread(text, 1, size - 1, file);
	text[len] = '\0';
	(void)fclose(file);
}

/* Waits as the broker's loop does, until there are @n answers. */
static void await(size_t n)
{
	while (here.answers < n) {
		struct pollfd poll_fd = {.fd = writ_validate_fd(here.validations),
					 .events = POLLIN};

		assert_true(writ_validate_timeout(here.validations) != 0 || here.answers < n);
		if (poll(&poll_fd, 1, PATIENCE) != 1)
			fail_msg("no answer; %zu so far", here.answers);
		writ_validate_run(here.validations);
		here.wakes++;
	}
	assert_int_equal(here.answers, n);
}

static void start(uint64_t request)
{
	int err = writ_validate_start(here.validations, &here.node, request, INPUT);

	if (err)
		fail_msg("not started: %s", strerror(-err));
}

/* @script's answer: that word, and a message that holds @message. */
static void assert_answer(const char *script, enum writ_refusal refusal, const char *message)
{
	size_t before = here.answers;

	write_script(script);
	start(before + 77);
	await(before + 1);
	if (here.refusal != refusal)
		fail_msg("expected %s, found %s: %s\n%s", writ_evaluate_refusal(refusal),
			 writ_evaluate_refusal(here.refusal), here.message, script);
	if (!strstr(here.message, message))
		fail_msg("expected: %s\nfound: %s", message, here.message);
	assert_int_equal(here.request, before + 77);
	assert_int_equal(writ_validate_timeout(here.validations), -1);
}

static void yes(void **state)
{
	(void)state;
	assert_answer(YES, WRIT_REFUSAL_NONE, "");
	assert_string_equal(here.message, "");
	assert_answer("printf ' {\"valid\": true, \"message\": \"open\"}\\n'", WRIT_REFUSAL_NONE,
		      "open");
}

static void no(void **state)
{
	(void)state;
	assert_answer("printf '{\"valid\": false}'", WRIT_REFUSAL_TICKET_REFUSED,
		      "the ticket validator says no");
	assert_answer("printf '{\"message\": \"closed\\\\nin\\\\u001b May\", \"valid\": false}'",
		      WRIT_REFUSAL_TICKET_REFUSED,
		      "the ticket validator says no: closed\\x0ain\\x1b May");
}

static void no_clean_answer(void **state)
{
	static const char *const answers[] = {
		"",
		"yes",
		"true",
		"[true]",
		"{}",
		"{\"valid\": 1}",
		"{\"valid\": \"true\"}",
		"{\"valid\": null}",
		"{\"valid\": true",
		"{\"valid\": true} {\"valid\": true}",
		"{\"valid\": true, \"valid\": false}",
		"{\"valid\": false, \"valid\": true}",
		"{\"Valid\": true}",
		"{\"valid\": true}x",
		"{\"valid\": true, \"m\": \"\\377\"}",
	};
	char script[128];

	(void)state;
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		(void)snprintf(script, sizeof(script), "printf '%s'", answers[i]);
		assert_answer(script, WRIT_REFUSAL_VALIDATOR, "did not answer {\"valid\": true}");
	}
}

static void status(void **state)
{
	(void)state;
	assert_answer(YES "; exit 1", WRIT_REFUSAL_VALIDATOR, "ended with status 1");
	assert_answer("printf '{\"valid\": false}'; exit 2", WRIT_REFUSAL_VALIDATOR,
		      "ended with status 2");
	assert_answer(YES "; kill -9 $$", WRIT_REFUSAL_VALIDATOR, "was killed by signal 9");
	assert_answer(YES " >&2", WRIT_REFUSAL_VALIDATOR, "did not answer");
}

static void much_output(void **state)
{
	(void)state;
	/* the answer has 15 bytes */
	assert_answer(YES "; printf '%4081s' ''", WRIT_REFUSAL_NONE, "");
	assert_answer(YES "; printf '%4082s' ''", WRIT_REFUSAL_VALIDATOR, "more than 4096 bytes");
	assert_answer("printf '%100000s' ''; " YES, WRIT_REFUSAL_VALIDATOR, "more than 4096 bytes");
	assert_answer("exec yes", WRIT_REFUSAL_VALIDATOR, "more than 4096 bytes");
}

static void slow(void **state)
{
	(void)state;
	here.node.validator_timeout_ns = SHORT;
	assert_answer("exec sleep 1000", WRIT_REFUSAL_VALIDATOR, "did not answer in time");
	assert_answer("trap '' TERM INT HUP; sleep 1000; sleep 1000", WRIT_REFUSAL_VALIDATOR,
		      "did not answer in time");
	assert_answer(YES "; exec sleep 1000", WRIT_REFUSAL_VALIDATOR, "did not answer in time");
	here.wakes = 0; /* a stream that ends is no end, and wakes once */
	assert_answer(YES "; exec >&-; exec sleep 1000", WRIT_REFUSAL_VALIDATOR,
		      "did not answer in time");
	assert_true(here.wakes <= 5);
	assert_answer("kill -STOP $$; " YES, WRIT_REFUSAL_VALIDATOR, "did not answer in time");
}

/* A process that a script wrote down is gone, or a zombie of somebody else. */
static void assert_gone(const char *name)
{
	char text[64], path[64], line[256];

	read_file(name, text, sizeof(text));
	assert_true(atoi(text) > 1);
	(void)snprintf(path, sizeof(path), "/proc/%d/stat", atoi(text));
	for (int i = 0; i < PATIENCE / 10; i++) {
		FILE *file = fopen(path, "r");
		const char *state = NULL;

		if (!file)
			return;
		if (fgets(line, sizeof(line), file))
			state = strrchr(line, ')');
		(void)fclose(file);
		if (!state || state[2] == 'Z' || state[2] == 'X')
			return;
		(void)usleep(10000);
	}
	fail_msg("%s, process %s, is still there", name, text);
}

static void grandchildren(void **state)
{
	(void)state;
	/* it holds the stream open: nobody waits for that */
	assert_answer("sleep 1000 & echo $! >pid; " YES, WRIT_REFUSAL_NONE, "");
	assert_gone("pid");
	assert_answer("sleep 1000 & echo $! >pid; exit 1", WRIT_REFUSAL_VALIDATOR, "status 1");
	assert_gone("pid");
	assert_answer("sleep 1000 & echo $! >pid; exec yes", WRIT_REFUSAL_VALIDATOR, "more than");
	assert_gone("pid");
	here.node.validator_timeout_ns = 5 * SHORT;
	assert_answer("sleep 1000 & echo $! >pid; wait", WRIT_REFUSAL_VALIDATOR, "in time");
	assert_gone("pid");
}

static void input(void **state)
{
	static char text[WRIT_VALIDATE_INPUT_MAX + 2], found[sizeof(text)];

	(void)state;
	assert_answer("cat >got; " YES, WRIT_REFUSAL_NONE, "");
	read_file("got", found, sizeof(found));
	assert_string_equal(found, INPUT);
	memset(text, 'x', WRIT_VALIDATE_INPUT_MAX);
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, text), 0);
	await(2);
	assert_int_equal(here.refusal, WRIT_REFUSAL_NONE);
	read_file("got", found, sizeof(found));
	assert_string_equal(found, text);
	text[WRIT_VALIDATE_INPUT_MAX] = 'x';
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, text), -E2BIG);
	/* nobody reads it */
	text[WRIT_VALIDATE_INPUT_MAX] = '\0';
	write_script("exec <&-; " YES);
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, text), 0);
	await(3);
	assert_int_equal(here.refusal, WRIT_REFUSAL_NONE);
}

static void not_started(void **state)
{
	char missing[128];

	(void)state;
	(void)snprintf(missing, sizeof(missing), "%s/missing", here.directory);
	here.command[0] = missing;
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, INPUT), -ENOENT);
	here.command[0] = here.directory;
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, INPUT), -EACCES);
	here.command[0] = here.script;
	write_script(YES);
	assert_int_equal(chmod(here.script, 0600), 0);
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, INPUT), -EACCES);
	here.command[0] = "sh"; /* no search along PATH */
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, INPUT), -ENOENT);
	here.node.n_validator = 0;
	assert_int_equal(writ_validate_start(here.validations, &here.node, 1, INPUT), -EINVAL);
	assert_int_equal(writ_validate_timeout(here.validations), -1);
	writ_validate_run(here.validations);
	assert_int_equal(here.answers, 0);
}

/* No descriptor is left for a pipe: an error, and nothing stays behind. */
static void no_descriptors(void **state)
{
	struct rlimit before, few;
	int taken[256], n = 0, next, err;

	(void)state;
	write_script(YES);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	few = (struct rlimit){.rlim_cur = 200, .rlim_max = before.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while ((next = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		taken[n++] = next;
	while ((err = writ_validate_start(here.validations, &here.node, 1, INPUT))) {
		assert_int_equal(err, -EMFILE); /* of the parent's pipes, then of the child's */
		(void)close(taken[--n]);
	}
	while (n)
		(void)close(taken[--n]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
	await(1);
	assert_int_equal(here.refusal, WRIT_REFUSAL_NONE);
}

static void arguments(void **state)
{
	char text[256];

	(void)state;
	here.command[1] = "a b";
	here.command[2] = "$(id)";
	here.command[3] = "";
	here.node.n_validator = 4;
	assert_answer("printf '%s|' \"$#\" \"$@\" >got; " YES, WRIT_REFUSAL_NONE, "");
	read_file("got", text, sizeof(text));
	assert_string_equal(text, "3|a b|$(id)||");
}

/* PATH alone, three descriptors, limits, signals as at first, and no way to more rights. */
static void surroundings(void **state)
{
	int leaked = fcntl(0, F_DUPFD, 50);
	char text[512];
	sigset_t usr1;

	(void)state;
	assert_true(leaked >= 50);
	(void)setenv("LD_PRELOAD", "", 1);
	(void)sigemptyset(&usr1);
	(void)sigaddset(&usr1, SIGUSR1);
	(void)sigprocmask(SIG_BLOCK, &usr1, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	assert_answer("tr '\\0' '\\n' </proc/$$/environ >environ\n"
		      "ls /proc/$$/fd | grep -vxE '[012]|1[01]' >fds\n" /* sh's own: 10, 11 */
		      "{ ulimit -c; ulimit -n; ulimit -d; } >limits\n"
		      "grep -E '^(SigBlk|SigIgn|NoNewPrivs)' /proc/self/status >status\n" YES,
		      WRIT_REFUSAL_NONE, "");
	(void)sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)unsetenv("LD_PRELOAD");
	(void)close(leaked);
	read_file("environ", text, sizeof(text));
	assert_string_equal(text,
			    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n");
	read_file("fds", text, sizeof(text));
	assert_string_equal(text, "");
	read_file("limits", text, sizeof(text));
	assert_string_equal(text, "0\n256\n1048576\n");
	read_file("status", text, sizeof(text));
	assert_string_equal(text, "SigBlk:\t0000000000000000\n"
				  "SigIgn:\t0000000000000000\nNoNewPrivs:\t1\n");
}

/* The broker's own streams may be closed: a pipe's end then has the number of one. */
static void without_streams(void **state)
{
	int saved[3];
	char text[64];

	(void)state;
	write_script("cat >got; " YES);
	for (int i = 0; i < 3; i++)
		saved[i] = fcntl(i, F_DUPFD_CLOEXEC, 100);
	for (int i = 0; i < 3; i++)
		(void)close(i);
	(void)writ_validate_start(here.validations, &here.node, 5, INPUT);
	for (int i = 0; i < 3; i++) {
		int low = fcntl(i, F_GETFD) < 0 ? -1 : i;

		if (low < 0) /* else it is one that the validation has now */
			assert_int_equal(dup2(saved[i], i), i);
	}
	await(1);
	assert_int_equal(here.refusal, WRIT_REFUSAL_NONE);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(dup2(saved[i], i), i);
		(void)close(saved[i]);
	}
	read_file("got", text, sizeof(text));
	assert_string_equal(text, INPUT);
}

static void many(void **state)
{
	char go[128];
	FILE *file;

	(void)state;
	(void)snprintf(go, sizeof(go), "%s/go", here.directory);
	write_script("while ! [ -e go ]; do sleep 0.05; done; " YES);
	for (uint64_t i = 0; i < WRIT_VALIDATIONS_MAX; i++)
		start(i);
	assert_int_equal(writ_validate_start(here.validations, &here.node, 64, INPUT), -EBUSY);
	writ_validate_run(here.validations);
	assert_int_equal(here.answers, 0);
	assert_true(writ_validate_timeout(here.validations) > 0);
	file = fopen(go, "w");
	assert_non_null(file);
	(void)fclose(file);
	await(WRIT_VALIDATIONS_MAX);
	assert_int_equal(here.refusal, WRIT_REFUSAL_NONE);
	start(65);
	await(WRIT_VALIDATIONS_MAX + 1);
	assert_int_equal(here.request, 65);
}

/* The first deadline is the one that wakes, whatever the order. */
static void deadlines(void **state)
{
	(void)state;
	write_script("exec sleep 1000");
	start(1);
	here.node.validator_timeout_ns = SHORT;
	start(2);
	here.node.validator_timeout_ns = LONG;
	start(3);
	await(1);
	assert_int_equal(here.request, 2);
	assert_int_equal(here.refusal, WRIT_REFUSAL_VALIDATOR);
	assert_true(writ_validate_timeout(here.validations) > 0);
}

static void closing_kills(void **state)
{
	(void)state;
	write_script("echo $$ >pid; sleep 1000 & echo $! >child; echo >ready; wait");
	start(1);
	for (;;) {
		char path[128];

		(void)snprintf(path, sizeof(path), "%s/ready", here.directory);
		if (!access(path, F_OK))
			break;
		(void)usleep(10000);
	}
	writ_validate_closep(&here.validations);
	assert_int_equal(here.answers, 0);
	assert_gone("pid");
	assert_gone("child");
}

/* A broker that is killed takes its validators with it. */
static void broker_dies(void **state)
{
	char path[128];
	pid_t broker;

	(void)state;
	write_script("echo $$ >pid; echo >ready; exec sleep 1000");
	(void)snprintf(path, sizeof(path), "%s/ready", here.directory);
	broker = fork();
	assert_true(broker >= 0);
	if (!broker) {
		if (writ_validate_start(here.validations, &here.node, 1, INPUT))
			_exit(1);
		for (;;)
			(void)pause();
	}
	while (access(path, F_OK))
		(void)usleep(10000);
	assert_int_equal(kill(broker, SIGKILL), 0);
	assert_int_equal(waitpid(broker, NULL, 0), broker);
	assert_gone("pid");
}

/* Where children are reaped by nobody's order, how one ended can't be known: no. */
static void end_unknown(void **state)
{
	(void)state;
	(void)signal(SIGCHLD, SIG_IGN);
	assert_answer(YES, WRIT_REFUSAL_VALIDATOR, "is not known");
	(void)signal(SIGCHLD, SIG_DFL);
}

/* The answer may start the next one, in the slot that has just become free. */
static void chain(void *context, uint64_t request, enum writ_refusal refusal, const char *message)
{
	take_answer(context, request, refusal, message);
	if (request < 5)
		start(request + 1);
}

static void starts_the_next(void **state)
{
	(void)state;
	writ_validate_closep(&here.validations);
	assert_int_equal(writ_validate_open(chain, &here, &here.validations), 0);
	write_script(YES);
	start(1);
	await(5);
	assert_int_equal(here.request, 5);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(yes),
		CASE(no),
		CASE(no_clean_answer),
		CASE(status),
		CASE(much_output),
		CASE(slow),
		CASE(grandchildren),
		CASE(input),
		CASE(not_started),
		CASE(no_descriptors),
		CASE(arguments),
		CASE(surroundings),
		CASE(without_streams),
		CASE(many),
		CASE(deadlines),
		CASE(closing_kills),
		CASE(broker_dies),
		CASE(end_unknown),
		CASE(starts_the_next),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
