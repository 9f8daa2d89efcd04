// SPDX-License-Identifier: GPL-2.0-only
/*
 * Capabilities: an agent has those that its role lists, in every user namespace, whoever it runs
 * as.
 *
 * capable	the kernel asks whether a process may use one. It comes here only when the
 *		process's own credentials have it.
 *
 * What the kernel does with credentials of somebody else, as an overlay does on its layers, is not
 * the agent's: subject_acts_beneath(). A task that uses io_uring is always asked, so its first
 * write through an overlay may need a capability.
 *
 * What is recorded: a refusal that the kernel itself would audit. With CAP_OPT_NOAUDIT it only
 * asks what would be (memory beyond a reserve, what /proc shows): thousands of such questions are
 * no acts, and get the same answer in silence. An allowed one has no record: what it is used for
 * has.
 */
#include "guard.bpf.h"
#include "writ/capability.h"

#define CAP_OPT_NOAUDIT 2u /* include/linux/security.h, 6.1 to 7.3 */

static const char names[WRIT_CAPABILITIES][WRIT_CAPABILITY_SIZE] = {
#define X(name) #name,
	WRIT_CAPABILITY_LIST(X)
#undef X
};

/* In silence, as scratch_refuse() but for the count: nothing was done. */
static __always_inline int capability_silent(__u32 agent)
{
	struct writ_agent *entry = bpf_map_lookup_elem(&agents, &agent);

	return entry && entry->mode == WRIT_MODE_MONITOR ? 0 : -EPERM;
}

SEC("lsm/capable")
int BPF_PROG(capable, const struct cred *cred, struct user_namespace *ns, int capability,
	     unsigned int options, int ret)
{
	struct scratch *scratch;
	__u32 agent, reason, number = (__u32)capability;

	if (ret)
		return ret;
	agent = subject_current();
	if (!agent || subject_acts_beneath())
		return 0;
	reason = guard_capability(agent, number);
	if (reason == WRIT_REASON_NONE)
		return 0;
	if (options & CAP_OPT_NOAUDIT)
		return capability_silent(agent);
	scratch = scratch_begin(agent, WRIT_OP_CAPABILITY, 0);
	if (!scratch)
		return scratch_refuse(agent) ? -EPERM : 0;
	if (number < WRIT_CAPABILITIES)
		object_word(scratch, names[number]);
	scratch->decision.reason = reason;
	return decision_end(scratch);
}
