// SPDX-License-Identifier: Apache-2.0
/*
 * The agent's script is registered as the interpreter of a file type, and a process outside runs a
 * file of that type: the script runs outside of every agent.
 * technique: binfmt_misc: a program of others starts one of the agent's
 * stopped by: `file_open`
 * expect: operation=open reason=no_rule object=/proc/sys/fs/binfmt_misc/register
 * needs: binfmt_misc
 */
#include "escape.h"

#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define DIRECTORY "/proc/sys/fs/binfmt_misc"

/* Runs a program of its own, again and again; nobody interprets it yet. */
static void run_for_ever(const char *box)
{
	char program[ESCAPE_PATH_SIZE];
	char *arguments[] = {program, NULL};

	escape_path(program, box, "typed");
	for (;;) {
		pid_t child = fork();

		if (!child)
			_exit(execv(program, arguments));
		(void)escape_wait(child);
		escape_sleep_ms(50);
	}
}

int escape_prepare(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];
	int err = escape_handler(box, secret);

	if (mount("binfmt_misc", DIRECTORY, "binfmt_misc", 0, NULL) && errno != EBUSY)
		return 0; /* the attempt says so */
	escape_path(path, box, "typed");
	if (!err)
		err = escape_write(path, "ESCAPE of a type that nobody knows\n");
	if (!err && chmod(path, 0755))
		err = -errno;
	return err ? err : escape_victim(box, run_for_ever);
}

int escape_attempt(const char *box, const char *secret)
{
	char line[ESCAPE_PATH_SIZE + 64];
	bool handled;

	(void)secret;
	if (access(DIRECTORY "/register", F_OK))
		return escape_skip("this kernel has no binfmt_misc");
	(void)snprintf(line, sizeof(line), ":escape:M::ESCAPE::%s/handler:", box);
	(void)escape_write(DIRECTORY "/register", line);
	handled = escape_handled(box);
	(void)escape_write(DIRECTORY "/escape", "-1");
	return escape_if(handled);
}
