/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See broker.h. The child is the user `writ` before its first instruction, and can't come to be
 * more: no capabilities, no new privileges. It dies with writd.
 */
#include "daemon/broker.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/callers.h"
#include "daemon/daemon.h"
#include "daemon/listeners.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

#define STOP_MS 2000 /* to end by itself, when writd stops */
#define FD_CHANNEL 3
#define FD_END 6 /* 4 and 5: the listeners of agents and of operators */

/* What the child needs, gathered before it is forked. */
struct spawn {
	const struct writ_daemon *daemon;
	char program[PATH_MAX + sizeof(WRIT_BROKER_PROGRAM)];
	uid_t uid;
	gid_t gid;
	int channel; /* its end */
};

static int find_program(char *ret_path, size_t size)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return -errno;
	self[len] = '\0';
	(void)snprintf(ret_path, size, "%s/" WRIT_BROKER_PROGRAM, dirname(self));
	return access(ret_path, X_OK) ? writ_log_errno(-errno, "broker %s", ret_path) : 0;
}

static int find_user(struct spawn *spawn)
{
	const struct passwd *user = getpwnam(WRIT_BROKER_USER);

	if (!user || !user->pw_uid) {
		writ_error(
			"there is no user " WRIT_BROKER_USER " for the broker; make it with "
			"'useradd --system --user-group --shell /usr/sbin/nologin " WRIT_BROKER_USER
			"'");
		return -ENOENT;
	}
	spawn->uid = user->pw_uid;
	spawn->gid = user->pw_gid;
	return 0;
}

/* The ledger's directory is the broker's alone. */
static int own_directory(const struct spawn *spawn)
{
	char path[PATH_MAX];
	const char *directory;
	_cleanup_close_ int fd = -1;

	(void)snprintf(path, sizeof(path), "%s", spawn->daemon->options.ledger);
	directory = dirname(path);
	if (mkdir(directory, 0700) && errno != EEXIST)
		return writ_log_errno(-errno, "ledger's directory %s", directory);
	fd = open(directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fchown(fd, spawn->uid, spawn->gid) || fchmod(fd, 0700))
		return writ_log_errno(-errno, "ledger's directory %s", directory);
	return 0;
}

static int place_descriptors(const struct spawn *spawn)
{
	const struct writ_broker_child *broker = &spawn->daemon->broker;
	const int from[] = {spawn->channel, broker->agents, broker->operators};
	int kept[3];

	for (int i = 0; i < 3; i++) {
		kept[i] = fcntl(from[i], F_DUPFD_CLOEXEC, FD_END);
		if (kept[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(kept[i], FD_CHANNEL + i) < 0)
			return -errno;
	return syscall(__NR_close_range, FD_END, ~0U, 0) ? -errno : 0;
}

static int drop_rights(const struct spawn *spawn)
{
	if (setgroups(0, NULL) || setresgid(spawn->gid, spawn->gid, spawn->gid) ||
	    setresuid(spawn->uid, spawn->uid, spawn->uid) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return -errno;
	return 0;
}

static void __attribute__((noreturn)) run_child(struct spawn *spawn, pid_t parent)
{
	const struct writ_daemon_options *options = &spawn->daemon->options;
	char *const argv[] = {
		WRIT_BROKER_PROGRAM,
		"--policy",
		(char *)(uintptr_t)options->policy,
		"--ledger",
		(char *)(uintptr_t)options->ledger,
		NULL,
	};
	sigset_t none;
	int err = place_descriptors(spawn);

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (!err)
		err = drop_rights(spawn);
	if (!err && getppid() == parent) /* else writd has died before the signal was asked for */
		(void)execv(spawn->program, argv);
	(void)writ_log_errno(err ? err : -errno, "broker %s", spawn->program);
	_exit(1);
}

static int watch_child(struct writ_daemon *daemon, pid_t pid)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &daemon->broker};
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, pid, 0);

	if (pidfd < 0 || fcntl(pidfd, F_SETFD, FD_CLOEXEC) ||
	    epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, pidfd, &event))
		return -errno;
	daemon->broker.pidfd = take_fd(&pidfd);
	daemon->broker.pid = pid;
	return 0;
}

/* @channel is given to the client that serves it. */
static int run(struct writ_daemon *daemon, struct spawn *spawn, int channel)
{
	pid_t self = getpid(), pid;
	int err = writ_serve_channel(daemon, channel, &daemon->broker.channel);

	if (err)
		return err;
	pid = fork();
	if (!pid)
		run_child(spawn, self);
	err = pid < 0 ? -errno : watch_child(daemon, pid);
	if (err && pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	if (err) {
		writ_serve_drop(daemon, daemon->broker.channel);
		daemon->broker.channel = NULL;
	}
	return err;
}

static int start(struct writ_daemon *daemon)
{
	struct spawn spawn = {.daemon = daemon};
	_cleanup_close_ int end = -1;
	int pair[2];
	int err = find_program(spawn.program, sizeof(spawn.program));

	if (!err)
		err = find_user(&spawn);
	if (!err)
		err = own_directory(&spawn);
	if (err)
		return err;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return writ_log_errno(-errno, "the broker's channel");
	end = pair[1];
	spawn.channel = end;
	err = run(daemon, &spawn, pair[0]);
	return err ? writ_log_errno(err, "start the broker") : 0;
}

static void tell(struct writ_daemon *daemon, enum writ_daemon_event event, const char *detail)
{
	writ_stream_daemon(daemon->stream, event, daemon->kernel->node->generation, detail);
}

/* It has died, or did not start: again after a while, and with an alarm if that goes on. */
static void died(struct writ_daemon *daemon, const char *detail)
{
	struct writ_supervision *supervision = &daemon->broker.supervision;
	char span[32];

	if (writ_supervise_died(supervision, writ_time_boot())) {
		writ_error("the broker has died %u times within a minute: nothing is issued by it "
			   "until it has run for a minute; see its log",
			   WRIT_SUPERVISE_DEATHS);
		tell(daemon, WRIT_DAEMON_EVENT_BROKER_FAILING, detail);
	}
	writ_time_format(supervision->delay, span, sizeof(span));
	writ_warning("broker: %s; started again in %s", detail, span);
}

/* Of the last one. Its channel goes with all that it said there and nobody has read. */
static void forget(struct writ_daemon *daemon)
{
	struct writ_broker_child *broker = &daemon->broker;

	if (broker->channel)
		writ_serve_drop(daemon, broker->channel);
	broker->channel = NULL;
	if (broker->pidfd >= 0)
		(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, broker->pidfd, NULL);
	writ_closep(&broker->pidfd);
	broker->pidfd = -1;
	broker->pid = 0;
}

static void try_start(struct writ_daemon *daemon)
{
	int err;

	forget(daemon);
	err = start(daemon);
	if (err)
		died(daemon, "could not be started");
	else
		writ_supervise_started(&daemon->broker.supervision, writ_time_boot());
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
	char detail[96];
	int status = 0;

	if (waitpid(daemon->broker.pid, &status, WNOHANG) != daemon->broker.pid)
		return;
	(void)snprintf(detail, sizeof(detail), "pid %d ended %s %d", (int)daemon->broker.pid,
		       WIFSIGNALED(status) ? "by signal" : "with status",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	forget(daemon);
	tell(daemon, WRIT_DAEMON_EVENT_BROKER_DIED, detail);
	died(daemon, detail);
}

void writ_broker_kill(struct writ_daemon *daemon, const char *why)
{
	struct writ_broker_child *broker = &daemon->broker;

	writ_error("the broker is ended: %s", why);
	if (broker->channel) /* none of its further words is heard */
		writ_serve_drop(daemon, broker->channel);
	broker->channel = NULL;
	if (broker->pid > 0)
		(void)kill(broker->pid, SIGKILL);
}

void writ_broker_tick(struct writ_daemon *daemon)
{
	struct writ_broker_child *broker = &daemon->broker;
	uint64_t now = writ_time_boot();

	if (broker->agents < 0 || broker->operators < 0)
		return;
	if (!broker->pid && writ_supervise_is_due(&broker->supervision, now))
		try_start(daemon);
	if (writ_supervise_release(&broker->supervision, now)) {
		writ_info("the broker has run for a minute: it may issue again");
		tell(daemon, WRIT_DAEMON_EVENT_BROKER_RECOVERED, NULL);
	}
}

void writ_broker_close(struct writ_daemon *daemon)
{
	struct writ_broker_child *broker = &daemon->broker;
	pid_t pid = broker->pid;

	if (pid > 0) {
		struct pollfd ended = {.fd = broker->pidfd, .events = POLLIN};

		(void)kill(pid, SIGTERM);
		if (poll(&ended, 1, STOP_MS) != 1)
			(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	forget(daemon);
	if (broker->agents >= 0)
		(void)unlink(daemon->options.agent_socket);
	if (broker->operators >= 0)
		(void)unlink(daemon->options.operator_socket);
	writ_closep(&broker->agents);
	writ_closep(&broker->operators);
	broker->agents = broker->operators = -1;
}
