// SPDX-License-Identifier: Apache-2.0
/*
 * What many techniques need, see escape.h: small files, results with their words, processes that
 * stand outside.
 */
#include "escape.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAEMON_SECONDS 60
#define TEXT_SIZE 256

void escape_path(char path[ESCAPE_PATH_SIZE], const char *directory, const char *name)
{
	(void)snprintf(path, ESCAPE_PATH_SIZE, "%s/%s", directory, name);
}

int escape_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		err = -EIO;
	(void)close(fd);
	return err;
}

bool escape_reads(int fd, const char *text)
{
	char found[TEXT_SIZE];
	size_t len = strlen(text);

	return len <= sizeof(found) && pread(fd, found, len, 0) == (ssize_t)len &&
	       !memcmp(found, text, len);
}

bool escape_holds(const char *path, const char *text)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char more;
	bool holds;

	if (fd < 0)
		return false;
	holds = escape_reads(fd, text) && !pread(fd, &more, 1, (off_t)strlen(text));
	(void)close(fd);
	return holds;
}

int escape_error(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	(void)fflush(stdout);
	return ESCAPE_ERROR;
}

int escape_skip(const char *why)
{
	printf("%s\n", why);
	(void)fflush(stdout);
	return ESCAPE_SKIP;
}

int escape_wait(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int escape_daemon(void (*work)(const void *context), const void *context)
{
	pid_t child = fork();
	int null;

	if (child < 0)
		return -errno;
	if (child)
		return escape_wait(child) ? -ECHILD : 0;
	if (setsid() < 0)
		_exit(1);
	child = fork();
	if (child)
		_exit(child < 0);
	null = open("/dev/null", O_RDWR);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(null, STDOUT_FILENO);
	(void)dup2(null, STDERR_FILENO);
	(void)alarm(DAEMON_SECONDS);
	work(context);
	_exit(0);
}
