/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a grant: the kernel, the record, the broker's ledger and the run are told, in this
 * order. Whoever and whatever ends one, it comes by here.
 */
#include <stdio.h>

#include "daemon/daemon.h"
#include "daemon/runs.h"
#include "kernel/grants.h"
#include "kernel/told.h"
#include "lib/time.h"

static enum writ_grant_event event_of(enum writ_end end)
{
	switch (end) {
	case WRIT_END_COMPLETED:
		return WRIT_GRANT_EVENT_COMPLETED;
	case WRIT_END_EXPIRED:
		return WRIT_GRANT_EVENT_EXPIRED;
	case WRIT_END_USED_UP:
		return WRIT_GRANT_EVENT_USED_UP;
	default:
		return WRIT_GRANT_EVENT_REVOKED;
	}
}

/*
 * A record that has not left this process would go with it, so the slot says what is out: what is
 * not, the next writd says.
 */
void writ_ends_issued(struct writ_daemon *daemon, const struct writ_grant_info *info,
		      const char *why)
{
	writ_notes_issued(daemon, info, why); /* what the ring has no room for is counted */
	writ_told_note(daemon->kernel, info, WRIT_GRANT_ISSUE_TOLD);
}

static void tell(struct writ_daemon *daemon, const struct writ_grant_info *info,
		 enum writ_end end, const char *by)
{
	struct writ_notice_row notice = {
		.notice = WRIT_NOTICE_GRANT,
		.end = end,
		.grant = info->id,
		.time_ns = writ_time_boot(),
	};

	(void)snprintf(notice.by, sizeof(notice.by), "%s", by ? by : "");
	writ_notes_grant(daemon, event_of(end), info, by);
	writ_told_note(daemon->kernel, info, WRIT_GRANT_TOLD);
	writ_serve_notice(daemon, &notice);
}

void writ_ends_ended(struct writ_daemon *daemon, const struct writ_grant_info *info,
		     enum writ_end end, const char *by)
{
	writ_limits_ended(&daemon->limits, info, writ_time_boot());
	tell(daemon, info, end, by);
	writ_cuts_ended(daemon, info->id);
	if (daemon->runs) /* NULL: writd starts; writ_runs_open() does it to those that it finds */
		(void)writ_runs_end(daemon->runs, info);
}

static void note_expired(void *context, const struct writ_grant_info *info,
			 enum writ_grant_state state)
{
	(void)state;
	writ_ends_ended(context, info, WRIT_END_EXPIRED, NULL);
}

void writ_ends_age(struct writ_daemon *daemon)
{
	writ_grants_age(daemon->kernel, note_expired, daemon);
}

static void catch_up(void *context, const struct writ_grant_info *info, uint32_t flags)
{
	struct writ_daemon *daemon = context;

	if (flags & WRIT_GRANT_ISSUE_TOLD)
		writ_ends_issued(daemon, info, ""); /* the ledger has why it was asked */
	if (flags & WRIT_GRANT_TOLD)
		writ_ends_ended(daemon, info, (enum writ_end)info->end, NULL);
}

void writ_ends_catch_up(struct writ_daemon *daemon)
{
	writ_told_each_missing(daemon->kernel, catch_up, daemon);
}

int writ_ends_end(struct writ_daemon *daemon, uint64_t id, enum writ_end end, const char *by,
		  struct writ_grant_info *ret_info)
{
	int err = writ_grants_end(daemon->kernel, id, end, ret_info);

	if (err)
		return err;
	writ_ends_ended(daemon, ret_info, end, by);
	(void)writ_grants_info(daemon->kernel, id, ret_info); /* what it cut may be known now */
	return 0;
}
