// SPDX-License-Identifier: Apache-2.0
/*
 * A second thread executes a program after its process was moved in and out: it becomes the first
 * thread, and the one that had the label is gone.
 * technique: Exec from a second thread, which takes the place of the labelled one
 * stopped by: the leader's label is put on whoever acts, before an exec replaces the leader
 * expect: operation=open reason=no_rule
 */
#include "late.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define STAGE "ESCAPE_THREAD_EXEC"

static void *executes(void *context)
{
	const struct escape_late *late = context;
	char *arguments[] = {"escape",
			     "act",
			     "subject_thread_execs_when_moved",
			     (char *)late->box,
			     (char *)late->secret,
			     NULL};

	if (escape_late_wait(late) && !setenv(STAGE, "1", 1))
		execv("/vm/escape/bin/escape", arguments);
	_exit(ESCAPE_ERROR);
}

static int victim(const struct escape_late *late)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, executes, (void *)late))
		return ESCAPE_ERROR;
	for (;;)
		pause();
}

int escape_prepare(const char *box, const char *secret)
{
	struct escape_late late = {box, secret, victim, .out = true};
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -EIO : escape_late_prepare(&late);
}

int escape_attempt(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE];

	if (!getenv(STAGE))
		return escape_late_attempt(box);
	escape_path(path, secret, "key");
	return escape_if(escape_holds(path, "key"));
}
