/* SPDX-License-Identifier: Apache-2.0 */
/* See tell.h: the system's log and commands. */
#include "forward/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "lib/cleanup.h"

#define MESSAGE_MAX 8192 /* what a log daemon takes by default */

static int __attribute__((format(printf, 3, 4)))
fail(struct writ_tell *tell, int err, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(tell->error, sizeof(tell->error), format, arguments);
	va_end(arguments);
	return err;
}

int writ_tell_syslog(struct writ_tell *tell, const char *path, const char *message)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[MESSAGE_MAX], stamp[32];
	time_t now = time(NULL);
	struct tm utc;
	int len, err;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return fail(tell, -EINVAL, "%s: no socket", path);
	(void)strcpy(address.sun_path, path);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)))
		return fail(tell, -errno, "%s: %s", path, strerror(errno));
	(void)strftime(stamp, sizeof(stamp), "%b %e %H:%M:%S", localtime_r(&now, &utc));
	len = snprintf(text, sizeof(text), "<%d>%s writ-forward: %s", LOG_AUTHPRIV | LOG_ALERT,
		       stamp, message);
	if (len >= (int)sizeof(text))
		len = sizeof(text) - 1;
	err = writ_watch_poll(tell->watch, fd, POLLOUT, WRIT_TELL_MS);
	if (!err && send(fd, text, (size_t)len, MSG_NOSIGNAL) != len)
		err = -errno;
	return err ? fail(tell, err, "%s: %s", path, strerror(-err)) : 0;
}

/* The message as a file: nobody has to keep writing while the command reads. */
static int message_file(const char *message)
{
	_cleanup_close_ int fd = memfd_create("alert", MFD_CLOEXEC);
	const size_t len = strlen(message);

	if (fd < 0 || write(fd, message, len) != (ssize_t)len || write(fd, "\n", 1) != 1 ||
	    lseek(fd, 0, SEEK_SET))
		return -errno;
	return take_fd(&fd);
}

static int spawn(const char *const *command, size_t n, int input, pid_t *ret_pid)
{
	static char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
	char *environment[] = {path, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	_cleanup_free_ char **argv = calloc(n + 1, sizeof(*argv));
	sigset_t none, all;
	int err;

	if (!argv)
		return -ENOMEM;
	memcpy(argv, command, n * sizeof(*argv));
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attributes);
	err = posix_spawn_file_actions_adddup2(&files, input, 0);
	if (!err)
		err = posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	if (!err)
		err = posix_spawn_file_actions_addclosefrom_np(&files, 3);
	(void)posix_spawnattr_setsigmask(&attributes, &none);
	(void)posix_spawnattr_setsigdefault(&attributes, &all);
	(void)posix_spawnattr_setpgroup(&attributes, 0);
	(void)posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
							    POSIX_SPAWN_SETPGROUP);
	if (!err)
		err = posix_spawn(ret_pid, command[0], &files, &attributes, argv, environment);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attributes);
	return -err;
}

int writ_tell_command(struct writ_tell *tell, const char *const *command, size_t n,
		      const char *message)
{
	_cleanup_close_ int input = message_file(message);
	_cleanup_close_ int pidfd = -1;
	int err = input < 0 ? input : 0, status = 0;
	pid_t pid = 0;

	if (!err)
		err = spawn(command, n, input, &pid);
	if (err)
		return fail(tell, err, "%s: %s", command[0], strerror(-err));
	pidfd = (int)syscall(__NR_pidfd_open, pid, 0);
	err = pidfd < 0 ? -errno : writ_watch_poll(tell->watch, pidfd, POLLIN, WRIT_TELL_MS);
	(void)kill(-pid, SIGKILL); /* all that it left, too */
	(void)waitpid(pid, &status, 0);
	if (err)
		return fail(tell, err, "%s: %s, killed", command[0], strerror(-err));
	if (WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	return fail(tell, -ECHILD, "%s: ended %s %d", command[0],
		    WIFSIGNALED(status) ? "by signal" : "with status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
}
