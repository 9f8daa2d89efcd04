// SPDX-License-Identifier: Apache-2.0
/*
 * Others who act, or suffer: the script that a helper of the kernel is to run, and processes
 * outside that are the aim of an attempt. See escape.h.
 */
#include "escape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HANDLED_SECONDS 2
#define VICTIM_SECONDS 5

struct victim {
	char box[ESCAPE_PATH_SIZE];
	void (*work)(const char *box);
};

int escape_handler(const char *box, const char *secret)
{
	char path[ESCAPE_PATH_SIZE], script[2 * ESCAPE_PATH_SIZE + 64];
	int err;

	escape_path(path, secret, "key");
	err = escape_write(path, "key");
	(void)snprintf(script, sizeof(script),
		       "#!/usr/bin/dash\n/usr/bin/cat %s >%s/stealing && "
		       "/usr/bin/mv %s/stealing %s/stolen\n",
		       path, box, box, box);
	escape_path(path, box, "handler");
	if (!err)
		err = escape_write(path, script);
	if (!err && chmod(path, 0755))
		err = -errno;
	return err;
}

bool escape_handled(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "stolen");
	return escape_await(path, HANDLED_SECONDS) && escape_holds(path, "key");
}

static void victim(const void *context)
{
	const struct victim *victim = context;
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, victim->box, "pid");
	if (!escape_write_number(path, getpid()))
		victim->work(victim->box);
}

int escape_victim(const char *box, void (*work)(const char *box))
{
	static struct victim context;
	char path[ESCAPE_PATH_SIZE];
	int err;

	(void)snprintf(context.box, sizeof(context.box), "%s", box);
	context.work = work;
	err = escape_daemon(victim, &context);
	escape_path(path, box, "pid");
	if (!err && !escape_await(path, VICTIM_SECONDS))
		err = -ETIMEDOUT;
	return err;
}

pid_t escape_victim_pid(const char *box)
{
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, box, "pid");
	return (pid_t)escape_number(path);
}
