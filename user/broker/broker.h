/* SPDX-License-Identifier: Apache-2.0 */
/* What the broker holds while it runs. One thread, one event loop; all is called from it. */
#ifndef WRIT_BROKER_BROKER_H
#define WRIT_BROKER_BROKER_H

#include "broker/budget.h"
#include "broker/core.h"
#include "broker/evaluate.h"
#include "broker/http.h"
#include "broker/metrics.h"
#include "broker/textfile.h"
#include "compile/policy.h"

struct writ_broker {
	const char *policy_path;
	const char *ledger_path;
	struct writ_policy *policy; /* NULL: what is on disk is refused; nothing is issued */
	struct writ_ledger *ledger;
	struct writ_core *core;
	struct writ_http *http;
	struct writ_validations *validations; /* external validators that run */
	struct writ_metrics *metrics;	      /* the last text; NULL: none was asked for */
	struct writ_textfile textfile;
	struct writ_waitings *waiting;	      /* for these; NULL: none ever did */
	struct writ_gathered *gathered;	      /* requests for the next turn, the HTTP requests' */
	uint64_t unsettled; /* boot ns at which ledger and core are brought together; 0: they are */
	char *validator;    /* of the policy that it started with, NULL: none; may be executed */
	bool stopping;
	struct writ_budget budget; /* for remedies */
};

/* Serves until it is told to stop: 0; or until the core is gone: -EPIPE. */
int writ_events_run(struct writ_broker *broker);

/* Wall time in ns since 1970. */
int64_t writ_broker_now(void);

#endif
