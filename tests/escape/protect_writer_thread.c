// SPDX-License-Identifier: Apache-2.0
/*
 * The audit writer, another user's process, is stopped through one of its threads: a signal to a
 * thread stops the whole process, and events would wait until the ring is full.
 * technique: SIGSTOP to a thread of the audit writer
 * stopped by: `capable`: CAP_KILL is not the role's; with it, `task_kill` asks about its process
 * expect: operation=capability reason=no_rule object=CAP_KILL
 */
#include "own.h"

#include <ctype.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define COMM "writ-audit"

/* The first process with COMM as its name, 0: there is none. */
static long find_writer(void)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	long found = 0;

	while (processes && !found && (entry = readdir(processes))) {
		char path[ESCAPE_PATH_SIZE], name[sizeof(COMM)] = "";
		FILE *comm;

		(void)snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
		comm = isdigit(entry->d_name[0]) ? fopen(path, "re") : NULL;
		if (comm && fgets(name, sizeof(name), comm) && !strcmp(name, COMM))
			found = strtol(entry->d_name, NULL, 10);
		if (comm)
			(void)fclose(comm);
	}
	if (processes)
		(void)closedir(processes);
	return found;
}

/* A thread of @process that is not its leader, 0: there is none. */
static long find_thread(long process)
{
	char path[ESCAPE_PATH_SIZE];
	struct dirent *entry;
	long found = 0;
	DIR *threads;

	(void)snprintf(path, sizeof(path), "/proc/%ld/task", process);
	threads = opendir(path);
	while (threads && !found && (entry = readdir(threads)))
		if (strtol(entry->d_name, NULL, 10) != process)
			found = strtol(entry->d_name, NULL, 10); /* 0 for "." and ".." */
	if (threads)
		(void)closedir(threads);
	return found;
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	long writer = find_writer(), thread = writer ? find_thread(writer) : 0;

	(void)secret;
	escape_path(path, box, "writd");
	return thread ? escape_write_number(path, thread) : -ESRCH;
}

int escape_attempt(const char *box, const char *secret)
{
	pid_t thread = own_pid(box);
	bool stopped = !kill(thread, SIGSTOP);

	(void)secret;
	if (stopped)
		(void)kill(thread, SIGCONT);
	return escape_if(stopped);
}
