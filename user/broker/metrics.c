/* SPDX-License-Identifier: Apache-2.0 */
/* See metrics.h. */
#include "broker/metrics.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"
#include "lib/cleanup.h"
#include "lib/time.h"

struct writ_metrics {
	struct writ_exposition text;
	uint64_t made_ns; /* boot time; 0: never */
};

static int make(struct writ_broker *broker, struct writ_exposition *out,
		char ret_error[WRIT_ERROR_SIZE])
{
	int err = writ_metrics_core(broker, out, ret_error);

	if (!err)
		err = writ_metrics_ledger(broker, out);
	return err ? err : out->err;
}

/* A text that can't be made leaves none: what is old is not given as if it were new. */
static int renew(struct writ_broker *broker, char ret_error[WRIT_ERROR_SIZE])
{
	struct writ_metrics *metrics = broker->metrics;
	struct writ_exposition out = {0};
	uint64_t now = writ_time_boot();
	int err;

	if (metrics->made_ns && now - metrics->made_ns < WRIT_NS_PER_SECOND)
		return 0;
	metrics->made_ns = 0;
	err = make(broker, &out, ret_error);
	if (err) {
		writ_exposition_free(&out);
		return err;
	}
	writ_exposition_free(&metrics->text);
	metrics->text = out;
	metrics->made_ns = now;
	return 0;
}

int writ_metrics_text(struct writ_broker *broker, const char **ret_text, size_t *ret_len,
		      char ret_error[WRIT_ERROR_SIZE])
{
	int err;

	ret_error[0] = '\0';
	if (!broker->metrics)
		broker->metrics = calloc(1, sizeof(*broker->metrics));
	if (!broker->metrics)
		return -ENOMEM;
	err = renew(broker, ret_error);
	if (err)
		return err;
	*ret_text = broker->metrics->text.text;
	*ret_len = broker->metrics->text.len;
	return 0;
}

void writ_metrics_closep(struct writ_metrics **metrics)
{
	if (*metrics)
		writ_exposition_free(&(*metrics)->text);
	free(*metrics);
	*metrics = NULL;
}
