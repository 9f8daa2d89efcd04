/* SPDX-License-Identifier: Apache-2.0 */
/* The name of an agent, or of one run of it, in the form of a SPIFFE id. */
#ifndef WRIT_BROKER_SPIFFE_H
#define WRIT_BROKER_SPIFFE_H

#include <stdint.h>

#include "writ/request.h"

/*
 * "spiffe://<environment>/agent/<name>/run/<grant>", without the run when @grant is 0. The names
 * are policy's, so their signs are those of such an id. -ENOENT, and "": without an environment
 * there is no trust domain, so no id.
 */
int writ_spiffe_id(const char *environment, const char *agent, uint64_t grant,
		   char ret_id[WRIT_SPIFFE_SIZE]);

#endif
