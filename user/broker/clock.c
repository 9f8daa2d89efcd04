/* SPDX-License-Identifier: Apache-2.0 */
/* Wall time, for what people read; grants live by boot time, which the core keeps. */
#include <time.h>

#include "broker/broker.h"

int64_t writ_broker_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
