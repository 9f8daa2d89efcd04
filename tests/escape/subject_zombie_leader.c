// SPDX-License-Identifier: Apache-2.0
/*
 * A process whose first thread has ended, but not its second, is moved in and out again: the
 * kernel tells of the move once, for the first thread, which is a zombie.
 * technique: Zombie leader, living thread, moved in and out
 * stopped by: the label of the thread group's leader is asked, `subject.bpf.h`
 * expect: operation=open reason=no_rule
 */
#include "late.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

static void *survivor(void *context)
{
	const struct escape_late *late = context;
	char path[ESCAPE_PATH_SIZE];

	escape_path(path, late->secret, "key");
	escape_sleep_ms(100); /* the first thread is gone by then */
	if (!escape_late_wait(late))
		_exit(ESCAPE_ERROR);
	_exit(escape_if(escape_holds(path, "key")));
}

static int victim(const struct escape_late *late)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, survivor, (void *)late))
		return ESCAPE_ERROR;
	pthread_exit(NULL);
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
	(void)secret;
	return escape_late_attempt(box);
}
