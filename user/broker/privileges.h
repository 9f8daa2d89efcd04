/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the broker may still do, given up by itself before it hears a client: writd has made it the
 * user `writ` already. What it is not given it can't get back, whoever has taken it over.
 */
#ifndef WRIT_BROKER_PRIVILEGES_H
#define WRIT_BROKER_PRIVILEGES_H

#include <stdbool.h>

/* -EPERM, logged: it runs as root. */
int writ_privileges_require(void);

/*
 * No capability, no new privileges, no core dump, nobody may trace it; then Landlock, where the
 * kernel has it: @policy, time zones and users' names are read, the directories of @ledger and
 * @textfile (NULL: none) are written, @validator (NULL: none) is executed, with what is installed
 * on the system; and the system calls that are left. What came of it is logged in one line. -errno,
 * logged: nothing may be served then.
 */
int writ_privileges_drop(const char *policy, const char *ledger, const char *validator,
			 const char *textfile);

/* Files: 0; -EOPNOTSUPP: this kernel has no Landlock, or it is off; else -errno. */
int writ_privileges_files(const char *policy, const char *ledger, const char *validator,
			  const char *textfile);

/*
 * System calls. Without a validator those that the broker is known to make and no other: an
 * unknown one kills the process. With one, whatever the validator may need, but for those that
 * change what a process is or reach into others: these fail with EPERM.
 */
int writ_privileges_calls(bool has_validator);

/*
 * The tables of that, with their verdicts, and the files that a validator needs. The core allows
 * these, too: what it is not allowed itself it can't start.
 */
struct writ_landlock;
struct writ_seccomp_calls;
extern const struct writ_seccomp_calls writ_privileges_allowed;
int writ_privileges_validator(const struct writ_landlock *landlock, const char *validator);

#endif
