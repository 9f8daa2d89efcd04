/* SPDX-License-Identifier: Apache-2.0 */
/* See sandbox.h. The order: what the next step needs is given up after it. */
#include "daemon/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "compile/node.h"
#include "daemon/daemon.h"
#include "lib/cleanup.h"
#include "lib/credentials.h"
#include "lib/log.h"

static const int kept[] = {
	CAP_BPF,	     /* maps, links and iterators, while it runs */
	CAP_SYS_ADMIN,	     /* which program a link has, and whether it is gone: by its id */
	CAP_DAC_READ_SEARCH, /* a cgroup by its id (open_by_handle_at) */
	CAP_DAC_OVERRIDE,    /* cgroups that are a user's, policy and log of other owners */
	CAP_CHOWN,	     /* the operators' sockets, the directories of ledger and cursors */
	CAP_FOWNER,	     /* the modes of these, which are their users' */
	CAP_SETUID,	     /* children are users of their own */
	CAP_SETGID,	     /* likewise */
	CAP_KILL,	     /* and are ended */
};

uint64_t writ_sandbox_capabilities(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
		set |= WRIT_CAPABILITY(kept[i]);
	return set;
}

static int make_parent(const char *file, mode_t mode)
{
	char path[PATH_MAX];

	if ((size_t)snprintf(path, sizeof(path), "%s", file) >= sizeof(path))
		return writ_log_errno(-ENAMETOOLONG, "%s", file);
	if (mkdir(dirname(path), mode) && errno != EEXIST)
		return writ_log_errno(-errno, "%s", path);
	return 0;
}

/* A rule is on what exists: what is made at its first use has to be there before. */
static int make_directories(const struct writ_daemon_options *options)
{
	int err = make_parent(options->audit_log, 0750);

	if (!err && options->audit_spill)
		err = make_parent(options->audit_spill, 0750);
	if (!err && options->state && mkdir(options->state, 0700) && errno != EEXIST)
		err = writ_log_errno(-errno, "%s", options->state);
	if (!err && !options->no_broker)
		err = make_parent(options->ledger, 0700);
	if (!err && options->cursors && mkdir(options->cursors, 0700) && errno != EEXIST)
		err = writ_log_errno(-errno, "%s", options->cursors);
	return err;
}

/* The programs that the policy names, up to a NULL; they stay the policy's. */
static void find_commands(const struct writ_policy *policy,
			  const char *ret[WRIT_SANDBOX_COMMANDS_MAX + 1])
{
	const struct writ_policy_node *node = policy ? policy->node : NULL;
	size_t n = 0;

	if (node && node->n_validator)
		ret[n++] = node->validator[0];
	for (size_t i = 0; node && i < node->audit.n_alerts; i++)
		if (node->audit.alerts[i].n_command)
			ret[n++] = node->audit.alerts[i].command[0];
	ret[n] = NULL;
}

/* Where it is, behind all links. */
static void find_place(const char *command, char ret_path[PATH_MAX])
{
	if (!realpath(command, ret_path))
		(void)snprintf(ret_path, PATH_MAX, "%s", command);
}

static const char *spill_of(const struct writ_policy *policy)
{
	return policy && policy->node ? policy->node->audit.spill : NULL;
}

/* Root may write its own name: if it can't, that is Landlock. */
static bool is_restricted(void)
{
	_cleanup_close_ int fd = open("/proc/self/comm", O_WRONLY | O_CLOEXEC);

	return fd < 0 && errno == EACCES;
}

static int restrict_files(struct writ_daemon *daemon)
{
	struct writ_sandbox *sandbox = &daemon->sandbox;
	int abi = writ_sandbox_files(&daemon->options, daemon->cgroup_root,
				     (const char *const *)sandbox->commands,
				     sandbox->textfile);

	if (abi == -EOPNOTSUPP) {
		writ_warning("this kernel has no Landlock, or it is off: what writd reaches is "
			     "limited by capabilities and system calls alone");
		return 0;
	}
	if (abi >= 0 && !is_restricted())
		abi = -EPROTO;
	if (abi < 0)
		return writ_log_errno(abi, "Landlock");
	sandbox->landlock = abi;
	return 0;
}

/* What is wrong with the policy is said when it is applied. */
static int read_policy(struct writ_daemon *daemon)
{
	_cleanup_(writ_diagnostics_free) struct writ_diagnostics diags = {0};
	_cleanup_(writ_policy_freep) struct writ_policy *policy = NULL;
	const char *commands[WRIT_SANDBOX_COMMANDS_MAX + 1];
	char place[PATH_MAX];

	(void)writ_policy_load(&daemon->options.policy, 1, &diags, &policy);
	if (!daemon->options.no_broker && writ_node_of(policy)->textfile)
		(void)snprintf(daemon->sandbox.textfile, sizeof(daemon->sandbox.textfile), "%s",
			       writ_node_of(policy)->textfile);
	if (spill_of(policy)) {
		(void)snprintf(daemon->sandbox.spill, PATH_MAX, "%s", spill_of(policy));
		daemon->options.audit_spill = daemon->sandbox.spill;
	}
	find_commands(policy, commands);
	for (size_t i = 0; commands[i]; i++) {
		find_place(commands[i], place);
		daemon->sandbox.commands[i] = strdup(place);
		if (!daemon->sandbox.commands[i])
			return writ_log_errno(-ENOMEM, "the commands of the policy");
	}
	return 0;
}

static int drop_capabilities(void)
{
	int err = writ_credentials_keep(writ_sandbox_capabilities());

	if (!err)
		err = writ_credentials_no_new();
	return err ? writ_log_errno(err, "give up capabilities") : 0;
}

int writ_sandbox_enter(struct writ_daemon *daemon)
{
	struct writ_sandbox *sandbox = &daemon->sandbox;
	int err = read_policy(daemon);

	if (!err)
		err = make_directories(&daemon->options);
	if (!err)
		err = drop_capabilities();
	if (err)
		return err;
	err = restrict_files(daemon);
	if (err)
		return err;
	err = writ_sandbox_calls(!!sandbox->commands[0]);
	if (err)
		return writ_log_errno(err, "seccomp");
	sandbox->confined = true;
	return 0;
}

static bool is_below(const char *path, const char *directory)
{
	size_t len = strlen(directory);

	return !strncmp(path, directory, len) && path[len] == '/';
}

/* It, or in its directory, which is not the root? */
static bool is_beside(const char *path, const char *command)
{
	char own[PATH_MAX];

	(void)snprintf(own, sizeof(own), "%s", command);
	return !strcmp(path, own) || (strrchr(own, '/') != own && is_below(path, dirname(own)));
}

/* Below what may be executed since the start? */
static bool may_execute(const struct writ_sandbox *sandbox, const char *path)
{
	static const char *const system[] = {"/usr", "/bin", "/lib", "/lib64", "/etc"};

	for (size_t i = 0; i < sizeof(system) / sizeof(system[0]); i++)
		if (is_below(path, system[i]))
			return true;
	for (size_t i = 0; sandbox->commands[i]; i++)
		if (is_beside(path, sandbox->commands[i]))
			return true;
	return false;
}

int writ_sandbox_check(const struct writ_sandbox *sandbox, const struct writ_policy *policy)
{
	const char *commands[WRIT_SANDBOX_COMMANDS_MAX + 1];
	char place[PATH_MAX];

	if (sandbox->confined && spill_of(policy) && strcmp(spill_of(policy), sandbox->spill)) {
		writ_error("the audit log's spill %s is not what writd may write since its start: "
			   "restart writd with this policy; enforcement goes on meanwhile",
			   spill_of(policy));
		return -EACCES;
	}
	find_commands(policy, commands);
	for (size_t i = 0; sandbox->confined && commands[i]; i++) {
		find_place(commands[i], place);
		if (sandbox->commands[0] && (!sandbox->landlock || may_execute(sandbox, place)))
			continue;
		writ_error("the command %s of the policy's Node is not among what writd may "
			   "execute since its start: restart writd with this policy; enforcement "
			   "goes on meanwhile",
			   commands[i]);
		return -EACCES;
	}
	return 0;
}

void writ_sandbox_close(struct writ_sandbox *sandbox)
{
	for (size_t i = 0; sandbox->commands[i]; i++)
		free(sandbox->commands[i]);
	sandbox->commands[0] = NULL;
}
