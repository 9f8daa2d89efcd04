// SPDX-License-Identifier: Apache-2.0
/*
 * The core's part where a connection is made to it: attest PATH [bare]. Listens there, with its
 * listener marked (bare: not), and answers what the other end asks for:
 *   who        AGENT:PID:UID:RUN:MATCHES of the connection; MATCHES: the start that the mark has is
 *              the one that /proc has; "none" without a mark
 *   enter N    0, or -errno of entering the run of grant N
 * Ends with the file PATH.stop. It takes hold of the maps beside writd, so writd must do nothing
 * with runs meanwhile.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/hierarchy.h"
#include "daemon/runs.h"
#include "kernel/grants.h"
#include "kernel/peers.h"
#include "lib/log.h"
#include "writ/request.h"

#define ROOT "/sys/fs/cgroup"
#define CONNECTIONS 16

static struct writ_kernel *kernel;
static struct writ_runs *runs;

static void over(void *context, const struct writ_grant_info *info)
{
	(void)context;
	printf("over %llu %u\n", (unsigned long long)info->id, info->end);
	(void)fflush(stdout);
}

static void say_who(int fd, char *answer, size_t size)
{
	struct writ_peer_mark mark;
	uint64_t ticks = 0;
	int err = writ_peers_of(kernel, fd, &mark);

	if (err) {
		(void)snprintf(answer, size, "%s", err == -ENOENT ? "none" : strerror(-err));
		return;
	}
	err = writ_hierarchy_started(mark.pid, &ticks);
	(void)snprintf(answer, size, "%u:%u:%u:%llu:%s", mark.agent, mark.pid, mark.uid,
		       (unsigned long long)mark.run,
		       err				    ? "gone"
		       : ticks == mark.started / WRIT_NS_PER_CLOCK_TICK ? "same"
									     : "other");
}

static int enter(int fd, unsigned long long grant)
{
	char path[WRIT_CGROUP_PATH_SIZE];
	struct writ_grant_info info;
	struct writ_peer_mark mark;
	int err = writ_peers_of(kernel, fd, &mark);

	if (!err)
		err = writ_grants_info(kernel, grant, &info);
	if (!err)
		err = writ_runs_make(runs, &info, mark.cgroup, path, sizeof(path));
	return err ? err : writ_runs_enter(runs, grant, &mark);
}

/* 0: the connection has ended. */
static int answer(int fd)
{
	char question[256], answer[256];
	ssize_t n = recv(fd, question, sizeof(question) - 1, 0);

	if (n <= 0)
		return 0;
	question[n] = '\0';
	if (!strncmp(question, "enter ", 6))
		(void)snprintf(answer, sizeof(answer), "%d",
			       enter(fd, strtoull(question + 6, NULL, 10)));
	else
		say_who(fd, answer, sizeof(answer));
	(void)send(fd, answer, strlen(answer), MSG_NOSIGNAL);
	return 1;
}

static int offer(const char *path, int bare)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	(void)unlink(path);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)))
		return -errno;
	(void)chmod(path, 0666);
	err = bare ? 0 : writ_peers_listen(kernel, fd);
	if (err || listen(fd, 8))
		return err ? err : -errno;
	return fd;
}

static void serve(int listener, const char *stop)
{
	struct pollfd fds[CONNECTIONS + 2] = {{listener, POLLIN, 0},
					      {writ_runs_fd(runs), POLLIN, 0}};
	nfds_t n = 2;

	while (access(stop, F_OK)) {
		if (poll(fds, n, 100) <= 0)
			continue;
		if (fds[1].revents)
			writ_runs_poll(runs);
		for (nfds_t i = n; i-- > 2;)
			if (fds[i].revents && !answer(fds[i].fd)) {
				(void)close(fds[i].fd);
				fds[i] = fds[--n];
			}
		if (fds[0].revents && n < CONNECTIONS + 2)
			fds[n++] = (struct pollfd){accept(listener, NULL, NULL), POLLIN, 0};
	}
}

int main(int argc, char **argv)
{
	char stop[256];
	int listener, err;

	writ_log_open("attest", WRIT_LOG_WARNING);
	if (argc < 2)
		return 2;
	(void)snprintf(stop, sizeof(stop), "%s.stop", argv[1]);
	(void)unlink(stop);
	err = writ_kernel_open(4u << 20, &kernel);
	if (!err)
		err = writ_runs_open(kernel, ROOT, over, NULL, &runs);
	listener = err ? err : offer(argv[1], argc > 2);
	if (listener < 0) {
		printf("no: %s\n", strerror(-listener));
		return 1;
	}
	printf("ready\n");
	(void)fflush(stdout);
	serve(listener, stop);
	(void)unlink(argv[1]);
	writ_runs_close(runs);
	writ_kernel_close(kernel);
	return 0;
}
