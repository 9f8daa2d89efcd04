/* SPDX-License-Identifier: Apache-2.0 */
/* See child.h. Between fork and exec only what may be called there is. */
#include "daemon/child.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <libgen.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "kernel/guard.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

/* What the child needs, gathered before it is forked. */
struct spawn {
	const struct writ_child_kind *kind;
	char program[PATH_MAX + NAME_MAX];
	uid_t uid;
	gid_t gid;
	gid_t group; /* a further one, 0: none */
	char *const *argv;
	const int *fds;
	size_t n;
};

int writ_child_program(const char *program, char *ret_path, size_t size)
{
	char self[PATH_MAX];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (len < 0)
		return -errno;
	self[len] = '\0';
	if ((size_t)snprintf(ret_path, size, "%s/%s", dirname(self), program) >= size)
		return -ENAMETOOLONG;
	return 0;
}

/* 0: there is none, or it is root's. */
static gid_t find_group(const struct writ_child_kind *kind)
{
	const struct group *group = kind->group ? getgrnam(kind->group) : NULL;

	return group ? group->gr_gid : 0;
}

int writ_child_user(const struct writ_child_kind *kind, uid_t *ret_uid, gid_t *ret_gid)
{
	const struct passwd *user = getpwnam(kind->user);

	if (!user || !user->pw_uid || !user->pw_gid) {
		writ_error("there is no user %s for the %s; make it with 'useradd --system "
			   "--user-group --shell /usr/sbin/nologin %s'",
			   kind->user, kind->what, kind->user);
		return -ENOENT;
	}
	if (kind->group && !find_group(kind)) {
		writ_error("there is no group %s for the %s", kind->group, kind->what);
		return -ENOENT;
	}
	*ret_uid = user->pw_uid;
	*ret_gid = user->pw_gid;
	return 0;
}

static int gather(struct spawn *spawn)
{
	int err = writ_child_program(spawn->kind->program, spawn->program, sizeof(spawn->program));

	if (!err && access(spawn->program, X_OK))
		err = -errno;
	if (err)
		return writ_log_errno(err, "%s %s", spawn->kind->what, spawn->program);
	spawn->group = find_group(spawn->kind);
	return writ_child_user(spawn->kind, &spawn->uid, &spawn->gid);
}

static int place_descriptors(const struct spawn *spawn)
{
	const int end = WRIT_CHILD_FD_FIRST + (int)spawn->n;
	int kept[WRIT_CHILD_FDS_MAX];

	if (spawn->n > WRIT_CHILD_FDS_MAX)
		return -E2BIG;
	for (size_t i = 0; i < spawn->n; i++) {
		kept[i] = fcntl(spawn->fds[i], F_DUPFD_CLOEXEC, end);
		if (kept[i] < 0)
			return -errno;
	}
	for (size_t i = 0; i < spawn->n; i++)
		if (dup2(kept[i], WRIT_CHILD_FD_FIRST + (int)i) < 0)
			return -errno;
	return syscall(__NR_close_range, end, ~0U, 0) ? -errno : 0;
}

static int drop_rights(const struct spawn *spawn)
{
	if (setgroups(!!spawn->group, &spawn->group) ||
	    setresgid(spawn->gid, spawn->gid, spawn->gid) ||
	    setresuid(spawn->uid, spawn->uid, spawn->uid) ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return -errno;
	return 0;
}

static void __attribute__((noreturn)) run(const struct spawn *spawn, pid_t parent)
{
	sigset_t none;
	int err = place_descriptors(spawn);

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (!err)
		err = drop_rights(spawn);
	if (!err && getppid() == parent) /* else writd has died before the signal was asked for */
		(void)execv(spawn->program, spawn->argv);
	(void)writ_log_errno(err ? err : -errno, "%s %s", spawn->kind->what, spawn->program);
	_exit(1);
}

static int watch(struct writ_daemon *daemon, struct writ_child *child, pid_t pid)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = child};
	_cleanup_close_ int pidfd = (int)syscall(__NR_pidfd_open, pid, 0);

	int err;

	if (pidfd < 0 || fcntl(pidfd, F_SETFD, FD_CLOEXEC))
		return -errno;
	err = writ_guard_child(daemon->kernel, pidfd);
	if (err)
		return err;
	if (epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, pidfd, &event))
		return -errno;
	child->pidfd = take_fd(&pidfd);
	child->pid = pid;
	child->landlock = (uint32_t)daemon->sandbox.landlock;
	return 0;
}

int writ_child_start(struct writ_daemon *daemon, struct writ_child *child, char *const *argv,
		     const int *fds, size_t n)
{
	struct spawn spawn = {.kind = child->kind, .argv = argv, .fds = fds, .n = n};
	pid_t self = getpid(), pid;
	int err = gather(&spawn);

	if (err)
		return err;
	pid = fork();
	if (!pid)
		run(&spawn, self);
	err = pid < 0 ? -errno : watch(daemon, child, pid);
	if (err && pid > 0) {
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	if (err)
		return writ_log_errno(err, "start the %s", child->kind->what);
	writ_supervise_started(&child->supervision, writ_time_boot());
	return 0;
}

void writ_child_failed(struct writ_daemon *daemon, struct writ_child *child, const char *detail)
{
	struct writ_supervision *supervision = &child->supervision;
	const struct writ_child_kind *kind = child->kind;
	char span[32];

	if (writ_supervise_died(supervision, writ_time_boot())) {
		writ_error("the %s has died %u times within a minute%s; see its log", kind->what,
			   WRIT_SUPERVISE_DEATHS,
			   kind->holds ? ": nothing is issued until it has run for a minute" : "");
		writ_notes_daemon(daemon, kind->failing, detail);
	}
	writ_time_format(supervision->delay, span, sizeof(span));
	writ_warning("%s: %s; started again in %s", kind->what, detail, span);
}

static void forget(struct writ_daemon *daemon, struct writ_child *child)
{
	if (child->pidfd >= 0)
		(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, child->pidfd, NULL);
	writ_closep(&child->pidfd);
	child->pidfd = -1;
	child->pid = 0;
}

/* Its sandbox can't be widened: for a policy that wants that it ends, and begins anew. */
static bool is_renewed(struct writ_child *child, int status)
{
	if (!WIFEXITED(status) || WEXITSTATUS(status) ||
	    !writ_supervise_ended(&child->supervision, writ_time_boot()))
		return false;
	writ_info("the %s has ended for another policy, and is started again", child->kind->what);
	return true;
}

bool writ_child_reap(struct writ_daemon *daemon, struct writ_child *child)
{
	char detail[96];
	int status = 0;

	if (child->pid <= 0 || waitpid(child->pid, &status, WNOHANG) != child->pid)
		return false;
	(void)snprintf(detail, sizeof(detail), "pid %d ended %s %d", (int)child->pid,
		       WIFSIGNALED(status) ? "by signal" : "with status",
		       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	forget(daemon, child);
	if (is_renewed(child, status))
		return true;
	writ_notes_daemon(daemon, child->kind->died, detail);
	writ_child_failed(daemon, child, detail);
	return true;
}

bool writ_child_tick(struct writ_daemon *daemon, struct writ_child *child)
{
	uint64_t now = writ_time_boot();

	if (writ_supervise_release(&child->supervision, now)) {
		writ_info("the %s has run for a minute%s", child->kind->what,
			  child->kind->holds ? ": grants may be issued again" : "");
		writ_notes_daemon(daemon, child->kind->recovered, NULL);
	}
	return !child->pid && writ_supervise_is_due(&child->supervision, now);
}

void writ_child_end(struct writ_daemon *daemon, struct writ_child *child, int ms)
{
	struct pollfd ended = {.fd = child->pidfd, .events = POLLIN};

	if (child->pid > 0) {
		if (poll(&ended, 1, ms) != 1)
			(void)kill(child->pid, SIGKILL);
		(void)waitpid(child->pid, NULL, 0);
	}
	forget(daemon, child);
}

const struct writ_child *writ_child_held(const struct writ_daemon *daemon)
{
	if (daemon->broker.child.supervision.held)
		return &daemon->broker.child;
	return daemon->audit.child.supervision.held ? &daemon->audit.child : NULL;
}
