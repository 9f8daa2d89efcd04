/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that watches for alerts: reads the same log with a cursor of its own (`+alerts`),
 * counts, and has people told. It changes nothing of what the sinks get.
 */
#ifndef WRIT_FORWARD_ALERTS_H
#define WRIT_FORWARD_ALERTS_H

#include "compile/model.h"
#include "forward/page.h"
#include "forward/sink.h"

struct writ_alerts;

/* All but @ret must stay. @page: the rows of the sinks, whose trouble is an alert, too. */
int writ_alerts_start(const struct writ_sink_common *common, const struct writ_policy_audit *audit,
		      struct writ_forward_page *page, struct writ_forward_row *row,
		      struct writ_alerts **ret);

/* Waits for its end, after the watch was stopped, and frees it. */
void writ_alerts_join(struct writ_alerts *alerts);

#endif
