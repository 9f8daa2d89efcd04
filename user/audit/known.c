/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy, as far as this process knows it: what a denied agent may ask for stands there.
 * Nothing else is taken from it: names and rules come from the kernel's maps.
 */
#include "audit/process.h"
#include "compile/policy.h"
#include "lib/log.h"
#include "lib/time.h"

static struct writ_policy *load(const char *path)
{
	struct writ_diagnostics diags = {0};
	struct writ_policy *policy = NULL;

	if (writ_policy_load(&path, 1, &diags, &policy))
		policy = NULL;
	writ_diagnostics_free(&diags);
	return policy;
}

void writ_known_read(struct writ_audit_process *audit)
{
	struct writ_policy *policy = audit->policy_path ? load(audit->policy_path) : NULL;

	if (!policy) {
		if (audit->policy_path)
			writ_info("policy %s can't be read, or is refused: %s", audit->policy_path,
				  audit->policy ? "remedies come from the one before"
						: "denials in the log have no remedies");
		return;
	}
	if (!audit->remedies && writ_remedies_new(writ_time_boot, &audit->remedies)) {
		writ_policy_free(policy);
		return;
	}
	writ_remedies_set(audit->remedies, policy);
	writ_policy_free(audit->policy);
	audit->policy = policy;
	writ_names_remedies(audit->names, audit->remedies);
}

void writ_known_forget(struct writ_audit_process *audit)
{
	if (audit->names)
		writ_names_remedies(audit->names, NULL);
	writ_remedies_free(audit->remedies);
	writ_policy_free(audit->policy);
	audit->remedies = NULL;
	audit->policy = NULL;
}
