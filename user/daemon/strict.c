/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a kernel without an optional hook does not mediate, held against what the policy's Node
 * accepts. Without a Node, or without the key, nothing may be missing.
 */
#include <errno.h>

#include "compile/node.h"
#include "daemon/daemon.h"
#include "kernel/hooks.h"
#include "lib/log.h"

int writ_strict_check(const struct writ_kernel *kernel, const struct writ_policy *policy)
{
	bool strict = writ_node_of(policy)->strict;
	uint32_t lost = 0;

	for (int i = 0; i < WRIT_PROGRAM_COUNT; i++) {
		const char *words = writ_hooks_lost(i);

		if (!kernel->lacks[i] || !*words)
			continue;
		lost++;
		writ_log(strict ? WRIT_LOG_ERROR : WRIT_LOG_WARNING,
			 "this kernel lacks the hook %s: %s", writ_kernel_program_name(i), words);
	}
	if (!lost || !strict)
		return 0;
	writ_error("boot a kernel that has it, or accept the loss: strict: false in the policy's "
		   "Node");
	return -EOPNOTSUPP;
}
