/* SPDX-License-Identifier: Apache-2.0 */
/* See ids.h. */
#include "daemon/ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/state.h"
#include "kernel/kernel.h"
#include "lib/cleanup.h"
#include "lib/log.h"

#define BLOCK 1000u /* one write for so many ids */

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

static uint64_t open_file(const struct writ_daemon *daemon, const char *name, const char *what,
			  struct writ_ids *ids)
{
	_cleanup_free_ char *text = NULL;
	const char *directory = daemon->options.state;
	int err = directory ? writ_state_read(directory, name, &text) : -ENOENT;

	*ids = (struct writ_ids){0};
	if (!err)
		err = parse(text, &ids->end);
	ids->broken = err && err != -ENOENT;
	if (ids->broken)
		(void)writ_log_errno(err,
				     "%s/%s is broken: %s; remove it when nobody remembers an id "
				     "of before, then restart writd",
				     directory, name, what);
	return ids->end;
}

void writ_ids_open(struct writ_daemon *daemon)
{
	uint64_t last = open_file(daemon, WRIT_IDS_GRANTS_FILE, "no grant can be issued",
				  &daemon->grant_ids);

	daemon->proposals.last = open_file(
		daemon, WRIT_IDS_FILE, "no request can wait for approval", &daemon->proposal_ids);
	if (daemon->kernel && !daemon->kernel->node->next_grant) /* none of them is in the maps */
		daemon->kernel->node->next_grant = last;
}

void writ_ids_close(struct writ_daemon *daemon)
{
	const char *directory = daemon->options.state;
	const struct writ_ids *ids = &daemon->grant_ids;
	char text[32];

	if (!daemon->kernel || !directory || ids->broken ||
	    ids->end <= daemon->kernel->node->next_grant)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n",
		       (uint64_t)daemon->kernel->node->next_grant);
	(void)writ_state_write(directory, WRIT_IDS_GRANTS_FILE, text, strlen(text));
}

/* The id behind @last is one that the file has. */
static int reserve(const struct writ_daemon *daemon, const char *name, const char *what,
		   uint64_t last, struct writ_ids *ids, char error[WRIT_ERROR_SIZE])
{
	const char *directory = daemon->options.state;
	uint64_t end = (last > ids->end ? last : ids->end) + BLOCK;
	char text[32];
	int err = ids->broken ? -EIO : 0;

	if (!err && (last < ids->end || !directory))
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n", end);
	if (!err)
		err = writ_state_write(directory, name, text, strlen(text));
	if (!err) {
		ids->end = end;
		return 0;
	}
	(void)snprintf(error, WRIT_ERROR_SIZE, "%s: %s/%s can't be %s (%s); see writd's log", what,
		       directory, name, ids->broken ? "read" : "written", strerror(-err));
	return -EIO;
}

int writ_ids_reserve_proposal(struct writ_daemon *daemon, char error[WRIT_ERROR_SIZE])
{
	return reserve(daemon, WRIT_IDS_FILE, "the request can't wait for approval",
		       daemon->proposals.last, &daemon->proposal_ids, error);
}

int writ_ids_reserve_grant(struct writ_daemon *daemon, char error[WRIT_ERROR_SIZE])
{
	return reserve(daemon, WRIT_IDS_GRANTS_FILE, "the grant can't be numbered",
		       daemon->kernel->node->next_grant, &daemon->grant_ids, error);
}
