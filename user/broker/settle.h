/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ledger and core, brought together: at start, and when notices were lost. What the core has and
 * the ledger was about to write is written, what it has not is refused, what ended meanwhile ends.
 */
#ifndef WRIT_BROKER_SETTLE_H
#define WRIT_BROKER_SETTLE_H

struct writ_broker;

/*
 * The core's or the ledger's error, logged; doing it again does no harm. A row that can't be
 * written is none of these: it is told, the others are settled, and broker->unsettled says when it
 * is tried again.
 */
int writ_settle_all(struct writ_broker *broker);

#endif
