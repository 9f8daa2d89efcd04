/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checked policy -> the kernel's maps, in three steps: prepare does everything that can fail
 * while no hook sees any of it, commit makes the stores that the hooks see, read_back asks the
 * kernel whether it holds what was meant. No cgroup is enrolled here and nothing is proven:
 * apply.c does, with the programs attached.
 */
#ifndef WRIT_DAEMON_PUBLISH_H
#define WRIT_DAEMON_PUBLISH_H

#include "compile/policy.h"
#include "kernel/kernel.h"

/* A policy on its way; {.kernel, .policy} before prepare. Both stay the caller's. */
struct writ_publication {
	struct writ_kernel *kernel;
	const struct writ_policy *policy;
	uint32_t *agent_index; /* map index of policy->agents[i] */
	uint32_t *agent_at;    /* of each map index: its agent's place in policy->agents and 1 */
	uint32_t agents_end;   /* how many indices were given before */
	uint64_t *roles;       /* image of each role of the policy that agents share; */
			       /* behind them, of each agent whose role varies */
	uint64_t cgroups;
	bool committed;
};

/*
 * Compiles and checks every image, places it beside what is published, and gives each agent its
 * map index. -EINVAL with the errors in @diags; -ENOSPC: no room in the tables or no index left;
 * -E2BIG: an LPM map is full; -ENOMEM. Logs what the kernel did not take. Whatever it returns,
 * writ_publish_free() leaves no trace of it.
 */
int writ_publish_prepare(struct writ_publication *pub, struct writ_diagnostics *diags);

/*
 * Publishes every agent's entry, also of those that policy has no more, and the cgroup patterns;
 * takes back what they referred to before. -ENOMEM before the first store, and only then.
 */
int writ_publish_commit(struct writ_publication *pub);

/* 0, or -EIO: what the kernel gives by syscall is not what was committed. */
int writ_publish_read_back(const struct writ_publication *pub);

/* Takes back what was placed and not committed. For _cleanup_(). */
void writ_publish_free(struct writ_publication *pub);

#endif
