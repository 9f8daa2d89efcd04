/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics of this node, as text (exposition.h): what the core knows, and what the ledger has
 * counted. Names and meaning: writ-metrics(1). They may be asked by many at a time: one text
 * serves all for a second, so that a question costs core and ledger little.
 */
#ifndef WRIT_BROKER_METRICS_H
#define WRIT_BROKER_METRICS_H

#include "broker/exposition.h"
#include "writ/control.h"

/* So many playbooks, and environments, have series of their own, those that came first; the rest
 * are one. No name of either begins with a "_". */
#define WRIT_METRICS_NAMES_MAX 200u
#define WRIT_METRICS_OTHER "_other"

struct writ_broker;
struct writ_metrics; /* the last text; NULL: none was asked for yet */

/*
 * The text, valid until the next call. 0; -ENOMEM; -EIO: the ledger can't be read, see
 * writ_ledger_error(); the core's error with its words in @ret_error.
 */
int writ_metrics_text(struct writ_broker *broker, const char **ret_text, size_t *ret_len,
		      char ret_error[WRIT_ERROR_SIZE]);

void writ_metrics_closep(struct writ_metrics **metrics);

/* Their parts: what the core says, appended to @out; what the ledger says. Errors as above. */
int writ_metrics_core(struct writ_broker *broker, struct writ_exposition *out,
		      char ret_error[WRIT_ERROR_SIZE]);
int writ_metrics_ledger(struct writ_broker *broker, struct writ_exposition *out);
void writ_metrics_sinks(const struct writ_sink_row *rows, size_t n, struct writ_exposition *out);

#endif
