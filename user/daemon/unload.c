/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of enforcement, as asked by root outside of every agent: by a writd that runs, which is
 * told over its socket, or by this process when none runs. Either way the log says who and when.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/daemon.h"
#include "kernel/guard.h"
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
	uint64_t generation = daemon->kernel->node->generation;
	char who[WHO_SIZE];
	int err = writ_kernel_unload(daemon->kernel);

	if (err)
		return writ_log_errno(err, "remove the pins below " WRIT_PIN_DIR);
	say_who(peer->uid, peer->pid, who);
	(void)writ_ring_drain(daemon->ring); /* what was decided until now stands before the end */
	writ_stream_daemon(daemon->stream, WRIT_DAEMON_EVENT_UNLOADED, generation, who);
	(void)writ_stream_commit(daemon->stream);
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

int writ_unload(const struct writ_daemon_options *options)
{
	_cleanup_close_ int lock = -1;
	_cleanup_(writ_stream_closep) struct writ_stream *stream = NULL;
	static const struct writ_resolver nobody;
	char who[WHO_SIZE];
	int err = writ_lock_node(&lock);

	if (err == -EBUSY)
		return unload_by_running(options);
	if (!err)
		err = writ_guard_claim();
	if (err && err != -ENOENT)
		return err;
	err = writ_stream_open(options->audit_log, &nobody, NULL, &stream);
	if (err)
		(void)writ_log_errno(err, "audit log %s: the end of enforcement is not on record",
				     options->audit_log);
	err = writ_kernel_unload(NULL);
	if (err)
		return writ_log_errno(err, "remove the pins below " WRIT_PIN_DIR);
	say_who(getuid(), getpid(), who);
	if (stream)
		writ_stream_daemon(stream, WRIT_DAEMON_EVENT_UNLOADED, 0, who);
	writ_info("unloaded %s: nothing of Writ is in the kernel, nothing is enforced", who);
	return 0;
}
