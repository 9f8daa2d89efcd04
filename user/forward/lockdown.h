/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a worker may still do, given up by itself once it knows its policy and before it reads a
 * line: no capability, no new privileges, no core dump; of the file system the log to read, the
 * state to write, and what libraries, certificates and commands of the policy need.
 */
#ifndef WRIT_FORWARD_LOCKDOWN_H
#define WRIT_FORWARD_LOCKDOWN_H

#include "compile/model.h"

/* -EPERM, logged: it runs as root. */
int writ_lockdown_require(void);

/* For parent and worker: what needs no policy. -errno, logged. */
int writ_lockdown_common(void);

/* The rest, for good. -errno, logged: no line may be read then. */
int writ_lockdown_worker(const char *log, const char *state, const struct writ_policy_audit *audit);

#endif
