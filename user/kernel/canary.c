/* SPDX-License-Identifier: Apache-2.0 */
/* See canary.h. The child says what it saw as bits of its exit status. */
#include "kernel/canary.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/agents.h"
#include "kernel/enrol.h"
#include "lib/cleanup.h"

enum proof {
	PROOF_CONTROL = 1, /* the open succeeded while unmanaged */
	PROOF_OPEN = 2,
	PROOF_CONNECT = 4,
	PROOF_EXEC = 8,
	PROOF_ALL = 15,
};

static bool may_open(void)
{
	_cleanup_close_ int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd >= 0;
}

static bool connect_refused(int socket_fd)
{
	struct sockaddr_in peer = {.sin_family = AF_INET, .sin_port = htons(9)};

	peer.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(socket_fd, (const struct sockaddr *)&peer, sizeof(peer)) && errno == EPERM;
}

/* In the child. Connecting a datagram socket sends nothing. */
static int child_proof(int parent)
{
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char *const argv[] = {(char[]){"canary"}, NULL};
	char *const environment[] = {NULL};
	int proof = may_open() ? PROOF_CONTROL : 0;
	char byte;

	/* the parent labels this process between the two */
	if (write(parent, "x", 1) != 1 || read(parent, &byte, 1) != 1)
		return 0;
	if (!may_open() && errno == EPERM)
		proof |= PROOF_OPEN;
	if (udp >= 0 && connect_refused(udp))
		proof |= PROOF_CONNECT;
	/* an executable that exists and does no harm if it should run */
	if (execve("/proc/self/exe", argv, environment) && errno == EPERM)
		proof |= PROOF_EXEC;
	return proof;
}

static const char *missing(int proof)
{
	if (!(proof & PROOF_CONTROL))
		return "an open by an unmanaged process failed, so nothing is proven";
	if (!(proof & PROOF_OPEN))
		return "open was not refused";
	if (!(proof & PROOF_CONNECT))
		return "connect was not refused";
	return "exec was not refused";
}

/* When the child has made its control: labels it and lets it go on. */
static int label_child(const struct writ_kernel *kernel, pid_t child, int pair)
{
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, child, 0);
	char byte;
	int err;

	if (pidfd < 0)
		return -errno;
	if (read(pair, &byte, 1) != 1)
		return -ECHILD;
	err = writ_enrol_label(kernel, pidfd, WRIT_AGENT_CANARY);
	if (err)
		return err;
	return write(pair, "x", 1) == 1 ? 0 : -errno;
}

static int label_and_wait(const struct writ_kernel *kernel, pid_t child, int pair)
{
	int status, err = label_child(kernel, child, pair);

	if (err)
		(void)kill(child, SIGKILL);
	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (err)
		return err;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECHILD;
}

int writ_canary_prove(struct writ_kernel *kernel, const char **ret_what)
{
	_cleanup_close_ int ours = -1, its = -1;
	int pair[2], proof;
	pid_t child;

	writ_agents_publish_canary(kernel);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return -errno;
	ours = pair[0];
	its = pair[1];
	child = fork();
	if (child < 0)
		return -errno;
	if (child == 0)
		_exit(child_proof(its));
	writ_closep(&its);
	its = -1; /* so that a child that died is seen */
	proof = label_and_wait(kernel, child, ours);
	if (proof < 0)
		return proof;
	if (proof == PROOF_ALL)
		return 0;
	*ret_what = missing(proof);
	return -EACCES;
}
