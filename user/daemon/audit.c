/* SPDX-License-Identifier: Apache-2.0 */
/* See audit.h. Nothing that this process says is believed; it is shown, or looked at. */
#include "daemon/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "daemon/log_files.h"
#include "kernel/readers.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"
#include "writ/event.h"

#define AWAIT_MS 10000 /* at start, for what waited while nobody read: a full ring takes 1 s */
#define STOP_MS 5000   /* to put away the last of it */
#define LOOK_MS 2      /* between looks at how far it is */
#define COPIES_MAX 64  /* heard at a time: it can't keep the loop from others */

const struct writ_child_kind writ_audit_kind = {
	.what = "audit process",
	.program = WRIT_AUDIT_PROGRAM,
	.user = WRIT_AUDIT_USER,
	.holds = true,
	.died = WRIT_DAEMON_EVENT_AUDIT_DIED,
	.failing = WRIT_DAEMON_EVENT_AUDIT_FAILING,
	.recovered = WRIT_DAEMON_EVENT_AUDIT_RECOVERED,
};

/* Sealed: a file that shrinks under its reader would end this process. */
static int make_page(struct writ_daemon *daemon)
{
	struct writ_audit_page page = {.version = WRIT_AUDIT_VERSION,
				       .ring_size = daemon->kernel->ring_size};
	_cleanup_close_ int fd = memfd_create("writ-audit", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	void *memory;
	int err = fd < 0 ? -errno : writ_readers_cpus(&page.cpus);

	if (err)
		return err;
	if (write(fd, &page, sizeof(page)) != sizeof(page) ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL))
		return -errno;
	memory = mmap(NULL, sizeof(page), PROT_READ, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	daemon->audit.page = memory;
	daemon->audit.page_fd = take_fd(&fd);
	return 0;
}

static int open_all(struct writ_daemon *daemon)
{
	struct writ_audit_child *audit = &daemon->audit;
	int err = writ_positions_open(daemon->kernel, &audit->positions);

	if (!err)
		err = make_page(daemon);
	if (!err)
		err = writ_readers_open(daemon->kernel, WRIT_MAP_grant_infos, &audit->infos);
	if (!err)
		err = writ_readers_open(daemon->kernel, WRIT_MAP_counters, &audit->counters);
	return err ? writ_log_errno(err, "what the audit process needs") : 0;
}

static void add_option(char ***next, const char *name, const char *value)
{
	if (!value)
		return;
	*(*next)++ = (char *)(uintptr_t)name;
	*(*next)++ = (char *)(uintptr_t)value;
}

static int spawn(struct writ_daemon *daemon, int channel)
{
	struct writ_audit_child *audit = &daemon->audit;
	const int *maps = daemon->kernel->map_fds;
	const int fds[] = {
		channel,
		audit->page_fd,
		maps[WRIT_MAP_events],
		maps[WRIT_MAP_accounts],
		maps[WRIT_MAP_programs],
		maps[WRIT_MAP_agents],
		maps[WRIT_MAP_tables],
		maps[WRIT_MAP_node],
		audit->infos,
		audit->counters,
	};
	char *argv[] = {
		WRIT_AUDIT_PROGRAM,
		"--log",
		(char *)(uintptr_t)daemon->options.audit_log,
		NULL,
		NULL,
		NULL,
		NULL,
		NULL,
	};
	char **next = &argv[3];

	_Static_assert(sizeof(fds) / sizeof(*fds) == WRIT_AUDIT_FD_END - WRIT_AUDIT_FD_CHANNEL,
		       "every descriptor of writ/audit.h");
	add_option(&next, "--policy", daemon->options.policy);
	add_option(&next, "--spill", daemon->options.audit_spill);
	return writ_child_start(daemon, &audit->child, argv, fds, sizeof(fds) / sizeof(*fds));
}

static void forget_channel(struct writ_daemon *daemon)
{
	struct writ_audit_child *audit = &daemon->audit;

	if (audit->channel >= 0)
		(void)epoll_ctl(daemon->epoll, EPOLL_CTL_DEL, audit->channel, NULL);
	writ_closep(&audit->channel);
	audit->channel = -1;
}

static int start(struct writ_daemon *daemon)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = &daemon->audit.channel};
	_cleanup_close_ int own = -1, end = -1;
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return writ_log_errno(-errno, "the audit process's channel");
	own = pair[0];
	end = pair[1];
	if (epoll_ctl(daemon->epoll, EPOLL_CTL_ADD, own, &event))
		return writ_log_errno(-errno, "the audit process's channel");
	daemon->audit.channel = take_fd(&own);
	return spawn(daemon, end);
}

static void try_start(struct writ_daemon *daemon)
{
	forget_channel(daemon);
	if (!start(daemon))
		return;
	forget_channel(daemon);
	writ_child_failed(daemon, &daemon->audit.child, "could not be started");
}

int writ_audit_open(struct writ_daemon *daemon)
{
	uid_t uid = 0;
	gid_t gid = 0;
	int err = writ_child_user(daemon->audit.child.kind, &uid, &gid);

	if (!err)
		err = writ_log_files_own(daemon->options.audit_log, uid, gid);
	if (!err && daemon->options.audit_spill)
		err = writ_log_files_own(daemon->options.audit_spill, uid, gid);
	if (!err)
		err = open_all(daemon);
	if (!err)
		try_start(daemon);
	return err;
}

static void say(const struct writ_daemon *daemon, uint32_t word)
{
	if (daemon->audit.channel >= 0)
		(void)send(daemon->audit.channel, &word, sizeof(word), MSG_DONTWAIT | MSG_NOSIGNAL);
}

void writ_audit_policy(const struct writ_daemon *daemon)
{
	say(daemon, WRIT_AUDIT_POLICY);
}

/* One look at the child, a moment long. */
static void look(struct writ_daemon *daemon)
{
	struct pollfd heard = {.fd = daemon->audit.channel, .events = POLLIN};

	if (poll(&heard, 1, LOOK_MS) == 1)
		writ_audit_hear(daemon);
	writ_audit_reap(daemon);
	writ_audit_tick(daemon);
}

int writ_audit_catch_up(struct writ_daemon *daemon, int ms)
{
	const struct writ_positions *positions = &daemon->audit.positions;
	uint64_t target = writ_positions_produced(positions);
	uint64_t end = writ_time_boot() + (uint64_t)ms * 1000000;

	say(daemon, WRIT_AUDIT_DRAIN);
	while ((int64_t)(target - writ_positions_consumed(positions)) > 0) {
		if (writ_time_boot() >= end)
			return -ETIMEDOUT;
		look(daemon);
	}
	return 0;
}

static uint64_t rounds(const struct writ_daemon *daemon)
{
	return __atomic_load_n(&daemon->audit.page->rounds, __ATOMIC_RELAXED);
}

void writ_audit_await(struct writ_daemon *daemon)
{
	uint64_t before = rounds(daemon);
	uint64_t end = writ_time_boot() + UINT64_C(1000000) * AWAIT_MS;
	int err = writ_audit_catch_up(daemon, AWAIT_MS);

	while (!err && rounds(daemon) == before) {
		if (writ_time_boot() >= end)
			err = -ETIMEDOUT;
		else
			look(daemon);
	}
	if (err)
		writ_warning("the audit log %s takes no lines yet: records wait in the ring, and "
			     "are counted as lost when it is full; those of the policy before this "
			     "one may lack names",
			     daemon->options.audit_log);
}

void writ_audit_hear(struct writ_daemon *daemon)
{
	char bytes[sizeof(struct writ_event) + WRIT_AUDIT_OBJECT_SIZE];

	for (int i = 0; i < COPIES_MAX && daemon->audit.channel >= 0; i++) {
		ssize_t len = recv(daemon->audit.channel, bytes, sizeof(bytes), MSG_DONTWAIT);

		if (len < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (len <= 0) { /* it has ended, or will */
			forget_channel(daemon);
			return;
		}
		writ_denials_note(daemon->denials, bytes, (size_t)len);
		writ_instances_note(daemon, bytes, (size_t)len);
	}
}

void writ_audit_reap(struct writ_daemon *daemon)
{
	if (!writ_child_reap(daemon, &daemon->audit.child))
		return;
	writ_audit_hear(daemon); /* what it said before */
	forget_channel(daemon);
}

void writ_audit_tick(struct writ_daemon *daemon)
{
	if (daemon->audit.page && writ_child_tick(daemon, &daemon->audit.child))
		try_start(daemon);
}

void writ_audit_close(struct writ_daemon *daemon)
{
	struct writ_audit_child *audit = &daemon->audit;

	writ_notes_flush(daemon);
	say(daemon, WRIT_AUDIT_STOP);
	writ_child_end(daemon, &audit->child, STOP_MS);
	forget_channel(daemon);
	if (audit->page)
		(void)munmap((void *)(uintptr_t)audit->page, sizeof(*audit->page));
	audit->page = NULL;
	writ_closep(&audit->page_fd);
	writ_closep(&audit->infos);
	writ_closep(&audit->counters);
	audit->page_fd = audit->infos = audit->counters = -1;
	writ_positions_close(&audit->positions);
}
