/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One rule of `alerts:`: which lines it counts, whether there are enough of them, and when somebody
 * is told again. Windows are in the lines' own time, so a log that is read late gives the same
 * alerts; pauses between messages are in boot time. Knows nothing of how it is told.
 */
#ifndef WRIT_FORWARD_ALERT_H
#define WRIT_FORWARD_ALERT_H

#include <stdbool.h>
#include <stdint.h>

#include "compile/model.h"
#include "forward/record.h"

struct writ_alert {
	const struct writ_policy_alert *policy;
	int64_t *times;	 /* of the last `count` matches, microseconds; a ring */
	uint32_t next;	 /* in it */
	uint64_t seen;	 /* matches in all */
	uint64_t untold; /* since the last message */
	bool due;	 /* there were enough, and nobody was told yet */
	bool told;	 /* ever */
	uint64_t told_ns;
	char last[1024]; /* the line that came last, cut: for the message */
	bool last_cut;
};

/* @policy must stay. -ENOMEM. */
int writ_alert_init(struct writ_alert *alert, const struct writ_policy_alert *policy);
void writ_alert_free(struct writ_alert *alert);

/* Does @record count for `when: @on`? A sink's trouble and a broken chain do not come here. */
bool writ_alert_matches(enum writ_alert_on on, const struct writ_record *record);

/* A match at @us (since 1970), with the line it is about. */
void writ_alert_count(struct writ_alert *alert, int64_t us, const char *line, size_t len);

/*
 * Must somebody be told at @boot_ns? Then *@ret_count is how many matches there were since the last
 * message, and they count as told. writ_alert_untold() takes that back when telling failed.
 */
bool writ_alert_is_due(struct writ_alert *alert, uint64_t boot_ns, uint64_t *ret_count);
void writ_alert_untold(struct writ_alert *alert, uint64_t count);

/* The message: JSON on one line, freed by the caller. NULL: no memory. */
char *writ_alert_message(const struct writ_alert *alert, const char *host, uint64_t count);

#endif
