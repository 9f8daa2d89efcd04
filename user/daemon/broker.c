/* SPDX-License-Identifier: Apache-2.0 */
/* See broker.h: what the child `writ-broker` is given, and what belongs to it. */
#include "daemon/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"
#include "daemon/listeners.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define STOP_MS 2000 /* to end by itself, when writd stops */

const struct writ_child_kind writ_broker_kind = {
	.what = "broker",
	.program = WRIT_BROKER_PROGRAM,
	.user = WRIT_BROKER_USER,
	.holds = true,
	.died = WRIT_DAEMON_EVENT_BROKER_DIED,
	.failing = WRIT_DAEMON_EVENT_BROKER_FAILING,
	.recovered = WRIT_DAEMON_EVENT_BROKER_RECOVERED,
};

/* The ledger's directory is the broker's alone. */
static int own_directory(const struct writ_daemon *daemon)
{
	char path[PATH_MAX];
	const char *directory;
	_cleanup_close_ int fd = -1;
	uid_t uid = 0;
	gid_t gid = 0;
	int err = writ_child_user(&writ_broker_kind, &uid, &gid);

	if (err)
		return err;
	(void)snprintf(path, sizeof(path), "%s", daemon->options.ledger);
	directory = dirname(path);
	if (mkdir(directory, 0700) && errno != EEXIST)
		return writ_log_errno(-errno, "ledger's directory %s", directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, uid, gid) || fchmod(fd, 0700))
		return writ_log_errno(-errno, "ledger's directory %s", directory);
	return 0;
}

/* @channel is its end. */
static int spawn(struct writ_daemon *daemon, int channel)
{
	struct writ_broker_child *broker = &daemon->broker;
	const struct writ_daemon_options *options = &daemon->options;
	const int fds[] = {channel, broker->agents, broker->operators};
	char *const argv[] = {
		WRIT_BROKER_PROGRAM,
		"--policy",
		(char *)(uintptr_t)options->policy,
		"--ledger",
		(char *)(uintptr_t)options->ledger,
		NULL,
	};

	return writ_child_start(daemon, &broker->child, argv, fds, sizeof(fds) / sizeof(*fds));
}

/* The core's end is given to the client that serves it. */
static int start(struct writ_daemon *daemon)
{
	_cleanup_close_ int end = -1;
	int pair[2];
	int err = own_directory(daemon);

	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return writ_log_errno(-errno, "the broker's channel");
	end = pair[1];
	err = writ_serve_channel(daemon, pair[0], &daemon->broker.channel);
	if (err)
		return writ_log_errno(err, "the broker's channel");
	err = spawn(daemon, end);
	if (err) {
		writ_serve_drop(daemon, daemon->broker.channel);
		daemon->broker.channel = NULL;
	}
	return err;
}

/* Its channel goes with all that it said there and nobody has read. */
static void forget(struct writ_daemon *daemon)
{
	if (daemon->broker.channel)
		writ_serve_drop(daemon, daemon->broker.channel);
	daemon->broker.channel = NULL;
}

static void try_start(struct writ_daemon *daemon)
{
	forget(daemon);
	if (start(daemon))
		writ_child_failed(daemon, &daemon->broker.child, "could not be started");
}

int writ_broker_open(struct writ_daemon *daemon)
{
	struct writ_broker_child *broker = &daemon->broker;
	const struct writ_daemon_options *options = &daemon->options;
	int err;

	if (options->no_broker)
		return 0;
	err = writ_listeners_open(daemon, options->agent_socket, SOCK_STREAM, true,
				  &broker->agents);
	if (!err && chmod(options->agent_socket, 0666))
		err = writ_log_errno(-errno, "%s", options->agent_socket);
	if (!err)
		err = writ_listeners_open(daemon, options->operator_socket, SOCK_STREAM, true,
					  &broker->operators);
	if (!err)
		err = writ_callers_own_socket(daemon->policy, options->operator_socket);
	if (!err)
		try_start(daemon);
	return err;
}

void writ_broker_reap(struct writ_daemon *daemon)
{
	if (writ_child_reap(daemon, &daemon->broker.child))
		forget(daemon);
}

void writ_broker_kill(struct writ_daemon *daemon, const char *why)
{
	writ_error("the broker is ended: %s", why);
	forget(daemon); /* none of its further words is heard */
	if (daemon->broker.child.pid > 0)
		(void)kill(daemon->broker.child.pid, SIGKILL);
}

void writ_broker_tick(struct writ_daemon *daemon)
{
	struct writ_broker_child *broker = &daemon->broker;

	if (broker->agents >= 0 && broker->operators >= 0 &&
	    writ_child_tick(daemon, &broker->child))
		try_start(daemon);
}

void writ_broker_close(struct writ_daemon *daemon)
{
	struct writ_broker_child *broker = &daemon->broker;

	if (broker->child.pid > 0)
		(void)kill(broker->child.pid, SIGTERM);
	writ_child_end(daemon, &broker->child, STOP_MS);
	forget(daemon);
	if (broker->agents >= 0)
		(void)unlink(daemon->options.agent_socket);
	if (broker->operators >= 0)
		(void)unlink(daemon->options.operator_socket);
	writ_closep(&broker->agents);
	writ_closep(&broker->operators);
	broker->agents = broker->operators = -1;
}
