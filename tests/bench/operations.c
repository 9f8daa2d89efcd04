/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The operations that are measured, each as a program would do it. Files are those of a tenant,
 * 60 bytes of path and seven directories deep; peers are sockets of this very process, so that
 * nobody else has to run for an operation to end.
 */
#include "operations.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define TENANTS "/srv/tenants/"
#define ASSETS "/releases/2026-11/static/assets/"
#define PATH_SIZE 128
#define PORT 8080
#define PORT_DENIED 8081

static char file[PATH_SIZE], created[PATH_SIZE], program[PATH_SIZE];
static char names[2][PATH_SIZE];
static unsigned int named; /* which of the two the file has */
static struct sockaddr_in peer = {.sin_family = AF_INET};
static int listener = -1, receiver = -1, sender = -1, content = -1;
static char buffer[4096];

static int open_close(void)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);

	return fd < 0 || close(fd) ? -errno : 0;
}

static int create_unlink(void)
{
	int fd = open(created, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

	return fd < 0 || close(fd) || unlink(created) ? -errno : 0;
}

/* Without an environment, whose size would count. */
static int fork_exec(void)
{
	char *const argv[] = {program, NULL}, *const envp[] = {NULL};
	pid_t child = fork();
	int status;

	if (child == 0) {
		(void)execve(program, argv, envp);
		_exit(errno);
	}
	if (waitpid(child, &status, 0) != child || !WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

#define MOVE_CHILDREN 4

static int stay[2] = {-1, -1}; /* open as long as the children of move_processes() are to stay */

/*
 * A few more processes that stay: what an exec allocates for each CPU then lies elsewhere, and to
 * find room there costs by the place. They end with this one, by no signal, which may be refused.
 */
static int move_processes(void)
{
	char byte;

	if (stay[0] < 0 && pipe2(stay, O_CLOEXEC))
		return -errno;
	for (int i = 0; i < MOVE_CHILDREN; i++) {
		pid_t child = fork();

		if (child < 0)
			return -errno;
		if (child)
			continue;
		(void)close(stay[1]);
		(void)!read(stay[0], &byte, 1);
		_exit(0);
	}
	return 0;
}

static int tcp_connect(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&peer, sizeof(peer)))
		err = -errno;
	if (fd >= 0)
		(void)close(fd);
	return err;
}

/* By a reset (SO_LINGER of the listener), so that none stays in TIME_WAIT. */
static void accept_all(void)
{
	int fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		(void)close(fd);
}

static int udp_send(void)
{
	ssize_t n = sendto(sender, buffer, 64, 0, (const struct sockaddr *)&peer, sizeof(peer));

	return n < 0 ? -errno : 0;
}

static void receive_all(void)
{
	while (recv(receiver, buffer, sizeof(buffer), 0) >= 0)
		;
}

static int read_4k(void)
{
	return pread(content, buffer, sizeof(buffer), 0) == sizeof(buffer) ? 0 : -EIO;
}

static int rename_file(void)
{
	if (rename(names[named], names[!named]))
		return -errno;
	named = !named;
	return 0;
}

/*
 * So few that a block ends before the clock ticks, 3,700,000 instructions after its begin. Eight
 * execs put a whole number of blocks into the kernel's random pool, which one alone does not.
 */
const struct operation operations[] = {
	{"open_close", open_close, NULL, 16, NULL, NULL},
	{"create_unlink", create_unlink, NULL, 16, NULL, NULL},
	{"exec", fork_exec, NULL, 8, NULL, move_processes},
	{"connect", tcp_connect, accept_all, 8, NULL, NULL},
	{"udp_send", udp_send, receive_all, 16, NULL, NULL},
	{"read_4k", read_4k, NULL, 16, "the open is judged: no read is refused", NULL},
	{"rename", rename_file, NULL, 16, NULL, NULL},
};
const size_t operations_count = sizeof(operations) / sizeof(operations[0]);

static int prepare_files(const char *tenant)
{
	char path[PATH_SIZE];

	(void)snprintf(file, sizeof(file), TENANTS "%s" ASSETS "app.js", tenant);
	(void)snprintf(created, sizeof(created), TENANTS "%s" ASSETS "new.js", tenant);
	(void)snprintf(program, sizeof(program), TENANTS "%s/bin/tiny", tenant);
	(void)snprintf(names[0], sizeof(names[0]), TENANTS "%s" ASSETS "old.js", tenant);
	(void)snprintf(names[1], sizeof(names[1]), TENANTS "%s" ASSETS "now.js", tenant);
	(void)snprintf(path, sizeof(path), TENANTS "d00000005" ASSETS "4k.bin");
	content = open(path, O_RDONLY | O_CLOEXEC);
	return content < 0 ? -errno : 0;
}

static int prepare_sockets(int port)
{
	static const struct linger reset = {.l_onoff = 1};
	const int flags = SOCK_NONBLOCK | SOCK_CLOEXEC;

	peer.sin_port = htons((uint16_t)port);
	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	listener = socket(AF_INET, SOCK_STREAM | flags, 0);
	receiver = socket(AF_INET, SOCK_DGRAM | flags, 0);
	sender = socket(AF_INET, SOCK_DGRAM | flags, 0);
	if (setsockopt(listener, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) ||
	    bind(listener, (const struct sockaddr *)&peer, sizeof(peer)) || listen(listener, 64) ||
	    sender < 0 || bind(receiver, (const struct sockaddr *)&peer, sizeof(peer)))
		return -errno;
	return 0;
}

int operations_prepare(bool denied)
{
	int err = prepare_files(denied ? "denied" : "d00000005");

	return err ? err : prepare_sockets(denied ? PORT_DENIED : PORT);
}

void operations_end(void)
{
	if (stay[1] >= 0)
		(void)close(stay[1]);
	while (wait(NULL) > 0)
		;
}
