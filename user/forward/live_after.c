/* SPDX-License-Identifier: Apache-2.0 */
/* See live_ask.h: where a subscriber goes on that was cut off. */
#include <errno.h>
#include <string.h>

#include "forward/live_ask.h"
#include "lib/cleanup.h"
#include "trail/segment.h"

/* Reads on in the segment at hand. 1: behind the line; 0: it is not in that segment. */
static int search(struct writ_follower *follower, uint64_t segment,
		  const struct writ_chain *after, struct writ_watch *watch)
{
	struct writ_place place;
	enum writ_followed said;
	const char *line;
	size_t len;

	while (!writ_watch_stopped(watch)) {
		int err = writ_follower_next(follower, &said, &line, &len);

		if (err == -EBADMSG || (!err && said != WRIT_FOLLOWED_LINE))
			return 0;
		if (err)
			return err;
		writ_follower_place(follower, &place);
		if (place.segment != segment)
			return 0;
		if (!memcmp(place.head, after->head, sizeof(place.head)))
			return 1;
	}
	return -ECANCELED;
}

/* The segment's number; of the open one, by reading its first line. */
static int number_of(const char *log, const struct writ_segment *segment, uint64_t *ret)
{
	_cleanup_(writ_follower_closep) struct writ_follower *follower = NULL;
	struct writ_place place;
	enum writ_followed said;
	const char *line;
	size_t len;
	int err = 0;

	*ret = segment->number;
	if (segment->number != WRIT_SEGMENT_OPEN)
		return 0;
	err = writ_follower_open(log, NULL, WRIT_FOLLOWER_NEWEST, &follower);
	if (!err) /* behind its last line */
		err = writ_follower_next(follower, &said, &line, &len);
	if (err)
		return err;
	writ_follower_place(follower, &place);
	*ret = place.segment;
	return 0;
}

static int search_segment(const char *log, uint64_t number, const struct writ_chain *after,
			  struct writ_watch *watch, struct writ_follower **ret)
{
	const struct writ_place place = {.segment = number};
	_cleanup_(writ_follower_closep) struct writ_follower *follower = NULL;
	int found, err = writ_follower_open(log, &place, WRIT_FOLLOWER_OLDEST, &follower);

	if (err)
		return err;
	found = search(follower, number, after, watch);
	if (found == 1)
		*ret = take_ptr(follower);
	return found;
}

int writ_live_after(const char *log, struct writ_watch *watch, const struct writ_chain *after,
		    struct writ_follower **ret)
{
	struct writ_segment *segments = NULL;
	size_t n = 0;
	int found = 0, err = writ_segments_list(log, &segments, &n);

	for (size_t i = n; !err && !found && i--;) {
		uint64_t number;

		err = number_of(log, &segments[i], &number);
		if (!err)
			found = search_segment(log, number, after, watch, ret);
		if (found < 0)
			err = found;
	}
	writ_segments_free(segments, n);
	return err ? err : found ? 0 : -ENOENT;
}
