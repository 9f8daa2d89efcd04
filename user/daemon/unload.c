/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of enforcement, as asked by root outside of every agent: by a writd that runs, which is
 * told over its socket, or by this process when none runs. Either way the log says who and when.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "kernel/guard.h"
#include "kernel/pins.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define WHO_SIZE 128
#define NO_LOGIN 4294967295u /* of a process that no login led to */

/* "by uid 0, pid 12, login uid 1000": of a session the login is who a person is. */
static void say_who(uint32_t uid, int32_t pid, char ret_who[WHO_SIZE])
{
	char path[32];
	unsigned int login = NO_LOGIN;

	(void)snprintf(path, sizeof(path), "/proc/%d/loginuid", pid);
	{
		_cleanup_fclose_ FILE *file = fopen(path, "re");

		if (file && fscanf(file, "%u", &login) != 1)
			login = NO_LOGIN;
	}
	if (login == NO_LOGIN)
		(void)snprintf(ret_who, WHO_SIZE, "by uid %u, pid %d", uid, pid);
	else
		(void)snprintf(ret_who, WHO_SIZE, "by uid %u, pid %d, login uid %u", uid, pid,
			       login);
}

int writ_unload_now(struct writ_daemon *daemon, const struct writ_peer *peer)
{
	char who[WHO_SIZE];
	int err;

	writ_cuts_close(daemon); /* a sweep holds programs */
	err = writ_kernel_unload(daemon->kernel);
	if (err)
		return writ_log_errno(err, "remove the pins below %s",
					      WRIT_PINS_TOP);
	say_who(peer->uid, peer->pid, who);
	writ_requests_tell(daemon, UINT64_MAX);
	writ_notes_daemon(daemon, WRIT_DAEMON_EVENT_UNLOADED, who);
	writ_info("unloaded %s: nothing of Writ is in the kernel, nothing is enforced", who);
	daemon->unloaded = true;
	daemon->stopping = true;
	return 0;
}

/* Asks the writd that holds the lock. Its answer comes when all is gone from the kernel. */
static int ask_running(const char *path, struct writ_reply *ret_end)
{
	const struct writ_request request = {.version = WRIT_CONTROL_VERSION,
					     .verb = WRIT_VERB_UNLOAD};
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
	    send(fd, &request, sizeof(request), MSG_NOSIGNAL) != sizeof(request))
		return -errno;
	if (recv(fd, ret_end, sizeof(*ret_end), 0) != sizeof(*ret_end) ||
	    ret_end->type != WRIT_REPLY_END)
		return -EPROTO;
	ret_end->error[WRIT_ERROR_SIZE - 1] = '\0';
	return 0;
}

static int unload_by_running(const struct writ_daemon_options *options)
{
	struct writ_reply end = {0};
	int err = ask_running(options->socket, &end);

	if (err)
		return writ_log_errno(err,
				      "a writd runs and does not answer on %s; name its --socket, "
				      "or end it and try again",
				      options->socket);
	if (end.code)
		return writ_log_errno(end.code, "writd did not unload: %s", end.error);
	writ_info("unloaded: nothing of Writ is in the kernel, nothing is enforced");
	return 0;
}

/* Without a writd: this process starts what reads the ring, as writd does, and tells it the end. */
static int unload_recorded(struct writ_daemon *daemon)
{
	const struct writ_peer self = {.uid = getuid(), .pid = getpid()};
	int err = writ_audit_open(daemon);

	if (err)
		(void)writ_log_errno(err, "audit log %s: the end of enforcement is not on record",
				     daemon->options.audit_log);
	else
		writ_audit_await(daemon);
	err = writ_unload_now(daemon, &self);
	writ_audit_close(daemon);
	writ_notes_clear(&daemon->notes);
	return err;
}

/* What is pinned can't be read by this build, or is not whole. */
static int unload_unrecorded(void)
{
	int err = writ_kernel_unload(NULL);

	if (err)
		return writ_log_errno(err, "remove the pins below " WRIT_PIN_DIR);
	writ_info("unloaded: nothing of Writ is in the kernel, nothing is enforced");
	return 0;
}

int writ_unload(const struct writ_daemon_options *options)
{
	_cleanup_close_ int lock = -1;
	struct writ_daemon daemon = {
		.options = *options,
		.broker = WRIT_BROKER_NONE,
		.audit = WRIT_AUDIT_NONE,
		.epoll = -1,
	};
	int err = writ_lock_node(0, &lock);

	if (err == -EBUSY)
		return unload_by_running(options);
	if (!err)
		err = writ_guard_claim();
	if (err && err != -ENOENT)
		return err;
	if (!err)
		err = writ_kernel_adopt(&daemon.kernel);
	if (err && err != -ENOENT)
		writ_warning("the end of enforcement is not on record");
	if (err)
		return unload_unrecorded();
	daemon.epoll = epoll_create1(EPOLL_CLOEXEC);
	err = daemon.epoll < 0 ? -errno : unload_recorded(&daemon);
	writ_kernel_close(daemon.kernel);
	writ_closep(&daemon.epoll);
	return err;
}
