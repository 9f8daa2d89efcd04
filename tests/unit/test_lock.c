/* SPDX-License-Identifier: Apache-2.0 */
/* daemon/lock.c: one has it; who waits for one that ends gets it, for one that stays not. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/daemon.h"

static char path[64];

static int set_up(void **state)
{
	int fd;

	(void)state;
	(void)strcpy(path, "/tmp/writ-lock-XXXXXX");
	fd = mkstemp(path);
	return fd < 0 || close(fd);
}

static int tear_down(void **state)
{
	(void)state;
	return unlink(path);
}

/* A process that has inherited the lock of one that is gone, for so long. */
static pid_t leave_with_child(uint32_t ms)
{
	int fd = -1;
	pid_t child;

	assert_int_equal(writ_lock_take(path, 0, &fd), 0);
	child = fork();
	if (!child) {
		(void)usleep(ms * 1000);
		_exit(0);
	}
	(void)close(fd);
	return child;
}

static void one_has_it(void **state)
{
	int first = -1, second = -1;

	(void)state;
	assert_int_equal(writ_lock_take(path, 0, &first), 0);
	assert_int_equal(writ_lock_take(path, 0, &second), -EBUSY);
	assert_int_equal(writ_lock_take(path, 30, &second), -EBUSY);
	assert_int_equal(second, -1);
	(void)close(first);
	assert_int_equal(writ_lock_take(path, 0, &second), 0);
	(void)close(second);
}

static void a_child_of_one_that_is_gone_is_waited_for(void **state)
{
	pid_t child = leave_with_child(200);
	int fd = -1;

	(void)state;
	assert_int_equal(writ_lock_take(path, 0, &fd), -EBUSY); /* it has it */
	assert_int_equal(writ_lock_take(path, 60000, &fd), 0);
	(void)close(fd);
	assert_int_equal(waitpid(child, NULL, 0), child);
}

static void no_place_for_it(void **state)
{
	int fd = -1;

	(void)state;
	assert_int_equal(writ_lock_take("/tmp/writ-lock/none", 0, &fd), -ENOENT);
	assert_int_equal(fd, -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(one_has_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_child_of_one_that_is_gone_is_waited_for, set_up,
						tear_down),
		cmocka_unit_test(no_place_for_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
