/* SPDX-License-Identifier: Apache-2.0 */
/* See security.h. */
#include "cli/security.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/command.h"
#include "cli/output.h"
#include "lib/cleanup.h"
#include "writ/capability.h"

#define PROCESSES_MAX 6u /* core, broker, cutter, audit, forward and its worker */

/* One line of the file; @found gets the bit of what it was. */
static void take_line(const char *line, struct writ_security *security, unsigned int *found)
{
	unsigned int number = 0;

	if (sscanf(line, "Name:\t%63[^\n]", security->name) == 1)
		*found |= 1;
	else if (sscanf(line, "Pid:\t%u", &security->pid) == 1)
		*found |= 2;
	else if (sscanf(line, "Uid:\t%*u\t%u", &security->uid) == 1)
		*found |= 4;
	else if (sscanf(line, "CapEff:\t%" SCNx64, &security->capabilities) == 1)
		*found |= 8;
	else if (sscanf(line, "Seccomp:\t%u", &security->seccomp) == 1)
		*found |= 16;
	else if (sscanf(line, "NoNewPrivs:\t%u", &number) == 1)
		*found |= 32;
	else
		(void)sscanf(line, "Seccomp_filters:\t%u", &security->filters);
	security->no_new_privs |= number != 0;
}

int writ_security_read(const char *file, struct writ_security *ret)
{
	_cleanup_fclose_ FILE *stream = fopen(file, "re");
	struct writ_security security = {0};
	_cleanup_free_ char *line = NULL;
	unsigned int found = 0;
	size_t size = 0;

	if (!stream)
		return -errno;
	while (getline(&line, &size, stream) > 0)
		take_line(line, &security, &found);
	if (found != 63)
		return -EBADMSG;
	*ret = security;
	return 0;
}

/* "none", "all", or their names. */
static const char *capabilities_of(uint64_t set, char *ret_text, size_t size)
{
	static const char *const names[] = {
#define X(name) #name,
		WRIT_CAPABILITY_LIST(X)
#undef X
	};
	const uint64_t all = (UINT64_C(1) << WRIT_CAPABILITY_COUNT) - 1;
	size_t len = 0;

	(void)snprintf(ret_text, size, "%s", set ? "all" : "none");
	if (!set || (set & all) == all)
		return ret_text;
	for (size_t i = 0; i < WRIT_CAPABILITY_COUNT && len < size; i++)
		if (set & UINT64_C(1) << i)
			len += (size_t)snprintf(ret_text + len, size - len, "%s%s", len ? " " : "",
						names[i] + strlen("CAP_"));
	return ret_text;
}

static const char *seccomp_of(const struct writ_security *security, char ret_text[32])
{
	if (security->seccomp == 2)
		(void)snprintf(ret_text, 32, "%u filter%s", security->filters,
			       security->filters == 1 ? "" : "s");
	else
		(void)snprintf(ret_text, 32, "%s", security->seccomp ? "strict" : "off");
	return ret_text;
}

static const char *landlock_of(const struct writ_security *security, char ret_text[32])
{
	static const char *const words[] = {
		[WRIT_SECURITY_UNKNOWN] = "unknown",
		[WRIT_SECURITY_NONE] = "no",
	};

	if (security->landlock < WRIT_SECURITY_OWN)
		return words[security->landlock];
	(void)snprintf(ret_text, 32, "%s, ABI %u",
		       security->landlock == WRIT_SECURITY_OWN ? "yes" : "writd's", security->abi);
	return ret_text;
}

static const char *user_of(unsigned int uid, char *ret_text, size_t size)
{
	const struct passwd *user = getpwuid(uid);

	(void)snprintf(ret_text, size, user ? "%s" : "", user ? user->pw_name : "");
	if (!user)
		(void)snprintf(ret_text, size, "%u", uid);
	return ret_text;
}

static int add_row(struct writ_table *table, const struct writ_security *security)
{
	char pid[16], user[256], capabilities[1024], seccomp[32], landlock[32];

	(void)snprintf(pid, sizeof(pid), "%u", security->pid);
	return writ_output_row(
		table,
		(const char *[]){security->name, pid, user_of(security->uid, user, sizeof(user)),
				 seccomp_of(security, seccomp), landlock_of(security, landlock),
				 security->no_new_privs ? "yes" : "no",
				 capabilities_of(security->capabilities, capabilities,
						 sizeof(capabilities))});
}

static json_t *json_of(const struct writ_security *security)
{
	char capabilities[1024], seccomp[32], landlock[32];

	return json_pack(
		"{s:s, s:I, s:I, s:s, s:s, s:s, s:b}", "name", security->name, "pid",
		(json_int_t)security->pid, "uid", (json_int_t)security->uid, "capabilities",
		capabilities_of(security->capabilities, capabilities, sizeof(capabilities)),
		"seccomp", seccomp_of(security, seccomp), "landlock",
		landlock_of(security, landlock), "no_new_privs", security->no_new_privs);
}

static int print(const struct writ_cli *cli, const struct writ_status_row *row,
		 const struct writ_security *processes, size_t n)
{
	static const char *const heading[] = {"PROCESS",  "PID",	  "USER",	 "SECCOMP",
					      "LANDLOCK", "NO NEW PRIVS", "CAPABILITIES"};
	_cleanup_table_ struct writ_table table = {.n_columns = 7};
	int err = writ_output_row(&table, heading);

	for (size_t i = 0; !err && i < n; i++)
		err = add_row(&table, &processes[i]);
	if (err)
		return writ_options_fail(cli, WRIT_EXIT_FAILED, "out of memory");
	writ_output_table(&table);
	if (!row->broker)
		(void)printf("writ-broker does not run: see 'writ status'\n");
	if (!row->audit)
		(void)printf("writ-audit does not run: see 'writ status'\n");
	if (!row->forward)
		(void)printf("writ-forward does not run: see 'writ status'\n");
	return WRIT_EXIT_OK;
}

static int print_json(const struct writ_security *processes, size_t n)
{
	_cleanup_json_ json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		if (json_array_append_new(list, json_of(&processes[i])))
			return writ_output_json(NULL);
	return writ_output_json(json_incref(list));
}

/* writ-forward's worker, which reads the lines; of two, the older one. 0: none. */
static unsigned int find_worker(unsigned int forward)
{
	_cleanup_fclose_ FILE *children = NULL;
	char file[64];
	unsigned int pid = 0;

	(void)snprintf(file, sizeof(file), "/proc/%u/task/%u/children", forward, forward);
	children = forward ? fopen(file, "re") : NULL;
	return children && fscanf(children, "%u", &pid) == 1 ? pid : 0;
}

int writ_security_show(const struct writ_cli *cli, const struct writ_status_row *row)
{
	const struct {
		unsigned int pid, abi;
		enum writ_security_landlock with, without;
	} rows[PROCESSES_MAX] = {
		{row->pid, row->landlock, WRIT_SECURITY_OWN, WRIT_SECURITY_NONE},
		{row->broker, row->landlock_broker, WRIT_SECURITY_INHERITED, WRIT_SECURITY_UNKNOWN},
		{row->cutter, 0, WRIT_SECURITY_NONE, WRIT_SECURITY_NONE},
		{row->audit, row->landlock_audit, WRIT_SECURITY_INHERITED, WRIT_SECURITY_UNKNOWN},
		{row->forward, row->landlock_forward, WRIT_SECURITY_INHERITED,
		 WRIT_SECURITY_UNKNOWN},
		{find_worker(row->forward), row->landlock_forward, WRIT_SECURITY_INHERITED,
		 WRIT_SECURITY_UNKNOWN},
	};
	struct writ_security processes[PROCESSES_MAX];
	size_t n = 0;

	for (size_t i = 0; i < PROCESSES_MAX; i++) {
		char file[64];
		int err;

		if (!rows[i].pid)
			continue;
		(void)snprintf(file, sizeof(file), "/proc/%u/status", rows[i].pid);
		err = writ_security_read(file, &processes[n]);
		if (err)
			return writ_options_fail(cli, WRIT_EXIT_FAILED,
						 "can't read %s: %s; it may have ended meanwhile",
						 file, strerror(-err));
		processes[n].abi = rows[i].abi;
		processes[n++].landlock = rows[i].abi ? rows[i].with : rows[i].without;
	}
	return cli->json ? print_json(processes, n) : print(cli, row, processes, n);
}
