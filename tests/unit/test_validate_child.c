/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The validator's process: what it is given, its surroundings, what it leaves behind, and how it
 * ends.
 */
#include "validate_helper.h"

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
		      "ls /proc/$$/fd >all\n"		   /* no pipe here: sh would have it open */
		      "grep -vxE '[012]|1[01]' all >fds\n" /* sh's own: 10, 11 */
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
	assert_answer(
		"sleep 0.2; " YES, /* one that is reaped at once is one that can't be started */
		WRIT_REFUSAL_VALIDATOR, "is not known");
	(void)signal(SIGCHLD, SIG_DFL);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(grandchildren),   CASE(input),	    CASE(not_started),
		CASE(no_descriptors),  CASE(arguments),	    CASE(surroundings),
		CASE(without_streams), CASE(closing_kills), CASE(broker_dies),
		CASE(end_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
