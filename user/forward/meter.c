/* SPDX-License-Identifier: Apache-2.0 */
/* See meter.h. */
#include "forward/meter.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "forward/follower.h"
#include "lib/cleanup.h"

#define BATCH 4096 /* lines under one lock */

struct count {
	uint64_t segment;
	uint64_t lines;
	uint64_t bytes;
};

struct writ_meter {
	pthread_mutex_t mutex;
	struct writ_follower *follower; /* the updating thread's alone */
	struct count *counts;		/* in order */
	size_t n;
	size_t capacity;
};

int writ_meter_open(const char *log, uint64_t first, struct writ_meter **ret)
{
	const struct writ_place place = {.segment = first};
	_cleanup_free_ struct writ_meter *meter = calloc(1, sizeof(*meter));
	int err;

	if (!meter)
		return -ENOMEM;
	err = writ_follower_open(log, first == UINT64_MAX ? NULL : &place, WRIT_FOLLOWER_NEWEST,
				 &meter->follower);
	if (err)
		return err;
	(void)pthread_mutex_init(&meter->mutex, NULL);
	*ret = take_ptr(meter);
	return 0;
}

void writ_meter_close(struct writ_meter *meter)
{
	if (!meter)
		return;
	writ_follower_close(meter->follower);
	(void)pthread_mutex_destroy(&meter->mutex);
	free(meter->counts);
	free(meter);
}

static int put(struct writ_meter *meter, const struct writ_place *place)
{
	struct count *last = meter->n ? &meter->counts[meter->n - 1] : NULL;

	if (!last || last->segment != place->segment) {
		if (meter->n == meter->capacity) {
			size_t capacity = meter->capacity ? 2 * meter->capacity : 64;
			void *counts = reallocarray(meter->counts, capacity, sizeof(*last));

			if (!counts)
				return -ENOMEM;
			meter->counts = counts;
			meter->capacity = capacity;
		}
		last = &meter->counts[meter->n++];
	}
	*last = (struct count){place->segment, place->line, place->offset};
	return 0;
}

/* Up to BATCH lines. 1: there may be more. */
static int count_some(struct writ_meter *meter)
{
	enum writ_followed said = WRIT_FOLLOWED_LINE;
	struct writ_place place;
	const char *line;
	size_t len;
	int err = 0, put_err = 0;

	(void)pthread_mutex_lock(&meter->mutex);
	for (int i = 0; i < BATCH && !err && !put_err && said != WRIT_FOLLOWED_END; i++) {
		err = writ_follower_next(meter->follower, &said, &line, &len);
		if (err || said != WRIT_FOLLOWED_LINE)
			continue;
		writ_follower_place(meter->follower, &place);
		put_err = put(meter, &place);
	}
	(void)pthread_mutex_unlock(&meter->mutex);
	if (err == -EBADMSG) /* the rest of that segment can't be counted */
		return 1;
	return err || put_err ? (err ? err : put_err) : said != WRIT_FOLLOWED_END;
}

int writ_meter_update(struct writ_meter *meter)
{
	int more;

	do
		more = count_some(meter);
	while (more == 1);
	return more;
}

void writ_meter_behind(struct writ_meter *meter, const struct writ_place *place,
		       uint64_t *ret_lines, uint64_t *ret_bytes)
{
	uint64_t lines = 0, bytes = 0;

	(void)pthread_mutex_lock(&meter->mutex);
	for (size_t i = meter->n; i-- && meter->counts[i].segment >= place->segment;) {
		const struct count *count = &meter->counts[i];
		uint64_t line = count->segment == place->segment ? place->line : 0;
		uint64_t offset = count->segment == place->segment ? place->offset : 0;

		/* a reader may be further than the last update */
		lines += count->lines > line ? count->lines - line : 0;
		bytes += count->bytes > offset ? count->bytes - offset : 0;
	}
	(void)pthread_mutex_unlock(&meter->mutex);
	*ret_lines = lines;
	*ret_bytes = bytes;
}
