/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change windows: is one open at a moment, until when, and if not, when does one open? A window is
 * open while the clock on the wall of its zone shows a time within it: a time that a change of the
 * clock leaves out never comes, one that it repeats comes twice. Zones are those of the system's
 * database; a window in a zone that it lacks is closed.
 *
 * Sets TZ meanwhile, and back: for programs of one thread.
 */
#ifndef WRIT_WINDOW_WINDOW_H
#define WRIT_WINDOW_WINDOW_H

#include "compile/model.h"

/* A grant ends within 7 days, and a window of one day a week is back after as many. */
#define WRIT_WINDOW_DAYS_MAX 8u

struct writ_window_answer {
	bool open;
	int64_t closes; /* open: wall ns at which none is any more, at most 8 days from then */
	int64_t opens;	/* not open: wall ns at which the first opens; 0: within 8 days none does */
	const char *unknown_zone; /* of the first window that was left out; NULL: of none */
};

/* Never fails: what can't be told is closed. No windows at all: open, until INT64_MAX. */
void writ_window_ask(const struct writ_policy_window *windows, size_t n, int64_t at,
		     struct writ_window_answer *ret_answer);

/* A grant of *@ttl_ns from @begins on, within it. True: it was cut to where @answer closes. */
bool writ_window_clip(const struct writ_window_answer *answer, int64_t begins, uint64_t *ttl_ns);

/* Why a grant of @playbook may not begin then, and when one may: one line. */
void writ_window_say(const struct writ_policy_playbook *playbook,
		     const struct writ_window_answer *answer, char *ret_text, size_t size);

#endif
