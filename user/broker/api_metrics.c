/* SPDX-License-Identifier: Apache-2.0 */
/* See api.h: what Prometheus reads, as text and not as JSON. */
#include <errno.h>

#include "broker/api.h"
#include "broker/metrics.h"

void writ_api_metrics(struct writ_broker *broker, const struct writ_http_request *request,
		      struct writ_http_answer *answer)
{
	char error[WRIT_ERROR_SIZE];
	int err = writ_metrics_text(broker, &answer->text, &answer->text_len, error);

	(void)request;
	if (!err) {
		answer->status = 200;
		answer->type = WRIT_EXPOSITION_TYPE;
	} else if (err == -ENOMEM) {
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, "out of memory", "", 1);
	} else if (*error) {
		writ_http_refuse(answer, WRIT_REFUSAL_UNAVAILABLE, error, "", 1);
	} else {
		writ_api_ledger_failed(broker, answer);
	}
}
