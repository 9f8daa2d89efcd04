/* SPDX-License-Identifier: Apache-2.0 */
/* See waiting.h. */
#include "broker/waiting.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/cleanup.h"

struct writ_waitings {
	struct writ_waiting rows[WRIT_VALIDATIONS_MAX];
};

static struct writ_waiting *find(struct writ_waitings *waitings, uint64_t id)
{
	for (size_t i = 0; i < WRIT_VALIDATIONS_MAX; i++)
		if (waitings->rows[i].id == id)
			return &waitings->rows[i];
	return NULL;
}

int writ_waiting_add(struct writ_waitings **waitings, const struct writ_waiting *waiting)
{
	struct writ_waiting *row;
	int fd;

	if (!*waitings)
		*waitings = calloc(1, sizeof(**waitings));
	if (!*waitings)
		return -ENOMEM;
	row = find(*waitings, 0);
	if (!row)
		return -EBUSY;
	fd = fcntl(waiting->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	*row = *waiting;
	row->fd = fd;
	return 0;
}

int writ_waiting_take(struct writ_waitings *waitings, uint64_t id, struct writ_waiting *ret_waiting)
{
	struct writ_waiting *row = waitings && id ? find(waitings, id) : NULL;

	if (!row)
		return -ENOENT;
	*ret_waiting = *row;
	row->id = 0;
	return 0;
}

void writ_waiting_closep(struct writ_waitings **waitings)
{
	for (size_t i = 0; *waitings && i < WRIT_VALIDATIONS_MAX; i++)
		if ((*waitings)->rows[i].id)
			(void)close((*waitings)->rows[i].fd);
	free(*waitings);
	*waitings = NULL;
}
