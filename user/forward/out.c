/* SPDX-License-Identifier: Apache-2.0 */
/* See out.h. */
#include "forward/out.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct writ_out_kind *kind_of(const struct writ_policy_sink *policy)
{
	if (policy->type == WRIT_SINK_STDOUT)
		return &writ_out_stdout;
	if (policy->type == WRIT_SINK_KAFKA)
		return &writ_out_kafka;
	return policy->path ? &writ_out_unix : &writ_out_tls;
}

void writ_out_init(struct writ_out *out, const struct writ_policy_sink *policy,
		   const struct writ_watch *watch)
{
	*out = (struct writ_out){.kind = kind_of(policy), .policy = policy, .watch = watch};
	if (gethostname(out->host, sizeof(out->host) - 1))
		(void)strcpy(out->host, "-");
}

int writ_out_fail(struct writ_out *out, int err, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(out->error, sizeof(out->error), format, arguments);
	va_end(arguments);
	return err;
}
