// SPDX-License-Identifier: Apache-2.0
/*
 * Runs techniques in the guest.   escape prepare NAME BOX SECRET            as it is called
 * escape attempt NAME BOX SECRET [CGROUP]   the attempt, with a deadline; in that cgroup if given
 * escape act NAME BOX SECRET                what attempt starts   escape held FILE
 * can FILE not be read? 0 if so Out: of attempt one word, and the status that goes with it. A
 * crash, a hang and a status that no attempt has are `error`. Processes that an attempt leaves
 * behind are killed.
 */
#include "escape.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPT_SECONDS 40
#define STEP_NS 5000000L /* between two looks at whether it has ended */
#define PROGRAM "/proc/self/exe"

struct technique {
	const char *name;
	int (*prepare)(const char *box, const char *secret);
	int (*attempt)(const char *box, const char *secret);
};

/* build/tests/escape/table.h, one line for each file; see escape.mk. */
#define X(name)                                                  \
	int name##_prepare(const char *box, const char *secret); \
	int name##_attempt(const char *box, const char *secret);
#include "table.h"
#undef X

static const struct technique techniques[] = {
#define X(name) {#name, name##_prepare, name##_attempt},
#include "table.h"
#undef X
};

static const struct technique *find(const char *name)
{
	for (size_t i = 0; i < sizeof(techniques) / sizeof(techniques[0]); i++)
		if (!strcmp(techniques[i].name, name))
			return &techniques[i];
	fprintf(stderr, "escape: no technique %s\n", name);
	exit(ESCAPE_ERROR);
}

static int join(const char *cgroup)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	escape_path(path, cgroup, "cgroup.procs");
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		return -errno;
	(void)close(fd);
	return 0;
}

/* Enrolled before the exec: an agent's program starts as `writ run` starts it. */
static void __attribute__((noreturn)) start(char **words, const char *cgroup)
{
	char program[ESCAPE_PATH_SIZE];
	char *arguments[] = {"escape", "act", words[0], words[1], words[2], NULL};
	ssize_t len = readlink(PROGRAM, program, sizeof(program) - 1);
	int null = open("/dev/null", O_RDONLY);

	if (len < 0 || null < 0)
		_exit(ESCAPE_ERROR);
	program[len] = '\0';
	(void)setsid();
	(void)dup2(null, STDIN_FILENO);
	(void)close(null);
	if (cgroup && join(cgroup)) {
		perror(cgroup);
		_exit(ESCAPE_ERROR);
	}
	execv(program, arguments);
	perror(program);
	_exit(ESCAPE_ERROR);
}

/* What is left of it has become ours: we are the reaper. */
static void reap(void)
{
	char path[64], text[4096];
	int left = 1000; /* rounds; a process that forks in a loop is met again in the next one */

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", getpid(), getpid());
	while (left-- && !(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD)) {
		FILE *file = fopen(path, "re");
		size_t len = file ? fread(text, 1, sizeof(text) - 1, file) : 0;

		text[len] = '\0';
		for (char *save = NULL, *word = strtok_r(text, " ", &save); word;
		     word = strtok_r(NULL, " ", &save))
			(void)kill(atoi(word), SIGKILL);
		if (file)
			(void)fclose(file);
		(void)nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
	}
}

static int wait_until(pid_t child, int seconds, int *ret_status)
{
	struct timespec now, end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += seconds;
	do {
		if (waitpid(child, ret_status, WNOHANG) == child)
			return 0;
		(void)nanosleep(&(struct timespec){.tv_nsec = STEP_NS}, NULL);
		(void)clock_gettime(CLOCK_MONOTONIC, &now);
	} while (now.tv_sec < end.tv_sec);
	return -ETIMEDOUT;
}

static const char *word_of(int code)
{
	switch (code) {
	case ESCAPE_SUCCEEDED:
		return "succeeded";
	case ESCAPE_REFUSED:
		return "refused";
	case ESCAPE_SKIP:
		return "skip";
	default:
		return "error";
	}
}

/* Its last word; a status that is none of an attempt's is an error, as a crash and a hang are. */
static int judge(int err, int status)
{
	int code = err || !WIFEXITED(status) ? ESCAPE_ERROR : WEXITSTATUS(status);

	if (err)
		printf("no end after %d s\n", ATTEMPT_SECONDS);
	else if (!WIFEXITED(status))
		printf("ended by %s\n", strsignal(WTERMSIG(status)));
	printf("%s\n", word_of(code));
	return code;
}

static int attempt(char **words, const char *cgroup)
{
	int status = 0, err;
	pid_t child;

	(void)find(words[0]);
	if (prctl(PR_SET_CHILD_SUBREAPER, 1))
		return escape_error("subreaper");
	(void)fflush(stdout);
	child = fork();
	if (!child)
		start(words, cgroup);
	if (child < 0)
		return escape_error("fork");
	err = wait_until(child, ATTEMPT_SECONDS, &status);
	reap();
	return judge(err, status);
}

static int held(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd >= 0 || errno != EPERM;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";
	int err;

	if (argc == 3 && !strcmp(verb, "held"))
		return held(argv[2]);
	if (argc == 5 && !strcmp(verb, "prepare")) {
		err = find(argv[2])->prepare(argv[3], argv[4]);
		if (err)
			printf("%s\n", strerror(-err));
		return err ? ESCAPE_ERROR : 0;
	}
	if (argc == 5 && !strcmp(verb, "act"))
		return find(argv[2])->attempt(argv[3], argv[4]);
	if ((argc == 5 || argc == 6) && !strcmp(verb, "attempt"))
		return attempt(argv + 2, argv[5]);
	fprintf(stderr, "usage: escape prepare|attempt|act NAME BOX SECRET [CGROUP]\n");
	return ESCAPE_ERROR;
}
