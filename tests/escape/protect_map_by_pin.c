// SPDX-License-Identifier: Apache-2.0
/*
 * The pinned map of labels is opened, and an agent would take its own label out.
 * technique: A map of Writ by its pin
 * stopped by: `bpf`: the family is not the role's; behind it `bpf_map`, which no role opens
 * expect: operation=bpf reason=guardrail object=obj_get
 */
#include "own.h"

int escape_prepare(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	return 0;
}

int escape_attempt(const char *box, const char *secret)
{
	(void)box;
	(void)secret;
	own_claim();
	return escape_if(own_get(OWN_PINS "/maps/labels", 0) >= 0);
}
