/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A line of the log as an event of OCSF 1.3.0 (docs/ocsf.schema.json has what of it is used):
 *
 *	decision on a path			File System Activity	1001
 *	decision on an execution, fork, signal	Process Activity	1007
 *	decision on a socket			Network Activity	4001
 *	grant, proposal				Authorize Session	3003
 *	daemon					Application Lifecycle	6002
 *	all else				Base Event		0
 *
 * "All else" are decisions of no such object (mounts, capabilities, bpf), enrolment, gaps and the
 * chain's own lines: no class of OCSF says that. Nothing is left out: what has no attribute stands
 * in `unmapped` under its own name.
 */
#ifndef WRIT_FORWARD_OCSF_H
#define WRIT_FORWARD_OCSF_H

#include "forward/bytes.h"
#include "forward/record.h"

#define WRIT_OCSF_VERSION "1.3.0"

/* Writes one line of JSON without newline; @host is the device's name. -ENOMEM, -EMSGSIZE. */
int writ_ocsf_write(const struct writ_record *record, const char *host,
		    struct writ_bytes *ret_event);

#endif
