/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The real writ-forward, confined as in service, by itself and by what writd leaves to what it
 * starts, beside a trail that the test writes.
 */
#ifndef WRIT_TESTS_FORWARD_HELPER_H
#define WRIT_TESTS_FORWARD_HELPER_H

#include "trail_helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "daemon/daemon.h"
#include "daemon/sandbox.h"
#include "forward/page.h"
#include "lib/credentials.h"

#define NOBODY 65534
#define PATIENCE 200 /* tenths of a second */

static struct {
	pid_t pid;
	int page_fd;
	int live_fd; /* -1: none is given */
	struct writ_forward_page *page;
	struct writ_trail *trail;
	unsigned int n; /* lines {"n":..} put */
	bool commands;	/* the policy has alerts with one */
} forward = {.page_fd = -1, .live_fd = -1};

static inline __attribute__((format(printf, 1, 2))) void shell(const char *format, ...)
{
	char command[4096];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(command, sizeof(command), format, arguments);
	va_end(arguments);
	if (system(command))
		fail_msg("%s", command);
}

static inline int forward_set_up(void **state)
{
	if (trail_set_up(state))
		return -1;
	shell("chmod 755 %1$s && mkdir -m 700 %1$s/state && cp build/writ-forward %1$s/ "
	      "2>/dev/null "
	      "&& { [ $(id -u) != 0 ] || chown %2$d:%2$d %1$s/state; }",
	      trail_directory, NOBODY);
	forward.page_fd = memfd_create("page", 0);
	assert_int_equal(ftruncate(forward.page_fd, sizeof(*forward.page)), 0);
	forward.page = mmap(NULL, sizeof(*forward.page), PROT_READ | PROT_WRITE, MAP_SHARED,
			    forward.page_fd, 0);
	assert_ptr_not_equal(forward.page, MAP_FAILED);
	forward.trail = trail_open(NULL);
	forward.n = 0;
	forward.live_fd = -1;
	return 0;
}

/* So many more lines, denials of agent web. */
static inline void forward_put(unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		char line[256];
		int len =
			snprintf(line, sizeof(line),
				 "{\"time\":\"2026-11-22T10:11:12.345678Z\",\"type\":\"decision\","
				 "\"agent\":\"web\",\"operation\":\"open\",\"object\":\"/srv/x\","
				 "\"verdict\":\"deny\",\"reason\":\"no_rule\",\"n\":%u}\n",
				 forward.n++);

		assert_int_equal(writ_trail_put(forward.trail, line, (size_t)len), 0);
	}
	trail_settle(forward.trail);
	shell("chmod a+r %s/*.jsonl*", trail_directory);
}

/* What is below `audit:` of the Node. */
static inline void forward_policy(const char *audit)
{
	char path[128], text[4096];

	(void)snprintf(path, sizeof(path), "%s/node.yaml", trail_directory);
	(void)snprintf(text, sizeof(text),
		       "apiVersion: writ/v1\nkind: Node\nname: test\nenvironment: lab\naudit:\n%s",
		       audit);
	trail_write(path, text, strlen(text));
	forward.commands = strstr(audit, "command:") != NULL;
}

/* What it inherits of writd. Its copy may be executed, which in service lies beside writd. */
static inline int forward_confine(const char *program, const char *state)
{
	const char *const commands[] = {program, NULL};
	const struct writ_daemon_options options = {
		.audit_log = trail_log, .cursors = state, .no_broker = true};
	int err = writ_credentials_no_new();

	if (!err)
		err = writ_sandbox_files(&options, trail_directory, commands, "");
	return err < 0 && err != -EOPNOTSUPP ? err : writ_sandbox_calls(forward.commands);
}

static inline void forward_start(void)
{
	char program[128], policy[128], directory[128];

	(void)snprintf(program, sizeof(program), "%s/writ-forward", trail_directory);
	(void)snprintf(policy, sizeof(policy), "%s/node.yaml", trail_directory);
	(void)snprintf(directory, sizeof(directory), "%s/state", trail_directory);
	forward.pid = fork();
	assert_true(forward.pid >= 0);
	if (!forward.pid) {
		char output[128];
		int live = forward.live_fd < 0 ? -1 : dup(forward.live_fd);

		(void)snprintf(output, sizeof(output), "%s/stdout", trail_directory);
		(void)dup2(open(output, O_WRONLY | O_CREAT | O_APPEND, 0644), 1);
		(void)snprintf(output, sizeof(output), "%s/stderr", trail_directory);
		(void)dup2(open(output, O_WRONLY | O_CREAT | O_APPEND, 0644), 2);
		if (live >= 0)
			(void)dup2(live, 101);
		(void)dup2(forward.page_fd, 100);
		if (forward_confine(program, directory) ||
		    (!getuid() && (setresgid(NOBODY, NOBODY, NOBODY) ||
				   setresuid(NOBODY, NOBODY, NOBODY))))
			_exit(99);
		(void)execl(program, program, "--policy", policy, "--log", trail_log, "--state",
			    directory, "--page", "100", live < 0 ? NULL : "--live", "101", NULL);
		_exit(98);
	}
}

/* Its exit status. */
static inline int forward_end(void)
{
	int status = 0;

	(void)kill(forward.pid, SIGTERM);
	assert_int_equal(waitpid(forward.pid, &status, 0), forward.pid);
	forward.pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static inline int forward_tear_down(void **state)
{
	if (forward.pid > 0) {
		(void)kill(forward.pid, SIGKILL);
		(void)waitpid(forward.pid, NULL, 0);
	}
	forward.pid = 0;
	writ_trail_close(forward.trail);
	(void)munmap(forward.page, sizeof(*forward.page));
	(void)close(forward.page_fd);
	if (forward.live_fd >= 0)
		(void)close(forward.live_fd);
	return trail_tear_down(state);
}

/* How many of the lines that were put stand in @file of the directory, each counted once. */
static inline unsigned int found_in(const char *file)
{
	_cleanup_free_ char *bytes = NULL, *seen = calloc(1, forward.n + 1);
	char path[160];
	unsigned int n = 0;
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", trail_directory, file);
	if (access(path, R_OK))
		return 0;
	bytes = trail_read(path, &len);
	for (const char *at = bytes; (at = strstr(at, "\"n\":")); at += 4) {
		unsigned long number = strtoul(at + 4, NULL, 10);

		if (number < forward.n && !seen[number]) {
			seen[number] = 1;
			n++;
		}
	}
	return n;
}

static inline bool says(const char *file, const char *what)
{
	_cleanup_free_ char *bytes = NULL;
	char path[160];
	size_t len;

	(void)snprintf(path, sizeof(path), "%s/%s", trail_directory, file);
	if (access(path, R_OK))
		return false;
	bytes = trail_read(path, &len);
	return memmem(bytes, len, what, strlen(what)) != NULL;
}

#define wait_until(condition)                                              \
	do {                                                               \
		int _tries = PATIENCE;                                     \
		while (!(condition) && --_tries)                           \
			(void)usleep(100000);                              \
		if (!_tries) {                                             \
			(void)!system("cat /tmp/writ-trail-*/stderr >&2"); \
			fail_msg("waited in vain for %s", #condition);     \
		}                                                          \
	} while (0)

/* A port of the loopback that nobody has now. */
static inline unsigned int free_port(void)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
	return ntohs(address.sin_port);
}

#endif
