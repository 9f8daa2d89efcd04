/* SPDX-License-Identifier: Apache-2.0 */
/* See lockdown.h. */
#include "forward/lockdown.h"

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/credentials.h"
#include "lib/landlock.h"
#include "lib/log.h"
#include "lib/seccomp.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static const uint16_t programs[] = {__NR_execve, __NR_execveat, __NR_fork, __NR_vfork};

static bool has_command(const struct writ_policy_audit *audit)
{
	for (size_t i = 0; i < audit->n_alerts; i++)
		if (audit->alerts[i].n_command)
			return true;
	return false;
}

static int restrict_calls(bool command)
{
	const struct writ_seccomp_calls calls[] = {
		writ_seccomp_dangerous, /* of what TLS, HTTP and Kafka take nobody has a list */
		{programs, COUNT(programs), WRIT_SECCOMP_REFUSE},
	};
	const struct writ_seccomp filter = {
		.calls = calls,
		.n_calls = command ? 1 : 2,
		.bits = &writ_seccomp_no_namespaces,
		.n_bits = 1,
		.otherwise = WRIT_SECCOMP_ALLOW,
	};

	return writ_seccomp_install(&filter);
}

static int allow_directory(const struct writ_landlock *landlock, const char *path)
{
	char copy[PATH_MAX];

	if (snprintf(copy, sizeof(copy), "%s", path) >= (int)sizeof(copy))
		return -ENAMETOOLONG;
	return writ_landlock_allow(landlock, dirname(copy), WRIT_LANDLOCK_READ);
}

static int allow_sink(const struct writ_landlock *landlock, const struct writ_policy_sink *sink)
{
	const char *const files[] = {sink->ca, sink->certificate, sink->key};
	int err = 0;

	for (size_t i = 0; !err && i < COUNT(files); i++)
		if (files[i])
			err = writ_landlock_allow_replaced(landlock, files[i], WRIT_LANDLOCK_READ);
	return err;
}

static int allow_policy(const struct writ_landlock *landlock, const struct writ_policy_audit *audit)
{
	static const char *const system[] = {"/usr", "/bin", "/lib", "/lib64", "/etc", NULL};
	int err = 0;

	for (size_t i = 0; !err && i < audit->n_sinks; i++)
		err = allow_sink(landlock, &audit->sinks[i]);
	if (has_command(audit) && !err)
		err = writ_landlock_allow_each(landlock, system, WRIT_LANDLOCK_RUN);
	for (size_t i = 0; !err && i < audit->n_alerts; i++)
		if (audit->alerts[i].n_command)
			err = writ_landlock_allow_replaced(landlock, audit->alerts[i].command[0],
							   WRIT_LANDLOCK_RUN);
	return err;
}

static int restrict_files(const char *log, const char *state, const struct writ_policy_audit *audit)
{
	/* libraries that are loaded late; names of hosts; the system's certificates */
	static const char *const system[] = {"/usr",
					     "/lib",
					     "/lib64",
					     "/etc",
					     "/run/systemd/resolve",
					     "/run/resolvconf",
					     "/run/NetworkManager",
					     NULL};
	static const char *const devices[] = {"/dev/null", "/dev/urandom", NULL};
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
	int err = writ_landlock_open(true, &landlock);

	if (!err)
		err = allow_directory(&landlock, log);
	if (!err)
		err = writ_landlock_allow(&landlock, state, WRIT_LANDLOCK_WRITE);
	if (!err)
		err = writ_landlock_allow_each(&landlock, system, WRIT_LANDLOCK_READ);
	if (!err)
		err = writ_landlock_allow_each(&landlock, devices,
					       WRIT_LANDLOCK_READ | WRIT_LANDLOCK_CHANGE);
	if (!err)
		err = allow_policy(&landlock, audit);
	return err ? err : writ_landlock_restrict(&landlock);
}

int writ_lockdown_require(void)
{
	if (getuid() && geteuid() && getgid() && getegid())
		return 0;
	writ_error("writ-forward must not be root; run it as a user of its own, who may read the "
		   "log: 'useradd --system --user-group --groups writ-audit --shell "
		   "/usr/sbin/nologin writ-forward'");
	return -EPERM;
}

int writ_lockdown_common(void)
{
	const struct rlimit none = {0};
	int err = writ_credentials_keep(0);

	if (!err)
		err = writ_credentials_no_new();
	if (!err && (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_CORE, &none)))
		err = -errno;
	return err ? writ_log_errno(err, "can't give up privileges") : 0;
}

int writ_lockdown_worker(const char *log, const char *state, const struct writ_policy_audit *audit)
{
	bool command = has_command(audit);
	int landlock = restrict_files(log, state, audit), err;

	if (landlock && landlock != -EOPNOTSUPP)
		return writ_log_errno(landlock, "Landlock");
	err = restrict_calls(command);
	if (err)
		return writ_log_errno(err, "seccomp");
	writ_info("confined: uid %u, no capabilities, no_new_privs, seccomp %s, Landlock %s",
		  getuid(), command ? "(an alert has a command)" : "(no programs)",
		  landlock ? "not in this kernel" : "on");
	return 0;
}
