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
#include <sys/sendfile.h>
#include <sys/wait.h>
#include <time.h>
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

void escape_sleep_ms(unsigned int ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

	(void)nanosleep(&time, NULL);
}

bool escape_await(const char *path, unsigned int seconds)
{
	for (unsigned int i = 0; i < seconds * 200; i++) {
		if (!access(path, F_OK))
			return true;
		escape_sleep_ms(5);
	}
	return false;
}

int escape_copy(const char *from, const char *to)
{
	int in = open(from, O_RDONLY | O_CLOEXEC), err = 0;
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	ssize_t done = 1;

	if (in < 0 || out < 0)
		err = -errno;
	while (!err && done > 0)
		done = sendfile(out, in, NULL, 1 << 20);
	if (done < 0)
		err = -errno;
	(void)close(in);
	(void)close(out);
	return err;
}

long escape_number(const char *path)
{
	char text[32] = "";
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	(void)close(fd);
	return strtol(text, NULL, 10);
}

/* By a rename, so that a reader finds the number or nothing. */
int escape_tell(const char *path, const char *text)
{
	char beside[ESCAPE_PATH_SIZE + 8];
	int err;

	(void)snprintf(beside, sizeof(beside), "%s.new", path);
	err = escape_write(beside, text);
	if (!err && rename(beside, path))
		err = -errno;
	return err;
}

int escape_write_number(const char *path, long number)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", number);
	return escape_tell(path, text);
}
