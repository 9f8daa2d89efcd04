/* SPDX-License-Identifier: Apache-2.0 */
/* Each right on a directory of its own, tried in a child that has it and in one that has not. */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/credentials.h"
#include "lib/landlock.h"

#define NOT_RESTRICTED 255

static char directory[64];
static char file[80];
static int abi;

static void put_file(void)
{
	int fd = open(file, O_CREAT | O_WRONLY | O_TRUNC | O_CLOEXEC, 0755);

	if (fd < 0 || write(fd, "#!/bin/sh\n", 10) != 10)
		abort();
	(void)close(fd);
}

static int set_up(void **state)
{
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;

	(void)state;
	if (!writ_landlock_open(false, &landlock))
		abi = landlock.abi;
	(void)strcpy(directory, "/tmp/writ-lock-XXXXXX");
	if (!mkdtemp(directory))
		return -1;
	(void)snprintf(file, sizeof(file), "%s/file", directory);
	put_file();
	return 0;
}

static int tear_down(void **state)
{
	char command[128];

	(void)state;
	(void)snprintf(command, sizeof(command), "rm -r %s", directory);
	return system(command);
}

static int restrict_to(const char *path, unsigned int rights, bool replaced)
{
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
	int err = writ_credentials_no_new();

	if (!err)
		err = writ_landlock_open(true, &landlock);
	if (!err)
		err = replaced ? writ_landlock_allow_replaced(&landlock, path, rights)
			       : writ_landlock_allow(&landlock, path, rights);
	return err ? err : writ_landlock_restrict(&landlock);
}

/* errno of @act in a child that has @rights on @path. */
static int tried(const char *path, unsigned int rights, bool replaced, int (*act)(void))
{
	int status = 0;
	pid_t pid = fork();

	if (!pid)
		_exit(restrict_to(path, rights, replaced) ? NOT_RESTRICTED : act() ? errno : 0);
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_not_equal(WEXITSTATUS(status), NOT_RESTRICTED);
	return WEXITSTATUS(status);
}

static int open_file(int flags)
{
	return open(file, flags | O_CLOEXEC) < 0;
}

static int read_file(void)
{
	return open_file(O_RDONLY);
}

static int write_file(void)
{
	return open_file(O_WRONLY);
}

static int truncate_file(void)
{
	return truncate(file, 10);
}

static int move_file(void)
{
	char other[100];

	(void)snprintf(other, sizeof(other), "%s.new", file);
	return rename(file, other) || rename(other, file);
}

static int make_directory(void)
{
	char other[100];

	(void)snprintf(other, sizeof(other), "%s.d", file);
	return mkdir(other, 0700) || rmdir(other);
}

static int make_socket(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s/%d", directory, getpid());
	return fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address));
}

static int list_directory(void)
{
	return open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC) < 0;
}

static int signal_parent(void)
{
	return kill(getppid(), 0);
}

/* Without the right it is not there, with all the others it is neither. */
static void one_right(unsigned int right, int (*act)(void), unsigned int also)
{
	const unsigned int all = WRIT_LANDLOCK_WRITE | WRIT_LANDLOCK_EXECUTE |
				 WRIT_LANDLOCK_DIRECTORY | WRIT_LANDLOCK_SOCKET;

	assert_int_equal(tried(directory, right | also, false, act), 0);
	assert_int_equal(tried(directory, all & ~right, false, act), EACCES);
}

static void rights_are_told_apart(void **state)
{
	(void)state;
	if (!abi)
		skip();
	one_right(WRIT_LANDLOCK_READ, read_file, 0);
	one_right(WRIT_LANDLOCK_READ, list_directory, 0);
	one_right(WRIT_LANDLOCK_CHANGE, write_file, 0);
	if (abi >= 3)
		one_right(WRIT_LANDLOCK_CHANGE, truncate_file, 0);
	one_right(WRIT_LANDLOCK_MAKE, move_file, 0);
	one_right(WRIT_LANDLOCK_DIRECTORY, make_directory, 0);
	one_right(WRIT_LANDLOCK_SOCKET, make_socket, 0);
}

static int execute_other(void)
{
	return execl("/bin/true", "true", NULL);
}

static void execution_is_a_right(void **state)
{
	(void)state;
	if (!abi)
		skip();
	assert_int_equal(tried("/", WRIT_LANDLOCK_RUN, false, execute_other), 0);
	assert_int_equal(tried("/", WRIT_LANDLOCK_WRITE, false, execute_other), EACCES);
}

/* A file alone takes no right of directories; what takes its place is another object. */
static void a_file_is_replaced(void **state)
{
	char other[100];

	(void)state;
	if (!abi)
		skip();
	assert_int_equal(tried(file, WRIT_LANDLOCK_READ, false, read_file), 0);
	assert_int_equal(tried(file, WRIT_LANDLOCK_READ, false, list_directory), EACCES);
	assert_int_equal(tried(file, WRIT_LANDLOCK_READ, true, list_directory), 0);
	(void)snprintf(other, sizeof(other), "%s/none/none", directory);
	assert_int_equal(tried(other, WRIT_LANDLOCK_READ, true, read_file), EACCES);
}

/* The root is not above anything that is replaced. */
static void the_root_is_not_opened(void **state)
{
	(void)state;
	if (!abi)
		skip();
	assert_int_equal(tried("/etc", WRIT_LANDLOCK_READ, true, read_file), EACCES);
}

static void signals_stay_inside(void **state)
{
	(void)state;
	if (abi < 6)
		skip();
	assert_int_equal(tried("/", WRIT_LANDLOCK_READ, false, signal_parent), EPERM);
}

static void a_path_has_a_length(void **state)
{
	_cleanup_landlock_ struct writ_landlock landlock = WRIT_LANDLOCK_NONE;
	char path[5000];

	(void)state;
	if (!abi)
		skip();
	(void)memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(writ_landlock_open(false, &landlock), 0);
	assert_int_equal(writ_landlock_allow_replaced(&landlock, path, WRIT_LANDLOCK_READ),
			 -ENAMETOOLONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rights_are_told_apart), cmocka_unit_test(execution_is_a_right),
		cmocka_unit_test(a_file_is_replaced),	 cmocka_unit_test(the_root_is_not_opened),
		cmocka_unit_test(signals_stay_inside),	 cmocka_unit_test(a_path_has_a_length),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
