/* SPDX-License-Identifier: Apache-2.0 */
/* See ids.h. */
#include "daemon/ids.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/state.h"
#include "kernel/grants.h"
#include "lib/cleanup.h"
#include "lib/log.h"
#include "lib/time.h"

/*
 * One write for so many ids. It waits for the disk, and all callers with it, so there is one in a
 * minute however many ids that is: at 1,000 a second the least block would be a wait each second.
 */
#define BLOCK_LEAST UINT64_C(1000)
#define BLOCK_MOST UINT64_C(100000) /* what a crash of writd may leave out */
#define MINUTE_NS (60 * WRIT_NS_PER_SECOND)

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

static void note_row(void *context, const struct writ_grant_info *info, enum writ_grant_state state)
{
	uint64_t *highest = context;

	(void)state;
	if (info->ledger > *highest)
		*highest = info->ledger;
}

/* The file may be that of another machine, or gone: what is in the kernel is not proposed again. */
static void open_rows(struct writ_daemon *daemon)
{
	uint64_t highest = open_file(daemon, WRIT_IDS_ROWS_FILE, "no grant can be issued",
				     &daemon->row_ids);

	if (daemon->kernel)
		writ_grants_each(daemon->kernel, 0, note_row, &highest);
	writ_rows_open(&daemon->rows, highest);
}

void writ_ids_open(struct writ_daemon *daemon)
{
	uint64_t last = open_file(daemon, WRIT_IDS_GRANTS_FILE, "no grant can be issued",
				  &daemon->grant_ids);

	daemon->proposals.last = open_file(
		daemon, WRIT_IDS_FILE, "no request can wait for approval", &daemon->proposal_ids);
	if (daemon->kernel && !daemon->kernel->node->next_grant) /* none of them is in the maps */
		daemon->kernel->node->next_grant = last;
	open_rows(daemon);
}

static void close_file(const struct writ_daemon *daemon, const char *name,
		       const struct writ_ids *ids, uint64_t last)
{
	const char *directory = daemon->options.state;
	char text[32];

	if (!directory || ids->broken || ids->end <= last)
		return;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n", last);
	(void)writ_state_write(directory, name, text, strlen(text));
}

void writ_ids_close(struct writ_daemon *daemon)
{
	if (daemon->kernel)
		close_file(daemon, WRIT_IDS_GRANTS_FILE, &daemon->grant_ids,
			   daemon->kernel->node->next_grant);
	close_file(daemon, WRIT_IDS_ROWS_FILE, &daemon->row_ids, daemon->rows.highest);
}

/* As many as a minute takes, if it goes on as fast as the last block was used up. */
static uint64_t next_block(const struct writ_ids *ids, uint64_t now)
{
	uint64_t ns = now > ids->taken_ns ? now - ids->taken_ns : 1;
	uint64_t block = ids->block * MINUTE_NS / ns; /* at most 6e15 */

	if (block < BLOCK_LEAST)
		return BLOCK_LEAST;
	return block < BLOCK_MOST ? block : BLOCK_MOST;
}

/* The id behind @last is one that the file has. */
static int reserve(const struct writ_daemon *daemon, const char *name, const char *what,
		   uint64_t last, struct writ_ids *ids, char error[WRIT_ERROR_SIZE])
{
	const char *directory = daemon->options.state;
	uint64_t now, block, end;
	char text[32];
	int err = ids->broken ? -EIO : 0;

	if (!err && (last < ids->end || !directory))
		return 0;
	now = writ_time_boot();
	block = next_block(ids, now);
	end = (last > ids->end ? last : ids->end) + block;
	(void)snprintf(text, sizeof(text), "%" PRIu64 "\n", end);
	if (!err)
		err = writ_state_write(directory, name, text, strlen(text));
	if (!err) {
		ids->end = end;
		ids->block = block;
		ids->taken_ns = now;
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

int writ_ids_take_row(struct writ_daemon *daemon, uint64_t ledger, char error[WRIT_ERROR_SIZE])
{
	int err = writ_rows_check(&daemon->rows, ledger, error);

	if (!err)
		err = reserve(daemon, WRIT_IDS_ROWS_FILE, "the request's row can't be kept apart",
			      ledger - 1, &daemon->row_ids, error);
	if (!err)
		writ_rows_note(&daemon->rows, ledger);
	return err;
}
