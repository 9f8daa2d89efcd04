/* SPDX-License-Identifier: Apache-2.0 */
/* See supervise.h. The delay doubles with each death and begins anew after a life of a minute. */
#include "daemon/supervise.h"

/* Has it run for a whole minute? @now may be from before its start. */
static bool has_lived(const struct writ_supervision *supervision, uint64_t now)
{
	return supervision->started && now >= supervision->started &&
	       now - supervision->started >= WRIT_SUPERVISE_SPAN_NS;
}

void writ_supervise_started(struct writ_supervision *supervision, uint64_t now)
{
	supervision->started = now;
	supervision->renewable = false; /* it has read what there is */
}

void writ_supervise_renew(struct writ_supervision *supervision)
{
	supervision->renewable = supervision->started;
}

bool writ_supervise_ended(struct writ_supervision *supervision, uint64_t now)
{
	if (!supervision->renewable)
		return false;
	supervision->renewable = false;
	supervision->started = 0;
	supervision->retry = now;
	return true;
}

static uint64_t next_delay(uint64_t delay)
{
	if (!delay)
		return WRIT_SUPERVISE_DELAY_MIN_NS;
	return delay > WRIT_SUPERVISE_DELAY_MAX_NS / 2 ? WRIT_SUPERVISE_DELAY_MAX_NS : 2 * delay;
}

bool writ_supervise_died(struct writ_supervision *supervision, uint64_t now)
{
	uint64_t *oldest = &supervision->died[supervision->deaths % WRIT_SUPERVISE_DEATHS];
	uint64_t first;
	bool often;

	if (has_lived(supervision, now))
		supervision->delay = 0;
	*oldest = now;
	supervision->deaths++;
	first = supervision->died[supervision->deaths % WRIT_SUPERVISE_DEATHS];
	often = supervision->deaths >= WRIT_SUPERVISE_DEATHS &&
		now - first < WRIT_SUPERVISE_SPAN_NS && !supervision->held;
	supervision->held |= often;
	supervision->started = 0;
	supervision->delay = next_delay(supervision->delay);
	supervision->retry = now + supervision->delay;
	return often;
}

bool writ_supervise_is_due(const struct writ_supervision *supervision, uint64_t now)
{
	return !supervision->started && now >= supervision->retry;
}

bool writ_supervise_release(struct writ_supervision *supervision, uint64_t now)
{
	if (!supervision->held || !has_lived(supervision, now))
		return false;
	supervision->held = false;
	return true;
}
