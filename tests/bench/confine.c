/* SPDX-License-Identifier: Apache-2.0 */
/*
 * usage: confine landlock RULES COMMAND [ARG...]
 *        confine apparmor PROFILE COMMAND [ARG...]
 *
 * Runs COMMAND under a Landlock ruleset of so many tenants' trees, or under a loaded profile.
 * Status 1, and a line on standard error: it could not.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Linux 6.10's, which Debian 12's header does not have yet. */
#define ACCESS_FS ((1ull << 16) - 1)
#define ACCESS_NET 3ull /* TCP: bind, connect */
#define RULE_NET_PORT 2
struct ruleset {
	uint64_t handled_access_fs;
	uint64_t handled_access_net;
};
struct net_port {
	uint64_t allowed_access;
	uint64_t port;
};

#define PORT 8080

static int refuse(const char *what)
{
	fprintf(stderr, "confine: %s: %s\n", what, strerror(errno));
	return 1;
}

static int allow_tree(int ruleset, const char *path)
{
	struct landlock_path_beneath_attr rule = {.allowed_access = ACCESS_FS};
	int err;

	rule.parent_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (rule.parent_fd < 0)
		return -errno;
	err = (int)syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	(void)close(rule.parent_fd);
	return err;
}

/* The trees must be there: Landlock's rules are on inodes. */
static int allow_tenants(int ruleset, int rules)
{
	for (int i = 1; i <= rules; i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "/srv/tenants/d%08d", i);
		if ((mkdir(path, 0755) && errno != EEXIST) || allow_tree(ruleset, path))
			return -1;
	}
	return 0;
}

static int landlock(int rules)
{
	const struct ruleset handled = {ACCESS_FS, ACCESS_NET};
	const struct net_port peer = {ACCESS_NET, PORT};
	int fd = (int)syscall(__NR_landlock_create_ruleset, &handled, sizeof(handled), 0);

	if (fd < 0)
		return refuse("landlock_create_ruleset");
	if (allow_tenants(fd, rules) || allow_tree(fd, "/usr") ||
	    syscall(__NR_landlock_add_rule, fd, RULE_NET_PORT, &peer, 0))
		return refuse("landlock_add_rule");
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || syscall(__NR_landlock_restrict_self, fd, 0))
		return refuse("landlock_restrict_self");
	return 0;
}

/* Of the next exec. */
static int apparmor(const char *profile)
{
	int fd = open("/proc/self/attr/apparmor/exec", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "exec %s", profile) < 0)
		return refuse(profile);
	(void)close(fd);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	if (strcmp(argv[1], "landlock") ? apparmor(argv[2]) : landlock(atoi(argv[2])))
		return 1;
	(void)execv(argv[3], argv + 3);
	return refuse(argv[3]);
}
