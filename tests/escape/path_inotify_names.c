// SPDX-License-Identifier: Apache-2.0
/*
 * A watch on a forbidden directory tells the names of files that others make in it.
 * technique: inotify on a forbidden directory tells names and times
 * stopped by: nothing
 * expect: nothing recorded, because setting a watch is not mediated
 * instead: run the agent as a user whom the directory's mode keeps out; no secret in a file's name
 */
#include "escape.h"

#include <poll.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

static void write_for_ever(const void *context)
{
	for (;;) {
		(void)unlink(context);
		(void)escape_write(context, "key");
		escape_sleep_ms(20);
	}
}

int escape_prepare(const char *box, const char *secret)
{
	static char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "name-of-a-secret");
	return escape_daemon(write_for_ever, path);
}

int escape_attempt(const char *box, const char *secret)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	int notify = inotify_init1(IN_CLOEXEC);
	struct pollfd ready = {.fd = notify, .events = POLLIN};
	const struct inotify_event *event = (const void *)buffer;

	(void)box;
	if (notify < 0)
		return escape_error("inotify");
	if (inotify_add_watch(notify, secret, IN_CREATE) < 0 || poll(&ready, 1, 3000) <= 0 ||
	    read(notify, buffer, sizeof(buffer)) <= 0)
		return ESCAPE_REFUSED;
	return escape_if(event->len && !strcmp(event->name, "name-of-a-secret"));
}
