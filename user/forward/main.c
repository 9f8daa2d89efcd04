/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writ-forward: started by writd as the user `writ-forward`, who may read the log and nothing else
 * of Writ's. This process reads no line. For each policy it starts a worker, which gives up what
 * that policy does not need; a new policy's worker takes over only when it could read it, so a
 * faulty policy changes nothing. See README.md.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "forward/forward.h"
#include "forward/lockdown.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "writ/control.h"

#define STATE_DEFAULT "/var/lib/writ-forward"
#define READY_MS 60000 /* a large policy takes seconds to read */
#define END_MS 20000   /* a sink may be looking up a name */
#define LOCK_MS (END_MS + 5000)
#define LOOK_MS 50

static const char usage[] =
	"usage: writ-forward [--policy PATH] [--log FILE] [--state DIR] [--page FD] [--live FD]\n"
	"\n"
	"Gives the lines of the audit log to the sinks and alerts of the policy; see\n"
	"writ-forward(8). SIGHUP: reads the policy again.\n"
	"\n"
	"  --policy PATH  file or directory of policy  (default " WRIT_POLICY_DIR ")\n"
	"  --log FILE     the log's open file          (default " WRIT_AUDIT_LOG ")\n"
	"  --state DIR    where each sink was          (default " STATE_DEFAULT ")\n"
	"  --page FD      shared memory for counters, from who starts it\n"
	"  --live FD      listening socket for live subscribers, likewise\n"
	"  --debug        say more\n"
	"  --version, --help\n";

enum option_value {
	OPTION_POLICY = 256,
	OPTION_LOG,
	OPTION_STATE,
	OPTION_PAGE,
	OPTION_LIVE,
	OPTION_DEBUG,
	OPTION_VERSION,
};

static const struct option long_options[] = {
	{"policy", required_argument, NULL, OPTION_POLICY},
	{"log", required_argument, NULL, OPTION_LOG},
	{"state", required_argument, NULL, OPTION_STATE},
	{"page", required_argument, NULL, OPTION_PAGE},
	{"live", required_argument, NULL, OPTION_LIVE},
	{"debug", no_argument, NULL, OPTION_DEBUG},
	{"version", no_argument, NULL, OPTION_VERSION},
	{"help", no_argument, NULL, 'h'},
	{0},
};

struct worker {
	pid_t pid; /* 0: none */
	int channel;
};

static void say_and_exit(const char *text)
{
	(void)fputs(text, stdout);
	exit(EXIT_SUCCESS);
}

static int parse_descriptor(const char *text, int *ret)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || number < 3 || number > 1023)
		return -EINVAL;
	*ret = (int)number;
	return fcntl(*ret, F_SETFD, FD_CLOEXEC) ? -errno : 0;
}

static int parse_arguments(int argc, char **argv, struct writ_forward *forward)
{
	int option, err = 0;

	while (!err && (option = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		if (option == OPTION_POLICY)
			forward->policy = optarg;
		else if (option == OPTION_LOG)
			forward->log = optarg;
		else if (option == OPTION_STATE)
			forward->state = optarg;
		else if (option == OPTION_PAGE)
			err = parse_descriptor(optarg, &forward->page);
		else if (option == OPTION_LIVE)
			err = parse_descriptor(optarg, &forward->live);
		else if (option == OPTION_DEBUG)
			writ_log_open("writ-forward", WRIT_LOG_DEBUG);
		else if (option == OPTION_VERSION)
			say_and_exit("writ-forward " WRIT_VERSION "\n");
		else if (option == 'h')
			say_and_exit(usage);
		else
			err = -EINVAL;
	}
	return optind < argc ? -EINVAL : err;
}

/*
 * Two of them would send everything twice. After a death the worker still writes its cursors, so
 * it is waited for. The descriptor stays open: it is the process's and its workers'.
 */
static int lock_state(const char *state)
{
	int fd = open(state, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return writ_log_errno(-errno,
				      "state %s; make it with 'install -d -m 0700 -o writ-forward "
				      "-g writ-forward %s'",
				      state, state);
	for (int ms = 0; flock(fd, LOCK_EX | LOCK_NB); ms += LOOK_MS) {
		if (errno != EWOULDBLOCK || ms >= LOCK_MS)
			return writ_log_errno(-errno, "state %s: another writ-forward has it",
					      state);
		(void)usleep(LOOK_MS * 1000);
	}
	return 0;
}

static void __attribute__((noreturn))
become_worker(const struct writ_forward *forward, int channel, pid_t parent)
{
	sigset_t none;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_IGN); /* of a terminal's whole group: the parent says when */
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	exit(writ_forward_work(forward, channel));
}

/* A worker that could read the policy, and waits. -errno, logged by it. */
static int prepare(const struct writ_forward *forward, struct worker *ret)
{
	pid_t self = getpid(), pid;
	struct pollfd ready;
	int channel[2];
	char byte;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel))
		return writ_log_errno(-errno, "socketpair");
	pid = fork();
	if (!pid) {
		(void)close(channel[0]);
		become_worker(forward, channel[1], self);
	}
	(void)close(channel[1]);
	ready = (struct pollfd){.fd = channel[0], .events = POLLIN};
	if (pid > 0 && poll(&ready, 1, READY_MS) == 1 && read(channel[0], &byte, 1) == 1) {
		*ret = (struct worker){pid, channel[0]};
		return 0;
	}
	(void)close(channel[0]);
	if (pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	return pid < 0 ? writ_log_errno(-errno, "fork") : -EINVAL;
}

static int begin(const struct worker *worker)
{
	const char byte = 1;

	return send(worker->channel, &byte, 1, MSG_NOSIGNAL) == 1 ? 0 : -EPIPE;
}

/* Waits for its cursors to be written. Returns what waitpid() says. */
static int end(struct worker *worker)
{
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, worker->pid, 0);
	struct pollfd ended = {.fd = pidfd, .events = POLLIN};
	int status = 0;

	(void)kill(worker->pid, SIGTERM);
	if (poll(&ended, 1, END_MS) != 1) {
		writ_warning("the worker does not end: killed; some lines may go out twice");
		(void)kill(worker->pid, SIGKILL);
	}
	(void)waitpid(worker->pid, &status, 0);
	(void)close(worker->channel);
	*worker = (struct worker){0, -1};
	return status;
}

static int reload(const struct writ_forward *forward, struct worker *worker)
{
	struct worker next;
	int err = prepare(forward, &next);

	if (err) {
		writ_error("the policy is not taken over; what was valid before goes on");
		return 0;
	}
	(void)end(worker);
	*worker = next;
	return begin(worker);
}

static int serve(const struct writ_forward *forward, struct worker *worker, int signals)
{
	struct signalfd_siginfo info;
	int err = begin(worker), status;

	while (!err) {
		if (read(signals, &info, sizeof(info)) != (ssize_t)sizeof(info))
			return -errno;
		if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT)
			return end(worker) ? -EIO : 0;
		if (info.ssi_signo == SIGHUP)
			err = reload(forward, worker);
		else if (waitpid(worker->pid, &status, WNOHANG) == worker->pid)
			return writ_log_errno(-ECHILD,
					      "the worker has ended by itself (status %#x)",
					      (unsigned int)status);
	}
	return writ_log_errno(err, "worker");
}

static int run(const struct writ_forward *forward)
{
	struct worker worker = {0, -1};
	_cleanup_close_ int signals = -1;
	sigset_t set;
	int err = writ_lockdown_require();

	if (!err)
		err = writ_lockdown_common();
	if (!err)
		err = lock_state(forward->state);
	if (err)
		return err;
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGCHLD);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (signals < 0)
		return writ_log_errno(-errno, "signals");
	err = prepare(forward, &worker);
	return err ? err : serve(forward, &worker, signals);
}

int main(int argc, char **argv)
{
	struct writ_forward forward = {
		.policy = WRIT_POLICY_DIR,
		.log = WRIT_AUDIT_LOG,
		.state = STATE_DEFAULT,
		.page = -1,
		.live = -1,
	};

	writ_log_open("writ-forward", WRIT_LOG_INFO);
	if (parse_arguments(argc, argv, &forward)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	return run(&forward) ? EXIT_FAILURE : EXIT_SUCCESS;
}
