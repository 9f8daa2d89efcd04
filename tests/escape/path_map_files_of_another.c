// SPDX-License-Identifier: Apache-2.0
/*
 * A process outside has mapped a file; the agent opens the mapping by /proc/PID/map_files.
 * technique: Mapped file of another process, by /proc/PID/map_files
 * stopped by: `ptrace_access_check`: only of processes of the same agent; and `file_open`
 * expect: operation=ptrace reason=guardrail
 */
#include "escape.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

static void map(const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int fd;

	escape_path(path, secret, "key");
	fd = open(path, O_RDONLY);
	if (fd < 0 || mmap(NULL, 4096, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED)
		return;
	escape_path(path, secret, "mapped");
	if (!escape_write_number(path, 1))
		for (;;)
			pause();
}

/* The names of /proc/PID/map_files are known to whoever may list it: here to all, by box/names. */
static int list(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], names[ESCAPE_PATH_SIZE] = "";
	struct dirent *entry;
	size_t used = 0;
	DIR *directory;

	(void)snprintf(path, sizeof(path), "/proc/%d/map_files", escape_victim_pid(secret));
	directory = opendir(path);
	if (!directory)
		return -errno;
	while ((entry = readdir(directory)) && used < sizeof(names) - 300)
		if (entry->d_name[0] != '.')
			used += (size_t)snprintf(names + used, sizeof(names) - used, "%s/%s\n",
						 path, entry->d_name);
	(void)closedir(directory);
	escape_path(path, box, "names");
	return escape_write(path, names);
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err;

	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	if (!err)
		err = escape_victim(secret, map);
	escape_path(path, secret, "mapped");
	if (!err && !escape_await(path, 5))
		err = -ETIMEDOUT;
	return err ? err : list(box, secret);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], name[300];
	bool read = false;
	FILE *names;

	(void)secret;
	escape_path(path, box, "names");
	names = fopen(path, "re");
	if (!names)
		return escape_error(path);
	while (!read && fscanf(names, "%299s", name) == 1)
		read = escape_holds(name, "key");
	(void)fclose(names);
	return escape_if(read);
}
