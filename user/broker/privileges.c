/* SPDX-License-Identifier: Apache-2.0 */
/* See privileges.h. */
#include "broker/privileges.h"

#include <errno.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "broker/http.h"
#include "lib/credentials.h"
#include "lib/log.h"

/* Connections, a copy of each while its request is in hand, or validated; the process's own. */
#define FILES (2u * WRIT_HTTP_CONNECTIONS_MAX + 256u)

int writ_privileges_require(void)
{
	if (getuid() && geteuid() && getgid() && getegid())
		return 0;
	writ_error("writ-broker must not be root: writd starts it as the user writ; make that by "
		   "'useradd --system --user-group --shell /usr/sbin/nologin writ'");
	return -EPERM;
}

/* As many files as the hard limit allows; with less, connections wait until there are some. */
static int limit_resources(void)
{
	const struct rlimit none = {0};
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
	if (setrlimit(RLIMIT_NOFILE, &files) || setrlimit(RLIMIT_CORE, &none))
		return -errno;
	return 0;
}

int writ_privileges_drop(const char *policy, const char *ledger, const char *validator,
			 const char *textfile)
{
	int landlock;
	int err = writ_credentials_keep(0);

	if (!err)
		err = writ_credentials_no_new();
	if (!err && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		err = -errno;
	if (!err)
		err = limit_resources();
	if (err)
		return writ_log_errno(err, "can't give up privileges");
	(void)getpwuid(0); /* what it takes to look up names is loaded now */
	landlock = writ_privileges_files(policy, ledger, validator, textfile);
	if (landlock && landlock != -EOPNOTSUPP)
		return writ_log_errno(landlock, "Landlock");
	err = writ_privileges_calls(!!validator);
	if (err)
		return writ_log_errno(err, "seccomp");
	writ_info("confined: uid %u, no capabilities, no_new_privs, seccomp %s, Landlock %s",
		  getuid(), validator ? "deny list (there is a validator)" : "allow list",
		  landlock ? "not in this kernel" : "on");
	return 0;
}
