/* SPDX-License-Identifier: Apache-2.0 */
/* See moment.h. UTC, as all that Writ writes. */
#include "cli/moment.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <time.h>

#include "lib/time.h"

#define SECOND INT64_C(1000000)

int writ_moment_parse(const char *text, int end, int64_t *ret_us)
{
	static const struct {
		const char *format;
		int64_t length;
	} forms[] = {
		{"%Y-%m-%dT%H:%M:%SZ", SECOND},	 {"%Y-%m-%dT%H:%M:%S", SECOND},
		{"%Y-%m-%d %H:%M:%S", SECOND},	 {"%Y-%m-%dT%H:%M", 60 * SECOND},
		{"%Y-%m-%d %H:%M", 60 * SECOND}, {"%Y-%m-%d", 24 * 3600 * SECOND},
	};
	uint64_t ago;

	if (!writ_time_parse(text, &ago)) {
		*ret_us = (int64_t)(writ_time_boot() / 1000) + writ_time_offset() / 1000 -
			  (int64_t)(ago / 1000);
		return 0;
	}
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct tm tm = {0};
		const char *rest = strptime(text, forms[i].format, &tm);

		if (!rest || *rest)
			continue;
		*ret_us = (int64_t)timegm(&tm) * SECOND + (end ? forms[i].length - 1 : 0);
		return 0;
	}
	return -EINVAL;
}
