/* SPDX-License-Identifier: Apache-2.0 */
/* See host.h. */
#include "cli/host.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "writ/abi.h"

/* A last path component that a glob's sign cuts is no component: what ends before it counts. */
struct literal {
	char path[WRIT_PATH_SIZE];
	size_t len;
};

static void take_literal(const char *glob, struct literal *literal)
{
	const char *at = glob;
	size_t len = 0, whole = 0;

	while (*at && !strchr("*?[{", *at) && len + 1 < sizeof(literal->path)) {
		if (*at == '\\' && at[1])
			at++;
		literal->path[len++] = *at++;
		if (*at == '/' || !*at)
			whole = len;
	}
	literal->path[whole] = '\0';
	literal->len = whole;
}

/* The target of the link at @path, "" when it is none or not there. */
static void link_target(const char *path, char *ret_target, size_t size)
{
	ssize_t len = readlink(path, ret_target, size - 1);

	ret_target[len > 0 ? len : 0] = '\0';
}

static void check_path(const char *glob, const struct writ_position *at,
		       struct writ_diagnostics *diags)
{
	struct literal literal;
	char target[WRIT_PATH_SIZE];

	take_literal(glob, &literal);
	for (size_t end = 1; end <= literal.len; end++) {
		char *path = literal.path, next = path[end];

		if (next != '/' && next)
			continue;
		path[end] = '\0';
		link_target(path, target, sizeof(target));
		if (*target) {
			(void)writ_diagnostics_warn(
				diags, at,
				"\"%.128s\" never matches on this host: %.128s is a link to "
				"%.128s, and the kernel asks for the path behind it",
				glob, path, target);
			return;
		}
		path[end] = next;
	}
}

static void check_rules(const struct writ_rules *rules, struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < rules->n_files; i++)
		check_path(rules->files[i].path, &rules->files[i].at, diags);
	for (size_t i = 0; i < rules->n_exec; i++)
		check_path(rules->exec[i].path, &rules->exec[i].at, diags);
	for (size_t i = 0; i < rules->n_unix; i++)
		if (rules->unix_sockets[i].path[0] == '/') /* "@": abstract */
			check_path(rules->unix_sockets[i].path, &rules->unix_sockets[i].at, diags);
}

void writ_host_links(const struct writ_policy *policy, struct writ_diagnostics *diags)
{
	for (size_t i = 0; i < policy->n_roles; i++)
		check_rules(&policy->roles[i].rules, diags);
	for (size_t i = 0; i < policy->n_playbooks; i++)
		check_rules(&policy->playbooks[i].rules, diags);
}
