/* SPDX-License-Identifier: Apache-2.0 */
/*
 * See validate_child.h. The input is in the pipe before the child is: nothing has to be written
 * later, nobody can keep it from being written, and no signal comes of it. A second pipe brings
 * the error of an exec that failed, and its end when it did not.
 */
#include "broker/validate_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/cleanup.h"
#include "lib/time.h"
#include "writ/abi.h"

/* A pipe's two ends, each closed by whoever still has it. */
struct ends {
	int in;
	int out;
};

static void ends_close(struct ends *ends)
{
	writ_closep(&ends->in);
	writ_closep(&ends->out);
}

static int ends_open(struct ends *ends)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC))
		return -errno;
	*ends = (struct ends){.in = fds[1], .out = fds[0]};
	return 0;
}

static int set_nonblocking(int fd)
{
	return fcntl(fd, F_SETFL, O_NONBLOCK) ? -errno : 0;
}

/* All of it, now: this process holds the other end, so there is no SIGPIPE. */
static int fill(struct ends *ends, const char *input)
{
	size_t len = strlen(input);
	int err = set_nonblocking(ends->in);
	ssize_t written;

	if (err)
		return err;
	written = write(ends->in, input, len);
	if (written < 0 && errno != EAGAIN)
		return -errno;
	if (written != (ssize_t)len)
		return -E2BIG;
	writ_closep(&ends->in);
	ends->in = -1;
	return 0;
}

/* --- in the child: only what may be called after fork() ---------------------------------------*/

static int limit(int resource, rlim_t most)
{
	struct rlimit now;

	if (getrlimit(resource, &now))
		return -errno;
	if (now.rlim_max < most)
		most = now.rlim_max;
	now = (struct rlimit){.rlim_cur = most, .rlim_max = most};
	return setrlimit(resource, &now) ? -errno : 0;
}

static int set_limits(uint64_t limit_ns)
{
	int err = limit(RLIMIT_CORE, 0);

	if (!err)
		err = limit(RLIMIT_NOFILE, WRIT_VALIDATE_FILES);
	if (!err)
		err = limit(RLIMIT_NPROC, WRIT_VALIDATE_TASKS);
	if (!err)
		err = limit(RLIMIT_CPU, limit_ns / WRIT_NS_PER_SECOND + 1);
	return err ? err : limit(RLIMIT_DATA, WRIT_VALIDATE_MEMORY);
}

/* Above the three streams, which are about to be taken. */
static int raise_fd(int fd)
{
	return fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

/* stdin and stdout are pipes, stderr is nowhere: what it says there could fill a disk. */
static int set_streams(int input, int output, int *failure)
{
	const int old[] = {input, output, open("/dev/null", O_WRONLY | O_CLOEXEC)};
	int new[3], kept = raise_fd(*failure);

	if (kept < 0)
		return -errno;
	*failure = kept;
	for (int i = 0; i < 3; i++) {
		new[i] = raise_fd(old[i]);
		if (new[i] < 0)
			return -errno;
	}
	for (int i = 0; i < 3; i++)
		if (dup2(new[i], i) < 0)
			return -errno;
	if (kept > STDERR_FILENO + 1 && close_range(STDERR_FILENO + 1, (unsigned int)kept - 1, 0))
		return -errno;
	return close_range((unsigned int)kept + 1, ~0u, 0) ? -errno : 0;
}

/* Asks the kernel: signal(3) leaves out those that libc has for itself, and they may be ignored. */
static void reset_signals(void)
{
	static const unsigned long by_default[4]; /* handler SIG_DFL, no flags, empty mask */
	sigset_t none;

	for (int i = 1; i < NSIG; i++) /* SIGKILL and SIGSTOP are so already */
		(void)syscall(SYS_rt_sigaction, i, by_default, NULL, NSIG / 8);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Ends with the broker; a session and a group of its own; no right by what it executes. */
static int set_apart(pid_t parent)
{
	reset_signals();
	if (setsid() < 0 || prctl(PR_SET_PDEATHSIG, SIGKILL) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -errno;
	return getppid() == parent ? 0 : -ESRCH;
}

static void __attribute__((noreturn))
become(const char *const *argv, int input, int output, int failure, pid_t parent, uint64_t limit_ns)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *const environment[] = {path, NULL};
	int err = set_apart(parent);

	if (!err)
		err = set_streams(input, output, &failure);
	if (!err)
		err = set_limits(limit_ns);
	if (!err) {
		(void)execve(argv[0], (char *const *)argv, environment);
		err = -errno;
	}
	(void)!write(failure, &err, sizeof(err));
	_exit(127);
}

/* --- in the parent ----------------------------------------------------------------------------*/

/* What the child says of its exec: nothing, when it worked. */
static int await_exec(struct ends *failure)
{
	int err = 0;
	ssize_t got;

	writ_closep(&failure->in);
	failure->in = -1;
	do
		got = read(failure->out, &err, sizeof(err));
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return -errno;
	return got == (ssize_t)sizeof(err) && err < 0 ? err : 0;
}

static void abandon(pid_t pid)
{
	(void)kill(-pid, SIGKILL);
	(void)kill(pid, SIGKILL); /* it may have no group yet */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int start(const char *const *argv, struct ends *input, struct ends *output,
		 struct ends *failure, uint64_t limit_ns, struct writ_validate_child *ret_child)
{
	_cleanup_close_ int pidfd = -1;
	pid_t parent = getpid(), pid = fork();
	int err;

	if (pid < 0)
		return -errno;
	if (!pid)
		become(argv, input->out, output->in, failure->in, parent, limit_ns);
	pidfd = pidfd_open(pid, 0);
	err = pidfd < 0 ? -errno : await_exec(failure);
	if (err) {
		abandon(pid);
		return err;
	}
	*ret_child = (struct writ_validate_child){
		.pid = pid, .pidfd = take_fd(&pidfd), .output = take_fd(&output->out)};
	return 0;
}

int writ_validate_spawn(const char *const *argv, size_t n, const char *input, uint64_t limit_ns,
			struct writ_validate_child *ret_child)
{
	_cleanup_(ends_close) struct ends in = {-1, -1};
	_cleanup_(ends_close) struct ends out = {-1, -1};
	_cleanup_(ends_close) struct ends failure = {-1, -1};
	const char *words[WRIT_ARGUMENTS_MAX + 1] = {NULL};
	int err;

	if (!n || n > WRIT_ARGUMENTS_MAX)
		return -EINVAL;
	memcpy(words, argv, n * sizeof(*words));
	err = ends_open(&in);
	if (!err)
		err = ends_open(&out);
	if (!err)
		err = ends_open(&failure);
	if (!err)
		err = fill(&in, input);
	if (!err)
		err = set_nonblocking(out.out);
	return err ? err : start(words, &in, &out, &failure, limit_ns, ret_child);
}

void writ_validate_kill(const struct writ_validate_child *child)
{
	(void)kill(-child->pid, SIGKILL);
}

int writ_validate_ended(const struct writ_validate_child *child, siginfo_t *ret_info)
{
	siginfo_t info = {0};

	if (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED | WNOHANG | WNOWAIT))
		return -errno;
	if (!info.si_pid)
		return 0;
	*ret_info = info;
	return 1;
}

void writ_validate_reap(struct writ_validate_child *child)
{
	siginfo_t info;

	while (waitid(P_PIDFD, (id_t)child->pidfd, &info, WEXITED) && errno == EINTR)
		;
	writ_closep(&child->pidfd);
	writ_closep(&child->output);
	*child = (struct writ_validate_child){.pidfd = -1, .output = -1};
}
