// SPDX-License-Identifier: Apache-2.0
/*
 * Does what was asked. Each agent is a child that enters its cgroup and then makes the system calls
 * of its questions and no other that a hook judges; what came of each goes into the record.
 */
#include "ask.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "writ/abi.h"

static int refuse(const char *what)
{
	return fprintf(stderr, "ask: %s: %s\n", what, strerror(errno)), 1;
}

static int make_file(const char *directory, const char *name)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", directory, name);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0 || write(fd, "x\n", 2) != 2)
		return refuse(path);
	return close(fd);
}

/* Makes a directory and in it these files. */
static int make_place(const char *path, const char *const *names)
{
	int err = 0;

	if (mkdir(path, 0755) && errno != EEXIST)
		return refuse(path);
	while (*names && !err)
		err = make_file(path, *names++);
	return err;
}

/* ASK_ROOT/{a,b,c}/{a,b,c}/{a,b,c}, ASK_ROOT/own/{a,b,c}/{0,1,2,3,no}, ASK_ROOT/bin/PROGRAM. */
int ask_tree(const char *program)
{
	static const char *const programs[] = {"p", "q", "r", "s", "rs", "t"};
	static const char *const letters[] = {"a", "b", "c", NULL};
	static const char *const own[] = {"0", "1", "2", "3", "no", NULL};
	static const char *const tops[] = {ASK_ROOT,	  ASK_ROOT "/bin", ASK_ROOT "/a",
					   ASK_ROOT "/b", ASK_ROOT "/c",   ASK_ROOT "/own"};
	char path[64];

	for (size_t i = 0; i < sizeof(tops) / sizeof(tops[0]); i++) {
		if (make_place(tops[i], &letters[3]))
			return 1;
		for (size_t j = 0; i >= 2 && j < 3; j++) {
			(void)snprintf(path, sizeof(path), "%s/%s", tops[i], letters[j]);
			if (make_place(path, i == 5 ? own : letters))
				return 1;
		}
	}
	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		(void)snprintf(path, sizeof(path), ASK_ROOT "/bin/%s", programs[i]);
		if (link(program, path) && errno != EEXIST)
			return refuse(path);
	}
	return 0;
}

static int act_open(const struct ask_record *record)
{
	int fd = open(record->object, record->flags | O_CLOEXEC, 0644);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int act_exec(struct ask_record *record)
{
	char *argv[ASK_ARGV + 1] = {NULL}, *environment[] = {NULL};
	int err, status = 0;
	pid_t pid;

	for (uint32_t i = 0; i < record->n_argv; i++)
		argv[i] = record->argv[i];
	err = posix_spawn(&pid, record->object, NULL, NULL, argv, environment);
	if (err)
		return err;
	if (waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

/* Nobody listens: a connect that was let through is refused by the peer, or goes to nobody. */
static int act_connect(const struct ask_record *record)
{
	int type = record->protocol == WRIT_PROTOCOL_TCP ? SOCK_STREAM : SOCK_DGRAM;
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(record->port)};
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(record->port)};
	bool is_v4 = inet_pton(AF_INET, record->address, &v4.sin_addr) == 1;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, type | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0 || (!is_v4 && inet_pton(AF_INET6, record->address, &v6.sin6_addr) != 1))
		return fd < 0 ? errno : EINVAL;
	if (is_v4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
		  : connect(fd, (struct sockaddr *)&v6, sizeof(v6)))
		err = errno;
	(void)close(fd);
	return err == ECONNREFUSED ? 0 : err;
}

/* Never returns. */
static void be_agent(struct ask_record *records, uint32_t count, uint32_t agent)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/sys/fs/cgroup/vm/asker-%u/cgroup.procs", agent);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		_exit(refuse(path));
	(void)close(fd);
	for (uint32_t i = 0; i < count; i++) {
		struct ask_record *record = &records[i];

		if (record->agent != agent)
			continue;
		if (record->operation == WRIT_OP_OPEN)
			record->result = act_open(record);
		else if (record->operation == WRIT_OP_EXEC)
			record->result = act_exec(record);
		else
			record->result = act_connect(record);
	}
	_exit(0);
}

int ask_act(struct ask_record *records, uint32_t count)
{
	for (uint32_t agent = 0; agent < ASK_AGENTS; agent++) {
		int status = 0;
		pid_t pid = fork();

		if (pid < 0)
			return refuse("fork");
		if (!pid)
			be_agent(records, count, agent);
		if (waitpid(pid, &status, 0) != pid || status)
			return fprintf(stderr, "ask: agent %u: status %d\n", agent, status), 1;
	}
	return 0;
}
