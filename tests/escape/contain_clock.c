// SPDX-License-Identifier: Apache-2.0
/*
 * The wall clock is set back: certificates live longer, other programs' logs lie. (A grant's end
 * is no wall-clock time.)
 * technique: Setting the wall clock
 * stopped by: `capable`: CAP_SYS_TIME is not the role's
 * expect: operation=capability reason=no_rule
 */
#include "escape.h"

#include <time.h>

#define BACK_SECONDS 3600

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	struct timespec before, then;
	bool went_back;

	(void)box;
	(void)secret;
	(void)clock_gettime(CLOCK_REALTIME, &before);
	then = before;
	then.tv_sec -= BACK_SECONDS;
	(void)clock_settime(CLOCK_REALTIME, &then);
	(void)clock_gettime(CLOCK_REALTIME, &then);
	went_back = then.tv_sec < before.tv_sec;
	if (went_back)
		(void)clock_settime(CLOCK_REALTIME, &before);
	return escape_if(went_back);
}
