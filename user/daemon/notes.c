/* SPDX-License-Identifier: Apache-2.0 */
/* See notes.h. What waits is first: a later step is never on record before an earlier one. */
#include "daemon/notes.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/daemon.h"
#include "kernel/note.h"
#include "lib/log.h"
#include "lib/time.h"

struct writ_notes_waiting {
	struct writ_notes_waiting *next;
	struct writ_note note;
};

static void lose(struct writ_notes *notes, int err)
{
	notes->lost++;
	notes->untold++;
	if (err != notes->error)
		(void)writ_log_errno(err, "what writd does can't be put on record; it is counted");
	notes->error = err;
}

static void append(struct writ_notes *notes, const struct writ_note *note)
{
	struct writ_notes_waiting *waiting = NULL;

	if (notes->n_waiting < WRIT_NOTES_MAX)
		waiting = malloc(sizeof(*waiting));
	if (!waiting) {
		lose(notes, notes->n_waiting < WRIT_NOTES_MAX ? -ENOMEM : -ENOBUFS);
		return;
	}
	waiting->next = NULL;
	waiting->note = *note;
	if (notes->last)
		notes->last->next = waiting;
	else
		notes->first = waiting;
	notes->last = waiting;
	notes->n_waiting++;
}

static void drop_first(struct writ_notes *notes)
{
	struct writ_notes_waiting *first = notes->first;

	notes->first = first->next;
	if (!notes->first)
		notes->last = NULL;
	notes->n_waiting--;
	free(first);
}

static void fill_daemon(const struct writ_daemon *daemon, enum writ_daemon_event event,
			const char *detail, struct writ_note *ret)
{
	ret->event.type = WRIT_EVENT_DAEMON;
	ret->event.operation = event;
	ret->event.boot_ns = writ_time_boot();
	ret->daemon.generation = daemon->kernel->node->generation;
	(void)snprintf(ret->daemon.version, sizeof(ret->daemon.version), "%s", WRIT_VERSION);
	(void)snprintf(ret->daemon.detail, sizeof(ret->daemon.detail), "%s", detail ? detail : "");
}

/* Room is back: how many are missing stands before what comes now. */
static int tell_lost(struct writ_daemon *daemon)
{
	struct writ_notes *notes = &daemon->notes;
	struct writ_note note = {0};
	char detail[96];
	int err;

	if (!notes->untold)
		return 0;
	(void)snprintf(detail, sizeof(detail), "%llu records of what writd did are missing above",
		       (unsigned long long)notes->untold);
	fill_daemon(daemon, WRIT_DAEMON_EVENT_RECORDS_LOST, detail, &note);
	err = writ_note_send(daemon->kernel, &note);
	if (!err)
		notes->untold = 0;
	return err;
}

void writ_notes_flush(struct writ_daemon *daemon)
{
	struct writ_notes *notes = &daemon->notes;
	int err = 0;

	while (notes->first && !err) {
		err = writ_note_send(daemon->kernel, &notes->first->note);
		if (err && err != -ENOBUFS)
			lose(notes, err);
		if (err != -ENOBUFS)
			drop_first(notes);
	}
	if (!err)
		err = tell_lost(daemon);
	if (!err)
		notes->error = 0;
}

static void send(struct writ_daemon *daemon, struct writ_note *note)
{
	struct writ_notes *notes = &daemon->notes;
	int err = -ENOBUFS;

	writ_notes_flush(daemon);
	if (!notes->first && !notes->untold)
		err = writ_note_send(daemon->kernel, note);
	if (err == -ENOBUFS)
		append(notes, note);
	else if (err)
		lose(notes, err);
}

static void put_by(char ret_by[WRIT_NAME_SIZE], const char *by)
{
	(void)snprintf(ret_by, WRIT_NAME_SIZE, "%s", by ? by : "");
}

static void send_grant(struct writ_daemon *daemon, enum writ_grant_event event,
		       const struct writ_grant_info *info, const char *by, const char *why)
{
	struct writ_note note = {.event = {.type = WRIT_EVENT_GRANT,
					   .operation = (__u8)event,
					   .agent = info->agent,
					   .grant = info->id,
					   .expires = info->expires,
					   .boot_ns = writ_time_boot()}};

	note.grant.info = *info;
	put_by(note.grant.by, by);
	(void)snprintf(note.grant.why, sizeof(note.grant.why), "%s", why);
	send(daemon, &note);
}

void writ_notes_grant(struct writ_daemon *daemon, enum writ_grant_event event,
		      const struct writ_grant_info *info, const char *by)
{
	send_grant(daemon, event, info, by, "");
}

void writ_notes_issued(struct writ_daemon *daemon, const struct writ_grant_info *info,
		       const char *why)
{
	send_grant(daemon, WRIT_GRANT_EVENT_ISSUED, info, NULL, why);
}

void writ_notes_proposal(struct writ_daemon *daemon, enum writ_proposal_event event,
			 const struct writ_proposal_row *row, const struct writ_context *context,
			 const char *by)
{
	struct writ_note note = {.event = {.type = WRIT_EVENT_PROPOSAL,
					   .operation = (__u8)event,
					   .boot_ns = writ_time_boot()}};

	note.proposal.row = *row;
	note.proposal.context = *context;
	put_by(note.proposal.by, by);
	send(daemon, &note);
}

void writ_notes_request(struct writ_daemon *daemon, enum writ_request_event event, uint32_t agent,
			const struct writ_note_request *request)
{
	struct writ_note note = {.event = {.type = WRIT_EVENT_REQUEST,
					   .operation = (__u8)event,
					   .agent = agent,
					   .boot_ns = writ_time_boot()}};

	note.request = *request;
	send(daemon, &note);
}

void writ_notes_daemon(struct writ_daemon *daemon, enum writ_daemon_event event, const char *detail)
{
	struct writ_note note = {0};

	fill_daemon(daemon, event, detail, &note);
	send(daemon, &note);
}

void writ_notes_clear(struct writ_notes *notes)
{
	while (notes->first)
		drop_first(notes);
}
