/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may ask the core for what: root, the operators' group, or the broker. People and groups are
 * the operating system's; what it does not know is nobody's.
 */
#ifndef WRIT_DAEMON_CALLERS_H
#define WRIT_DAEMON_CALLERS_H

#include <stdbool.h>
#include <sys/types.h>

#include "compile/model.h"

/* A set of them: who a verb is for, and what one caller is. */
#define WRIT_CALLER_ROOT 1u
#define WRIT_CALLER_OPERATOR 2u
#define WRIT_CALLER_BROKER 4u

/* The group of the policy's Node; NULL: there is none, and root alone operates. */
const char *writ_callers_group(const struct writ_policy *policy);

/* Is the user @uid of @group, primary or not? False for a user or a group that there is not. */
bool writ_callers_in_group(uint32_t uid, const char *group);

/* Root, or of the operators' group. @policy may be NULL. */
bool writ_callers_is_operator(const struct writ_policy *policy, uint32_t uid);

/* The user's name, "uid 1234" where there is none that fits. */
void writ_callers_name(uint32_t uid, char ret_name[WRIT_NAME_SIZE]);

/* Owner root, group the operators', mode 0660; without such a group root's alone. -errno. */
int writ_callers_own_socket(const struct writ_policy *policy, const char *path);

#endif
