// SPDX-License-Identifier: Apache-2.0
/*
 * act's operations on runs and on attested connections. `attest` (attest.c) is at the other end of
 * them; the connection is always descriptor DIALLED, so that it outlives an exec.
 */
#include "act.h"
#include "act_peer.h"

#include <stdio.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define DIALLED 77

/* dial PATH: connects, and keeps the connection. */
static int dial(struct act *act)
{
	struct peer peer = peer_local(act->next[1]);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (fd < 0 || connect(fd, &peer.any, peer.len))
		return peer_ended(fd, -errno);
	return peer_ended(fd, dup2(fd, DIALLED) < 0 ? -errno : 0);
}

/* Sends @question; the answer's bytes, or -errno. */
static int ask(const char *question, char *ret_answer, size_t size)
{
	ssize_t n;

	if (send(DIALLED, question, strlen(question), MSG_NOSIGNAL) < 0)
		return -errno;
	n = recv(DIALLED, ret_answer, size - 1, 0);
	if (n < 0)
		return -errno;
	ret_answer[n] = '\0';
	return (int)n;
}

/* asks: who is it, that made the connection? Says AGENT:PID:UID:RUN:MATCHES. */
static int asks(struct act *act)
{
	char answer[256];
	int n = ask("who", answer, sizeof(answer));

	(void)act;
	if (n < 0)
		return n;
	printf("%s ", answer);
	return 0;
}

/* enter GRANT: into its run. */
static int enter(struct act *act)
{
	char question[64], answer[256];
	int n;

	(void)snprintf(question, sizeof(question), "enter %s", act->next[1]);
	n = ask(question, answer, sizeof(answer));
	return n < 0 ? n : atoi(answer);
}

/* order TEXT: to who is at the other end; says the answer. */
static int order(struct act *act)
{
	char answer[4096];
	int n = ask(act->next[1], answer, sizeof(answer));

	if (n < 0)
		return n;
	printf("%s ", answer);
	return 0;
}

/* pid: says its own. */
static int own_pid(struct act *act)
{
	(void)act;
	return getpid();
}

/* orphan: goes on in a child, once this process is gone and has been waited for. */
static int orphan(struct act *act)
{
	pid_t parent = getpid(), pid;
	int fd;

	(void)act;
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid)
		_exit(0);
	while ((fd = (int)syscall(SYS_pidfd_open, parent, 0)) >= 0) { // a zombie still has one
		(void)close(fd);
		(void)usleep(1000);
	}
	return 0;
}

/* peek PID: reads the other's memory, where this program has its own code. */
static int peek(struct act *act)
{
	char byte;
	struct iovec to = {&byte, 1}, from = {(void *)&act_run, 1};
	pid_t pid = atoi(act->next[1]);

	return process_vm_readv(pid, &to, 1, &from, 1, 0) < 0 ? -errno : 0;
}

/* hand PATH: passes what it holds to whoever listens there. */
static int hand(struct act *act)
{
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec byte = {"x", 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	struct peer peer = peer_local(act->next[1]);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int held = act->held >= 0 ? act->held : DIALLED;

	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &held, sizeof(int));
	if (fd < 0 || connect(fd, &peer.any, peer.len) || sendmsg(fd, &message, 0) < 0)
		return peer_ended(fd, -errno);
	return peer_ended(fd, recv(fd, control, 1, 0) < 0 ? -errno : 0); /* until it was taken */
}

/* take PATH: listens there, and keeps as its connection what is handed to it. */
static int take(struct act *act)
{
	char byte, control[CMSG_SPACE(sizeof(int))];
	struct iovec to = {&byte, 1};
	struct msghdr message = {.msg_iov = &to,
				 .msg_iovlen = 1,
				 .msg_control = control,
				 .msg_controllen = sizeof(control)};
	struct peer peer = peer_local(act->next[1]);
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd, got = -1;

	(void)unlink(act->next[1]);
	if (listener < 0 || bind(listener, &peer.any, peer.len) || listen(listener, 1))
		return peer_ended(listener, -errno);
	fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	if (fd < 0 || recvmsg(fd, &message, 0) < 0)
		return peer_ended(listener, -errno);
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)))
		memcpy(&got, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof(int));
	(void)close(fd);
	if (got < 0)
		return peer_ended(listener, -EPERM);
	return peer_ended(listener, dup2(got, DIALLED) < 0 ? -errno : 0);
}

/* readtaken: one byte of what was taken. */
static int read_taken(struct act *act)
{
	char byte;

	(void)act;
	return read(DIALLED, &byte, 1) < 0 ? -errno : 0;
}

/* traced WORDS...: the rest in a child that this process traces, until it has ended. */
static int traced(struct act *act)
{
	int status = 0;
	pid_t pid;

	(void)act;
	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		return -errno;
	if (!pid)
		return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? -errno : 0;
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		(void)ptrace(PTRACE_CONT, pid, NULL, NULL);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

const struct act_operation act_run_operations[] = {
	{"dial", 1, dial},	   {"asks", 0, asks}, {"enter", 1, enter},
	{"pid", 0, own_pid},	   {"peek", 1, peek}, {"orphan", 0, orphan},
	{"hand", 1, hand},	   {"take", 1, take}, {"readtaken", 0, read_taken},
	{"traced", 0, traced},	   {"order", 1, order}, {NULL, 0, NULL},
};
