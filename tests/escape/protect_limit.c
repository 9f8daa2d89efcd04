// SPDX-License-Identifier: Apache-2.0
/*
 * writd gets a limit of processor time from outside, at which the kernel kills it.
 * technique: prlimit(2) of writd
 * stopped by: `task_setrlimit`
 * expect: operation=signal reason=protected
 */
#include "own.h"

#include <sys/resource.h>

int escape_prepare(const char *box, const char *secret)
{
	(void)secret;
	return own_prepare_pid(box);
}

int escape_attempt(const char *box, const char *secret)
{
	const struct rlimit limit = {RLIM_INFINITY - 1, RLIM_INFINITY - 1};

	(void)secret;
	return escape_if(!prlimit(own_pid(box), RLIMIT_CPU, &limit, NULL));
}
