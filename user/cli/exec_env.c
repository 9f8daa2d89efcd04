/* SPDX-License-Identifier: Apache-2.0 */
/* See exec_env.h. */
#include "cli/exec_env.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/env.h"
#include "lib/cleanup.h"

static size_t name_len(const char *variable)
{
	return strcspn(variable, "=");
}

/* Puts a copy of "NAME=VALUE" into the list, in place of what has the name. 0 or -ENOMEM. */
static int put(char ***list, const char *variable)
{
	_cleanup_free_ char *copy = strdup(variable);
	size_t n = 0, len = name_len(variable) + 1;
	char **grown;

	if (!copy)
		return -ENOMEM;
	for (; *list && (*list)[n]; n++) {
		if (strncmp((*list)[n], variable, len))
			continue;
		free((*list)[n]);
		(*list)[n] = take_ptr(copy);
		return 0;
	}
	grown = reallocarray(*list, n + 2, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	grown[n] = take_ptr(copy);
	grown[n + 1] = NULL;
	*list = grown;
	return 0;
}

static int set(char ***list, const char *name, const char *value)
{
	_cleanup_free_ char *variable = NULL;

	if (asprintf(&variable, "%s=%s", name, value) < 0)
		return -ENOMEM;
	return put(list, variable);
}

/* A zone is a name such as Europe/Berlin: not a file of the caller's. */
static bool is_zone(const char *value)
{
	return *value != '/' && *value != ':' && !strstr(value, "..");
}

/* One that every command may have from its caller, with a value that leads nowhere. */
static bool is_common(const char *variable, size_t len)
{
	static const char *const entries[] = {"TERM", "LANG", "LANGUAGE", "LC_*"};
	const char *value = variable + len + 1;

	if (writ_env_passes("TZ", variable, len))
		return is_zone(value);
	for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		if (writ_env_passes(entries[i], variable, len))
			return !strpbrk(value, "/%");
	return false;
}

static bool is_listed(const struct writ_exec_env *from, const char *variable, size_t len)
{
	for (const char *entry = from->list; entry < from->list + from->list_size;
	     entry += strlen(entry) + 1)
		if (writ_env_passes(entry, variable, len))
			return true;
	return false;
}

/* From the last to the first: of two with one name the first counts, as for getenv(3). */
static int put_callers(const struct writ_exec_env *from, char ***list)
{
	size_t n = 0;
	int err = 0;

	while (from->caller[n])
		n++;
	while (n-- && !err) {
		const char *variable = from->caller[n];
		size_t len = name_len(variable);

		if (variable[len] && writ_env_is_name(variable, len) &&
		    (is_listed(from, variable, len) || is_common(variable, len)))
			err = put(list, variable);
	}
	return err;
}

static int put_values(const struct writ_exec_env *from, char ***list)
{
	int err = 0;

	for (const char *entry = from->list; entry < from->list + from->list_size && !err;
	     entry += strlen(entry) + 1)
		if (strchr(entry, '='))
			err = put(list, entry);
	return err;
}

static int put_own(const struct writ_exec_env *from, char ***list)
{
	char grant[24];
	int err;

	(void)snprintf(grant, sizeof(grant), "%llu", (unsigned long long)from->grant);
	err = set(list, "WRIT_GRANT", grant);
	return err ? err : set(list, "WRIT_AGENT", from->agent);
}

static bool is_sound(const struct writ_exec_env *from)
{
	size_t n = 0;

	if (from->list_size > WRIT_ENV_SIZE || (from->list_size && from->list[from->list_size - 1]))
		return false;
	for (const char *entry = from->list; entry < from->list + from->list_size;
	     entry += strlen(entry) + 1)
		if (writ_env_fault(entry) || n++ == WRIT_ENV_MAX)
			return false;
	return true;
}

int writ_exec_env_build(const struct writ_exec_env *from, char ***ret_env)
{
	const struct {
		const char *name, *value;
	} first[] = {{"PATH", WRIT_EXEC_PATH},
		     {"HOME", from->home},
		     {"USER", from->user},
		     {"LOGNAME", from->user},
		     {"SHELL", from->shell}};
	_cleanup_(writ_exec_env_free) char **list = NULL;
	int err = 0;

	if (!is_sound(from))
		return -EBADMSG;
	for (size_t i = 0; i < sizeof(first) / sizeof(first[0]) && !err; i++)
		err = set(&list, first[i].name, first[i].value);
	if (!err)
		err = put_callers(from, &list);
	if (!err)
		err = put_values(from, &list);
	if (!err)
		err = put_own(from, &list);
	if (err)
		return err;
	*ret_env = take_ptr(list);
	return 0;
}

void writ_exec_env_free(char ***env)
{
	for (char **variable = *env; variable && *variable; variable++)
		free(*variable);
	free(*env);
	*env = NULL;
}
