/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The end of a grant: the kernel, the record, the broker's ledger and the run are told, in this
 * order. Whoever and whatever ends one, it comes by here.
 */
#include <stdio.h>

#include "daemon/daemon.h"
#include "daemon/runs.h"
#include "kernel/grants.h"
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
	if (daemon->stream)
		writ_stream_grant(daemon->stream, event_of(end), info, by);
	writ_serve_notice(daemon, &notice);
}

void writ_ends_ended(struct writ_daemon *daemon, const struct writ_grant_info *info,
		     enum writ_end end, const char *by)
{
	tell(daemon, info, end, by);
	if (daemon->runs) /* NULL: writd starts; writ_runs_open() does it to those that it finds */
		(void)writ_runs_end(daemon->runs, info);
}

int writ_ends_end(struct writ_daemon *daemon, uint64_t id, enum writ_end end, const char *by,
		  struct writ_grant_info *ret_info)
{
	int err = writ_grants_end(daemon->kernel, id, end, ret_info);

	if (err)
		return err;
	writ_ends_ended(daemon, ret_info, end, by);
	return 0;
}
