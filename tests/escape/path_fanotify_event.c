// SPDX-License-Identifier: Apache-2.0
/*
 * fanotify hands a descriptor of each file that somebody else opens to the one who listens: no
 * open of the agent's own is needed.
 * technique: fanotify events carry descriptors of other processes' files
 * stopped by: `capable`: CAP_SYS_ADMIN is not the role's; with it `file_open`, for the kernel opens
 *   the event's file as the listener
 * expect: operation=capability reason=no_rule
 */
#include "escape.h"

#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/fanotify.h>
#include <unistd.h>

#define EVENTS 20

static void read_for_ever(const void *context)
{
	for (;;) {
		(void)escape_holds(context, "key");
		escape_sleep_ms(20);
	}
}

/* Does one of the events' descriptors give the key? */
static bool events_read(int notify)
{
	struct fanotify_event_metadata event;
	struct pollfd ready = {.fd = notify, .events = POLLIN};

	for (int i = 0; i < EVENTS && poll(&ready, 1, 1000) > 0; i++) {
		if (read(notify, &event, sizeof(event)) != (ssize_t)sizeof(event))
			continue;
		if (event.fd >= 0 && escape_reads(event.fd, "key"))
			return true;
	}
	return false;
}

int escape_prepare(const char *box, const char *secret)
{
	static char path[ESCAPE_PATH_SIZE];

	(void)box;
	escape_path(path, secret, "key");
	return escape_write(path, "key") ? -EIO : escape_daemon(read_for_ever, path);
}

int escape_attempt(const char *box, const char *secret)
{
	int notify = fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC, O_RDONLY);

	(void)box;
	if (notify < 0 && errno == ENOSYS)
		return escape_skip("this kernel has no fanotify");
	if (notify < 0 ||
	    fanotify_mark(notify, FAN_MARK_ADD, FAN_OPEN | FAN_EVENT_ON_CHILD, AT_FDCWD, secret))
		return ESCAPE_REFUSED;
	return escape_if(events_read(notify));
}
