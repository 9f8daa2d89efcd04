/* SPDX-License-Identifier: Apache-2.0 */
/* What is left is read back from the kernel, in a child; as root also what can't come back. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/credentials.h"
#include "lib/cleanup.h"

#define NOT_KEPT 255

/* The set of that name in /proc/self/status. */
static uint64_t set_of(const char *name)
{
	_cleanup_fclose_ FILE *status = fopen("/proc/self/status", "re");
	unsigned long long set = UINT64_MAX;
	char line[256];

	while (status && fgets(line, sizeof(line), status))
		if (!strncmp(line, name, strlen(name)))
			(void)sscanf(line + strlen(name), ":\t%llx", &set);
	return set;
}

/* What @check says in a child that keeps @set. */
static int kept(uint64_t set, int (*check)(uint64_t set))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(writ_credentials_keep(set) ? NOT_KEPT : check(set));
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static bool may_bound(void)
{
	return set_of("CapEff") & WRIT_CAPABILITY(CAP_SETPCAP);
}

static int are_only(uint64_t set)
{
	if (set_of("CapPrm") != set || set_of("CapEff") != set)
		return 1;
	return set_of("CapInh") || set_of("CapAmb") ? 2 : 0;
}

static int is_bounded(uint64_t set)
{
	return set_of("CapBnd") != set;
}

static int root_is_no_reason(uint64_t set)
{
	int bits = prctl(PR_GET_SECUREBITS, 0, 0, 0, 0);

	(void)set;
	if (!(bits & SECBIT_NOROOT) || !(bits & SECBIT_NOROOT_LOCKED))
		return 1;
	return prctl(PR_SET_SECUREBITS, 0, 0, 0, 0) == 0;
}

/* @set has CAP_KILL alone: after an exec as root there is none. */
static int exec_gives_none(uint64_t set)
{
	(void)set;
	(void)execl("/bin/sh", "sh", "-c",
		    "while read -r name value; do\n"
		    "[ \"$name\" = CapEff: ] && [ \"$value\" != 0000000000000000 ] && exit 1\n"
		    "done </proc/self/status\nexit 0",
		    NULL);
	return 2;
}

static void none_is_none(void **state)
{
	(void)state;
	assert_int_equal(kept(0, are_only), 0);
}

static void one_is_kept(void **state)
{
	const uint64_t some = WRIT_CAPABILITY(CAP_KILL) | WRIT_CAPABILITY(CAP_BPF);

	(void)state;
	if (!may_bound())
		skip();
	assert_int_equal(kept(some, are_only), 0);
	assert_int_equal(kept(some, is_bounded), 0);
	assert_int_equal(kept(0, is_bounded), 0);
}

static void what_is_gone_stays_gone(void **state)
{
	(void)state;
	if (!may_bound())
		skip();
	assert_int_equal(kept(WRIT_CAPABILITY(CAP_SETPCAP), root_is_no_reason), 0);
	assert_int_equal(kept(WRIT_CAPABILITY(CAP_KILL), exec_gives_none), 0);
}

static void what_is_not_there_is_not_given(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		if (writ_credentials_keep(0) || writ_credentials_keep(UINT64_MAX))
			_exit(NOT_KEPT);
		_exit(are_only(0));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void no_new_is_said(void **state)
{
	int status = 0;
	pid_t pid = fork();

	(void)state;
	if (!pid)
		_exit(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) || writ_credentials_no_new() ||
		      prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(none_is_none),
		cmocka_unit_test(one_is_kept),
		cmocka_unit_test(what_is_gone_stays_gone),
		cmocka_unit_test(what_is_not_there_is_not_given),
		cmocka_unit_test(no_new_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
