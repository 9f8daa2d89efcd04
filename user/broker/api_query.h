/* SPDX-License-Identifier: Apache-2.0 */
/* What stands behind the ? of a request. */
#ifndef WRIT_BROKER_API_QUERY_H
#define WRIT_BROKER_API_QUERY_H

#include "broker/http.h"

/* A decimal number from @min to @max; *@ret_number stays when @text is NULL. -EINVAL. */
int writ_query_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number);

/*
 * ?state=&agent=&playbook=&ticket=&since=&before=&live=&limit=. An agent's own name stands in for
 * whatever it says there. `since` is a moment ("2026-11-22T10:11:12Z") or a time before @now
 * ("24h"). -EINVAL, with what is wrong in @ret_fault. Strings are @request's.
 */
int writ_query_filter(const struct writ_http_request *request, int64_t now,
		      struct writ_ledger_filter *ret_filter, char ret_fault[WRIT_MESSAGE_SIZE]);

#endif
