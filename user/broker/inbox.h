/* SPDX-License-Identifier: Apache-2.0 */
/* What the core says unasked: ends, decisions, another policy, switches. */
#ifndef WRIT_BROKER_INBOX_H
#define WRIT_BROKER_INBOX_H

struct writ_broker;

/*
 * Takes all that there are. -EPIPE, or another error of the channel's: the core is gone. What the
 * ledger could not take is made good by writ_inbox_retry().
 */
int writ_inbox_take(struct writ_broker *broker);

/*
 * The ends that are there, up to another notice, which waits for writ_inbox_take(): for a group of
 * the ledger's that is open anyway. Not all that it can take: others wait for that meanwhile.
 */
void writ_inbox_ends(struct writ_broker *broker);

/* Ledger and core, brought together again, if that is due. As above. */
int writ_inbox_retry(struct writ_broker *broker);

struct writ_policy;

/* The command of the external validator; NULL: none. */
const char *writ_inbox_validator(const struct writ_policy *policy);

/* Reads the policy anew. A refused one: none is held, each fault is logged, all is refused. */
void writ_inbox_policy(struct writ_broker *broker);

#endif
