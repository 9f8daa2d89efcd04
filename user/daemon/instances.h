/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One name, one agent: an agent of which policy has but one (no `instances: many`) and that lives
 * in two cgroups, neither below the other, is reported. It is not refused: the hooks have bound the
 * second cgroup before anybody here knows, and unbound it would be nobody's.
 */
#ifndef WRIT_DAEMON_INSTANCES_H
#define WRIT_DAEMON_INSTANCES_H

#include <stddef.h>
#include <stdint.h>

struct writ_daemon;
struct writ_instances;

/* NULL: no memory. */
struct writ_instances *writ_instances_new(void);
void writ_instances_free(struct writ_instances *instances);

/* All cgroups that are enrolled, anew: at a policy's change. Reports what is shared. */
void writ_instances_scan(struct writ_daemon *daemon);

/* A ring record: of a cgroup that was enrolled, or anything else. */
void writ_instances_note(struct writ_daemon *daemon, const void *bytes, size_t len);

/* How many cgroups share the agent's name, as last seen; 0: none do. @instances may be NULL. */
uint32_t writ_instances_shared(const struct writ_instances *instances, uint32_t agent);

#endif
