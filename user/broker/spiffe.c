/* SPDX-License-Identifier: Apache-2.0 */
/* See spiffe.h. Two names of 63 bytes and 20 digits always fit into WRIT_SPIFFE_SIZE. */
#include "broker/spiffe.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

_Static_assert(sizeof("spiffe:///agent//run/18446744073709551615") + 2 * WRIT_NAME_SIZE <=
		       WRIT_SPIFFE_SIZE,
	       "a SPIFFE id is never cut");

int writ_spiffe_id(const char *environment, const char *agent, uint64_t grant,
		   char ret_id[WRIT_SPIFFE_SIZE])
{
	char run[32] = "";

	ret_id[0] = '\0';
	if (!*environment || !*agent)
		return -ENOENT;
	if (grant)
		(void)snprintf(run, sizeof(run), "/run/%" PRIu64, grant);
	(void)snprintf(ret_id, WRIT_SPIFFE_SIZE, "spiffe://%.63s/agent/%.63s%s", environment, agent,
		       run);
	return 0;
}
