/* SPDX-License-Identifier: Apache-2.0 */
/* See callers.h. The databases are asked each time: who has left a group has left it now. */
#include "daemon/callers.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/log.h"

#define GROUPS_MAX 1024 /* of one user; one that has more is in the first so many */

const char *writ_callers_group(const struct writ_policy *policy)
{
	return policy && policy->node ? policy->node->operators : NULL;
}

bool writ_callers_in_group(uint32_t uid, const char *group)
{
	const struct group *wanted = getgrnam(group);
	gid_t gid = wanted ? wanted->gr_gid : 0, groups[GROUPS_MAX];
	const struct passwd *user = wanted ? getpwuid(uid) : NULL;
	int n = GROUPS_MAX;

	if (!user)
		return false;
	if (getgrouplist(user->pw_name, user->pw_gid, groups, &n) < 0)
		n = GROUPS_MAX;
	for (int i = 0; i < n; i++)
		if (groups[i] == gid)
			return true;
	return false;
}

bool writ_callers_is_operator(const struct writ_policy *policy, uint32_t uid)
{
	const char *group = writ_callers_group(policy);

	return uid == 0 || (group && writ_callers_in_group(uid, group));
}

/* Names stand in lists with commas between them, and on terminals. */
static bool is_plain(const char *name)
{
	size_t len = strcspn(name, ",\\ \t\n");

	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f)
			return false;
	return len && !name[len] && len < WRIT_NAME_SIZE;
}

void writ_callers_name(uint32_t uid, char ret_name[WRIT_NAME_SIZE])
{
	const struct passwd *user = getpwuid(uid);

	if (user && is_plain(user->pw_name))
		(void)snprintf(ret_name, WRIT_NAME_SIZE, "%s", user->pw_name);
	else
		(void)snprintf(ret_name, WRIT_NAME_SIZE, "uid %u", uid);
}

int writ_callers_own_socket(const struct writ_policy *policy, const char *path)
{
	const char *name = writ_callers_group(policy);
	const struct group *group = name ? getgrnam(name) : NULL;

	if (name && !group)
		writ_warning("the policy's group of operators, %s, does not exist: %s is root's "
			     "alone; make it with 'groupadd --system %s'",
			     name, path, name);
	if (chmod(path, 0600) || (geteuid() == 0 && chown(path, 0, group ? group->gr_gid : 0)))
		return -errno;
	return group && chmod(path, 0660) ? -errno : 0;
}
