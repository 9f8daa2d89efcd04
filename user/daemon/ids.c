/* SPDX-License-Identifier: Apache-2.0 */
/* See ids.h. */
#include "daemon/ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/state.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define BLOCK 1000u /* one write for so many proposals */

/* A number and a newline, nothing else. */
static int parse(const char *text, uint64_t *ret_id)
{
	uint64_t id;
	int end = 0;

	if (sscanf(text, "%" SCNu64 "\n%n", &id, &end) != 1 || !end || text[end] ||
	    id > UINT64_MAX / 2)
		return -EBADMSG;
	*ret_id = id;
	return 0;
}

void writ_ids_open(struct writ_daemon *daemon)
{
	_cleanup_free_ char *text = NULL;
	const char *directory = daemon->options.state;
	uint64_t last = 0;
	int err = directory ? writ_state_read(directory, WRIT_IDS_FILE, &text) : -ENOENT;

	if (!err)
		err = parse(text, &last);
	daemon->proposals.last = last;
	daemon->ids_end = last;
	daemon->ids_broken = err && err != -ENOENT;
	if (daemon->ids_broken)
		(void)writ_log_errno(err,
				     "%s/%s is broken: no request can wait for approval; remove "
				     "it when nobody remembers an id of 'writ pending', then "
				     "restart writd",
				     directory, WRIT_IDS_FILE);
}

int writ_ids_reserve(struct writ_daemon *daemon, char error[WRIT_ERROR_SIZE])
{
	const char *directory = daemon->options.state;
	uint64_t end = daemon->ids_end + BLOCK;
	char text[32];
	int err = daemon->ids_broken ? -EIO : 0;

	if (!err && (daemon->proposals.last < daemon->ids_end || !directory))
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n", end);
	if (!err)
		err = writ_state_write(directory, WRIT_IDS_FILE, text, strlen(text));
	if (!err) {
		daemon->ids_end = end;
		return 0;
	}
	(void)snprintf(
		error, WRIT_ERROR_SIZE,
		"the request can't wait for approval: %s/%s can't be %s (%s); see writd's log",
		directory, WRIT_IDS_FILE, daemon->ids_broken ? "read" : "written", strerror(-err));
	return -EIO;
}
