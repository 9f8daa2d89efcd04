/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that has given up its privileges tries what it must not be able to do, each in a child
 * of its own; and each once without having given up anything, where it works.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/http.h"
#include "broker/privileges.h"
#include "broker/textfile.h"
#include "lib/log.h"

static char directory[64];
static char policy[80];
static char ledger[80];
static char elsewhere[80];
static char textfile[128]; /* in a directory of its own */

static int set_up(void **state)
{
	char beside[100];

	(void)state;
	(void)strcpy(directory, "/tmp/writ-priv-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(policy, sizeof(policy), "%s/policy", directory);
	(void)snprintf(ledger, sizeof(ledger), "%s/ledger", directory);
	(void)snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere", directory);
	(void)snprintf(beside, sizeof(beside), "%s.new", policy);
	if (mkdir(policy, 0755) || mkdir(beside, 0755) || mkdir(ledger, 0777) ||
	    mkdir(elsewhere, 0777) || chmod(directory, 0755) || chmod(ledger, 0777) ||
	    chmod(elsewhere, 0777))
		return -1;
	(void)strcat(ledger, "/ledger.db");
	(void)snprintf(textfile, sizeof(textfile), "%s/textfile", directory);
	if (mkdir(textfile, 0777) || chmod(textfile, 0777))
		return -1;
	(void)strcat(textfile, "/writ.prom");
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

enum confinement {
	NONE,
	WITHOUT_VALIDATOR,
	WITH_VALIDATOR,
};

/* -errno of @act in such a child; -1000 - signal that killed it; 1000: it was not confined. */
static int tried(enum confinement how, int (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid) {
		if (!getuid() && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534)))
			_exit(255);
		if (how != NONE &&
		    (writ_privileges_require() ||
		     writ_privileges_drop(policy, ledger,
					  how == WITH_VALIDATOR ? "/bin/true" : NULL, textfile)))
			_exit(255);
		_exit(-act());
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return -1000 - WTERMSIG(status);
	return WEXITSTATUS(status) == 255 ? 1000 : -WEXITSTATUS(status);
}

static int open_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? -errno : 0;
}

static int write_ledger(void)
{
	return open_file(ledger, O_CREAT | O_RDWR | O_TRUNC);
}

/* As the broker does it: made beside, renamed, over one that is there. */
static int write_textfile(void)
{
	int err = writ_textfile_write(textfile, "a 1\n", 4);

	return err ? err : writ_textfile_write(textfile, "a 2\n", 4);
}

static int read_policy(void)
{
	return open_file(policy, O_RDONLY | O_DIRECTORY);
}

/* What takes its place, under any name. */
static int read_policy_beside(void)
{
	char path[100];

	(void)snprintf(path, sizeof(path), "%s.new", policy);
	return open_file(path, O_RDONLY | O_DIRECTORY);
}

static void *nothing(void *context)
{
	return context;
}

static int make_thread(void)
{
	pthread_t thread;
	int err = pthread_create(&thread, NULL, nothing, NULL);

	return err ? -err : -pthread_join(thread, NULL);
}

static int read_zone(void)
{
	return open_file("/etc/passwd", O_RDONLY);
}

static int write_elsewhere(void)
{
	char path[100];

	(void)snprintf(path, sizeof(path), "%s/x", elsewhere);
	return open_file(path, O_CREAT | O_RDWR);
}

static int read_elsewhere(void)
{
	return open_file("/usr/lib/os-release", O_RDONLY);
}

static int make_socket(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd < 0 ? -errno : 0;
}

static int execute(void)
{
	(void)execl("/bin/true", "true", NULL);
	return -errno;
}

static int trace(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? -errno : 0;
}

static int make_namespace(void)
{
	return unshare(CLONE_NEWUTS | CLONE_NEWUSER) ? -errno : 0;
}

static int clone_namespace(void)
{
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, 0);

	if (!pid)
		_exit(0);
	return pid < 0 ? -errno : 0;
}

static int fork_child(void)
{
	pid_t pid = fork();

	if (!pid)
		_exit(0);
	return pid < 0 ? -errno : 0;
}

static int is_bounded(void)
{
	struct rlimit core, files;

	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return -ENOTRECOVERABLE;
	if (getrlimit(RLIMIT_CORE, &core) || getrlimit(RLIMIT_NOFILE, &files))
		return -errno;
	return core.rlim_max ? -ERANGE : files.rlim_cur <= WRIT_HTTP_CONNECTIONS_MAX ? -EMFILE : 0;
}

static bool has_landlock(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, 1) >= 1;
}

#define KILLED (-1000 - SIGSYS)

static void what_it_needs_works(void **state)
{
	(void)state;
	assert_int_equal(tried(WITHOUT_VALIDATOR, write_ledger), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, write_textfile), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, read_policy), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, read_policy_beside), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, read_zone), 0);
#ifndef __SANITIZE_ADDRESS__ /* which asks more of each thread that starts than is allowed */
	assert_int_equal(tried(WITHOUT_VALIDATOR, make_thread), 0);
#endif
	assert_int_equal(tried(WITH_VALIDATOR, write_ledger), 0);
	assert_int_equal(tried(WITH_VALIDATOR, write_textfile), 0);
	assert_int_equal(tried(WITH_VALIDATOR, execute), 0);
	assert_int_equal(tried(WITH_VALIDATOR, fork_child), 0);
	assert_int_equal(tried(WITH_VALIDATOR, make_thread), 0);
	assert_int_equal(tried(WITH_VALIDATOR, make_socket), 0);
	assert_int_equal(tried(WITH_VALIDATOR, is_bounded), 0);
}

static void other_calls_kill_it(void **state)
{
	(void)state;
	assert_int_equal(tried(NONE, execute), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, execute), KILLED);
	assert_int_equal(tried(NONE, trace), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, trace), KILLED);
	assert_int_equal(tried(NONE, fork_child), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, fork_child), KILLED);
	assert_int_equal(tried(NONE, make_socket), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, make_socket), -EPERM); /* libc asks, to log */
}

static void a_validator_is_no_way_out(void **state)
{
	(void)state;
	assert_int_equal(tried(WITH_VALIDATOR, trace), -EPERM);
	assert_int_equal(tried(WITH_VALIDATOR, make_namespace), -EPERM);
	assert_int_equal(tried(WITH_VALIDATOR, clone_namespace), -EPERM);
}

static void other_files_are_out_of_reach(void **state)
{
	(void)state;
	if (!has_landlock())
		skip();
	assert_int_equal(tried(NONE, write_elsewhere), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, write_elsewhere), -EACCES);
	assert_int_equal(tried(WITH_VALIDATOR, write_elsewhere), -EACCES);
	assert_int_equal(tried(NONE, read_elsewhere), 0);
	assert_int_equal(tried(WITHOUT_VALIDATOR, read_elsewhere), -EACCES);
}

static void root_is_refused(void **state)
{
	(void)state;
	if (getuid())
		skip();
	assert_int_equal(writ_privileges_require(), -EPERM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_it_needs_works),
		cmocka_unit_test(other_calls_kill_it),
		cmocka_unit_test(a_validator_is_no_way_out),
		cmocka_unit_test(other_files_are_out_of_reach),
		cmocka_unit_test(root_is_refused),
	};

	writ_log_open("test", WRIT_LOG_ERROR);
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
