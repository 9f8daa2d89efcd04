/* SPDX-License-Identifier: GPL-2.0-only */
/* All that an agent may do to an object, for operations that give it another name, see
 * rights.bpf.c. */
#ifndef WRIT_RIGHTS_BPF_H
#define WRIT_RIGHTS_BPF_H

#include "decide.bpf.h"

/*
 * decide(), and then what is allowed of the object (decision.here) and, if @below, of everything
 * below it (decision.below). With @below an access that is not sure down there is a deny, reason
 * BELOW. A global function: proven once. 0.
 */
extern int rights_judge(struct scratch *scratch, __u32 below);

/*
 * Rights on what a name leads to. Not create and delete, which are rights on the name: to have them
 * on the new one tells nothing of the file.
 */
#define RIGHTS_OF_CONTENT \
	(((1u << WRIT_ACCESS_BITS) - 1u) & ~(WRIT_ACCESS_CREATE | WRIT_ACCESS_DELETE))

/*
 * Would what had @from for sure come to have more by a name that may have @to? The arguments that
 * two rules ask for can't be compared: only who may run a program with any may name it so anew.
 */
static __always_inline int rights_widen(const struct rights *from, const struct rights *to)
{
	__u32 had = from->sure & ~WRIT_ACCESS_EXECUTE_ARGV;

	if (had & WRIT_ACCESS_EXECUTE)
		had |= WRIT_ACCESS_EXECUTE_ARGV;
	return to->possible & RIGHTS_OF_CONTENT & ~had ? 1 : 0;
}

/* What was allowed is refused after all, by no rule. */
static __always_inline void rights_refuse(struct scratch *scratch, __u32 reason)
{
	scratch->decision.hit = 0;
	scratch->decision.grant = 0;
	scratch->decision.expires = 0;
	(void)decided(scratch, reason, 0);
}

#endif
