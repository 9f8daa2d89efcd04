/* SPDX-License-Identifier: Apache-2.0 */
/* See api_query.h. What can't be understood is refused: a filter that is passed over shows more. */
#include "broker/api_query.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "broker/api.h"
#include "lib/time.h"

int writ_query_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;

	if (!text)
		return 0;
	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' ||
		    __builtin_mul_overflow(number, UINT64_C(10), &number) ||
		    __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number))
			return -EINVAL;
	}
	if (number < min || number > max)
		return -EINVAL;
	*ret_number = number;
	return 0;
}

/* "2026-11-22T10:11:12Z"; a fraction is passed over: the second begins before it. */
static int read_moment(const char *text, int64_t *ret_ns)
{
	struct tm tm = {0};
	const char *end = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t seconds;

	if (end && *end == '.' && end[1] >= '0' && end[1] <= '9')
		end += 1 + strspn(end + 1, "0123456789");
	if (!end || strcmp(end, "Z"))
		return -EINVAL;
	seconds = timegm(&tm);
	if (seconds < 0 || seconds > INT64_MAX / (int64_t)WRIT_NS_PER_SECOND)
		return -EINVAL;
	*ret_ns = (int64_t)seconds * (int64_t)WRIT_NS_PER_SECOND;
	return 0;
}

static int read_since(const char *text, int64_t now, int64_t *ret_since)
{
	uint64_t ns = 0;

	if (!text)
		return 0;
	if (!read_moment(text, ret_since))
		return 0;
	if (writ_time_parse(text, &ns))
		return -EINVAL;
	*ret_since = now - (int64_t)ns;
	return 0;
}

static int read_state(const char *word, size_t len, uint32_t *states)
{
	for (uint32_t i = 0; i < WRIT_REQUEST_STATE_COUNT; i++) {
		const char *state = writ_api_state(i);

		if (strlen(state) == len && !memcmp(state, word, len)) {
			*states |= 1u << i;
			return 0;
		}
	}
	return -EINVAL;
}

/* "pending,open" */
static int read_states(const char *text, uint32_t *ret_states)
{
	size_t len;

	if (!text)
		return 0;
	for (;; text += len + 1) {
		len = strcspn(text, ",");
		if (read_state(text, len, ret_states))
			return -EINVAL;
		if (!text[len])
			return 0;
	}
}

static int read_live(const char *text, bool *ret_live)
{
	if (!text)
		return 0;
	*ret_live = !strcmp(text, "true");
	return *ret_live || !strcmp(text, "false") ? 0 : -EINVAL;
}

int writ_query_filter(const struct writ_http_request *request, int64_t now,
		      struct writ_ledger_filter *ret_filter, char ret_fault[WRIT_MESSAGE_SIZE])
{
	struct writ_ledger_filter filter = {
		.agent = request->operators ? writ_http_query(request, "agent")
					    : request->caller->agent,
		.playbook = writ_http_query(request, "playbook"),
		.ticket = writ_http_query(request, "ticket"),
	};
	uint64_t limit = WRIT_API_ROWS;
	const char *fault = NULL;

	if (!request->operators && !*request->caller->agent) /* it would choose everybody's */
		fault = "who asks has no name";
	else if (read_states(writ_http_query(request, "state"), &filter.states))
		fault = "state: open, pending, issuing, granted, refused or withdrawn, or several "
			"with a comma between them";
	else if (read_since(writ_http_query(request, "since"), now, &filter.since))
		fault = "since: a moment like 2026-11-22T10:11:12Z, or a time like 24h";
	else if (writ_query_number(writ_http_query(request, "before"), 1, INT64_MAX,
				   &filter.before))
		fault = "before: an id, as `next` of the answer before has it";
	else if (writ_query_number(writ_http_query(request, "limit"), 1, WRIT_API_ROWS_MAX, &limit))
		fault = "limit: a number from 1 to 1000";
	else if (read_live(writ_http_query(request, "live"), &filter.live))
		fault = "live: true or false";
	if (fault) {
		(void)snprintf(ret_fault, WRIT_MESSAGE_SIZE, "%s", fault);
		return -EINVAL;
	}
	filter.limit = (uint32_t)limit;
	*ret_filter = filter;
	return 0;
}
