/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who is behind a connection when no hook has marked it: by the cgroup that its process is in, and
 * in this mode alone. The sockets and processes are real; the tree of cgroups is a directory, and
 * one directory of it is an agent's.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "daemon/unattached.h"
#include "kernel/peers.h"

#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#define AGENT 7u

static struct writ_kernel kernel;
static struct writ_daemon daemon_;
static uint64_t bound;	/* the cgroup that is the agent's */
static int bound_error; /* of the look-up of all others */
static char directory[] = "/tmp/writ-unattached-XXXXXX";
static char own_path[2048]; /* of this process's cgroup, in the tree */
static char error[WRIT_ERROR_SIZE];

int bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	(void)fd;
	if (*(const uint64_t *)key != bound)
		return bound_error;
	*(struct writ_cgroup *)value = (struct writ_cgroup){.agent = AGENT};
	return 0;
}

/* No hook is attached, so there is no mark. */
int writ_peers_of(const struct writ_kernel *of, int fd, struct writ_peer_mark *ret_mark)
{
	(void)of;
	(void)fd;
	(void)ret_mark;
	return -ENOENT;
}

static void read_own_path(void)
{
	FILE *file = fopen("/proc/self/cgroup", "re");
	char line[2048];

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "0::%2047[^\n]", own_path) == 1)
			break;
	if (file)
		(void)fclose(file);
}

/* Makes @path below the tree's root, and is the inode of its last directory. */
static uint64_t make_directories(const char *path)
{
	char full[sizeof(daemon_.cgroup_root) + sizeof(own_path)];
	struct stat status;
	size_t root = strlen(daemon_.cgroup_root);

	(void)snprintf(full, sizeof(full), "%s%s", daemon_.cgroup_root, path);
	for (char *at = full + root + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		(void)mkdir(full, 0700);
	}
	(void)mkdir(full, 0700);
	assert_int_equal(stat(full, &status), 0);
	return status.st_ino;
}

static int set_up(void **state)
{
	static char where[sizeof(directory)];

	(void)state;
	(void)strcpy(where, directory);
	assert_non_null(mkdtemp(where));
	memset(&daemon_, 0, sizeof(daemon_));
	assert_int_equal(writ_unattached_options(where, &daemon_.options), 0);
	kernel.agents = calloc(WRIT_AGENTS_MAX, sizeof(*kernel.agents));
	kernel.agents[AGENT].state = WRIT_AGENT_ACTIVE;
	(void)strcpy(kernel.agents[AGENT].name, "bot");
	daemon_.kernel = &kernel;
	(void)snprintf(daemon_.cgroup_root, sizeof(daemon_.cgroup_root), "%s/cgroup", where);
	assert_int_equal(mkdir(daemon_.cgroup_root, 0700), 0);
	read_own_path();
	bound = make_directories(own_path);
	bound_error = -ENOENT;
	return 0;
}

static int tear_down(void **state)
{
	char command[sizeof(directory) + 16];

	(void)state;
	free(kernel.agents);
	(void)snprintf(command, sizeof(command), "rm -r '%.*s'", (int)sizeof(directory) - 1,
		       daemon_.cgroup_root);
	return system(command);
}

static void address_of(const char *path, struct sockaddr_un *ret)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	(void)snprintf(ret->sun_path, sizeof(ret->sun_path), "%s", path);
}

static int listen_at(const char *path)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un address;

	address_of(path, &address);
	assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	assert_int_equal(listen(fd, 4), 0);
	return fd;
}

/* A connection to @path, and its accepted end. */
static int connect_to(const char *path, int listener, int *ret_client)
{
	struct sockaddr_un address;
	int accepted;

	address_of(path, &address);
	*ret_client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*ret_client, (const struct sockaddr *)&address, sizeof(address)),
			 0);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(accepted >= 0);
	return accepted;
}

/* Before Linux 6.5 a connection does not tell its process: nobody is behind any. */
static void require_pidfd(int accepted)
{
	socklen_t len = sizeof(int);
	int pidfd = -1;

	if (getsockopt(accepted, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &len))
		skip();
	(void)close(pidfd);
}

static int attest(int connection, struct writ_attest_row *ret)
{
	return writ_attest(&daemon_, connection, ret, error);
}

/* One connection to the agents' socket, attested by @expected. */
static void attest_own(int expected, struct writ_attest_row *ret)
{
	int listener = listen_at(daemon_.options.agent_socket), client;
	int accepted = connect_to(daemon_.options.agent_socket, listener, &client);

	require_pidfd(accepted);
	assert_int_equal(attest(accepted, ret), expected);
	(void)close(accepted);
	(void)close(client);
	(void)close(listener);
}

static void test_who_is_in_an_agents_cgroup_is_the_agent(void **state)
{
	struct writ_attest_row row = {0};

	(void)state;
	attest_own(0, &row);
	assert_int_equal(row.agent_index, AGENT);
	assert_string_equal(row.agent, "bot");
	assert_int_equal(row.pid, getpid());
	assert_int_equal(row.uid, getuid());
	assert_int_equal(row.cgroup, bound);
	assert_false(row.is_operator);
	assert_true(row.started > 0);
}

/* The very same connection, process, and cgroup: where hooks are, the mark alone counts. */
static void test_with_hooks_the_cgroup_is_nobodys_word(void **state)
{
	struct writ_attest_row row = {0};

	(void)state;
	daemon_.options.no_attach = false;
	attest_own(-EPERM, &row);
	assert_int_equal(row.agent_index, 0);
}

static void test_below_an_agents_cgroup_is_the_agent(void **state)
{
	struct writ_attest_row row = {0};
	struct stat status;

	(void)state;
	if (!strcmp(own_path, "/"))
		skip(); /* there is nothing above it */
	assert_int_equal(stat(daemon_.cgroup_root, &status), 0);
	*strrchr(own_path, '/') = '\0';
	if (!*own_path)
		skip();
	bound = make_directories(own_path);
	attest_own(0, &row);
	assert_int_equal(row.agent_index, AGENT);
	assert_true(row.cgroup != bound);
}

static void test_outside_of_every_agent_is_nobody(void **state)
{
	struct writ_attest_row row = {0};

	(void)state;
	bound = 0;
	attest_own(0, &row);
	assert_int_equal(row.agent_index, 0);
	assert_int_equal(row.is_operator, getuid() == 0);
}

/* A tree that is not there tells nothing, so nobody is known. */
static void test_a_cgroup_that_is_gone_is_refused(void **state)
{
	struct writ_attest_row row = {0};

	(void)state;
	(void)strcat(daemon_.cgroup_root, "/nowhere");
	attest_own(-EPERM, &row);
	daemon_.cgroup_root[strlen(daemon_.cgroup_root) - strlen("/nowhere")] = '\0';
}

static void test_other_connections_are_nobodys(void **state)
{
	char other[sizeof(daemon_.cgroup_root) + 8];
	struct writ_attest_row row;
	int pair[2], listener, client, accepted;

	(void)state;
	(void)snprintf(other, sizeof(other), "%s/other", daemon_.cgroup_root);
	listener = listen_at(other);
	accepted = connect_to(other, listener, &client);
	require_pidfd(accepted);
	assert_int_equal(attest(accepted, &row), -EPERM);
	assert_int_equal(attest(client, &row), -EPERM);
	assert_int_equal(attest(listener, &row), -EPERM);
	assert_int_equal(attest(-1, &row), -EPERM);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	assert_int_equal(attest(pair[0], &row), -EPERM);
	(void)close(pair[0]);
	(void)close(pair[1]);
	(void)close(accepted);
	(void)close(client);
	(void)close(listener);
	listener = listen_at(daemon_.options.agent_socket); /* the listener itself, and our end */
	accepted = connect_to(daemon_.options.agent_socket, listener, &client);
	assert_int_equal(attest(listener, &row), -EPERM);
	assert_int_equal(attest(client, &row), -EPERM);
	assert_int_equal(attest(accepted, &row), 0);
	(void)close(accepted);
	(void)close(client);
	(void)close(listener);
}

static void test_a_process_that_is_gone_is_nobody(void **state)
{
	int listener = listen_at(daemon_.options.agent_socket), accepted;
	struct sockaddr_un address;
	struct writ_attest_row row;
	pid_t child;

	(void)state;
	address_of(daemon_.options.agent_socket, &address);
	child = fork();
	if (!child) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		_exit(connect(fd, (const struct sockaddr *)&address, sizeof(address)) ? 1 : 0);
	}
	assert_int_equal(waitpid(child, NULL, 0), child);
	accepted = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_int_equal(attest(accepted, &row), -EPERM);
	(void)close(accepted);
	(void)close(listener);
}

static void test_is_agent_by_cgroup(void **state)
{
	int pidfd = (int)syscall(__NR_pidfd_open, getpid(), 0), gone;
	pid_t child;

	(void)state;
	assert_true(writ_unattached_is_agent(&daemon_, pidfd, getpid()));
	bound = 0;
	assert_false(writ_unattached_is_agent(&daemon_, pidfd, getpid()));
	(void)close(pidfd);
	child = fork();
	if (!child)
		_exit(0);
	gone = (int)syscall(__NR_pidfd_open, child, 0);
	assert_true(gone >= 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_true(writ_unattached_is_agent(&daemon_, gone, child)); /* not to be told */
	(void)close(gone);
}

static void test_all_files_are_below_the_directory(void **state)
{
	const struct writ_daemon_options *options = &daemon_.options;
	const char *const files[] = {options->socket,	       options->agent_socket,
				     options->operator_socket, options->state,
				     options->ledger,	       options->audit_log};
	size_t len = strlen(daemon_.cgroup_root) - strlen("/cgroup");

	(void)state;
	assert_true(options->no_attach);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		assert_memory_equal(files[i], daemon_.cgroup_root, len);
		assert_int_equal(files[i][len], '/');
	}
}

static void test_a_directory_that_can_not_be_is_refused(void **state)
{
	struct writ_daemon_options options = {.no_attach = false};
	char long_path[160] = "/tmp/";

	(void)state;
	assert_int_equal(writ_unattached_options("/proc/no/such", &options), -ENOENT);
	memset(long_path + 5, 'a', 100);
	assert_int_equal(writ_unattached_options(long_path, &options), -ENAMETOOLONG);
	(void)rmdir(long_path);
	assert_false(options.no_attach);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_who_is_in_an_agents_cgroup_is_the_agent),
		T(test_with_hooks_the_cgroup_is_nobodys_word),
		T(test_below_an_agents_cgroup_is_the_agent),
		T(test_outside_of_every_agent_is_nobody),
		T(test_a_cgroup_that_is_gone_is_refused),
		T(test_other_connections_are_nobodys),
		T(test_a_process_that_is_gone_is_nobody),
		T(test_is_agent_by_cgroup),
		T(test_all_files_are_below_the_directory),
		T(test_a_directory_that_can_not_be_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
