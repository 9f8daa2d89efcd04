/* SPDX-License-Identifier: Apache-2.0 */
/* The kill switches: they survive, a broken file freezes, and nothing widens that is not written. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/state.h"
#include "daemon/switches.h"

static char top[64], directory[80], file[160];
static struct writ_switches switches;
static char error[WRIT_ERROR_SIZE];

static int set_up(void **state)
{
	(void)state;
	(void)strcpy(top, "/tmp/writ-state-XXXXXX");
	if (!mkdtemp(top))
		return -1;
	(void)snprintf(directory, sizeof(directory), "%s/writ", top);
	(void)snprintf(file, sizeof(file), "%s/" WRIT_SWITCHES_FILE, directory);
	error[0] = '\0';
	return writ_switches_open(&switches, directory, error);
}

static int tear_down(void **state)
{
	(void)state;
	writ_switches_close(&switches);
	(void)unlink(file);
	(void)rmdir(file);
	(void)rmdir(directory);
	(void)unlink(directory);
	return rmdir(top);
}

static int reopen(void)
{
	writ_switches_close(&switches);
	error[0] = '\0';
	return writ_switches_open(&switches, directory, error);
}

static void write_file(const char *text, size_t len)
{
	assert_int_equal(writ_state_write(directory, WRIT_SWITCHES_FILE, text, len), 0);
}

static void test_nothing(void **state)
{
	(void)state;
	assert_false(switches.frozen);
	assert_false(writ_switches_is_suspended(&switches, "bot"));
	assert_int_equal(access(directory, F_OK), -1); /* made when it is needed */
}

static void test_survive(void **state)
{
	struct stat status;

	(void)state;
	assert_int_equal(writ_switches_freeze(&switches, true, "alice"), 0);
	assert_int_equal(writ_switches_suspend(&switches, "bot", true), 0);
	assert_int_equal(writ_switches_suspend(&switches, "cat", true), 0);
	assert_int_equal(writ_switches_suspend(&switches, "bot", true), 0); /* twice is once */
	assert_int_equal(reopen(), 0);
	assert_true(switches.frozen);
	assert_string_equal(switches.frozen_by, "alice");
	assert_int_equal(switches.n_suspended, 2);
	assert_int_equal(stat(file, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(writ_switches_suspend(&switches, "bot", false), 0);
	assert_int_equal(writ_switches_freeze(&switches, false, ""), 0);
	assert_int_equal(reopen(), 0);
	assert_false(switches.frozen);
	assert_false(writ_switches_is_suspended(&switches, "bot"));
	assert_true(writ_switches_is_suspended(&switches, "cat"));
}

static void assert_broken(const char *text, size_t len)
{
	write_file(text, len);
	assert_true(reopen() < 0);
	assert_true(switches.frozen);
	assert_non_null(strstr(error, "is broken"));
	assert_non_null(strstr(error, "'writ thaw'"));
}

#define BROKEN(text) assert_broken(text, sizeof(text) - 1)

static void test_broken(void **state)
{
	(void)state;
	write_file("writ-switches 1\nend\n", 20);
	assert_int_equal(reopen(), 0);
	assert_false(switches.frozen);
	BROKEN("");
	BROKEN("writ-switches 2\nend\n");
	BROKEN("writ-switches 1\n");
	BROKEN("writ-switches 1\nend");	   /* cut */
	BROKEN("writ-switches 1\nend\nx"); /* goes on */
	BROKEN("writ-switches 1\nsuspended \nend\n");
	BROKEN("writ-switches 1\nsuspended bot\0\nend\n");
	BROKEN("writ-switches 1\nthawed\nend\n");
	BROKEN("writ-switches 1\nfrozen a\nfrozen b\nend\n");
	/* what could be read of it holds */
	BROKEN("writ-switches 1\nsuspended bot\n");
	assert_true(writ_switches_is_suspended(&switches, "bot"));
	assert_int_equal(writ_switches_freeze(&switches, false, ""), 0); /* mends it */
	assert_int_equal(reopen(), 0);
	assert_false(switches.frozen);
	assert_true(writ_switches_is_suspended(&switches, "bot"));
}

static void test_unreadable(void **state)
{
	(void)state;
	assert_int_equal(mkdir(directory, 0700), 0);
	assert_int_equal(mkdir(file, 0700), 0);
	assert_int_equal(reopen(), -EINVAL);
	assert_true(switches.frozen);
	assert_int_equal(rmdir(file), 0);
	assert_int_equal(symlink("/etc/hostname", file), 0);
	assert_int_equal(reopen(), -ELOOP);
	assert_true(switches.frozen);
}

/* The directory is a file: nothing can be written. */
static void test_unwritable(void **state)
{
	FILE *in_the_way;

	(void)state;
	assert_int_equal(writ_switches_suspend(&switches, "cat", true), 0);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(directory), 0);
	in_the_way = fopen(directory, "w");
	assert_non_null(in_the_way);
	assert_int_equal(fclose(in_the_way), 0);
	assert_true(writ_switches_freeze(&switches, true, "alice") < 0);
	assert_true(switches.frozen); /* narrows at once */
	assert_true(writ_switches_suspend(&switches, "bot", true) < 0);
	assert_true(writ_switches_is_suspended(&switches, "bot"));
	assert_true(writ_switches_freeze(&switches, false, "") < 0);
	assert_true(switches.frozen); /* widens when it is written */
	assert_true(writ_switches_suspend(&switches, "cat", false) < 0);
	assert_true(writ_switches_is_suspended(&switches, "cat"));
}

static void test_names(void **state)
{
	char longest[WRIT_NAME_SIZE + 1];

	(void)state;
	memset(longest, 'a', sizeof(longest));
	longest[WRIT_NAME_SIZE] = '\0';
	assert_int_equal(writ_switches_suspend(&switches, longest, true), -EINVAL);
	assert_int_equal(writ_switches_suspend(&switches, "a\nb", true), -EINVAL);
	assert_int_equal(writ_switches_suspend(&switches, longest + 1, true), 0);
	assert_int_equal(writ_switches_freeze(&switches, true, "a\nend"), 0);
	assert_int_equal(reopen(), 0);
	assert_true(writ_switches_is_suspended(&switches, longest + 1));
	assert_string_equal(switches.frozen_by, "nobody");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_nothing),    TEST(test_survive),    TEST(test_broken),
		TEST(test_unreadable), TEST(test_unwritable), TEST(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
