/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment of a command that `writ exec` starts: nothing of the caller's but what is listed
 * here or by the playbook, because loaders and interpreters take code from where it points. A pure
 * function of its inputs.
 *
 * Set:     PATH to a fixed value, HOME, USER, LOGNAME and SHELL from the user database (so sudo and
 *          a supervisor's own make no difference), WRIT_GRANT, WRIT_AGENT.
 * Handed on: TERM, LANG, LANGUAGE, LC_* and TZ, unless the value could be a path or a format, as
 *          sudo(8) does it.
 * The playbook's list adds to these and wins over them, NAME=VALUE over the caller's values.
 */
#ifndef WRIT_CLI_EXEC_ENV_H
#define WRIT_CLI_EXEC_ENV_H

#include <stddef.h>
#include <stdint.h>

#define WRIT_EXEC_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

struct writ_exec_env {
	char *const *caller; /* ends in NULL */
	const char *list;    /* of the playbook: entries of compile/env.h, each with its NUL */
	size_t list_size;
	const char *user, *home, *shell;
	const char *agent;
	uint64_t grant;
};

/*
 * Gives a list that ends in NULL, to be freed with writ_exec_env_free(). -EBADMSG: the playbook's
 * list is not one that a policy can have; -ENOMEM.
 */
int writ_exec_env_build(const struct writ_exec_env *from, char ***ret_env);

/* Fit for _cleanup_(writ_exec_env_free). */
void writ_exec_env_free(char ***env);

#endif
